package example

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"
)

// withdrawal says why an item is withdrawn, and which takes its place: its number in the file, from 1; 0 is none.
type withdrawal struct {
	Reason      string `json:"reason"`
	Replacement int    `json:"replacement"`
}

// publication is one as its editor sees it.
type publication struct {
	ID, State  string
	Number     int
	Verified   bool
	Withdrawal struct{ ID, Hash string }
}

// publish waits until distribution has heard of the approval, which comes by the bus.
func (l *loader) publish(ctx context.Context, content string, body map[string]string, key string) error {
	return l.client.patiently(ctx, "bt.cong", "/v1/contents/"+content+":publish", body, key+"/publish")
}

// public publishes and waits until the item says so itself.
func (l *loader) public(ctx context.Context, content string, body map[string]string, key string) error {
	if err := l.publish(ctx, content, body, key); err != nil {
		return err
	}
	return l.client.until(ctx, "cv.stttt", "/v1/contents/"+content, stateIs("published", "withdrawn", "expired"))
}

// shortLived publishes for a moment, unless an earlier load has: its end would be another now.
func (l *loader) shortLived(ctx context.Context, content, key string) error {
	if _, err := l.publicationOf(ctx, content); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return l.public(ctx, content, map[string]string{"expiresAt": time.Now().Add(shownFor).UTC().Format(time.RFC3339Nano)}, key)
}

// corrected publishes, edits what is public, has the correction approved like the item, and publishes it.
func (l *loader) corrected(ctx context.Context, content string, correction map[string]any, key string) error {
	if err := l.public(ctx, content, map[string]string{}, key); err != nil {
		return err
	}
	of, err := l.publicationOf(ctx, content)
	if err != nil || of.Number > 0 {
		return err
	}
	var c written
	if err := l.client.json(ctx, "cv.stttt", "GET", "/v1/contents/"+content, nil, "", &c); err != nil {
		return err
	}
	if err := l.client.edit(ctx, "cv.stttt", "/v1/contents/"+content, c.Etag, correction, key+"/correction", &c); err != nil {
		return err
	}
	if err := l.client.json(ctx, "cv.stttt", "POST", "/v1/contents/"+content+":submit", map[string]string{}, key+"/correction/submit", &c); err != nil {
		return err
	}
	if err := l.approveUntil(ctx, c, "corrected"); err != nil {
		return err
	}
	path := "/v1/publications/" + of.ID
	if err := l.client.patiently(ctx, "bt.cong", path+":correct", map[string]string{}, key+"/correct"); err != nil {
		return err
	}
	if err := l.client.until(ctx, "bt.cong", path, publicationIs(func(p publication) bool { return p.Number == 1 && p.Verified })); err != nil {
		return err
	}
	return l.client.until(ctx, "cv.stttt", "/v1/contents/"+content, stateIs("published"))
}

// withdrawn publishes, asks for the withdrawal and has it approved; it is carried out by itself.
func (l *loader) withdrawn(ctx context.Context, content string, why withdrawal, earlier []string, key string) error {
	if err := l.public(ctx, content, map[string]string{}, key); err != nil {
		return err
	}
	of, err := l.publicationOf(ctx, content)
	if err != nil {
		return err
	}
	body := map[string]string{"reason": why.Reason}
	if why.Replacement > 0 {
		instead, err := l.publicationOf(ctx, earlier[why.Replacement-1])
		if err != nil {
			return err
		}
		body["replacement"] = instead.ID
	}
	path := "/v1/publications/" + of.ID
	if err := l.client.json(ctx, "cv.stttt", "POST", path+":withdraw", body, key+"/withdraw", &of); err != nil {
		return err
	}
	for _, person := range []string{"tp.stttt", "pgd.stttt"} {
		if err := l.approve(ctx, of.Withdrawal.ID, person, of.Withdrawal.Hash); err != nil {
			return err
		}
	}
	if err := l.client.until(ctx, "bt.cong", path, publicationIs(func(p publication) bool { return p.State == "withdrawn" && p.Verified })); err != nil {
		return err
	}
	return l.client.until(ctx, "cv.stttt", "/v1/contents/"+content, stateIs("withdrawn"))
}

// publicationOf a content; fs.ErrNotExist before it has one.
func (l *loader) publicationOf(ctx context.Context, content string) (publication, error) {
	var page struct{ Publications []publication }
	if err := l.client.json(ctx, "bt.cong", "GET", "/v1/publications?content="+content, nil, "", &page); err != nil {
		return publication{}, err
	}
	if len(page.Publications) == 0 {
		return publication{}, fmt.Errorf("publication of %s: %w", content, fs.ErrNotExist)
	}
	return page.Publications[0], nil
}

// attach sends the files of an item, each by its name in the folder attachments.
func (l *loader) attach(ctx context.Context, content string, files []map[string]string, key string) error {
	for _, said := range files {
		name := said["file"]
		file, err := fs.ReadFile(l.files, path.Join("attachments", name))
		if err != nil {
			return err
		}
		fields := map[string]string{}
		for field, value := range said {
			if field != "file" {
				fields[field] = value
			}
		}
		if err := l.client.upload(ctx, "cv.stttt", "/v1/contents/"+content+"/attachments", name, file, fields, key+"/attachment/"+name); err != nil {
			return err
		}
	}
	return nil
}

func publicationIs(enough func(publication) bool) func(answer []byte) bool {
	return func(answer []byte) bool {
		var p publication
		return json.Unmarshal(answer, &p) == nil && enough(p)
	}
}
