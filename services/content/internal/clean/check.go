package clean

import (
	"errors"
	"io"
	"strings"

	parser "golang.org/x/net/html"
)

// Problem is one place of a source that could run something in a reader's browser.
type Problem struct {
	// Line is the line of the source, from 1.
	Line int
	// What quotes the place, shortened to a few words.
	What string
}

// Check names every place that runs, loads or sends something, in the order of the text: an element, an attribute that handles an event,
// a link that is not http, https, mailto or relative. What only formats is no problem, and is cleaned away.
func Check(source string) []Problem {
	var problems []Problem
	z := parser.NewTokenizer(strings.NewReader(source))
	line := 1
	for {
		kind := z.Next()
		if kind == parser.ErrorToken {
			if errors.Is(z.Err(), io.EOF) {
				return problems
			}
			return append(problems, Problem{Line: line, What: "<"})
		}
		raw := string(z.Raw())
		if kind == parser.StartTagToken || kind == parser.SelfClosingTagToken {
			if problem := problemOf(z.Token(), raw); problem != "" {
				problems = append(problems, Problem{Line: line, What: quote(problem)})
			}
		}
		line += strings.Count(raw, "\n")
	}
}

// problemOf quotes what is wrong with a tag; empty when nothing is.
func problemOf(token parser.Token, raw string) string {
	if isActive(token.Data) {
		return raw
	}
	for _, a := range token.Attr {
		name := strings.ToLower(a.Key)
		switch {
		case strings.HasPrefix(name, "on"), name == "srcdoc", name == "formaction", name == "xlink:href", name == "ping":
			return raw
		case name == "http-equiv" && !strings.EqualFold(strings.TrimSpace(a.Val), "content-type"):
			return raw
		case name == "href", name == "src":
			if token.Data == "link" { // a style sheet of a word processor, which is not kept
				continue
			}
			if _, ok := address(a.Val); !ok && strings.TrimSpace(a.Val) != "" {
				if scheme := SchemeOf(a.Val); scheme != "" {
					return scheme + ":"
				}
				return raw
			}
		}
	}
	return ""
}

func quote(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	const limit = 40
	if runes := []rune(s); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return s
}
