package site

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/services/portal/internal/facts"
	"github.com/loa-vn/loa/services/portal/internal/memory"
	"github.com/loa-vn/loa/services/portal/internal/page"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// gone makes the page of an item that was withdrawn or has expired, for people and for programs.
func (s *Site) gone(ctx context.Context, lang page.Lang, p *facts.Publication) (memory.Page, error) {
	props, tags, err := s.goneProps(ctx, lang, p)
	if err != nil {
		return memory.Page{}, err
	}
	made, err := rendered(page.ContentType, tags, func(w io.Writer) error { return page.Gone(w, props) })
	if err != nil {
		return memory.Page{}, err
	}
	problem, err := s.problemOf(lang, props)
	if err != nil {
		return memory.Page{}, err
	}
	if made.Program, err = memory.NewResponse(problem, "application/problem+json"); err != nil {
		return memory.Page{}, err
	}
	made.Status, made.Header = http.StatusGone, noindex()
	made.Program.Status, made.Program.Header = http.StatusGone, noindex()
	if props.Replacement != nil {
		link := "<" + s.BaseURL + page.ArticlePath(lang, props.Replacement.Slug) + `>; rel="successor-version"`
		made.Header.Set("Link", link)
		made.Program.Header.Set("Link", link)
	}
	return made, nil
}

func (s *Site) goneProps(ctx context.Context, lang page.Lang, p *facts.Publication) (page.GoneProps, []string, error) {
	c, n := p.Event.GetContent(), s.names.Load()
	tags := []string{tagOf(facts.KindPublication, p.ID())}
	props := page.GoneProps{
		Frame: page.Frame{Site: s.frame, Lang: lang, Example: page.Example{Shown: c.GetExample()}},
		Slug:  p.Event.GetSlug(), Title: c.GetTitle(), Language: string(original(c)), Theme: n.theme(c.GetPlan(), c.GetTheme()),
		Expired: p.State == facts.Expired, Issuer: n.agency(c.GetAgency()), PublishedAt: p.At(), At: p.ChangedAt, Hash: c.GetHash(),
	}
	others, err := s.facts.Others(ctx, p)
	if err != nil {
		return props, nil, err
	}
	for _, o := range others {
		props.Others = append(props.Others, s.entry(lang, o))
		tags = append(tags, tagOf(facts.KindPublication, o.ID()))
	}
	if len(others) < facts.OtherNews {
		tags = append(tags, tagFew)
	}
	if props.Expired {
		return props, tags, nil
	}
	w, err := s.facts.Withdrawal(ctx, p.ID())
	if err != nil {
		return props, nil, err
	}
	props.Reason, props.Approvals = w.GetReason(), approvedBy(w.GetDecisions(), props.Issuer)
	props.Bypass = bypassOf(w.GetBypass(), w.GetDecisions())
	reached, err := s.facts.Reached(ctx, p.ID(), facts.ActWithdrawn, 0)
	if err != nil {
		return props, nil, err
	}
	props.Reached = n.reached(props.Frame, c.GetPlan(), reached)
	if w.GetReplacement() == "" {
		return props, tags, nil
	}
	tags = append(tags, tagOf(facts.KindPublication, w.GetReplacement()))
	list, err := s.facts.Publications(ctx, []string{w.GetReplacement()})
	if err != nil {
		return props, nil, err
	}
	// One that is withdrawn itself leads nowhere.
	if len(list) == 1 && list[0].State == facts.Published {
		entry := s.entry(lang, list[0])
		props.Replacement = &entry
	}
	return props, tags, nil
}

// problemOf is what programs are told (RFC 9457), with when it was and what takes its place.
func (s *Site) problemOf(lang page.Lang, p page.GoneProps) ([]byte, error) {
	problem := struct {
		Type        string `json:"type"`
		Title       string `json:"title"`
		Status      int    `json:"status"`
		Detail      string `json:"detail"`
		Reason      string `json:"reason"`
		Item        string `json:"item"`
		WithdrawnAt string `json:"withdrawnAt,omitempty"`
		ExpiredAt   string `json:"expiredAt,omitempty"`
		Replacement string `json:"replacement,omitempty"`
	}{Title: http.StatusText(http.StatusGone), Status: http.StatusGone, Item: p.Title}
	reason, at := errorsv1.Reason_PAGE_WITHDRAWN, p.At.UTC().Format(time.RFC3339)
	if p.Expired {
		reason = errorsv1.Reason_PAGE_EXPIRED
		problem.ExpiredAt = at
	} else {
		problem.WithdrawnAt = at
	}
	spoken := errs.Vietnamese
	if lang != page.Vi {
		spoken = errs.English
	}
	problem.Reason, problem.Type = reason.String(), s.BaseURL+"/docs/reasons#"+reason.String()
	problem.Detail = errs.Sentence(reason, map[string]string{"why": p.Reason}, spoken)
	if p.Replacement != nil {
		problem.Replacement = s.BaseURL + page.ArticlePath(lang, p.Replacement.Slug)
	}
	return json.Marshal(problem)
}
