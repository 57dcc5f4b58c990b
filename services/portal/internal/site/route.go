package site

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loa-vn/loa/services/portal/internal/memory"
	"github.com/loa-vn/loa/services/portal/internal/page"
)

// fixedLanguages are those of the fixed words; every page stands in each.
func fixedLanguages() []page.Lang { return []page.Lang{page.Vi, page.En} }

// made is what a path leads to.
type made struct {
	// key is the page's own address, which others that lead to it are not kept under.
	key string
	// make renders the page; one without a response is not there. It is nil where live is not.
	make func(context.Context) (memory.Page, error)
	// live answers what depends on more than the facts, and is not kept.
	live liveHandler
}

// route finds what an address leads to. It looks nothing up: whether there is such an article only making its page tells.
func (s *Site) route(escaped string, query url.Values) (made, bool) {
	lang, parts, ok := s.split(escaped)
	if !ok {
		return made{}, false
	}
	if len(parts) == 0 {
		return made{key: page.HomePath(lang), make: func(ctx context.Context) (memory.Page, error) { return s.home(ctx, lang) }}, true
	}
	n, ok := pageOf(query)
	if !ok {
		return made{}, false
	}
	switch first, rest := "/"+parts[0], parts[1:]; first {
	case page.NewsPath:
		return s.routeNews(lang, rest, n)
	case page.ThemesPath:
		return s.routeTheme(lang, rest, n)
	case page.AudiencePath:
		if len(rest) == 1 {
			return s.list(page.ForPath(lang, rest[0]), lang, page.AudienceList, rest[0], n), true
		}
	case page.PlansPath:
		return s.routePlan(lang, rest, n)
	case page.ReportsPath:
		return s.routeReport(lang, rest, n)
	case page.SearchPath:
		if len(rest) == 0 {
			return made{live: s.search(lang, n)}, true
		}
	case page.VerifyPath:
		if len(rest) <= 1 {
			return made{live: s.verify(lang, rest)}, true
		}
	case page.PreviewPath:
		return s.routePreview(lang, rest)
	case page.FilesPath:
		if len(rest) == 2 && lang == page.Vi {
			return made{live: s.file(rest[0], rest[1])}, true
		}
	default:
		if len(rest) == 0 && lang == page.Vi {
			return s.routeProgram(first)
		}
	}
	return made{}, false
}

// split takes the language and the unescaped parts of a path; the languages are those of fixed words and those that something is
// translated into.
func (s *Site) split(escaped string) (page.Lang, []string, bool) {
	if !strings.HasPrefix(escaped, "/") || len(escaped) > 1000 {
		return "", nil, false
	}
	var parts []string
	if escaped != "/" {
		for part := range strings.SplitSeq(escaped[1:], "/") {
			text, err := url.PathUnescape(part)
			if err != nil || text == "" || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
				return "", nil, false
			}
			parts = append(parts, text)
		}
	}
	lang := page.Vi
	if len(parts) > 0 {
		if n := s.names.Load(); parts[0] == string(page.En) || n != nil && n.languages[page.Lang(parts[0])] {
			lang, parts = page.Lang(parts[0]), parts[1:]
		}
	}
	return lang, parts, true
}

// deepest is the last page of any list that is answered.
const deepest = 10_000

// pageOf is which page of a list is asked for, from 1. The first has no number in its address, so that it has one address only.
func pageOf(query url.Values) (int, bool) {
	text := query.Get(page.PageParameter)
	if text == "" {
		return 1, true
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n > 1 && n <= deepest && strconv.Itoa(n) == text
}

func paged(path string, n int) string {
	if n == 1 {
		return path
	}
	return path + "?" + page.PageParameter + "=" + strconv.Itoa(n)
}

func (s *Site) routeNews(lang page.Lang, rest []string, n int) (made, bool) {
	switch {
	case len(rest) == 0:
		return s.list(page.LocalPath(lang, page.NewsPath), lang, page.NewsList, "", n), true
	case len(rest) == 1:
		slug := rest[0]
		return made{key: page.ArticlePath(lang, slug), make: func(ctx context.Context) (memory.Page, error) { return s.article(ctx, lang, slug) }}, true
	case len(rest) == 2 && rest[1] == "in":
		return made{live: s.print(lang, rest[0])}, true
	case len(rest) == 3 && rest[1] == "ban":
		return s.routeEdition(lang, rest[0], rest[2])
	}
	return made{}, false
}

func (s *Site) routeTheme(lang page.Lang, rest []string, n int) (made, bool) {
	switch {
	case len(rest) == 1:
		return s.list(page.ThemePath(lang, rest[0]), lang, page.ThemeList, rest[0], n), true
	case len(rest) == 2 && lang == page.Vi && ("/"+rest[1] == page.FeedPath || "/"+rest[1] == page.JSONFeedPath):
		return s.feedOf(page.ThemePath(lang, rest[0])+"/"+rest[1], rest[0], "/"+rest[1] == page.JSONFeedPath), true
	}
	return made{}, false
}

func (s *Site) routePlan(lang page.Lang, rest []string, n int) (made, bool) {
	switch len(rest) {
	case 0:
		return made{key: page.LocalPath(lang, page.PlansPath), make: func(ctx context.Context) (memory.Page, error) { return s.plans(ctx, lang) }}, true
	case 3, 4:
		path := page.PlansPath + "/" + strings.Join(rest[:3], "/")
		if len(rest) == 3 {
			return made{key: page.LocalPath(lang, path), make: func(ctx context.Context) (memory.Page, error) { return s.plan(ctx, lang, path) }}, true
		}
		return made{
			key:  paged(page.LocalPath(lang, page.ItemPath(path, rest[3])), n),
			make: func(ctx context.Context) (memory.Page, error) { return s.item(ctx, lang, path, rest[3], n) },
		}, true
	}
	return made{}, false
}

func (s *Site) routeReport(lang page.Lang, rest []string, n int) (made, bool) {
	switch len(rest) {
	case 0:
		return made{
			key:  paged(page.LocalPath(lang, page.ReportsPath), n),
			make: func(ctx context.Context) (memory.Page, error) { return s.reports(ctx, lang, n) },
		}, true
	case 3:
		path := page.ReportsPath + "/" + strings.Join(rest, "/")
		return made{key: page.LocalPath(lang, path), make: func(ctx context.Context) (memory.Page, error) { return s.report(ctx, lang, path) }}, true
	}
	return made{}, false
}

// routeProgram finds what programs read.
func (s *Site) routeProgram(path string) (made, bool) {
	switch path {
	case page.FeedPath, page.JSONFeedPath:
		return s.feedOf(path, "", path == page.JSONFeedPath), true
	case page.SitemapPath:
		return made{key: path, make: s.sitemap}, true
	case page.RobotsPath:
		return made{key: path, make: s.robots}, true
	}
	if text, found := strings.CutPrefix(path, "/sitemap-"); found {
		text, found = strings.CutSuffix(text, ".xml")
		if n, err := strconv.Atoi(text); found && err == nil && n > 0 && n <= deepest && strconv.Itoa(n) == text {
			return made{key: path, make: func(ctx context.Context) (memory.Page, error) { return s.sitemapPart(ctx, n) }}, true
		}
	}
	return made{}, false
}
