// Package page renders the public portal: plain structs in, complete HTML, Atom or a stylesheet out.
// It reads no clock, database or network, so a page can be rendered once when something is published
// and its bytes kept.
package page

import (
	"context"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/a-h/templ"

	"github.com/loa-vn/loa/pkg/vn"
)

// ContentSecurityPolicy is the policy that every page is written for; the server that answers with
// a page sends it. Pages have no script and no style of their own, and load nothing from elsewhere.
const ContentSecurityPolicy = "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// ContentType and FeedContentType are the media types of pages and of the feed.
const (
	ContentType     = "text/html; charset=utf-8"
	FeedContentType = "application/atom+xml; charset=utf-8"
)

// Lang is the language of a page's fixed words. What was published keeps its own.
type Lang = vn.Lang

// The languages of fixed words.
const (
	Vi = vn.Vi
	En = vn.En
)

// SafeHTML is HTML that was sanitised when it was written. A page puts it in as it is, so nothing
// else may be converted to this type.
type SafeHTML string

// Site is what all pages of one portal share.
type Site struct {
	// BaseURL is the public address without a slash at its end, such as https://loa.example.
	BaseURL string
	// TagAuthority is the authority and date of tag URIs (RFC 4151), such as loa.example,2022. The
	// ids of the feed are made from it, so it must never change, even when BaseURL does.
	TagAuthority string
}

// Example says that a page shows example data; such a page carries a striped strip, in print too.
type Example struct {
	Shown bool
	// Except names what on the page is real, in the language of the page, such as "bài về Kế hoạch
	// 38". Empty when nothing is.
	Except string
}

// Frame is what every page needs besides its content.
type Frame struct {
	Site    Site
	Lang    Lang
	Example Example
}

// HomePath is the path of the home page.
func HomePath(lang Lang) string {
	if lang == En {
		return "/en"
	}
	return "/"
}

// ArticlePath is the path of a published item.
func ArticlePath(lang Lang, slug string) string { return localPath(lang, "/tin/"+url.PathEscape(slug)) }

// PrintPath is the path of the print view of a published item.
func PrintPath(lang Lang, slug string) string { return ArticlePath(lang, slug) + "/in" }

// ReportPath is the path of a public report. Year and agency are part of it, since a number comes
// again each year and in each agency.
func ReportPath(lang Lang, year int, agency, slug string) string {
	return localPath(lang, "/bao-cao/"+strconv.Itoa(year)+"/"+url.PathEscape(agency)+"/"+url.PathEscape(slug))
}

// FeedPath is the path of the Atom feed, one for both languages.
const FeedPath = "/feed.atom"

func localPath(lang Lang, path string) string {
	if lang == En {
		return HomePath(En) + path
	}
	return path
}

func (s Site) absolute(path string) string { return strings.TrimSuffix(s.BaseURL, "/") + path }

// address is how a person would write the page's address on paper: without the scheme.
func (s Site) address(path string) string {
	_, rest, found := strings.Cut(s.absolute(path), "://")
	if !found {
		return s.absolute(path)
	}
	return rest
}

func (f Frame) words() words { return wordsOf(f.Lang) }

// htmlLang is the language code of the document; the zero Frame is Vietnamese.
func (f Frame) htmlLang() string {
	if f.Lang == En {
		return string(En)
	}
	return string(Vi)
}

// foreign returns the language to mark a published text with, empty when it is the page's own. A text
// that names no language is Vietnamese.
func (f Frame) foreign(lang string) string {
	if lang == "" {
		lang = string(Vi)
	}
	if lang == f.htmlLang() {
		return ""
	}
	return lang
}

// titleLimit is how many characters of a title browsers and search engines show.
const titleLimit = 70

// pageTitle is the title of the document: the page's, then the site's where there is room; a longer
// one is cut between words, since the heading of the page has it whole.
func pageTitle(f Frame, title string) string {
	title = vn.NFC(title)
	if full := title + " | " + f.words().SiteName; utf8.RuneCountInString(full) <= titleLimit {
		return full
	}
	if utf8.RuneCountInString(title) <= titleLimit {
		return title
	}
	cut := string([]rune(title)[:titleLimit-1])
	if space := strings.LastIndexByte(cut, ' '); space > 0 {
		cut = cut[:space]
	}
	return strings.TrimRight(cut, " ,;:–-") + "…"
}

func render(w io.Writer, component templ.Component) error {
	return component.Render(context.Background(), w)
}

// stamp writes an instant for the datetime attribute, in the zone of Vietnam.
func stamp(t time.Time) string { return t.In(vn.Location()).Format(time.RFC3339) }

func day(t time.Time) string { return t.In(vn.Location()).Format(time.DateOnly) }
