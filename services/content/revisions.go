package content

import (
	"context"
	"fmt"
	"slices"
	"time"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/diff"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/pkg/rpc"
	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/content/internal/item"
)

func (s *server) GetRevision(ctx context.Context, r *contentv1.GetRevisionRequest) (*contentv1.Revision, error) {
	i, err := s.readable(ctx, r.GetContent(), "GetRevision")
	if err != nil {
		return nil, err
	}
	v, err := s.version(ctx, i.ID, r.GetRevision())
	if err != nil {
		return nil, err
	}
	revision, _ := revisionOf(v.event)
	c := textMessage(v.text, v.words)
	c.Id, c.Agency, c.Unit, c.Revision, c.Hash = i.ID, i.Agency, i.Unit, v.number, v.hash
	revision.Content = c
	return revision, nil
}

func (s *server) CompareRevisions(ctx context.Context, r *contentv1.CompareRevisionsRequest) (*contentv1.Comparison, error) {
	i, err := s.readable(ctx, r.GetContent(), "CompareRevisions")
	if err != nil {
		return nil, err
	}
	later := r.GetTo()
	if later == 0 {
		later = i.Revision
	}
	earlier := r.GetFrom()
	if earlier == 0 {
		earlier = max(later-1, 1)
	}
	from, err := s.version(ctx, i.ID, earlier)
	if err != nil {
		return nil, err
	}
	to, err := s.version(ctx, i.ID, later)
	if err != nil {
		return nil, err
	}
	c := compare(from.text, to.text)
	c.Content, c.From, c.To, c.FromHash, c.ToHash = i.ID, from.number, to.number, from.hash, to.hash
	return c, nil
}

func (s *server) RestoreContent(ctx context.Context, r *contentv1.RestoreContentRequest) (*contentv1.Content, error) {
	was, err := s.readable(ctx, r.GetContent(), "RestoreContent")
	if err != nil {
		return nil, err
	}
	match, ok := rpc.IfMatch(ctx)
	if !ok {
		return nil, errs.New(errorsv1.Reason_ETAG_REQUIRED)
	}
	v, err := s.version(ctx, was.ID, r.GetRevision())
	if err != nil {
		return nil, err
	}
	under, err := s.replica.PlanItem(ctx, was.Text.PlanItem)
	if err != nil {
		return nil, err
	}
	author := auth.From(ctx).Person.ID
	return s.execute(ctx, "RestoreContent", was.ID, r, func(i *item.Item, version int64) ([]any, error) {
		if match != etag(version) {
			return nil, errs.New(errorsv1.Reason_ETAG_STALE)
		}
		text := v.text
		if v.hash != i.PublishedHash {
			text.Correction = i.Editing().Correction // why it is published again is said of the next publication, not of an earlier one
		}
		c, err := compose(text, under)
		if err != nil {
			return nil, err
		}
		return i.Restore(author, v.number, c)
	})
}

// versions are the revisions of an item, the oldest first.
func (s *server) versions(ctx context.Context, content string) ([]version, error) {
	stream, err := id.Parse(item.Prefix, content)
	if err != nil {
		return nil, err
	}
	events, err := s.host.Log.ReadStream(ctx, stream, 0)
	if err != nil {
		return nil, err
	}
	var all []version
	for _, e := range events {
		if v, ok := textOfEvent(e); ok {
			all = append(all, v)
		}
	}
	return all, nil
}

// version is one revision by its number.
func (s *server) version(ctx context.Context, content string, number int32) (version, error) {
	all, err := s.versions(ctx, content)
	if err != nil {
		return version{}, err
	}
	at := slices.IndexFunc(all, func(v version) bool { return v.number == number })
	if at < 0 {
		return version{}, errs.New(errorsv1.Reason_NOT_FOUND, "what", fmt.Sprintf("%s/revisions/%d", content, number))
	}
	return all[at], nil
}

