// Package find is the search of the portal: which words of a document are kept, which of them a question asks for, and which words of
// the text to show as found. It knows no database; what it asks is a tsquery, what it keeps the lexemes of a tsvector.
//
// A document keeps, for every syllable, the folded form ("mot") and the exact one ("=mộ…"), and for every two syllables that stand
// together the pair of folded forms ("mot cua"); for its title the same behind ">". With pairs an index alone tells whether words stand
// together: a tsvector with positions has to be read for every document that has the words, which among a hundred thousand documents on
// administrative reform takes a second for "hành chính". Two of three Vietnamese words are pairs of syllables.
package find

import (
	"slices"
	"strings"
	"time"

	"github.com/loa-vn/loa/pkg/vn"
)

// Document is what is found.
type Document struct {
	// Title is what a document is called, Number its number as written; both weigh more than the text.
	Title, Number string
	// Texts are all else it is found by: text, agency, translations.
	Texts []string
	// Theme, Agency and Audiences are codes that a search may be limited to.
	Theme, Agency string
	Audiences     []string
	// At is when it was published: its month is kept, so that a search for what is everywhere looks at the newest only.
	At time.Time
}

// Marks of lexemes.
const (
	exactMark  = "="
	titleMark  = ">"
	filterMark = "@"
)

// Lexemes are what is kept of a document, sorted, each once.
func (d Document) Lexemes() []string {
	seen := map[string]struct{}{}
	add := func(text, mark string) {
		words := vn.Words(text)
		for i, w := range words {
			seen[mark+w.Folded] = struct{}{}
			seen[mark+exactMark+w.Exact] = struct{}{}
			if i > 0 {
				seen[mark+words[i-1].Folded+" "+w.Folded] = struct{}{}
			}
		}
	}
	for _, text := range []string{d.Title, d.Number} {
		add(text, titleMark)
		add(text, "")
	}
	for _, text := range d.Texts {
		add(text, "")
	}
	for _, f := range append(filters("t", d.Theme), filters("a", d.Agency)...) {
		seen[f] = struct{}{}
	}
	for _, f := range filters("u", d.Audiences...) {
		seen[f] = struct{}{}
	}
	seen[month(d.At)] = struct{}{}
	list := make([]string, 0, len(seen))
	for lexeme := range seen {
		if len(lexeme) <= lexemeLimit {
			list = append(list, lexeme)
		}
	}
	slices.Sort(list)
	return list
}

// lexemeLimit is the longest lexeme kept, in bytes; PostgreSQL takes 2046, and no word is that long.
const lexemeLimit = 256

// month is the lexeme of a month, of the zone of Vietnam.
func month(t time.Time) string { return filterMark + "m:" + t.In(vn.Location()).Format("2006-01") }

// Months asks for what was published in the months from one day to another, both included. It is empty when those are more than a search
// can name.
func Months(from, to time.Time) string {
	from, to = from.In(vn.Location()), to.In(vn.Location())
	var parts []string
	for at := vn.Day(from.Year(), from.Month(), 1); !at.After(to); at = at.AddDate(0, 1, 0) {
		if parts = append(parts, quote(month(at))); len(parts) > monthLimit {
			return ""
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "(" + strings.Join(parts, " | ") + ")"
}

// monthLimit is how many months a search names.
const monthLimit = 60

func filters(kind string, codes ...string) []string {
	var list []string
	for _, code := range codes {
		if code != "" {
			list = append(list, filterMark+kind+":"+code)
		}
	}
	return list
}
