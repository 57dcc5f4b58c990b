package page_test

import (
	"bytes"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/loa-vn/loa/services/portal/internal/page"
)

// What people wrote in a report stands on its page as paragraphs and lists, as text, and is told to be Vietnamese on the English page.
func TestNarrativeOfAReport(t *testing.T) {
	for _, lang := range []page.Lang{page.Vi, page.En} {
		props := reportProps(t, lang)
		props.Narrative = []page.Narrative{{Name: "Đề xuất", Text: "Bổ sung <b>kinh phí</b>.\n- quý II\n- quý III\nHết."}}
		var b bytes.Buffer
		if err := page.Report(&b, props); err != nil {
			t.Fatal(err)
		}
		section := only(t, parse(t, b.Bytes()), "section", func(n *html.Node) bool { return attribute(n, "aria-labelledby") == "phan-1" })
		paragraphs, entries := all(section, tag(atom.P)), all(section, tag(atom.Li))
		if len(paragraphs) != 2 || text(paragraphs[0]) != "Bổ sung <b>kinh phí</b>." || len(entries) != 2 || text(entries[1]) != "quý III" || len(all(section, tag(atom.Ul))) != 1 {
			t.Errorf("%s: %s", lang, text(section))
		}
		if foreign := len(all(section, func(n *html.Node) bool { return attribute(n, "lang") == "vi" })); foreign != map[page.Lang]int{page.Vi: 0, page.En: 1}[lang] {
			t.Errorf("%s: %d parts are told to be Vietnamese", lang, foreign)
		}
	}
}
