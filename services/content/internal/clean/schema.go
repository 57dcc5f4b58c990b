// Package clean says which HTML an item may be, names what in a source would run something, and makes any source into that HTML. There
// is one schema (docs/content.md), which what an author writes as HTML and what comes of Markdown both end in.
package clean

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark/util"
	"golang.org/x/net/html/atom"
)

// blocks stand by themselves; inlines stand in a line of text. Together they are the elements of the schema, with their attributes.
//
//nolint:gochecknoglobals // made at the first use, and never changed
var blocks = sync.OnceValue(func() map[atom.Atom][]string {
	return map[atom.Atom][]string{
		atom.P: nil, atom.H1: nil, atom.H2: nil, atom.H3: nil, atom.H4: nil, atom.H5: nil, atom.H6: nil, atom.Blockquote: nil, atom.Pre: nil, atom.Hr: nil,
		atom.Ul: nil, atom.Ol: {"start"}, atom.Li: nil, atom.Dl: nil, atom.Dt: nil, atom.Dd: nil, atom.Figure: nil, atom.Figcaption: nil,
		atom.Table: nil, atom.Caption: nil, atom.Thead: nil, atom.Tbody: nil, atom.Tfoot: nil, atom.Tr: nil,
		atom.Th: {"scope", "colspan", "rowspan"}, atom.Td: {"colspan", "rowspan"},
	}
})

//
//nolint:gochecknoglobals // made at the first use, and never changed
var inlines = sync.OnceValue(func() map[atom.Atom][]string {
	return map[atom.Atom][]string{
		atom.A: {"href", "title"}, atom.Img: {"src", "alt", "title"}, atom.Br: nil, atom.Em: nil, atom.Strong: nil, atom.Code: nil, atom.Sub: nil,
		atom.Sup: nil, atom.Abbr: {"title"},
	}
})

// renamed are elements that another one of the schema says as well.
func renamed(a atom.Atom) atom.Atom {
	switch a {
	case atom.B:
		return atom.Strong
	case atom.I:
		return atom.Em
	default:
		return a
	}
}

// isBox recognises an element that only lays out: what it holds is kept, as a paragraph of its own where it is text.
func isBox(a atom.Atom) bool {
	switch a {
	case atom.Div, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Main, atom.Aside, atom.Nav, atom.Address, atom.Center, atom.Details, atom.Summary:
		return true
	default:
		return false
	}
}

// isActive recognises an element that runs, loads or sends something, or changes how the rest is read: it is refused, not cleaned away,
// because its author meant something by it. Every one that begins another way of reading (SVG, MathML, raw text) is among them.
func isActive(name string) bool {
	return slices.Contains([]string{
		"script", "iframe", "frame", "frameset", "object", "embed", "applet", "param", "form", "input", "button", "textarea", "select", "option", "optgroup",
		"datalist", "output", "keygen", "svg", "math", "base", "template", "slot", "noscript", "audio", "video", "source", "track", "canvas", "portal", "dialog",
		"menuitem", "isindex", "xmp", "plaintext", "noembed", "noframes", "listing", "image", "bgsound", "map", "area", "fencedframe", "picture",
	}, name)
}

// isUnread recognises an element whose content is not for readers: it goes with what it holds.
func isUnread(a atom.Atom) bool {
	switch a {
	case atom.Style, atom.Title, atom.Head, atom.Meta, atom.Link, atom.Script, atom.Template, atom.Noscript, atom.Iframe, atom.Object, atom.Svg, atom.Math,
		atom.Textarea, atom.Select, atom.Xmp, atom.Plaintext, atom.Noembed, atom.Noframes, atom.Audio, atom.Video, atom.Canvas:
		return true
	default:
		return false
	}
}

var (
	count  = regexp.MustCompile(`^[1-9][0-9]{0,2}$`)
	scopes = regexp.MustCompile(`^(row|col|rowgroup|colgroup)$`)
)

// policy is the same schema once more, in the words of the library that is the last to see a page. Nothing passes that it does not know.
//
//nolint:gochecknoglobals // made at the first use, and never changed
var policy = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	for _, elements := range []map[atom.Atom][]string{blocks(), inlines()} {
		for a := range elements {
			p.AllowElements(a.String())
		}
	}
	p.AllowAttrs("href", "title").OnElements("a")
	p.AllowAttrs("src", "alt", "title").OnElements("img")
	p.AllowAttrs("title").OnElements("abbr")
	p.AllowAttrs("start").Matching(count).OnElements("ol")
	p.AllowAttrs("colspan", "rowspan").Matching(count).OnElements("td", "th")
	p.AllowAttrs("scope").Matching(scopes).OnElements("th")
	p.RequireParseableURLs(true)
	p.AllowRelativeURLs(true)
	p.AllowURLSchemes("http", "https", "mailto")
	p.RequireNoFollowOnLinks(false)
	return p
})

// address gives a destination as it is written in clean HTML; not ok when it leads anywhere but to a web page, a mail address or a place
// of the same site.
func address(raw string) (clean string, ok bool) {
	raw = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1 // a browser drops them too, in the middle of a scheme as well
		}
		return r
	}, raw)
	raw = strings.TrimSpace(raw)
	if SchemeOf(raw) != "" && !slices.Contains([]string{"http", "https", "mailto"}, SchemeOf(raw)) {
		return "", false
	}
	u, err := url.Parse(string(util.URLEscape([]byte(strings.ReplaceAll(raw, `\`, "/")), false)))
	if err != nil || u.Opaque != "" && u.Scheme != "mailto" {
		return "", false
	}
	return u.String(), raw != ""
}

// SchemeOf reads the scheme of a destination as a browser will: control characters and spaces dropped, in small letters. Empty for one
// on the same site.
func SchemeOf(destination string) string {
	plain := strings.ToLower(strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f {
			return -1
		}
		return r
	}, destination))
	if i := strings.IndexAny(plain, `/?#\`); i >= 0 {
		plain = plain[:i]
	}
	scheme, _, found := strings.Cut(plain, ":")
	if !found {
		return ""
	}
	return scheme
}
