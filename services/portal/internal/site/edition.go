package site

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loa-vn/loa/services/portal/internal/facts"
	"github.com/loa-vn/loa/services/portal/internal/memory"
	"github.com/loa-vn/loa/services/portal/internal/page"
	"github.com/loa-vn/loa/services/portal/internal/redline"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
)

// changesShown is how many changed places the notice of a correction names.
const changesShown = 12

// corrections tells on the page of an item what was corrected, and marks in its text what the last correction changed.
func (s *Site) corrections(ctx context.Context, lang page.Lang, p *facts.Publication, props *page.ArticleProps) error {
	if p.Number == 0 {
		return nil
	}
	list, err := s.facts.Corrections(ctx, p.ID())
	if err != nil {
		return err
	}
	agency := props.Issuer
	for _, e := range list {
		props.Corrections = append(props.Corrections, page.Correction{
			Number: int(e.GetNumber()), At: e.GetCorrectedAt().AsTime(), Form: e.GetKind() == "form", Reason: e.GetReason(),
			Approvals: approvedBy(e.GetDecisions(), agency),
		})
	}
	if len(list) == 0 {
		return nil
	}
	last := &props.Corrections[0]
	before, err := s.facts.Edition(ctx, p.ID(), last.Number-1)
	if err != nil {
		return err
	}
	if before != nil {
		if err := mark(lang, before, p, props); err != nil {
			return err
		}
	}
	reached, err := s.facts.Reached(ctx, p.ID(), facts.ActCorrected, last.Number)
	last.Reached = s.names.Load().reached(props.Frame, p.Event.GetContent().GetPlan(), reached)
	return err
}

// mark compares an item with its version before, in the language of the page.
func mark(lang page.Lang, before *facts.Edition, p *facts.Publication, props *page.ArticleProps) error {
	was := textOf(lang, &facts.Publication{Event: before.Event})
	is, last := textOf(lang, p), &props.Corrections[0]
	if was.language != is.language {
		return nil // it was not written in this language before
	}
	var changes []page.WordChange
	add := func(where string, list []redline.Change) {
		for _, c := range list {
			changes = append(changes, page.WordChange{Where: where, Before: c.Before, After: c.After, Lead: c.Lead, Trail: c.Trail})
		}
	}
	add(props.TitlePlace(), redline.Words(was.title, is.title))
	body, inBody, err := redline.Bodies(string(was.body), string(is.body))
	if err != nil {
		return err
	}
	for _, c := range inBody {
		add(props.ParagraphPlace(c.Paragraph, c.Whole && c.After == ""), []redline.Change{c})
	}
	add(props.SourcePlace(), redline.Words(before.Event.GetContent().GetSourceLine(), p.Event.GetContent().GetSourceLine()))
	add(props.FilesPlace(), changedFiles(attachments(before.Event), props.Attachments))
	last.Changes = changes[:min(len(changes), changesShown)]
	last.More = len(changes) - len(last.Changes)
	// It is the sanitised text with its changed words in <ins>.
	props.Body = page.SafeHTML(body)
	return nil
}

func changedFiles(before, after []page.Attachment) []redline.Change {
	var list []redline.Change
	for _, a := range before {
		if !slices.ContainsFunc(after, a.Same) {
			list = append(list, redline.Change{Before: a.Name})
		}
	}
	for _, a := range after {
		if !slices.ContainsFunc(before, a.Same) {
			list = append(list, redline.Change{After: a.Name})
		}
	}
	return list
}

// reached are the channels that carried an act, by the names that the item's plan gives them.
func (n *names) reached(f page.Frame, plan string, list []facts.Reached) []page.Reached {
	var out []page.Reached
	for _, r := range list {
		channel := n.channel(f, plan, r.Channel)
		channel.At = r.At
		out = append(out, channel)
	}
	return out
}

