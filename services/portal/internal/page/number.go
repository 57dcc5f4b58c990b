package page

import (
	"context"
	"fmt"
	"html"
	"io"
	"regexp"
	"strings"

	"github.com/a-h/templ"

	"github.com/loa-vn/loa/pkg/vn"
)

// documentNumber is a document's number with its type and issuer, such as 38/KH-UBND, 3818/QĐ-UBND, 42/2022/NĐ-CP (Decree 30/2020/NĐ-CP,
// annex I, section II.3). A browser would break it at the hyphen.
var documentNumber = regexp.MustCompile(`[0-9]{1,6}(?:/[0-9]{4})?/\p{Lu}[\p{Lu}0-9]{0,7}(?:-\p{Lu}[\p{L}0-9]{0,9}){1,3}`)

// unbroken puts the document numbers of escaped text where no line is broken. The text stays the same to the letter, to be copied and found.
func unbroken(escaped string) string {
	return documentNumber.ReplaceAllString(escaped, `<span class="nowrap">$0</span>`)
}

// glued is a heading or another short text whose compounds and document numbers stay on one line.
func glued(text string) templ.Component { return numbered(vn.Glue(text)) }

// numbered is a text whose document numbers stay on one line.
func numbered(text string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, unbroken(html.EscapeString(text)))
		return err
	})
}

// body is the sanitised text with its document numbers kept on one line, and each table where it can be scrolled sideways on a phone, by
// keys as well. No tag is changed; every < and > that is none is escaped.
func body(f Frame, sanitised SafeHTML) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		rest := string(sanitised)
		tables := 0
		var b strings.Builder
		for rest != "" {
			text, tag := rest, ""
			if from := strings.IndexByte(rest, '<'); from >= 0 {
				text, tag = rest[:from], rest[from:]
				if to := strings.IndexByte(tag, '>'); to >= 0 {
					tag = tag[:to+1]
				}
			}
			rest = rest[len(text)+len(tag):]
			b.WriteString(unbroken(text))
			switch tag {
			case "<table>":
				tables++
				fmt.Fprintf(&b, `<section class="scroll" tabindex="0" aria-label="%s %d">%s`, f.words().Table, tables, tag)
			case "</table>":
				b.WriteString(tag + "</section>")
			default:
				b.WriteString(tag)
			}
		}
		_, err := io.WriteString(w, b.String())
		return err
	})
}
