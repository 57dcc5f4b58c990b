package docx

import (
	"strconv"
	"strings"

	"github.com/loa-vn/loa/pkg/document/internal/markup"
	"github.com/loa-vn/loa/pkg/document/model"
)

// runs writes runs; size is in half-points, 0 for the style's.
func (x *writer) runs(rs []model.Run, size int) {
	for _, r := range rs {
		if r.Link != "" {
			x.Put(`<w:hyperlink r:id="`, x.relation(r.Link), `">`)
		}
		x.Put(`<w:r>`)
		properties := ""
		if r.Link != "" {
			properties += `<w:rStyle w:val="Hyperlink"/>`
		}
		if r.Bold {
			properties += `<w:b/>`
		}
		if r.Italic {
			properties += `<w:i/>`
		}
		if size > 0 {
			n := strconv.Itoa(size)
			properties += `<w:sz w:val="` + n + `"/><w:szCs w:val="` + n + `"/>`
		}
		if properties != "" {
			x.Put(`<w:rPr>`, properties, `</w:rPr>`)
		}
		for i, part := range strings.Split(model.Normal(r.Text), "\n") {
			if i > 0 {
				x.Put(`<w:br/>`)
			}
			x.Put(`<w:t xml:space="preserve">`, markup.Escape(part), `</w:t>`)
		}
		x.Put(`</w:r>`)
		if r.Link != "" {
			x.Put(`</w:hyperlink>`)
		}
	}
}

func (x *writer) relation(address string) string {
	id, ok := x.links[address]
	if !ok {
		id = "rIdL" + strconv.Itoa(len(x.links)+1)
		x.links[address] = id
		x.order = append(x.order, address)
	}
	return id
}

func (x *writer) paragraph(style, properties string, rs []model.Run, size int) {
	x.Put(`<w:p><w:pPr><w:pStyle w:val="`, style, `"/>`, properties, `</w:pPr>`)
	x.runs(rs, size)
	x.Put(`</w:p>`)
}

// rule is an empty paragraph whose upper border is the line; indents give it its length within a column.
func (x *writer) rule(style string, width, length int, keep bool) {
	next := ""
	if keep {
		next = "<w:keepNext/>"
	}
	in := strconv.Itoa(max((width-length)/2, 0))
	x.Put(`<w:p><w:pPr><w:pStyle w:val="`, style, `"/>`, next, `<w:pBdr><w:top w:val="single" w:sz="6" w:space="1" w:color="000000"/></w:pBdr><w:spacing w:before="20" w:after="0" w:line="120" w:lineRule="exact"/><w:ind w:left="`, in, `" w:right="`, in, `" w:firstLine="0"/></w:pPr></w:p>`)
}

const noBorders = `<w:tblBorders><w:top w:val="nil"/><w:left w:val="nil"/><w:bottom w:val="nil"/><w:right w:val="nil"/><w:insideH w:val="nil"/><w:insideV w:val="nil"/></w:tblBorders>`

// beginLayout begins a table without lines that only puts text side by side.
func (x *writer) beginLayout(columns ...int) {
	total := 0
	for _, c := range columns {
		total += c
	}
	x.Putf(`<w:tbl><w:tblPr><w:tblW w:w="%d" w:type="dxa"/><w:jc w:val="center"/>%s<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="0" w:type="dxa"/><w:right w:w="0" w:type="dxa"/></w:tblCellMar></w:tblPr><w:tblGrid>`, total, noBorders)
	for _, c := range columns {
		x.Putf(`<w:gridCol w:w="%d"/>`, c)
	}
	x.Put(`</w:tblGrid>`)
}

func (x *writer) cell(width int, content func()) {
	x.Putf(`<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/></w:tcPr>`, width)
	content()
	x.Put(`</w:tc>`)
}

const rowStart = `<w:tr><w:trPr><w:cantSplit/></w:trPr>`

func (x *writer) blocks(blocks []model.Block, width int, beforeSignature bool) error {
	for i, b := range blocks {
		keep := ""
		if beforeSignature && i == len(blocks)-1 {
			keep = "<w:keepNext/><w:keepLines/>"
		}
		switch b := b.(type) {
		case model.Heading:
			x.paragraph("Heading"+strconv.Itoa(b.Level), "", model.Plain(strings.TrimSpace(b.Label+" "+b.Text)), 0)
		case model.Paragraph:
			x.paragraph("NDBody", keep, b.Runs, 0)
		case model.List:
			for _, item := range b.Items {
				x.paragraph("NDBody", keep, append([]model.Run{{Text: "- "}}, item...), 0)
			}
		case model.Table:
			if err := x.table(b, width); err != nil {
				return err
			}
		case model.Chart:
			x.chart(b, width)
		}
	}
	return nil
}
