package pdf

import (
	"fmt"
	"strconv"

	"github.com/loa-vn/loa/pkg/document/model"
	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

const (
	cellSide   = 4 * pt // between a cell's border and its text
	cellAbove  = 3 * pt
	narrowest  = 22 * pt // a column below this holds no word
	afterTable = 6 * pt
)

// emptyTable is the one row of a table without rows.
const emptyTable = "(không có)"

// tableSetter sets one table.
type tableSetter struct {
	*doc
	model  model.Table
	size   int
	height int   // of a line
	edges  []int // x of the columns' borders
	repeat []item
	body   *element
}

// cellBox is a cell's text broken into lines.
type cellBox struct {
	x, width, height int
	lines            []line
	rows             int
}

func (d *doc) table(m model.Table) error {
	t := &tableSetter{doc: d, model: m, size: 12 * pt}
	if m.Small {
		t.size = 11 * pt
	}
	t.height = t.size * 1200 / 1000
	if err := t.columns(); err != nil {
		return err
	}
	e := d.tree.add(d.section, "Table", "/A << /O /Table /Summary "+text(model.Normal(m.Summary))+" >>")
	d.space(6 * pt)
	if m.Caption != "" {
		d.centred(d.faces.Bold, 13*pt, m.Caption, d.tree.add(e, "Caption", ""))
		d.space(3 * pt)
	}
	if len(m.Header) > 0 {
		d.flow.push(t.header(d.tree.add(e, "THead", "")))
		t.repeat = []item{t.header(nil)}
	}
	if err := d.letters(captionAndHeader(m)...); err != nil {
		return err
	}
	t.body = d.tree.add(e, "TBody", "")
	if err := t.rows(); err != nil {
		return err
	}
	d.flow.push(item{height: afterTable, draw: func(*page, int) {}})
	return nil
}

func captionAndHeader(m model.Table) []string {
	texts := []string{m.Caption}
	for _, row := range m.Header {
		for _, c := range row {
			texts = append(texts, c.Text())
		}
	}
	return texts
}

// columns shares the width out by weight, and refuses columns in which no word fits.
func (t *tableSetter) columns() error {
	sum := 0
	for _, c := range t.model.Columns {
		sum += c.Weight
	}
	t.edges = make([]int, len(t.model.Columns)+1)
	acc := 0
	for i := range t.edges {
		t.edges[i] = t.frame.left + t.frame.column*acc/sum
		if i > 0 && t.edges[i]-t.edges[i-1] < narrowest {
			return errs.New(errorsv1.Reason_DOCUMENT_TABLE_WIDE, "table", t.model.Caption, "count", strconv.Itoa(len(t.model.Columns)), "limit", strconv.Itoa(t.frame.column/narrowest))
		}
		if i < len(t.model.Columns) {
			acc += t.model.Columns[i].Weight
		}
	}
	return nil
}

func (t *tableSetter) box(c model.Cell, column, columns int, a model.Align, e *element) cellBox {
	b := cellBox{x: t.edges[column], width: t.edges[column+columns] - t.edges[column], rows: max(c.RowSpan, 1)}
	room := b.width - 2*cellSide
	spans := t.runs(c.Runs, t.size, e)
	if c.Code {
		for _, s := range spans {
			for _, piece := range evenPieces(s, room) {
				b.lines = append(b.lines, line{words: []word{{spans: []span{{s.style, piece}}}}, width: s.face.Width(piece, s.size)})
			}
		}
	} else {
		b.lines = fill(words(spans), room)
	}
	place(b.lines, b.x+cellSide, room, 0, []alignment{left, center, right}[a])
	b.height = len(b.lines)*t.height + 2*cellAbove
	return b
}

// drawText draws a cell's text in the middle of the row's height.
func (t *tableSetter) drawText(p *page, b cellBox, y, height int) {
	at := y + (height-len(b.lines)*t.height)/2
	for _, l := range b.lines {
		t.drawLine(p, l, at+base(t.faces.Regular, t.size, t.height))
		at += t.height
	}
}

// drawRow draws cells side by side, their borders last and all at once.
func (t *tableSetter) drawRow(p *page, boxes []cellBox, y, height int) {
	for _, b := range boxes {
		t.drawText(p, b, y, height)
	}
	p.decorate("")
	for _, b := range boxes {
		p.box(b.x, y, b.width, height)
	}
	p.stroke()
}

// header sets the heading rows as one piece. Without an element it is the decoration that repeats on later pages.
func (t *tableSetter) header(e *element) item {
	n := len(t.model.Header)
	heights := make([]int, n)
	type placed struct {
		cellBox
		row int
	}
	var cells []placed
	open := make([]int, len(t.model.Columns)) // rows still covered from above
	for i, row := range t.model.Header {
		var tr *element
		if e != nil {
			tr = t.tree.add(e, "TR", "")
		}
		column := 0
		for _, c := range row {
			for open[column] > 0 {
				column++
			}
			columns, rows := max(c.ColSpan, 1), max(c.RowSpan, 1)
			var th *element
			if tr != nil {
				th = t.tree.add(tr, "TH", "/A << /O /Table /Scope /Column"+spanAttributes(columns, rows)+" >>")
			}
			b := t.box(c, column, columns, model.Center, th)
			if rows == 1 {
				heights[i] = max(heights[i], b.height)
			}
			cells = append(cells, placed{b, i})
			for range columns {
				open[column] = rows
				column++
			}
		}
		for k := range open {
			open[k] = max(open[k]-1, 0)
		}
	}
	for _, c := range cells { // what reaches over several rows makes the last of them higher
		have := 0
		for k := c.row; k < c.row+c.rows; k++ {
			have += heights[k]
		}
		heights[c.row+c.rows-1] += max(c.height-have, 0)
	}
	tops := make([]int, n+1)
	for i, h := range heights {
		tops[i+1] = tops[i] + h
	}
	return item{height: tops[n], keep: true, draw: func(p *page, y int) {
		for _, c := range cells {
			t.drawText(p, c.cellBox, y+tops[c.row], tops[c.row+c.rows]-tops[c.row])
		}
		p.decorate("")
		for _, c := range cells {
			p.box(c.x, y+tops[c.row], c.width, tops[c.row+c.rows]-tops[c.row])
		}
		p.stroke()
	}}
}

// rows sets the body. It looks one row ahead, since the last two stay together.
func (t *tableSetter) rows() error {
	rows := t.model.Rows
	if rows == nil {
		rows = model.Rows()
	}
	n := 0
	var waiting []item
	for row, err := range rows {
		if err != nil {
			return err
		}
		n++
		if err := t.model.CheckRow(n, row); err != nil {
			return err
		}
		items := t.row(row)
		if err := t.rowLetters(row); err != nil {
			return err
		}
		t.push(waiting, n == 2)
		waiting = items
		if t.broken.Load() {
			return t.stop()
		}
	}
	if n == 0 {
		waiting = t.row([]model.Cell{{ColSpan: len(t.model.Columns), Runs: []model.Run{{Text: emptyTable, Italic: true}}}})
	}
	if n > 2 { // the row before the last is still held by the flow
		t.flow.keepLast()
	}
	t.push(waiting, false)
	return nil
}

func (t *tableSetter) rowLetters(row []model.Cell) error {
	for _, f := range t.faces.Faces() {
		if f.Missing == 0 {
			continue
		}
		texts := make([]string, 0, len(row))
		for _, c := range row {
			texts = append(texts, c.Text())
		}
		return t.letters(texts...)
	}
	return nil
}

func (t *tableSetter) push(items []item, keep bool) {
	for _, it := range items {
		it.keep = it.keep || keep
		t.flow.push(it)
	}
}

// row sets one row: one piece, or several when it is taller than a page. Its elements are written once it is drawn.
func (t *tableSetter) row(row []model.Cell) []item {
	tr := t.tree.add(t.body, "TR", "")
	boxes := make([]cellBox, 0, len(row))
	height, column := 0, 0
	for _, c := range row {
		columns := max(c.ColSpan, 1)
		kind, attributes := "TD", spanAttributes(columns, 1)
		align := t.model.Columns[column].Align
		if c.Head {
			kind, attributes = "TH", " /Scope /Row"+attributes
			if columns > 1 {
				align = model.Center
			}
		}
		if attributes != "" {
			attributes = "/A << /O /Table" + attributes + " >>"
		}
		b := t.box(c, column, columns, align, t.tree.add(tr, kind, attributes))
		height = max(height, b.height)
		boxes = append(boxes, b)
		column += columns
	}
	room := t.frame.bottom - t.frame.top - mm(footHeight) - mm(5) // of the shortest page
	for _, r := range t.repeat {
		room -= r.height
	}
	if height > room {
		return t.slices(boxes, max((room-2*cellAbove)/t.height, 1), tr)
	}
	return []item{{height: height, head: t.repeat, drawn: func() { t.tree.close(tr) }, draw: func(p *page, y int) {
		t.drawRow(p, boxes, y, height)
	}}}
}

// slices cuts a row that is taller than a page between its lines; in the structure its cells stay one.
func (t *tableSetter) slices(boxes []cellBox, lines int, tr *element) []item {
	most := 0
	for _, b := range boxes {
		most = max(most, len(b.lines))
	}
	var items []item
	for from := 0; from < most; from += lines {
		part := make([]cellBox, 0, len(boxes))
		height := 0
		for _, b := range boxes {
			b.lines = b.lines[min(from, len(b.lines)):min(from+lines, len(b.lines))]
			height = max(height, len(b.lines)*t.height+2*cellAbove)
			part = append(part, b)
		}
		items = append(items, item{height: height, head: t.repeat, draw: func(p *page, y int) {
			t.drawRow(p, part, y, height)
		}})
	}
	items[len(items)-1].drawn = func() { t.tree.close(tr) }
	return items
}

func spanAttributes(columns, rows int) string {
	s := ""
	if columns > 1 {
		s += fmt.Sprintf(" /ColSpan %d", columns)
	}
	if rows > 1 {
		s += fmt.Sprintf(" /RowSpan %d", rows)
	}
	return s
}
