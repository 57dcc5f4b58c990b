package system

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/text/unicode/norm"
)

// Page is a public page as a browser gets it, parsed.
type Page struct {
	Status int
	Header http.Header
	Body   []byte
	Root   *html.Node
}

// Page gets a page of the portal, as soon as anybody answers.
func (s *System) Page(t testing.TB, path string) Page {
	t.Helper()
	var p Page
	Eventually(t, Patience, func() (bool, string) {
		var err error
		if p, err = s.page(t, path); err != nil {
			return false, err.Error()
		}
		return true, ""
	})
	return p
}

// UntilPage gets a page until it is as waited for.
func (s *System) UntilPage(t testing.TB, path string, enough func(Page) bool) Page {
	t.Helper()
	var p Page
	Eventually(t, Patience, func() (bool, string) {
		var err error
		if p, err = s.page(t, path); err != nil {
			return false, err.Error()
		}
		return p.Status == http.StatusOK && enough(p), path + ": " + http.StatusText(p.Status) + "\n" + string(p.Body)
	})
	return p
}

func (s *System) page(t testing.TB, path string) (Page, error) {
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Portal+path, nil)
	if err != nil {
		return Page{}, err
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return Page{}, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return Page{}, err
	}
	root, err := html.Parse(strings.NewReader(string(body)))
	return Page{Status: response.StatusCode, Header: response.Header, Body: body, Root: root}, err
}

// All finds every element below a node with a tag ("" for any), and with every class given.
func All(n *html.Node, tag string, classes ...string) []*html.Node {
	var found []*html.Node
	if n == nil {
		return nil
	}
	for d := range n.Descendants() {
		if d.Type != html.ElementNode || tag != "" && d.Data != tag {
			continue
		}
		has := strings.Fields(Attribute(d, "class"))
		ok := true
		for _, class := range classes {
			ok = ok && slices.Contains(has, class)
		}
		if ok {
			found = append(found, d)
		}
	}
	return found
}

// First is the first that All finds, or nil.
func First(n *html.Node, tag string, classes ...string) *html.Node {
	if all := All(n, tag, classes...); len(all) > 0 {
		return all[0]
	}
	return nil
}

// Attribute is the value of an element's attribute, "" when it has none.
func Attribute(n *html.Node, name string) string {
	if n == nil {
		return ""
	}
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// Text is what a reader sees of a node: runs of white space, no-break spaces too, are one space.
func Text(n *html.Node) string {
	var text strings.Builder
	if n == nil {
		return ""
	}
	for d := range n.Descendants() {
		if d.Type == html.TextNode && d.Parent.Data != "script" && d.Parent.Data != "style" {
			text.WriteString(d.Data)
			if !unbroken(d.Parent) && !unbroken(d.NextSibling) {
				text.WriteByte(' ')
			}
		}
	}
	return strings.Join(strings.Fields(norm.NFC.String(text.String())), " ")
}

// unbroken says that a node is in the middle of a text: a document's number, which is kept on one line.
func unbroken(n *html.Node) bool {
	return n != nil && n.Type == html.ElementNode && n.Data == "span" && Attribute(n, "class") == "nowrap"
}
