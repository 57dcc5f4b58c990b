package site

import (
	"context"
	"io"
	"net/http"
	"path"
	"strings"

	"github.com/loa-vn/loa/services/portal/internal/facts"
	"github.com/loa-vn/loa/services/portal/internal/page"
)

// verify answers what a hash is of, or asks for one.
func (s *Site) verify(lang page.Lang, rest []string) liveHandler {
	return func(ctx context.Context, w http.ResponseWriter, r *http.Request) error {
		props := page.VerifyProps{Frame: page.Frame{Site: s.frame, Lang: lang}}
		if len(rest) == 1 {
			props.Asked = rest[0]
		} else {
			props.Asked = strings.TrimSpace(strings.ToValidUTF8(r.URL.Query().Get(page.ParameterHash), ""))
		}
		props.Asked = props.Asked[:min(len(props.Asked), 1000)]
		props.Hash = hashIn(props.Asked)
		if props.Hash != "" && (len(rest) == 0 || rest[0] != props.Hash) {
			http.Redirect(w, r, page.VerifyHashPath(lang, props.Hash), http.StatusSeeOther)
			return nil
		}
		status := http.StatusOK
		if props.Hash != "" {
			var err error
			if props.Found, err = s.authentic(ctx, lang, props.Hash); err != nil {
				return err
			}
			for _, a := range props.Found {
				props.Example.Shown = props.Example.Shown || a.Example
			}
		}
		if props.Asked != "" {
			w.Header().Set("X-Robots-Tag", "noindex")
			if len(props.Found) == 0 {
				status = http.StatusNotFound
			}
		}
		notice(w, r, status, func(out io.Writer) error { return page.Verify(out, props) })
		return nil
	}
}

// hashIn is the one SHA-256 in what somebody typed or scanned: digits in groups, or an address that ends with it.
func hashIn(text string) string {
	text = strings.ToLower(text)
	for _, candidate := range append(strings.Fields(text), strings.Join(strings.Fields(text), "")) {
		for _, run := range strings.FieldsFunc(candidate, func(r rune) bool { return (r < '0' || r > '9') && (r < 'a' || r > 'z') }) {
			if len(run) == 64 && strings.Trim(run, "0123456789abcdef") == "" {
				return run
			}
		}
	}
	return ""
}

// authentic is all that has a hash: what stands first.
func (s *Site) authentic(ctx context.Context, lang page.Lang, hash string) ([]page.Authentic, error) {
	found, err := s.facts.ByHash(ctx, hash)
	if err != nil {
		return nil, err
	}
	n := s.names.Load()
	var list []page.Authentic
	for _, p := range found.Publications {
		state := page.Stands
		switch {
		case p.Now.State == facts.Withdrawn:
			state = page.WasWithdrawn
		case p.Now.State == facts.Expired:
			state = page.HasExpired
		case p.Number < p.Now.Number:
			state = page.WasCorrected
		}
		c := p.Event.GetContent()
		at := p.Event.GetPublishedAt().AsTime()
		list = append(list, page.Authentic{
			Kind: page.OfArticle, State: state, Title: c.GetTitle(), Language: string(original(c)), Issuer: n.agency(c.GetAgency()),
			At: at, Approvals: approvedBy(p.Event.GetDecisions(), n.agency(c.GetAgency())), Imported: p.Event.GetImported(),
			Bypass: bypassOf(p.Event.GetBypass(), p.Event.GetDecisions()),
			Path:   page.ArticlePath(lang, p.Now.Event.GetSlug()), Example: c.GetExample(),
		})
	}
	for _, r := range found.Reports {
		a := page.Authentic{
			Kind: page.OfReport, Title: r.GetTitle(), Issuer: n.agency(r.GetAgency()), Number: r.GetNumber(), At: r.GetApprovedAt().AsTime(),
			Approvals: approvedBy(r.GetDecisions(), n.agency(r.GetAgency())), Path: page.LocalPath(lang, r.GetPath()), Example: r.GetExample(),
		}
		if r.GetDate() != "" {
			a.At, a.Day = dayOf(r.GetDate()), true
		}
		for _, d := range r.GetDocuments() {
			if d.GetSha256() == hash {
				a.Kind, a.Format = page.OfDocument, strings.ToUpper(path.Base(d.GetFormat()))
			}
		}
		list = append(list, a)
	}
	for _, p := range found.Plans {
		a := page.Authentic{
			Kind: page.OfPlan, Title: p.GetPlan().GetTitle(), Issuer: n.agency(p.GetPlan().GetIssuer()), Number: p.GetPlan().GetNumber(),
			At: dayOf(p.GetPlan().GetDate()), Day: true, Imported: p.GetPlan().GetImported(), Example: p.GetPlan().GetExample(),
		}
		if p.Path != "" {
			a.Path = page.LocalPath(lang, p.Path)
		}
		switch {
		case p.GetPlan().GetHash() != hash:
			a.State = page.WasAmended // who approved that is in what replaced it no more
		case !p.ClosedAt.IsZero():
			a.State = page.WasClosed
		}
		if p.GetPlan().GetHash() == hash {
			a.Approvals = approvedBy(p.GetDecisions(), a.Issuer)
		}
		list = append(list, a)
	}
	return list, nil
}
