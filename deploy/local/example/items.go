package example

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// stages an item of the example may be left in, in the order an item goes through them; a returned one leaves at the first level.
var stages = []string{"draft", "submitted", "atLeadership", "approved", "scheduled", "published"} //nolint:gochecknoglobals // a constant in all but the language

type exampleItem struct {
	PlanItem string         `json:"planItem"`
	Until    string         `json:"until"`
	Content  map[string]any `json:"content"`
}

// items writes items of the current plan and leaves each where the file says.
func (l *loader) items(ctx context.Context) error {
	body, err := l.read("items.json")
	if err != nil {
		return err
	}
	var list []exampleItem
	if err := json.Unmarshal(body, &list); err != nil {
		return err
	}
	for i, item := range list {
		if err := l.item(ctx, fmt.Sprintf("example/item/%d", i+1), item); err != nil {
			return fmt.Errorf("item %d: %w", i+1, err)
		}
	}
	return nil
}

func (l *loader) item(ctx context.Context, key string, item exampleItem) error {
	under, ok := l.itemsCurrent[item.PlanItem]
	if !ok {
		return fmt.Errorf("the plan has no item %q", item.PlanItem)
	}
	reached := func(stage string) bool { return slices.Index(stages, item.Until) >= slices.Index(stages, stage) }
	c := item.Content
	c["plan"], c["planItem"], c["theme"], c["language"], c["example"] = l.current, under.ID, under.Theme, "vi", true
	var content struct{ ID, Hash string }
	if err := l.client.json(ctx, "cv.stttt", "POST", "/v1/contents", c, key, &content); err != nil {
		return err
	}
	if item.Until == "draft" {
		return nil
	}
	if err := l.client.json(ctx, "cv.stttt", "POST", "/v1/contents/"+content.ID+":submit", map[string]string{}, key+"/submit", &content); err != nil {
		return err
	}
	if item.Until == "returned" {
		return l.giveBack(ctx, content.ID, content.Hash, key)
	}
	if reached("atLeadership") {
		if err := l.approve(ctx, content.ID, "tp.stttt", content.Hash); err != nil {
			return err
		}
	}
	if reached("approved") {
		if err := l.approve(ctx, content.ID, "pgd.stttt", content.Hash); err != nil {
			return err
		}
		if err := l.client.until(ctx, "cv.stttt", "/v1/contents/"+content.ID, stateIs("approved", "scheduled", "published")); err != nil {
			return err
		}
	}
	switch {
	case item.Until == "scheduled":
		// The same day of every load, so that a repeated load sends the same request.
		at := time.Date(l.now.Year()+1, 1, 2, 1, 0, 0, 0, time.UTC).Format(time.RFC3339)
		return l.publish(ctx, content.ID, map[string]string{"publishAt": at}, key)
	case item.Until == "published":
		if err := l.publish(ctx, content.ID, map[string]string{}, key); err != nil {
			return err
		}
		return l.client.until(ctx, "cv.stttt", "/v1/contents/"+content.ID, stateIs("published"))
	}
	return nil
}

// publish waits until distribution has heard of the approval, which comes by the bus.
func (l *loader) publish(ctx context.Context, content string, body map[string]string, key string) error {
	return l.client.patiently(ctx, "bt.cong", "/v1/contents/"+content+":publish", body, key+"/publish")
}

func (l *loader) dossier(ctx context.Context, document, person string) (string, error) {
	var found string
	err := l.client.until(ctx, person, "/v1/dossiers?waitingFor=me&document="+document, func(answer []byte) bool {
		var page struct{ Dossiers []struct{ ID string } }
		if json.Unmarshal(answer, &page) != nil || len(page.Dossiers) == 0 {
			return false
		}
		found = page.Dossiers[0].ID
		return true
	})
	return found, err
}

// approve waits until the dossier is at the person's level, and approves the hash that was submitted.
func (l *loader) approve(ctx context.Context, document, person, hash string) error {
	done, err := l.decided(ctx, document, person)
	if done || err != nil {
		return err
	}
	dossier, err := l.dossier(ctx, document, person)
	if err != nil {
		return err
	}
	return l.client.json(ctx, person, "POST", "/v1/dossiers/"+dossier+":approve", map[string]string{"hash": hash}, "example/approve/"+document, nil)
}

// decided says whether the person has approved in a load that was cut off.
func (l *loader) decided(ctx context.Context, document, person string) (bool, error) {
	var page struct {
		Dossiers []struct {
			Decisions []struct{ Person, Outcome string }
		}
	}
	if err := l.client.json(ctx, person, "GET", "/v1/dossiers?document="+document, nil, "", &page); err != nil {
		return false, err
	}
	for _, d := range page.Dossiers {
		for _, decision := range d.Decisions {
			if decision.Person == person {
				return true, nil
			}
		}
	}
	return false, nil
}

func (l *loader) giveBack(ctx context.Context, document, hash, key string) error {
	done, err := l.decided(ctx, document, "tp.stttt")
	if done || err != nil {
		return err
	}
	dossier, err := l.dossier(ctx, document, "tp.stttt")
	if err != nil {
		return err
	}
	comment := map[string]any{"hash": hash, "toLevel": 0, "comment": "Nêu rõ nguồn của sáu nội dung (Nghị quyết 76/NQ-CP) và thêm ví dụ cho từng nội dung."}
	return l.client.json(ctx, "tp.stttt", "POST", "/v1/dossiers/"+dossier+":return", comment, key+"/return", nil)
}

func stateIs(states ...string) func(answer []byte) bool {
	return func(answer []byte) bool {
		var resource struct{ State string }
		return json.Unmarshal(answer, &resource) == nil && slices.Contains(states, resource.State)
	}
}