// approvedBy are those whose approval stands.
func approvedBy(decisions []*approvalsv1.Decision, agency string) []page.Approval {
	var list []page.Approval
	for _, d := range decisions {
		if d.GetOutcome() == "approved" && !d.GetVoided() {
			name := d.GetPersonName()
			if d.GetCapacity() != "" {
				name = d.GetCapacity() + " " + name
			}
			list = append(list, page.Approval{
				Name: name, Position: d.GetPosition(), Agency: agency, Invented: d.GetPersonExample(), Bypass: d.GetBypass(), At: d.GetAt().AsTime(),
			})
		}
	}
	return list
}

// routeEdition finds an earlier version of an item.
func (s *Site) routeEdition(lang page.Lang, slug, text string) (made, bool) {
	number, err := strconv.Atoi(text)
	if err != nil || number < 0 || strconv.Itoa(number) != text {
		return made{}, false
	}
	return made{
		key:  page.EditionPath(lang, slug, number),
		make: func(ctx context.Context) (memory.Page, error) { return s.edition(ctx, lang, slug, number) },
	}, true
}

func (s *Site) edition(ctx context.Context, lang page.Lang, slug string, number int) (memory.Page, error) {
	p, err := s.facts.PublicationBySlug(ctx, slug)
	if err != nil {
		return memory.Page{}, err
	}
	if p == nil {
		return s.moved(ctx, slug, func(now string) string { return page.EditionPath(lang, now, number) })
	}
	if err := s.upTo(ctx, p.Seq); err != nil {
		return memory.Page{}, err
	}
	tags := []string{tagOf(facts.KindPublication, p.ID())}
	switch {
	case number > p.Number:
		return memory.Page{}, nil
	case p.State != facts.Published:
		return s.gone(ctx, lang, p)
	case number == p.Number:
		return redirect(http.StatusFound, page.ArticlePath(lang, slug), tags)
	}
	e, err := s.facts.Edition(ctx, p.ID(), number)
	if err != nil || e == nil {
		return memory.Page{}, err
	}
	list, err := s.facts.Corrections(ctx, p.ID())
	if err != nil {
		return memory.Page{}, err
	}
	props, shown := s.articleProps(lang, &facts.Publication{Event: e.Event, State: facts.Published, RecordedAt: p.RecordedAt}, nil)
	if !shown {
		return memory.Page{}, nil
	}
	props.Slug, props.Superseded = slug, &page.Superseded{Number: number, Until: replacedAt(list, number)}
	made, err := rendered(page.ContentType, tags, func(w io.Writer) error { return page.Edition(w, props) })
	if err == nil {
		made.Header = noindex()
	}
	return made, err
}

func replacedAt(list []*distributionv1.PublicationCorrected, number int) time.Time {
	for _, c := range list {
		if int(c.GetNumber()) == number+1 {
			return c.GetCorrectedAt().AsTime()
		}
	}
	return time.Time{}
}

// moved leads from a slug that an item had once to where it is now; a page without a response when there never was such a slug.
func (s *Site) moved(ctx context.Context, slug string, path func(now string) string) (memory.Page, error) {
	p, err := s.facts.PublicationBefore(ctx, slug)
	if err != nil || p == nil {
		return memory.Page{}, err
	}
	if err := s.upTo(ctx, p.Seq); err != nil {
		return memory.Page{}, err
	}
	return redirect(http.StatusMovedPermanently, path(p.Event.GetSlug()), []string{tagOf(facts.KindPublication, p.ID())})
}

func redirect(status int, path string, tags []string) (memory.Page, error) {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		return memory.Page{}, nil // an address of this site and of no other
	}
	made, err := rendered("text/plain; charset=utf-8", tags, func(w io.Writer) error {
		_, err := io.WriteString(w, path+"\n")
		return err
	})
	if err == nil {
		made.Status, made.Header = status, http.Header{"Location": {path}}
	}
	return made, err
}

// noindex keeps a page out of search engines, whatever reads it.
func noindex() http.Header { return http.Header{"X-Robots-Tag": {"noindex"}} }