// compare names what differs between two texts.
func compare(from, to item.Text) *contentv1.Comparison {
	c := &contentv1.Comparison{}
	text := func(field, was, is string) {
		if was != is {
			c.Texts = append(c.Texts, &contentv1.TextDifference{Field: field, Paragraphs: paragraphs(diff.Texts(was, is))})
		}
	}
	text("title", from.Title, to.Title)
	text("summary", from.Summary, to.Summary)
	text("body", from.Body, to.Body)
	text("bodyFormat", from.BodyFormat, to.BodyFormat)
	text("language", from.Language, to.Language)
	text("theme", from.Theme, to.Theme)
	text("sourceLine", from.SourceLine, to.SourceLine)
	text("correction.kind", from.Correction.Kind, to.Correction.Kind)
	text("correction.reason", from.Correction.Reason, to.Correction.Reason)
	text("urgentUntil", clock(from.UrgentUntil), clock(to.UrgentUntil))
	compareLine(text, "attachment", from.Attachment, to.Attachment)
	if from.Example != to.Example {
		text("example", fmt.Sprint(from.Example), fmt.Sprint(to.Example))
	}
	for _, language := range languages(from, to) {
		was, is := translationOf(from, language), translationOf(to, language)
		field := "translations[" + language + "]"
		text(field+".title", was.Title, is.Title)
		text(field+".summary", was.Summary, is.Summary)
		text(field+".body", was.Body, is.Body)
	}
	for _, l := range []struct {
		field   string
		was, is []string
	}{{"audiences", from.Audiences, to.Audiences}, {"channels", from.Channels, to.Channels}} {
		if come, gone := without(l.is, l.was), without(l.was, l.is); len(come)+len(gone) > 0 {
			c.Lists = append(c.Lists, &contentv1.ListDifference{Field: l.field, Inserted: come, Deleted: gone})
		}
	}
	c.Attachments = compareFiles(from.Attachments, to.Attachments)
	return c
}

// clock is empty for no time.
func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(vn.Location()).Format(time.RFC3339)
}

func compareLine(text func(field, was, is string), field string, was, is item.Attachment) {
	text(field+".title", was.Title, is.Title)
	text(field+".form", was.Form, is.Form)
	text(field+".issuer", was.Issuer, is.Issuer)
	text(field+".number", was.Number, is.Number)
	text(field+".date", was.Date, is.Date)
	text(field+".abstract", was.Abstract, is.Abstract)
}

func paragraphs(all []diff.Paragraph) []*contentv1.ParagraphDifference {
	out := make([]*contentv1.ParagraphDifference, 0, len(all))
	for _, p := range all {
		d := &contentv1.ParagraphDifference{Change: string(p.Change)}
		for _, s := range p.Segments {
			d.Segments = append(d.Segments, &contentv1.Segment{Change: string(s.Change), Text: s.Text})
		}
		out = append(out, d)
	}
	return out
}

func languages(texts ...item.Text) []string {
	var all []string
	for _, t := range texts {
		for _, to := range t.Translations {
			all = append(all, to.Language)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func translationOf(t item.Text, language string) item.Translation {
	for _, to := range t.Translations {
		if to.Language == language {
			return to
		}
	}
	return item.Translation{}
}

func without(list, others []string) []string {
	var out []string
	for _, s := range list {
		if !slices.Contains(others, s) {
			out = append(out, s)
		}
	}
	return out
}

func compareFiles(from, to []item.File) []*contentv1.AttachmentDifference {
	var out []*contentv1.AttachmentDifference
	find := func(files []item.File, sha256 string) (item.File, bool) {
		at := slices.IndexFunc(files, func(f item.File) bool { return f.SHA256 == sha256 })
		if at < 0 {
			return item.File{}, false
		}
		return files[at], true
	}
	for _, was := range from {
		switch is, there := find(to, was.SHA256); {
		case !there:
			out = append(out, &contentv1.AttachmentDifference{Change: string(diff.Deleted), Before: fileMessage(was)})
		case is != was:
			out = append(out, &contentv1.AttachmentDifference{Change: string(diff.Changed), Before: fileMessage(was), After: fileMessage(is)})
		}
	}
	for _, is := range to {
		if _, there := find(from, is.SHA256); !there {
			out = append(out, &contentv1.AttachmentDifference{Change: string(diff.Inserted), After: fileMessage(is)})
		}
	}
	return out
}
