// Package docx writes an official document as a Word file (WordprocessingML, ECMA-376 transitional) in the layout of Decree
// 30/2020/NĐ-CP, Appendix I, that can go on being edited. The same document is the same bytes, and tables are written as their
// rows come.
package docx

import (
	"io"
	"strconv"

	"github.com/loa-vn/loa/pkg/document/internal/archive"
	"github.com/loa-vn/loa/pkg/document/internal/markup"
	"github.com/loa-vn/loa/pkg/document/internal/typeface"
	"github.com/loa-vn/loa/pkg/document/model"
)

// twips are twentieths of a point, Word's measure; tenths of a millimetre make them.
func twips(tenths int) int { return tenths * 14400 / 2540 }

// column is the width of the text: A4 with margins of 30 and 15 mm; landscape 30 and 20.
func column(landscape bool) int {
	if landscape {
		return twips(2470)
	}
	return twips(1650)
}

// writer is a part that is being written: the document or a footer.
type writer struct {
	*markup.Writer
	model  *model.Document
	faces  typeface.Set
	links  map[string]string // relationship by address
	order  []string          // addresses in the order of their relationships
	charts []model.Chart
}

// Write renders a document. It refuses what Check refuses; what w then holds must be thrown away.
func Write(w io.Writer, m *model.Document) error {
	if err := m.Check(); err != nil {
		return err
	}
	faces, err := typeface.Serif()
	if err != nil {
		return err
	}
	z := archive.New(w)
	if err := putFixed(z, m); err != nil {
		return err
	}
	entry, err := z.Create("word/document.xml")
	if err != nil {
		return err
	}
	x := &writer{Writer: markup.New(entry), model: m, faces: faces, links: map[string]string{}}
	if err := x.document(); err != nil {
		return err
	}
	if err := x.Flush(); err != nil {
		return err
	}
	for i, c := range x.charts {
		if err := z.Put("word/charts/chart"+strconv.Itoa(i+1)+".xml", []byte(chartPart(c))); err != nil {
			return err
		}
	}
	if err := z.Put("word/_rels/document.xml.rels", []byte(x.relations())); err != nil {
		return err
	}
	if err := putFooters(z, m, faces); err != nil {
		return err
	}
	return z.Close()
}

// document writes the main part: the body, then each annex as a section of its own.
func (x *writer) document() error {
	x.Put(markup.Head, `<w:document `, names, `><w:body>`)
	x.head()
	if err := x.blocks(x.model.Body, column(false), true); err != nil {
		return err
	}
	x.signature()
	if len(x.model.Annexes) == 0 {
		x.Put(section(false, firstFooter))
	} else {
		x.Put(`<w:p><w:pPr><w:pStyle w:val="NDPlain"/><w:spacing w:before="0" w:after="0" w:line="20" w:lineRule="exact"/>`, section(false, firstFooter), `</w:pPr></w:p>`)
	}
	for i, a := range x.model.Annexes {
		width := column(a.Landscape)
		x.paragraph("Heading1", `<w:keepNext/><w:spacing w:before="0" w:after="0"/><w:ind w:firstLine="0"/><w:jc w:val="center"/>`, model.Plain(a.Label), 0)
		x.paragraph("NDCenter", `<w:keepNext/>`, model.Strong(a.Title), 0)
		if a.Note != "" {
			x.paragraph("NDCenter", `<w:keepNext/>`, []model.Run{{Text: a.Note, Italic: true}}, 0)
		}
		x.rule("NDPlain", width, width/4, true)
		if err := x.blocks(a.Body, width, false); err != nil {
			return err
		}
		if i < len(x.model.Annexes)-1 {
			x.Put(`<w:p><w:pPr><w:pStyle w:val="NDPlain"/>`, section(a.Landscape, otherFooter), `</w:pPr></w:p>`)
		} else {
			x.Put(section(a.Landscape, otherFooter))
		}
	}
	x.Put(`</w:body></w:document>`)
	return nil
}

const (
	firstFooter = "rIdF1" // with the QR code
	otherFooter = "rIdF2"
)

// section is the page's form: number in the top margin from page 2, counted anew (Decree 30/2020/NĐ-CP, Appendix I).
func section(landscape bool, footer string) string {
	size, rightMargin := `<w:pgSz w:w="11906" w:h="16838"/>`, 150
	if landscape {
		size, rightMargin = `<w:pgSz w:w="16838" w:h="11906" w:orient="landscape"/>`, 200
	}
	n := strconv.Itoa
	return `<w:sectPr><w:headerReference w:type="default" r:id="rIdH1"/><w:headerReference w:type="first" r:id="rIdH2"/><w:footerReference w:type="default" r:id="` + otherFooter + `"/><w:footerReference w:type="first" r:id="` + footer + `"/><w:type w:val="nextPage"/>` + size +
		`<w:pgMar w:top="` + n(twips(200)) + `" w:right="` + n(twips(rightMargin)) + `" w:bottom="` + n(twips(200)) + `" w:left="` + n(twips(300)) + `" w:header="567" w:footer="454" w:gutter="0"/><w:pgNumType w:start="1"/><w:titlePg/></w:sectPr>`
}

// measure is a text's width in twips at a size in points, by the typeface that has the widths of Times New Roman.
func (x *writer) measure(s string, bold bool, size int) int {
	return x.faces.Pick(bold, false).Width(model.Normal(s), size*1000) / 50
}
