// Package outline finds in a body what readers need whole: its headings, links and pictures. From them follow the checks that keep an
// item from being published, each naming its place in what the author wrote.
package outline

import (
	"errors"
	"io"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/loa-vn/loa/services/content/internal/item"
	"github.com/loa-vn/loa/services/content/internal/markdown"
)

// Kind of a mark.
type Kind int

// The kinds.
const (
	Heading Kind = iota
	Link
	Image
)

// Mark is one heading, link or picture.
type Mark struct {
	Kind Kind
	Line int // in the source, from 1
	// Level of a heading, 1 to 6.
	Level int
	// Text is what a heading or link says, or a picture's alternative.
	Text string
	// Destination of a link or picture.
	Destination string
}

// Of gives the marks of a body in its order. The body was checked before.
func Of(body, format string) []Mark {
	if format == item.HTML {
		return ofHTML(body)
	}
	return ofMarkdown(body)
}

func ofMarkdown(body string) []Mark {
	source := []byte(body)
	var marks []Mark
	// The walk ends early only on an error of the walker, and this one has none.
	_ = ast.Walk(goldmark.DefaultParser().Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		m := Mark{Line: markdown.LineOf(source, n)}
		switch n := n.(type) {
		case *ast.Heading:
			m.Kind, m.Level, m.Text = Heading, n.Level, words(source, n)
		case *ast.Link:
			m.Kind, m.Text, m.Destination = Link, words(source, n), written(n.Destination)
		case *ast.Image:
			m.Kind, m.Text, m.Destination = Image, words(source, n), written(n.Destination)
		case *ast.AutoLink:
			m.Kind, m.Text, m.Destination = Link, string(n.Label(source)), string(n.URL(source))
		default:
			return ast.WalkContinue, nil
		}
		marks = append(marks, m)
		return ast.WalkContinue, nil
	})
	return marks
}

// written is a destination as it stands in the HTML of its Markdown.
func written(destination []byte) string { return string(util.URLEscape(destination, true)) }

// words are what a reader is told by a node: its text, and what its pictures say.
func words(source []byte, of ast.Node) string {
	var b strings.Builder
	_ = ast.Walk(of, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			switch n := n.(type) {
			case *ast.Text:
				b.Write(n.Value(source))
				if n.SoftLineBreak() || n.HardLineBreak() {
					b.WriteByte(' ')
				}
			case *ast.String:
				b.Write(n.Value)
			case *ast.AutoLink:
				b.Write(n.Label(source))
			}
		}
		return ast.WalkContinue, nil
	})
	return strings.TrimSpace(b.String())
}

func ofHTML(body string) []Mark {
	var marks []Mark
	var open []int // marks whose end has not come
	z := html.NewTokenizer(strings.NewReader(body))
	line := 1
	for {
		kind := z.Next()
		if kind == html.ErrorToken && errors.Is(z.Err(), io.EOF) {
			for i := range marks {
				marks[i].Text = strings.Join(strings.Fields(marks[i].Text), " ")
			}
			return marks
		}
		raw := string(z.Raw())
		token := z.Token()
		switch kind {
		case html.TextToken:
			for _, i := range open {
				marks[i].Text += token.Data
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			if m, ok := markOf(token, line); ok {
				if m.Kind == Image {
					for _, i := range open {
						marks[i].Text += m.Text
					}
				} else {
					open = append(open, len(marks))
				}
				marks = append(marks, m)
			}
		case html.EndTagToken:
			if len(open) > 0 && ends(token.DataAtom) {
				open = open[:len(open)-1]
			}
		default: // clean HTML has nothing else
		}
		line += strings.Count(raw, "\n")
	}
}

// markOf reads a tag of clean HTML.
func markOf(token html.Token, line int) (Mark, bool) {
	m := Mark{Line: line}
	attribute := func(name string) string {
		for _, a := range token.Attr {
			if a.Key == name {
				return a.Val
			}
		}
		return ""
	}
	switch token.DataAtom {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		m.Kind, m.Level = Heading, int(token.Data[1]-'0')
	case atom.A:
		m.Kind, m.Destination = Link, attribute("href")
	case atom.Img:
		m.Kind, m.Destination, m.Text = Image, attribute("src"), attribute("alt")
	default:
		return m, false
	}
	return m, true
}

func ends(a atom.Atom) bool {
	switch a {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.A:
		return true
	default:
		return false
	}
}
