package site

import (
	"context"
	"io"
	"time"

	"github.com/loa-vn/loa/services/portal/internal/facts"
	"github.com/loa-vn/loa/services/portal/internal/find"
	"github.com/loa-vn/loa/services/portal/internal/memory"
	"github.com/loa-vn/loa/services/portal/internal/page"
)

// Lengths of lists.
const (
	// newest is how many items the home page and a feed list, and a page of a list.
	newest = 20
	// newestReports is how many reports the home page names.
	newestReports = 3
)

func (s *Site) home(ctx context.Context, lang page.Lang) (memory.Page, error) {
	n := s.names.Load()
	latest, err := s.listed(ctx, facts.All, "", 0)
	if err != nil {
		return memory.Page{}, err
	}
	props := page.HomeProps{Frame: page.Frame{Site: s.frame, Lang: lang}}
	props.Latest, props.Example = s.entries(lang, latest)
	if props.Themes, err = s.themes(ctx); err != nil {
		return memory.Page{}, err
	}
	props.Audiences = n.counted(nil, audiencesOf, true)
	reports, err := s.facts.Newest(ctx, "", 0, newestReports)
	if err != nil {
		return memory.Page{}, err
	}
	for _, r := range reports {
		entry, err := s.reportEntry(r)
		if err != nil {
			continue // its own page says why
		}
		props.Reports = append(props.Reports, entry)
		props.Example.Shown = props.Example.Shown || entry.Example
	}
	if props.Often, err = s.often(ctx, n); err != nil {
		return memory.Page{}, err
	}
	urgent, err := s.urgencyNow(ctx)
	if err != nil {
		return memory.Page{}, err
	}
	response, err := s.homeWith(props, urgent)
	return memory.Page{Response: response, Tags: []string{tagLists, tagOften}}, err
}

// listed are the publications of a page of a list; no page of this process is older than any of them.
func (s *Site) listed(ctx context.Context, kind, key string, offset int) ([]*facts.Publication, error) {
	list, err := s.facts.Listed(ctx, kind, key, offset, newest)
	if err != nil {
		return nil, err
	}
	var last int64
	for _, p := range list {
		last = max(last, p.Seq)
	}
	return list, s.upTo(ctx, last)
}

// often are questions that are worth asking: the number of the newest plan, and two that people come with, where there is an answer.
func (s *Site) often(ctx context.Context, n *names) ([]string, error) {
	var questions []string
	if plans := n.newestFirst(); len(plans) > 0 {
		questions = append(questions, plans[0].number)
	}
	var answered []string
	for _, q := range append(questions, "một cửa liên thông", "chính quyền điện tử") {
		_, count, err := s.facts.Search(ctx, facts.Ask{Query: find.Parse(q, false), Limit: 1})
		if err != nil {
			return nil, err
		}
		if count > 0 {
			answered = append(answered, q)
		}
	}
	return answered, nil
}

func (s *Site) themes(ctx context.Context) ([]page.Count, error) {
	counts, err := s.facts.Counts(ctx, facts.ByTheme)
	return s.names.Load().counted(counts, themesOf, true), err
}

// list makes a page of a list of news.
func (s *Site) list(path string, lang page.Lang, kind page.ListKind, code string, number int) made {
	return made{key: paged(path, number), make: func(ctx context.Context) (memory.Page, error) {
		n := s.names.Load()
		by, known := facts.All, true
		props := page.ListProps{Frame: page.Frame{Site: s.frame, Lang: lang}, Kind: kind, Code: code}
		switch kind {
		case page.ThemeList:
			by, props.Name, known = facts.ByTheme, n.theme("", code), n.known(code, themesOf)
		case page.AudienceList:
			by, props.Name, known = facts.ByAudience, n.audience(code), n.known(code, audiencesOf)
		case page.NewsList:
		}
		var err error
		if props.Count, err = s.facts.Count(ctx, by, code); err != nil {
			return memory.Page{}, err
		}
		pages := pagesOf(props.Count)
		if !known && props.Count == 0 || number > pages {
			return memory.Page{}, nil
		}
		props.Paging = page.Paging{Page: number, Pages: pages}
		listed, err := s.listed(ctx, by, code, (number-1)*newest)
		if err != nil {
			return memory.Page{}, err
		}
		props.Entries, props.Example = s.entries(lang, listed)
		if props.Themes, err = s.themes(ctx); err != nil {
			return memory.Page{}, err
		}
		return rendered(page.ContentType, []string{tagLists}, func(w io.Writer) error { return page.List(w, props) })
	}}
}

// pagesOf is how many pages a list takes; an empty one takes one, which says so.
func pagesOf(count int) int { return max(1, (count+newest-1)/newest) }

// feedOf makes a feed, of all news or of a theme's.
func (s *Site) feedOf(path, theme string, asJSON bool) made {
	return made{key: path, make: func(ctx context.Context) (memory.Page, error) {
		n := s.names.Load()
		props := page.FeedProps{Site: s.frame, Started: time.Date(2022, 2, 23, 0, 0, 0, 0, time.UTC)} // the day of the first plan
		by := facts.All
		if theme != "" {
			by, props.ThemeCode, props.Theme = facts.ByTheme, theme, n.theme("", theme)
		}
		listed, err := s.listed(ctx, by, theme, 0)
		if err != nil {
			return memory.Page{}, err
		}
		if len(listed) == 0 && theme != "" && !n.known(theme, themesOf) {
			return memory.Page{}, nil
		}
		for _, p := range listed {
			c, t := p.Event.GetContent(), textOf("", p)
			entry := page.FeedEntry{
				ID: p.ID(), Slug: p.Event.GetSlug(), Title: t.title, Summary: t.summary, Body: t.body, Language: t.language,
				Issuer: n.agency(c.GetAgency()), Theme: n.theme(c.GetPlan(), c.GetTheme()), PublishedAt: p.At(), Example: c.GetExample(),
			}
			entry.Bypassed = facts.BypassOf(p.Event.GetBypass(), p.Event.GetDecisions()) != nil
			if p.Number > 0 {
				entry.Corrected, entry.UpdatedAt = true, p.ChangedAt
			}
			props.Entries = append(props.Entries, entry)
		}
		if asJSON {
			return rendered(page.JSONFeedContentType, []string{tagLists}, func(w io.Writer) error { return page.JSONFeed(w, props) })
		}
		return rendered(page.FeedContentType, []string{tagLists}, func(w io.Writer) error { return page.Feed(w, props) })
	}}
}
