package find

import (
	"strings"

	"github.com/loa-vn/loa/pkg/vn"
)

// Limits of a question: more is cut off.
const (
	QueryLimit = 200 // characters
	wordLimit  = 12
)

// Filter limits a search.
type Filter struct{ Theme, Audience, Agency string }

// Query is what somebody asked.
type Query struct {
	// Text is the question as it was typed, cut to QueryLimit.
	Text string
	// Exactly asks for the words with the very diacritics that were typed, also where that is none.
	Exactly bool

	words []vn.Word
}

// Parse reads a question. One without any word asks for nothing.
func Parse(text string, exactly bool) Query {
	runes := []rune(strings.TrimSpace(vn.NFC(strings.ToValidUTF8(text, ""))))
	text = string(runes[:min(len(runes), QueryLimit)])
	words := vn.Words(text)
	return Query{Text: text, Exactly: exactly, words: words[:min(len(words), wordLimit)]}
}

// Empty says that nothing is asked for.
func (q Query) Empty() bool { return len(q.words) == 0 }

// accented says whether anything was typed with diacritics: then those who have the same come first.
func (q Query) accented() bool {
	for _, w := range q.words {
		if w.Exact != w.Folded {
			return true
		}
	}
	return false
}

// Tiers are the tsqueries of what is found, the best first; each leaves out what those before it find. The last part, All, finds
// everything that any of them does.
//
// The order: words together in the title, then in the text, with the diacritics that were typed; the same with any; all words
// anywhere, with them; with any.
func (q Query) Tiers(f Filter) (tiers []string, all string) {
	if q.Empty() {
		return nil, ""
	}
	together := func(mark string) string { return q.all(mark, true) }
	exact := func(mark string) string { return q.exact(mark) }
	apart := q.all("", false)
	var parts []string
	switch {
	case q.Exactly:
		parts = []string{And(together(titleMark), exact(titleMark)), And(together(""), exact("")), And(apart, exact(""))}
	case q.accented():
		parts = []string{
			And(together(titleMark), exact(titleMark)), And(together(""), exact("")), together(titleMark), together(""),
			And(apart, exact("")), apart,
		}
	default:
		parts = []string{together(titleMark), together(""), apart}
	}
	limit := f.query()
	for i, part := range parts {
		tier := part
		for _, better := range parts[:i] {
			tier = And(tier, Not(better))
		}
		tiers = append(tiers, And(tier, limit))
	}
	return tiers, And(parts[len(parts)-1], limit)
}

// all asks for every word folded, and for their pairs when they have to stand together.
func (q Query) all(mark string, together bool) string {
	var parts []string
	for i, w := range q.words {
		switch {
		case !together || len(q.words) == 1:
			parts = append(parts, quote(mark+w.Folded))
		case i > 0:
			parts = append(parts, quote(mark+q.words[i-1].Folded+" "+w.Folded))
		}
	}
	return And(parts...)
}

// exact asks for every word that was typed with diacritics as it was typed; of an exact question for every word.
func (q Query) exact(mark string) string {
	var parts []string
	for _, w := range q.words {
		if q.Exactly || w.Exact != w.Folded {
			parts = append(parts, quote(mark+exactMark+w.Exact))
		}
	}
	return And(parts...)
}

func (f Filter) query() string {
	var parts []string
	for _, l := range append(append(filters("t", f.Theme), filters("u", f.Audience)...), filters("a", f.Agency)...) {
		parts = append(parts, quote(l))
	}
	return And(parts...)
}

// And asks for all of the parts; an empty one asks for nothing more.
func And(parts ...string) string {
	kept := make([]string, 0, len(parts))
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, " & ")
}

// Not asks for everything but what a query finds.
func Not(query string) string {
	if query == "" {
		return ""
	}
	return "!(" + query + ")"
}

// quote writes a lexeme as a tsquery has it.
func quote(lexeme string) string {
	if len(lexeme) > lexemeLimit {
		lexeme = strings.ToValidUTF8(lexeme[:lexemeLimit], "")
	}
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(lexeme) + "'"
}
