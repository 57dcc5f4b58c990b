package content

import (
	"context"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/services/content/internal/item"
	"github.com/loa-vn/loa/services/content/internal/outline"
)

func (s *server) ListChecks(ctx context.Context, r *contentv1.ListChecksRequest) (*contentv1.ListChecksResponse, error) {
	i, err := s.readable(ctx, r.GetContent(), "ListChecks")
	if err != nil {
		return nil, err
	}
	found, err := s.found(ctx, i)
	if err != nil {
		return nil, err
	}
	response := &contentv1.ListChecksResponse{Revision: i.Revision}
	response.Blockers, response.Warnings = checkMessages(found)
	return response, nil
}

// found is what is to be mended in an item as it is, and as the site is now.
func (s *server) found(ctx context.Context, i *item.Item) ([]item.Found, error) {
	type body struct {
		field string
		marks []outline.Mark
	}
	bodies := []body{{"body", outline.Of(i.Text.Body, i.Text.BodyFormat)}}
	for _, to := range i.Text.Translations {
		bodies = append(bodies, body{item.PlaceOf(to) + ".body", outline.Of(to.Body, i.Text.BodyFormat)})
	}
	site := outline.Site{PublicURL: s.publicURL(), Files: i.Text.Attachments}
	var paths []string
	for _, b := range bodies {
		paths = append(paths, outline.Pages(b.marks, site.PublicURL)...)
	}
	var err error
	if site.Pages, err = s.replica.Public(ctx, paths); err != nil {
		return nil, err
	}
	var found []item.Found
	for _, b := range bodies {
		found = append(found, outline.Check(b.field, b.marks, site)...)
	}
	return append(found, i.Findings()...), nil
}

func (s *server) publicURL() string {
	if s.host.Config == nil {
		return ""
	}
	return s.host.Config.BaseURL()
}

// checkMessages are what was found, as the API tells it.
func checkMessages(found []item.Found) (blockers, warnings []*contentv1.Check) {
	for _, f := range found {
		reason := errs.Reason(errorsv1.Reason_value[f.Reason])
		c := &contentv1.Check{
			Reason: f.Reason, Field: f.Field, Row: int32(f.Row),
			Detail: errs.Sentence(reason, f.Args, errs.Vietnamese), DetailEn: errs.Sentence(reason, f.Args, errs.English),
		}
		if f.Blocks {
			blockers = append(blockers, c)
		} else {
			warnings = append(warnings, c)
		}
	}
	return blockers, warnings
}
