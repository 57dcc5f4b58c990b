// Package redline says what a correction changed: which words became which, and where they stand in the new text. It marks up HTML that
// was sanitised and adds nothing to it but <ins>.
package redline

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/loa-vn/loa/pkg/diff"
)

// Change is one place that changed: words that stood there before and that stand there now, either may be empty.
type Change struct {
	// Paragraph counts the blocks of the new text from 1 (of the old one where a block is gone): paragraphs, headings, list items, cells.
	Paragraph int
	// Whole says that a whole block came or is gone.
	Whole         bool
	Before, After string
	// Lead and Trail are the words around a number that changed: by itself it says nothing. Empty where words changed.
	Lead, Trail string
}

// Bodies compares two bodies and answers the new one with what changed marked, and the changes in their order.
func Bodies(before, after string) (marked string, changes []Change, err error) {
	old, err := parse(before)
	if err != nil {
		return "", nil, err
	}
	now, err := parse(after)
	if err != nil {
		return "", nil, err
	}
	from, to := blocksOf(old), blocksOf(now)
	came, gone := 0, 0
	for _, p := range diff.Paragraphs(texts(from), texts(to)) {
		switch p.Change {
		case diff.Deleted:
			gone++
			changes = append(changes, Change{Paragraph: gone, Whole: true, Before: tidy(p.Segments[0].Text)})
		case diff.Inserted:
			changes = append(changes, Change{Paragraph: came + 1, Whole: true, After: tidy(p.Segments[0].Text)})
			to[came].mark([]span{{0, len(to[came].text())}})
			came++
		case diff.Changed:
			spans, some := within(p.Segments, came+1)
			changes = append(changes, some...)
			to[came].mark(spans)
			came, gone = came+1, gone+1
		default:
			came, gone = came+1, gone+1
		}
	}
	var b strings.Builder
	for n := range now.ChildNodes() {
		if err := html.Render(&b, n); err != nil {
			return "", nil, err
		}
	}
	return b.String(), changes, nil
}

// Words compares two lines; nil when they say the same.
func Words(before, after string) []Change {
	if before == after {
		return nil
	}
	_, changes := within(diff.Words(before, after), 0)
	return changes
}

func parse(body string) (*html.Node, error) {
	root := &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div}
	nodes, err := html.ParseFragment(strings.NewReader(body), root)
	if err != nil {
		return nil, err
	}
	for _, n := range nodes {
		root.AppendChild(n)
	}
	return root, nil
}

// block is a run of text that no block element interrupts.
type block struct{ nodes []*html.Node }

func (b block) text() string {
	var text strings.Builder
	for _, n := range b.nodes {
		text.WriteString(n.Data)
	}
	return text.String()
}

func texts(blocks []block) []string {
	list := make([]string, len(blocks))
	for i, b := range blocks {
		list[i] = b.text()
	}
	return list
}

func blocksOf(root *html.Node) []block {
	var list []block
	var open block
	end := func() {
		if strings.TrimSpace(open.text()) != "" {
			list = append(list, open)
		}
		open = block{}
	}
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		for c := range n.ChildNodes() {
			switch {
			case c.Type == html.TextNode:
				open.nodes = append(open.nodes, c)
			case c.Type != html.ElementNode:
			case inline(c.DataAtom):
				walk(c)
			default:
				end()
				walk(c)
				end()
			}
		}
	}
	walk(root)
	end()
	return list
}

func inline(a atom.Atom) bool {
	switch a {
	case atom.A, atom.B, atom.Strong, atom.I, atom.Em, atom.Span, atom.Sup, atom.Sub, atom.Code, atom.Del, atom.Ins, atom.U, atom.S, atom.Mark, atom.Img,
		atom.Small, atom.Abbr, atom.Q, atom.Cite, atom.Kbd:
		return true
	default:
		return false
	}
}

// span is bytes of a block's text.
type span struct{ from, to int }

// mark puts spans into <ins>, text node by text node.
func (b block) mark(spans []span) {
	at := 0
	for _, n := range b.nodes {
		end := at + len(n.Data)
		var pieces []*html.Node
		done := at
		for _, s := range spans {
			from, to := max(s.from, at), min(s.to, end)
			if from >= to {
				continue
			}
			pieces = append(pieces, text(n.Data[done-at:from-at]), inserted(n.Data[from-at:to-at]))
			done = to
		}
		if pieces != nil {
			pieces = append(pieces, text(n.Data[done-at:]))
			for _, p := range pieces {
				if p.Type == html.ElementNode || p.Data != "" {
					n.Parent.InsertBefore(p, n)
				}
			}
			n.Parent.RemoveChild(n)
		}
		at = end
	}
}

func text(s string) *html.Node { return &html.Node{Type: html.TextNode, Data: s} }

func inserted(s string) *html.Node {
	n := &html.Node{Type: html.ElementNode, Data: "ins", DataAtom: atom.Ins}
	n.AppendChild(text(s))
	return n
}

// near is how many bytes of unchanged text may stand between two changes that are told as one.
const near = 12

// within tells the changes of one paragraph: neighbours as one. A word comes with the one before it, so that a reader finds a compound
// whole; a number is marked alone.
func within(segments []diff.Segment, paragraph int) (spans []span, changes []Change) {
	at := 0
	var open *Change
	begin, between, lead := 0, "", ""
	end := func(to int, next string) {
		if open == nil {
			return
		}
		if wordless(open.Before) && wordless(open.After) {
			open.Lead, open.Trail = tidy(lead), firstWord(next)
			begin += len(lead)
			lead = ""
		}
		open.Before, open.After = tidy(lead+open.Before), tidy(lead+open.After)
		changes = append(changes, *open)
		if to > begin {
			spans = append(spans, span{begin, to})
		}
		open, between = nil, ""
	}
	last := 0
	previous := ""
	for _, s := range segments {
		if s.Change == diff.Equal {
			if open != nil && len(s.Text) > near {
				end(last, s.Text)
			} else if open != nil {
				between = s.Text
			}
			previous = s.Text
			at += len(s.Text)
			continue
		}
		if open == nil {
			lead = lastWord(previous)
			open, begin = &Change{Paragraph: paragraph}, at-len(lead)
		} else if between != "" {
			open.Before, open.After, between = open.Before+between, open.After+between, ""
		}
		if s.Change == diff.Deleted {
			open.Before += s.Text
		} else {
			open.After += s.Text
			at += len(s.Text)
		}
		last = at
	}
	end(last, between)
	return spans, changes
}

// lastWord of a text with the spaces after it, empty when a sign stands between.
func lastWord(text string) string {
	word := strings.TrimRight(text, " \u00a0")
	if i := strings.LastIndexAny(word, " \u00a0\n\t.,;:()“”\"/"); i >= 0 {
		_, size := utf8.DecodeRuneInString(word[i:])
		word = word[i+size:]
	}
	if word == "" {
		return ""
	}
	return text[strings.LastIndex(text, word):]
}

// firstWord of a text, empty when a sign stands before it.
func firstWord(text string) string {
	word := strings.TrimLeft(text, " \u00a0")
	if i := strings.IndexFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }); i >= 0 {
		word = word[:i]
	}
	return word
}

// wordless says that a text has figures and signs alone.
func wordless(text string) bool { return !strings.ContainsFunc(text, unicode.IsLetter) }

func tidy(text string) string { return strings.Join(strings.Fields(text), " ") }
