// Package markdown says which Markdown an item's body may be, and what page it makes. It is CommonMark without raw HTML, whose links lead
// only where a reader expects: to a web page, a mail address or a place of the same site.
package markdown

import (
	"bytes"
	"fmt"
	"html"
	"strings"
	"sync"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Problem is one place of a body that could run something in a reader's browser.
type Problem struct {
	// Line is the line of the body, from 1.
	Line int
	// What quotes the place, shortened to a few words.
	What string
}

// Read parses a body once. It names, in the order of the text, every place that holds HTML or a link that is not http, https, mailto or
// relative, and gives the page that the body makes. In that page such HTML is left out; that it holds nothing else which runs is for the one
// schema to see to that every page passes.
func Read(body string) (page string, problems []Problem, err error) {
	source := []byte(body)
	root := renderer().Parser().Parse(text.NewReader(source))
	// The walk ends early only on an error of the walker, and this one has none.
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.HTMLBlock:
			problems = append(problems, Problem{Line: LineOf(source, n), What: quote(tag(blockText(source, n)))})
		case *ast.RawHTML:
			problems = append(problems, Problem{Line: LineOf(source, n), What: quote(tag(string(n.Segments.Value(source))))})
		case *ast.Link:
			problems = appendDestination(problems, source, n, n.Destination)
		case *ast.Image:
			problems = appendDestination(problems, source, n, n.Destination)
		case *ast.AutoLink:
			if n.AutoLinkType == ast.AutoLinkURL {
				problems = appendDestination(problems, source, n, n.URL(source))
			}
		}
		return ast.WalkContinue, nil
	})
	var out bytes.Buffer
	if err := renderer().Renderer().Render(&out, source, root); err != nil {
		return "", nil, fmt.Errorf("rendering Markdown: %w", err)
	}
	return out.String(), problems, nil
}

// renderer reads and writes CommonMark; making one takes longer than an item's body does.
//
//nolint:gochecknoglobals // made at the first use, and never changed
var renderer = sync.OnceValue(func() goldmark.Markdown { return goldmark.New() })

func appendDestination(problems []Problem, source []byte, n ast.Node, destination []byte) []Problem {
	if scheme, ok := refused(destination); ok {
		return append(problems, Problem{Line: LineOf(source, n), What: quote(scheme)})
	}
	return problems
}

// refused reads a destination as a browser will: entities resolved, control characters and spaces dropped, case ignored.
func refused(destination []byte) (scheme string, yes bool) {
	written := html.UnescapeString(string(util.URLEscape(destination, true)))
	plain := strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f {
			return -1
		}
		return r
	}, written)
	before := plain
	if i := strings.IndexAny(plain, "/?#\\"); i >= 0 {
		before = plain[:i]
	}
	scheme, _, found := strings.Cut(before, ":")
	if !found {
		return "", false
	}
	switch strings.ToLower(scheme) {
	case "http", "https", "mailto":
		return "", false
	default:
		return scheme + ":", true
	}
}

// lineOf finds the line of a node; an inline node without a place of its own stands in its block.
func LineOf(source []byte, n ast.Node) int {
	for ; n != nil; n = n.Parent() {
		if at := n.Pos(); at >= 0 {
			return bytes.Count(source[:min(at, len(source))], []byte("\n")) + 1
		}
	}
	return 1
}

func blockText(source []byte, n *ast.HTMLBlock) string {
	lines := n.Lines()
	if lines.Len() == 0 && n.HasClosure() {
		return string(n.ClosureLine.Value(source))
	}
	return string(lines.Value(source))
}

// tag is what opens a piece of HTML.
func tag(s string) string {
	if i := strings.IndexByte(s, '>'); i >= 0 {
		return s[:i+1]
	}
	return s
}

func quote(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	const limit = 40
	if runes := []rune(s); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return s
}
