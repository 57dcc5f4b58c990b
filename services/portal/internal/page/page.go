// Package page renders the public portal: plain structs in, complete HTML, Atom or a stylesheet out.
// It reads no clock, database or network, so a page can be rendered once when something is published
// and its bytes kept.
package page

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/a-h/templ"

	"github.com/loa-vn/loa/pkg/vn"
)

// ContentSecurityPolicy is the policy that every page is written for; the server that answers with
// a page sends it. Pages have no script and no style of their own, and load nothing from elsewhere.
//
// What a page tells programs of itself (schema.org) is a data block, which no policy on scripts touches.
const ContentSecurityPolicy = "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// Media types of pages, feeds and what else programs read.
const (
	ContentType         = "text/html; charset=utf-8"
	FeedContentType     = "application/atom+xml; charset=utf-8"
	JSONFeedContentType = "application/feed+json; charset=utf-8"
	SitemapType         = "application/xml; charset=utf-8"
	RobotsType          = "text/plain; charset=utf-8"
)

// Lang is the language that a page is asked for in, which stands in its address. What was published in it is shown in it; fixed words
// are Vietnamese or, in every other language, English.
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
	// Languages that what the page shows stands in; none: Vietnamese and English, as pages of fixed words do. A page in another language
	// shows one of these texts in its frame, and search engines are sent to the first.
	Languages []Lang
}

// Speech is the language of the frame's fixed words, dates and numbers.
func (f Frame) Speech() Lang {
	if f.Lang == Vi || f.Lang == "" {
		return Vi
	}
	return En
}

func (f Frame) languages() []Lang {
	if len(f.Languages) == 0 {
		return []Lang{Vi, En}
	}
	return f.Languages
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

// htmlLang is the language code of the document, that of its fixed words.
func (f Frame) htmlLang() string { return string(f.Speech()) }

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

// iconsMark is where the outlines of a page's icons go, once it is known which it draws.
const iconsMark = "<!--icons-->"

// render writes a page with the outlines of just the icons that it draws.
func render(w io.Writer, component templ.Component) error {
	var b bytes.Buffer
	if err := component.Render(context.Background(), &b); err != nil {
		return err
	}
	before, after, found := bytes.Cut(b.Bytes(), []byte(iconsMark))
	if _, err := w.Write(before); err != nil || !found {
		return err
	}
	if _, err := io.WriteString(w, outlines(after)); err != nil {
		return err
	}
	_, err := w.Write(after)
	return err
}

// outlines are the symbols of the icons that a page uses, each once, in the order of their first use.
func outlines(body []byte) string {
	const use = `<use href="#i-`
	var b strings.Builder
	seen := map[string]bool{}
	for {
		_, rest, found := bytes.Cut(body, []byte(use))
		if !found {
			return b.String()
		}
		body = rest
		name, _, _ := bytes.Cut(rest, []byte(`"`))
		if outline := iconPath(string(name)); outline != "" && !seen[string(name)] {
			seen[string(name)] = true
			fmt.Fprintf(&b, `<symbol id="i-%s" viewBox="0 0 24 24"><path d="%s"></path></symbol>`, name, outline)
		}
	}
}

// stamp writes an instant for the datetime attribute, in the zone of Vietnam.
func stamp(t time.Time) string { return t.In(vn.Location()).Format(time.RFC3339) }

func day(t time.Time) string { return t.In(vn.Location()).Format(time.DateOnly) }

// stampOf is stamp, and empty for no time.
func stampOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return stamp(t)
}
