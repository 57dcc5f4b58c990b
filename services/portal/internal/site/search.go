package site

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/portal/internal/facts"
	"github.com/loa-vn/loa/services/portal/internal/find"
	"github.com/loa-vn/loa/services/portal/internal/page"
)

// search answers a search. Its answer depends on what was asked, so it is not kept.
func (s *Site) search(lang page.Lang, number int) liveHandler {
	return func(ctx context.Context, w http.ResponseWriter, r *http.Request) error {
		if number > facts.CountLimit/newest {
			return errAbsent
		}
		props, err := s.searchProps(ctx, lang, r.URL.Query(), number)
		if err != nil {
			return err
		}
		notice(w, r, http.StatusOK, func(out io.Writer) error { return page.Search(out, props) })
		return nil
	}
}

func (s *Site) searchProps(ctx context.Context, lang page.Lang, values url.Values, number int) (page.SearchProps, error) {
	n, question := s.names.Load(), page.ReadQuestion(values)
	query := find.Parse(question.Text, question.Exactly)
	question.Text = query.Text
	props := page.SearchProps{Frame: page.Frame{Site: s.frame, Lang: lang}, Question: question}
	ask := facts.Ask{
		Query: query, Filter: find.Filter{Theme: question.Theme, Audience: question.Audience, Agency: question.Agency},
		Newest: question.Newest, Offset: (number - 1) * newest, Limit: newest,
	}
	props.BadDate = !between(&ask, &props.Question)
	hits, count, err := s.facts.Search(ctx, ask)
	if err != nil {
		return props, err
	}
	props.Count, props.More = min(count, facts.CountLimit), count > facts.CountLimit
	props.Paging = page.Paging{Page: number, Pages: pagesOf(props.Count)}
	var read []string
	if props.Hits, read, err = s.hits(ctx, lang, query, hits); err != nil {
		return props, err
	}
	props.Meant = query.Meant(read)
	for _, h := range props.Hits {
		props.Example.Shown = props.Example.Shown || h.Example
		if !h.Example {
			props.Example.Except = unlabelled(lang)
		}
	}
	counts := map[string]map[string]int{}
	for _, kind := range []string{facts.ByTheme, facts.ByAudience, facts.ByAgency} {
		if counts[kind], err = s.facts.Counts(ctx, kind); err != nil {
			return props, err
		}
	}
	props.Themes = n.counted(counts[facts.ByTheme], themesOf, false)
	props.Audiences = n.counted(counts[facts.ByAudience], audiencesOf, false)
	props.Agencies = n.publishing(counts[facts.ByAgency])
	return props, nil
}

// between reads the days of a question; one that cannot be read is left out, and between says so.
func between(ask *facts.Ask, q *page.Question) bool {
	ok := true
	read := func(text *string) time.Time {
		day := dayOf(*text)
		if *text != "" && (day.IsZero() || day.Year() < 1900 || day.Year() > 9999) {
			ok, *text = false, ""
			return time.Time{}
		}
		return day
	}
	ask.From = read(&q.From)
	if to := read(&q.To); !to.IsZero() {
		ask.To = to.AddDate(0, 0, 1) // the day itself is asked for too
	}
	return ok
}

// hits are what was found as a page shows it, with the texts that were read for it.
func (s *Site) hits(ctx context.Context, lang page.Lang, q find.Query, found []facts.Hit) (hits []page.Hit, texts []string, err error) {
	ids := map[string][]string{}
	for _, h := range found {
		ids[h.Kind] = append(ids[h.Kind], h.ID)
	}
	byID := map[string]page.Hit{}
	publications, err := s.facts.Publications(ctx, ids[facts.KindPublication])
	if err != nil {
		return nil, nil, err
	}
	for _, p := range publications {
		h, body := s.publicationHit(lang, q, p)
		byID[p.ID()], texts = h, append(texts, body...)
	}
	if len(ids[facts.KindPlan]) > 0 {
		plans, err := s.facts.Plans(ctx, ids[facts.KindPlan])
		if err != nil {
			return nil, nil, err
		}
		for _, p := range plans {
			d := planDocument(p)
			byID[p.GetPlan().GetId()] = page.Hit{
				Kind: page.PlanHit, Path: page.LocalPath(lang, p.Path), Title: pieces(q.Mark(d.Title)), Snippet: s.snippet(q, d.Texts...),
				PublishedAt: dayOf(p.GetPlan().GetDate()), Issuer: s.names.Load().agency(p.GetPlan().GetIssuer()), Example: p.GetPlan().GetExample(),
			}
			texts = append(append(texts, d.Title), d.Texts...)
		}
	}
	if len(ids[facts.KindReport]) > 0 {
		reports, err := s.facts.Reports(ctx, ids[facts.KindReport])
		if err != nil {
			return nil, nil, err
		}
		for _, r := range reports {
			d := reportDocument(r)
			byID[r.GetId()] = page.Hit{
				Kind: page.ReportHit, Path: page.LocalPath(lang, r.GetPath()), Title: pieces(q.Mark(d.Title)), Snippet: s.snippet(q, d.Texts...),
				PublishedAt: r.GetApprovedAt().AsTime(), Issuer: s.names.Load().agency(r.GetAgency()), Example: r.GetExample(),
			}
			texts = append(append(texts, d.Title), d.Texts...)
		}
	}
	for _, h := range found {
		if hit, known := byID[h.ID]; known {
			hits = append(hits, hit)
		}
	}
	return hits, texts, nil
}

func (s *Site) publicationHit(lang page.Lang, q find.Query, p *facts.Publication) (page.Hit, []string) {
	c, t := p.Event.GetContent(), textOf(lang, p)
	title := vn.NFC(t.title)
	h := page.Hit{
		Path: page.ArticlePath(lang, p.Event.GetSlug()), Title: pieces(q.Mark(title)), Language: t.language, PublishedAt: p.At(),
		Issuer: s.names.Load().agency(c.GetAgency()), Corrected: p.Number > 0, Withdrawn: p.State == facts.Withdrawn, Example: c.GetExample(),
	}
	if !slices.Contains(fixedLanguages(), lang) && !slices.Contains(writtenIn(c), lang) {
		h.Path = page.ArticlePath(page.En, p.Event.GetSlug())
	}
	if p.State != facts.Published {
		return h, []string{title} // what it said is public no more
	}
	body := plainText(string(t.body))
	h.Snippet = s.snippet(q, body, t.summary)
	return h, []string{title, body}
}

// snippet is the part of the first text that has what was asked for; of the last one its beginning when none has.
func (s *Site) snippet(q find.Query, texts ...string) []page.Piece {
	var list []find.Piece
	for _, text := range texts {
		if text == "" {
			continue
		}
		snippet, found := q.Snippet(text)
		if list = snippet; found {
			break
		}
	}
	return pieces(list)
}

func pieces(list []find.Piece) []page.Piece {
	var out []page.Piece
	for _, p := range list {
		out = append(out, page.Piece(p))
	}
	return out
}
