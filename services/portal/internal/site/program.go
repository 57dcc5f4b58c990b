package site

import (
	"context"
	"io"

	"github.com/loa-vn/loa/services/portal/internal/facts"
	"github.com/loa-vn/loa/services/portal/internal/memory"
	"github.com/loa-vn/loa/services/portal/internal/page"
)

// sitemapItems is how many items one part of the sitemap names: with some translations it stays below what is allowed.
const sitemapItems = 20_000

// sitemap names all pages that search engines should know; where they are more than one file may name, the parts that do.
func (s *Site) sitemap(ctx context.Context) (memory.Page, error) {
	count, err := s.facts.Count(ctx, facts.All, "")
	if err != nil {
		return memory.Page{}, err
	}
	if count <= sitemapItems {
		return s.sitemapPart(ctx, 1)
	}
	parts := (count + sitemapItems - 1) / sitemapItems
	return rendered(page.SitemapType, []string{tagLists}, func(w io.Writer) error { return page.SitemapIndex(w, s.frame, parts) })
}

// sitemapPart is a part of the sitemap; what is not an article stands in the first.
func (s *Site) sitemapPart(ctx context.Context, part int) (memory.Page, error) {
	entries, err := s.facts.Addresses(ctx, (part-1)*sitemapItems, sitemapItems)
	if err != nil || part > 1 && len(entries) == 0 {
		return memory.Page{}, err
	}
	var fixed []page.SitemapEntry
	if part == 1 {
		if fixed, err = s.sitemapFixed(ctx); err != nil {
			return memory.Page{}, err
		}
	}
	return rendered(page.SitemapType, []string{tagLists}, func(w io.Writer) error {
		return page.Sitemap(w, s.frame, func(yield func(page.SitemapEntry) error) error {
			for _, e := range fixed {
				if err := yield(e); err != nil {
					return err
				}
			}
			for _, a := range entries {
				languages := []page.Lang{page.Vi}
				for _, l := range a.Languages {
					languages = append(languages, page.Lang(l))
				}
				if err := yield(page.SitemapEntry{Path: page.ArticlePath(page.Vi, a.Slug), Languages: languages, ChangedAt: a.ChangedAt}); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// sitemapFixed are the pages that are no articles: lists, themes, audiences, plans and reports, in the languages of fixed words.
func (s *Site) sitemapFixed(ctx context.Context) ([]page.SitemapEntry, error) {
	n := s.names.Load()
	paths := []string{"/", page.NewsPath, page.PlansPath, page.ReportsPath, page.VerifyPath}
	themes, err := s.themes(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range themes {
		paths = append(paths, page.ThemePath(page.Vi, t.Code))
	}
	for _, a := range n.counted(nil, audiencesOf, true) {
		paths = append(paths, page.ForPath(page.Vi, a.Code))
	}
	for _, p := range n.newestFirst() {
		if p.path != "" {
			paths = append(paths, p.path)
		}
	}
	var entries []page.SitemapEntry
	for _, path := range paths {
		entries = append(entries, page.SitemapEntry{Path: path, Languages: fixedLanguages()})
	}
	reports, err := s.facts.Newest(ctx, "", 0, sitemapItems)
	for _, r := range reports {
		entries = append(entries, page.SitemapEntry{Path: r.GetPath(), Languages: fixedLanguages(), ChangedAt: r.GetApprovedAt().AsTime()})
	}
	return entries, err
}

func (s *Site) robots(context.Context) (memory.Page, error) {
	return rendered(page.RobotsType, nil, func(w io.Writer) error { return page.Robots(w, s.frame) })
}
