package docx

import (
	"strconv"

	"github.com/loa-vn/loa/pkg/document/internal/markup"
	"github.com/loa-vn/loa/pkg/document/model"
)

// emptyTable is the one row of a table without rows.
const emptyTable = "(không có)"

// tableWriter writes one table.
type tableWriter struct {
	*writer
	model  model.Table
	size   int   // half-points
	widths []int // of the columns, in twips
	open   []int // rows still merged from above, by column
}

func (x *writer) table(m model.Table, width int) error {
	t := &tableWriter{writer: x, model: m, size: 24, open: make([]int, len(m.Columns))}
	if m.Small {
		t.size = 22
	}
	if m.Caption != "" {
		x.paragraph("Caption", "", model.Plain(m.Caption), 0)
	} else {
		x.paragraph("NDPlain", `<w:keepNext/><w:spacing w:before="0" w:after="0" w:line="120" w:lineRule="exact"/>`, nil, 0)
	}
	x.Putf(`<w:tbl><w:tblPr><w:tblStyle w:val="TableGrid"/><w:tblW w:w="%d" w:type="dxa"/><w:jc w:val="center"/><w:tblLayout w:type="fixed"/><w:tblLook w:val="0420" w:firstRow="1" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" w:noHBand="0" w:noVBand="1"/><w:tblCaption w:val="%s"/><w:tblDescription w:val="%s"/></w:tblPr><w:tblGrid>`,
		width, markup.Escape(model.Normal(m.Caption)), markup.Escape(model.Normal(m.Summary)))
	sum, acc, edge := 0, 0, 0
	for _, c := range m.Columns {
		sum += c.Weight
	}
	for _, c := range m.Columns {
		acc += c.Weight
		t.widths = append(t.widths, width*acc/sum-edge)
		edge = width * acc / sum
		x.Putf(`<w:gridCol w:w="%d"/>`, t.widths[len(t.widths)-1])
	}
	x.Put(`</w:tblGrid>`)
	for _, row := range m.Header {
		t.row(row, true, true)
	}
	if err := t.rows(); err != nil {
		return err
	}
	x.Put(`</w:tbl>`)
	return nil
}

// rows writes the body, one row behind: the row before the last stays with it.
func (t *tableWriter) rows() error {
	n := 0
	var waiting []model.Cell
	if t.model.Rows != nil {
		for row, err := range t.model.Rows {
			if err != nil {
				return err
			}
			n++
			if err := t.model.CheckRow(n, row); err != nil {
				return err
			}
			if waiting != nil {
				t.row(waiting, false, n == 2)
			}
			waiting = row
		}
	}
	if n == 0 {
		waiting = []model.Cell{{ColSpan: len(t.model.Columns), Runs: []model.Run{{Text: emptyTable, Italic: true}}}}
	}
	t.row(waiting, false, false)
	return nil
}

func (t *tableWriter) row(row []model.Cell, header, keep bool) {
	t.Put(rowStart[:len(rowStart)-len(`</w:trPr>`)])
	if header {
		t.Put(`<w:tblHeader/>`)
	}
	t.Put(`</w:trPr>`)
	next := 0
	for c := 0; c < len(t.widths); {
		if t.open[c] > 0 {
			t.open[c]--
			t.Put(`<w:tc><w:tcPr><w:tcW w:w="`, strconv.Itoa(t.widths[c]), `" w:type="dxa"/><w:vMerge/><w:vAlign w:val="center"/></w:tcPr><w:p><w:pPr><w:pStyle w:val="NDCell"/></w:pPr></w:p></w:tc>`)
			c++
			continue
		}
		if next == len(row) {
			break
		}
		c += t.bodyCell(row[next], c, header, keep)
		next++
	}
	t.Put(`</w:tr>`)
}

// bodyCell writes a cell and tells how many columns it covers. A digest gets no invisible breaks: Word breaks a word that is too
// long by itself, and what is copied must stay a digest.
func (t *tableWriter) bodyCell(c model.Cell, at int, header, keep bool) int {
	columns, width := max(c.ColSpan, 1), 0
	for k := at; k < at+columns; k++ {
		width += t.widths[k]
	}
	t.Put(`<w:tc><w:tcPr><w:tcW w:w="`, strconv.Itoa(width), `" w:type="dxa"/>`)
	if columns > 1 {
		t.Put(`<w:gridSpan w:val="`, strconv.Itoa(columns), `"/>`)
	}
	if c.RowSpan > 1 {
		t.Put(`<w:vMerge w:val="restart"/>`)
		for k := at; k < at+columns; k++ {
			t.open[k] = c.RowSpan - 1
		}
	}
	t.Put(`<w:vAlign w:val="center"/></w:tcPr>`)
	align := t.model.Columns[at].Align
	if header || c.Head && columns > 1 {
		align = model.Center
	}
	properties := `<w:jc w:val="` + [...]string{"left", "center", "right"}[align] + `"/>`
	if keep {
		properties = `<w:keepNext/>` + properties
	}
	t.paragraph("NDCell", properties, c.Runs, t.size)
	t.Put(`</w:tc>`)
	return columns
}
