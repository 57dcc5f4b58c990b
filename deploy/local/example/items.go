package example

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// stages an item of the example may be left in, in the order an item goes through them; a returned one leaves at the first level. What
// comes after published is one end or the other.
var stages = []string{"draft", "submitted", "atLeadership", "approved", "scheduled", "published", "corrected", "withdrawn", "expired"} //nolint:gochecknoglobals // a constant in all but the language

type exampleItem struct {
	PlanItem    string              `json:"planItem"`
	Until       string              `json:"until"`
	Content     map[string]any      `json:"content"`
	Attachments []map[string]string `json:"attachments"`
	// Correction is the edit that corrects an item which is public.
	Correction map[string]any `json:"correction"`
	Withdrawal withdrawal     `json:"withdrawal"`
}

// written is an item as its officer has it.
type written struct{ ID, State, Hash, Etag string }

// shownFor is how long the item is public that has expired when the example stands.
const shownFor = 2 * time.Second

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
	contents := make([]string, len(list))
	for i, item := range list {
		if contents[i], err = l.item(ctx, fmt.Sprintf("example/item/%d", i+1), item, contents); err != nil {
			return fmt.Errorf("item %d: %w", i+1, err)
		}
	}
	for i, item := range list {
		if item.Until == "expired" {
			if err := l.client.until(ctx, "cv.stttt", "/v1/contents/"+contents[i], stateIs("expired")); err != nil {
				return err
			}
		}
	}
	return nil
}

// item writes one; earlier are the contents of those before it.
func (l *loader) item(ctx context.Context, key string, item exampleItem, earlier []string) (string, error) {
	content, err := l.draft(ctx, key, item)
	if err != nil || item.Until == "draft" {
		return content.ID, err
	}
	if err := l.client.json(ctx, "cv.stttt", "POST", "/v1/contents/"+content.ID+":submit", map[string]string{}, key+"/submit", &content); err != nil {
		return "", err
	}
	if item.Until == "returned" {
		return content.ID, l.giveBack(ctx, content.ID, content.Hash, key)
	}
	if err := l.approveUntil(ctx, content, item.Until); err != nil {
		return "", err
	}
	switch item.Until {
	case "scheduled":
		// The same day of every load, so that a repeated load sends the same request.
		at := time.Date(l.now.Year()+1, 1, 2, 1, 0, 0, 0, time.UTC).Format(time.RFC3339)
		err = l.publish(ctx, content.ID, map[string]string{"publishAt": at}, key)
	case "published":
		err = l.public(ctx, content.ID, map[string]string{}, key)
	case "corrected":
		err = l.corrected(ctx, content.ID, item.Correction, key)
	case "withdrawn":
		err = l.withdrawn(ctx, content.ID, item.Withdrawal, earlier, key)
	case "expired":
		err = l.shortLived(ctx, content.ID, key)
	}
	return content.ID, err
}

// draft writes an item with its files.
func (l *loader) draft(ctx context.Context, key string, item exampleItem) (written, error) {
	var content written
	under, ok := l.itemsCurrent[item.PlanItem]
	if !ok {
		return content, fmt.Errorf("the plan has no item %q", item.PlanItem)
	}
	c := item.Content
	c["plan"], c["planItem"], c["theme"], c["language"], c["example"] = l.current, under.ID, under.Theme, "vi", true
	if err := l.client.json(ctx, "cv.stttt", "POST", "/v1/contents", c, key, &content); err != nil {
		return content, err
	}
	return content, l.attach(ctx, content.ID, item.Attachments, key)
}

// approveUntil has the levels decide that the stage asks for.
func (l *loader) approveUntil(ctx context.Context, content written, until string) error {
	reached := func(stage string) bool { return slices.Index(stages, until) >= slices.Index(stages, stage) }
	if reached("atLeadership") {
		if err := l.approve(ctx, content.ID, "tp.stttt", content.Hash); err != nil {
			return err
		}
	}
	if !reached("approved") {
		return nil
	}
	if err := l.approve(ctx, content.ID, "pgd.stttt", content.Hash); err != nil {
		return err
	}
	return l.client.until(ctx, "cv.stttt", "/v1/contents/"+content.ID, stateIs("approved", "scheduled", "published", "withdrawn", "expired"))
}
