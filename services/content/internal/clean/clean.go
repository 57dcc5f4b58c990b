package clean

import (
	"errors"
	"html"
	"slices"
	"strings"

	parser "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// What HTML may hold, so that reading it stays quick: the time of the standard's algorithm grows with the square of these.
const (
	MaxTags  = 10_000
	MaxDepth = 100
)

// TooIntricate says that a source goes beyond a limit and is not to be parsed.
func TooIntricate(source string) bool { return strings.Count(source, "<") > MaxTags }

// rounds is how often a source is read again until it stays as it is. Two do for all that is known; a source that needs more is made to
// be read differently each time.
const rounds = 6

var errUnstable = errors.New("the HTML reads differently each time it is read")

// HTML makes a source into HTML of the schema. What runs something is left out (Check names it before), formatting is taken away, and
// text stays. The answer read again is itself.
func HTML(source string) (string, error) {
	last := policy()
	for range rounds {
		nodes, err := parser.ParseFragment(strings.NewReader(source), &parser.Node{Type: parser.ElementNode, Data: "div", DataAtom: atom.Div})
		if err != nil {
			return "", err
		}
		var w writer
		w.flow(nodes, atom.Div, 0)
		next := last.Sanitize(w.String())
		if next == source {
			return source, nil
		}
		source = next
	}
	return "", errUnstable
}

// writer writes nodes as HTML of the schema.
type writer struct{ strings.Builder }

// flow writes the children of an element; text that stands beside blocks becomes a paragraph.
func (w *writer) flow(nodes []*parser.Node, in atom.Atom, depth int) {
	if in == atom.Ul || in == atom.Ol || in == atom.Dl {
		w.entries(nodes, in, depth)
		return
	}
	paragraphs := in == atom.Div && holdsBlock(nodes)
	open := false
	for _, n := range nodes {
		block := isBlock(n)
		if paragraphs && !block && !open && !isBlank(n) {
			w.WriteString("<p>")
			open = true
		}
		if block && open {
			w.WriteString("</p>\n")
			open = false
		}
		w.node(n, in, depth)
	}
	if open {
		w.WriteString("</p>")
	}
}

// entries writes the children of a list; one that is no entry becomes one.
func (w *writer) entries(nodes []*parser.Node, in atom.Atom, depth int) {
	entry := atom.Li
	if in == atom.Dl {
		entry = atom.Dd
	}
	for _, n := range nodes {
		if n.DataAtom == entry || in == atom.Dl && n.DataAtom == atom.Dt || isBlank(n) {
			w.node(n, in, depth)
			continue
		}
		w.WriteString("<" + entry.String() + ">")
		w.node(n, entry, depth+1)
		w.WriteString("</" + entry.String() + ">")
	}
}

func (w *writer) node(n *parser.Node, in atom.Atom, depth int) {
	switch n.Type {
	case parser.TextNode:
		w.WriteString(html.EscapeString(n.Data))
	case parser.ElementNode:
		w.element(n, in, depth)
	default: // comments and declarations say nothing to a reader
	}
}

func (w *writer) element(n *parser.Node, in atom.Atom, depth int) {
	a := renamed(n.DataAtom)
	if n.Namespace != "" || isUnread(a) || depth > MaxDepth {
		return
	}
	children := childrenOf(n)
	attributes, known := blocks()[a]
	if !known {
		attributes, known = inlines()[a]
	}
	box := isBox(a) || misplaced(a, in)
	switch {
	case box && !holdsBlock(children) && (in == atom.Div || in == atom.Blockquote):
		if !allBlank(children) {
			w.WriteString("<p>")
			w.flow(children, atom.P, depth+1)
			w.WriteString("</p>\n")
		}
		return
	case box, !known, isPhrase(in) && isBlock(n), isPhrase(a) && a != atom.A && holdsBlock(children) && !isHeading(a):
		w.flow(children, in, depth+1)
		return
	}
	written, whole := attributesOf(n, a, attributes)
	if !whole {
		w.flow(children, in, depth+1) // a link to nowhere leaves its words
		return
	}
	w.WriteString("<" + a.String() + written + ">")
	if a == atom.Br || a == atom.Hr || a == atom.Img {
		return
	}
	if a == atom.Pre && len(children) > 0 && children[0].Type == parser.TextNode && strings.HasPrefix(children[0].Data, "\n") {
		w.WriteString("\n") // the reader drops the first
	}
	w.flow(children, a, depth+1)
	w.WriteString("</" + a.String() + ">")
}

// attributesOf writes those of the schema in its order. Not whole means that the element is nothing without what was left out.
func attributesOf(n *parser.Node, a atom.Atom, names []string) (written string, whole bool) {
	var b strings.Builder
	whole = a != atom.A && a != atom.Img
	for _, name := range names {
		value, found := valueOf(n, name)
		if !found {
			if a == atom.Img && name == "alt" {
				b.WriteString(` alt=""`)
			}
			continue
		}
		switch name {
		case "href", "src":
			if value, found = address(value); found {
				whole = true
			}
		case "start", "colspan", "rowspan":
			value = strings.TrimSpace(value)
			found = count.MatchString(value) && !(value == "1" && name != "start")
		case "scope":
			value = strings.ToLower(value)
			found = scopes.MatchString(value)
		default:
			value = strings.Join(strings.Fields(value), " ")
			found = value != "" || name == "alt"
		}
		if found {
			b.WriteString(" " + name + `="` + html.EscapeString(value) + `"`)
		}
	}
	return b.String(), whole
}

// misplaced says that an element means nothing where it stands.
func misplaced(a, in atom.Atom) bool {
	switch a {
	case atom.Li:
		return in != atom.Ul && in != atom.Ol
	case atom.Dt, atom.Dd:
		return in != atom.Dl
	case atom.Figcaption:
		return in != atom.Figure
	default:
		return false
	}
}

func isHeading(a atom.Atom) bool {
	switch a {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return true
	default:
		return false
	}
}

// isPhrase says that an element holds text and what stands in text, and no blocks.
func isPhrase(a atom.Atom) bool {
	_, inline := inlines()[a]
	return inline || isHeading(a) || a == atom.P || a == atom.Pre
}

func valueOf(n *parser.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Namespace == "" && a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func childrenOf(n *parser.Node) []*parser.Node {
	var all []*parser.Node
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		all = append(all, c)
	}
	return all
}

// isBlock says that a node is written as something that stands by itself.
func isBlock(n *parser.Node) bool {
	if n.Type != parser.ElementNode {
		return false
	}
	if _, block := blocks()[n.DataAtom]; block || isBox(n.DataAtom) {
		return true
	}
	return holdsBlock(childrenOf(n))
}

func holdsBlock(nodes []*parser.Node) bool { return slices.ContainsFunc(nodes, isBlock) }

// isBlank says that nothing of a node would be seen.
func isBlank(n *parser.Node) bool {
	switch n.Type {
	case parser.TextNode:
		return strings.TrimSpace(n.Data) == ""
	case parser.ElementNode:
		return isUnread(n.DataAtom) || n.DataAtom != atom.Br && n.DataAtom != atom.Img && n.DataAtom != atom.Hr && allBlank(childrenOf(n))
	default:
		return true
	}
}

func allBlank(nodes []*parser.Node) bool {
	for _, n := range nodes {
		if !isBlank(n) {
			return false
		}
	}
	return true
}
