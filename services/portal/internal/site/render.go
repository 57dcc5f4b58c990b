package site

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/loa-vn/loa/services/portal/internal/page"
)

// pages is one moment of the site: a rendered response per path, and what print views are made of.
type pages struct {
	byPath map[string]*response
	prints map[string]page.ArticleProps
}

// otherNews is how many other items an article names.
const otherNews = 4

// languages of the fixed words; a page stands in each.
func languages() []page.Lang { return []page.Lang{page.Vi, page.En} }

// render makes the next moment out of the last one: pages that did not change keep their bytes.
func (s *Site) render(old *pages, changed []*publication, reports []*report) (*pages, error) {
	next := &pages{byPath: map[string]*response{}, prints: map[string]page.ArticleProps{}}
	if old != nil {
		maps.Copy(next.byPath, old.byPath)
		maps.Copy(next.prints, old.prints)
	}
	ordered := s.newestFirst()
	fresh := map[*publication]bool{}
	for _, p := range changed {
		fresh[p] = true
	}
	for i, p := range ordered {
		others := neighbours(ordered, i)
		if !fresh[p] && slices.Equal(others, p.others) {
			continue
		}
		p.others = others
		if err := s.renderArticle(next, p, fresh[p]); err != nil {
			return nil, err
		}
	}
	for _, r := range reports {
		if err := s.renderReport(next, r); err != nil {
			return nil, err
		}
	}
	for _, lang := range languages() {
		body, err := written(func(w io.Writer) error { return page.Home(w, s.home(lang, ordered)) })
		if err != nil {
			return nil, fmt.Errorf("home page: %w", err)
		}
		next.byPath[page.HomePath(lang)] = newResponse(body, page.ContentType)
	}
	feed, err := written(func(w io.Writer) error { return page.Feed(w, s.feed(ordered)) })
	if err != nil {
		return nil, fmt.Errorf("feed: %w", err)
	}
	next.byPath[page.FeedPath] = newResponse(feed, page.FeedContentType)
	return next, nil
}

func (s *Site) newestFirst() []*publication {
	ordered := make([]*publication, 0, len(s.publications))
	for _, p := range s.publications {
		ordered = append(ordered, p)
	}
	slices.SortFunc(ordered, func(a, b *publication) int {
		if c := b.event.GetPublishedAt().AsTime().Compare(a.event.GetPublishedAt().AsTime()); c != 0 {
			return c
		}
		return cmp.Compare(a.event.GetPublication(), b.event.GetPublication())
	})
	return ordered
}

// neighbours are the items published before this one, then those after it: so a new item changes few pages.
func neighbours(ordered []*publication, i int) []*publication {
	before := ordered[i+1:]
	others := slices.Clone(before[:min(otherNews, len(before))])
	for j := i - 1; j >= 0 && len(others) < otherNews; j-- {
		others = append(others, ordered[j])
	}
	return others
}

func (s *Site) renderArticle(next *pages, p *publication, fresh bool) error {
	if fresh {
		_, span := tracer().Start(parent(p.traceparent), "portal.page", aggregate(p.event.GetPublication()))
		defer span.End()
	}
	for _, lang := range languages() {
		props := s.article(lang, p)
		body, err := written(func(w io.Writer) error { return page.Article(w, props) })
		if err != nil {
			return fmt.Errorf("page of %s: %w", p.event.GetPublication(), err)
		}
		next.byPath[page.ArticlePath(lang, props.Slug)] = newResponse(body, page.ContentType)
		next.prints[page.PrintPath(lang, props.Slug)] = props
	}
	return nil
}

func (s *Site) renderReport(next *pages, r *report) error {
	id := r.event.GetReport().GetId()
	_, span := tracer().Start(parent(r.traceparent), "portal.report", aggregate(id))
	defer span.End()
	for _, lang := range languages() {
		props, err := s.reportPage(lang, r)
		if err != nil {
			return fmt.Errorf("page of %s: %w", id, err)
		}
		body, err := written(func(w io.Writer) error { return page.Report(w, props) })
		if err != nil {
			return fmt.Errorf("page of %s: %w", id, err)
		}
		next.byPath[page.ReportPath(lang, props.Year, props.Agency, props.Slug)] = newResponse(body, page.ContentType)
	}
	return nil
}

func written(write func(w io.Writer) error) ([]byte, error) {
	var b bytes.Buffer
	err := write(&b)
	return b.Bytes(), err
}

// nameOf is an agency's name, or its code while the directory does not know it.
func (s *Site) nameOf(agency string) string {
	if name := s.agencies[agency]; name != "" {
		return name
	}
	return agency
}

// themeOf is a theme's name in its plan.
func (s *Site) themeOf(plan, code string) string {
	for _, t := range s.plans[plan].GetThemes() {
		if t.GetCode() == code {
			return t.GetName()
		}
	}
	return strings.ReplaceAll(code, "-", " ")
}
