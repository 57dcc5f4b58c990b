package outline

import (
	"errors"
	"io"
	"net/url"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/loa-vn/loa/services/content/internal/item"
)

// PathOf is where the portal has a file of an item.
func PathOf(f item.File) string { return "/tep/" + f.SHA256 + "/" + url.PathEscape(f.Name) }

// Resolve gives clean HTML in which every name of an own file is the path that the portal has it under. A picture that is no own file is
// replaced by what it was to tell; an own picture without words of its own says the file's alternative.
func Resolve(page string, files []item.File) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		kind := z.Next()
		if kind == html.ErrorToken && errors.Is(z.Err(), io.EOF) {
			return b.String()
		}
		raw := string(z.Raw())
		token := z.Token()
		if kind != html.StartTagToken || token.DataAtom != atom.A && token.DataAtom != atom.Img {
			b.WriteString(raw)
			continue
		}
		b.WriteString(resolved(token, raw, files))
	}
}

func resolved(token html.Token, raw string, files []item.File) string {
	m, _ := markOf(token, 0)
	f, named := FileOf(m.Destination, files)
	own := named && f.SHA256 != ""
	if token.DataAtom == atom.Img && !(own && strings.HasPrefix(f.MediaType, "image/")) {
		return html.EscapeString(m.Text)
	}
	if !own {
		return raw
	}
	for i, a := range token.Attr {
		switch {
		case a.Key == "href", a.Key == "src":
			token.Attr[i].Val = PathOf(f)
		case a.Key == "alt" && a.Val == "":
			token.Attr[i].Val = f.Alternative
		}
	}
	return token.String()
}
