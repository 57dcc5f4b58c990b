package page

import (
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// Paths of the site. Each stands below the language it is asked for in, "/en/tin/…", and Vietnamese below none; below them stand the
// pages of one thing. They are stable for ever.
const (
	NewsPath     = "/tin"
	ThemesPath   = "/chu-de"
	AudiencePath = "/doi-tuong"
	PlansPath    = "/ke-hoach"
	ReportsPath  = "/bao-cao"
	SearchPath   = "/tim-kiem"

	// FeedPath and JSONFeedPath are the feeds of all news, one for all languages; below the page of a theme stand the theme's.
	FeedPath     = "/feed.atom"
	JSONFeedPath = "/feed.json"
	SitemapPath  = "/sitemap.xml"
	RobotsPath   = "/robots.txt"
)

// PageParameter is the parameter of an address that says which page of a list it is, from 2.
const PageParameter = "trang"

// HomePath is the path of the home page.
func HomePath(lang Lang) string {
	if lang == Vi || lang == "" {
		return "/"
	}
	return "/" + string(lang)
}

// ArticlePath is the path of a published item.
func ArticlePath(lang Lang, slug string) string {
	return LocalPath(lang, NewsPath+"/"+url.PathEscape(slug))
}

// PrintPath is the path of the print view of a published item.
func PrintPath(lang Lang, slug string) string { return ArticlePath(lang, slug) + "/in" }

// ThemePath is the path of a theme's news.
func ThemePath(lang Lang, code string) string {
	return LocalPath(lang, ThemesPath+"/"+url.PathEscape(code))
}

// ForPath is the path of an audience's news.
func ForPath(lang Lang, code string) string {
	return LocalPath(lang, AudiencePath+"/"+url.PathEscape(code))
}

// ReportPath is the path of a public report. Year and agency are part of it, since a number comes
// again each year and in each agency.
func ReportPath(lang Lang, year int, agency, slug string) string {
	return LocalPath(lang, ReportsPath+"/"+strconv.Itoa(year)+"/"+url.PathEscape(agency)+"/"+url.PathEscape(slug))
}

// ItemPath is the path of what was done under an item of a plan.
func ItemPath(plan, code string) string { return plan + "/" + url.PathEscape(code) }

// LocalPath is the path of a page in a language.
func LocalPath(lang Lang, path string) string {
	switch {
	case lang == Vi || lang == "":
		return path
	case path == "/":
		return HomePath(lang)
	default:
		return HomePath(lang) + path
	}
}

// pagePath is the address of a page of a list; the first has the list's own.
func pagePath(path string, page int) string {
	if page < 2 {
		return path
	}
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	return path + separator + PageParameter + "=" + strconv.Itoa(page)
}

// languageName is what a language calls itself; one that is not known is called by its code.
func languageName(lang Lang) string {
	tag, err := language.Parse(string(lang))
	if err != nil {
		return string(lang)
	}
	if name := display.Self.Name(tag); name != "" {
		return name
	}
	return string(lang)
}
