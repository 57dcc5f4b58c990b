package pdf

import (
	"fmt"
	"slices"

	"github.com/loa-vn/loa/pkg/document/internal/typeface"
	"github.com/loa-vn/loa/pkg/document/model"
)

// ranks maps levels of headings to H2, H3, … without gaps: a letter may begin at "1.", and PDF/UA forbids a skipped level.
type ranks [4]int

func ranksOf(blocks []model.Block, from int) ranks {
	var used [4]bool
	for _, b := range blocks {
		if h, ok := b.(model.Heading); ok {
			used[h.Level] = true
		}
	}
	var r ranks
	for level, u := range used {
		r[level] = from
		if u {
			from++
		}
	}
	return r
}

// put2 adds a piece that stays with the next.
func (d *doc) put2(height int, draw func(p *page, y int)) {
	d.flow.push(item{height: height, keep: true, draw: draw})
}

// space leaves room that stays with the next piece.
func (d *doc) space(height int) { d.put2(height, func(*page, int) {}) }

func (d *doc) bookmark(level int, title string) {
	d.put2(0, func(p *page, y int) {
		d.outline = append(d.outline, bookmark{level, title, p.ref, p.height - y + 8*pt})
	})
}

// centred sets a balanced text in the middle, a tenth narrower than the column.
func (d *doc) centred(f *typeface.Face, size int, s string, e *element) {
	height := size * 1200 / 1000
	width := d.frame.column * 9 / 10
	for _, l := range place(compose(words(plain(f, size, s, e)), width, 0, true), d.frame.left, d.frame.column, 0, center) {
		d.put2(height, func(p *page, y int) { d.drawLine(p, l, y+base(f, size, height)) })
	}
}

func (d *doc) ruleBelow(width int) {
	x := d.frame.left + (d.frame.column-width)/2
	d.put2(9*pt, func(p *page, y int) { p.rule(x, y+3*pt, width, 700) })
}

// lines adds a paragraph's lines. At least two stay together at a page's foot and at its top; with keep, all.
func (d *doc) lines(ls []line, before int, keep bool) {
	for i, l := range ls {
		it := item{height: bodyLead, keep: keep || i == 0 && len(ls) > 1 || i == len(ls)-2}
		if i == 0 {
			it.before = before
		}
		it.draw = func(p *page, y int) { d.drawLine(p, l, y+base(d.faces.Regular, bodySize, bodyLead)) }
		d.flow.push(it)
	}
}

func (d *doc) paragraph(spans []span, before int, keep bool) {
	ls := compose(words(spans), d.frame.column, indent, false)
	d.lines(place(ls, d.frame.left, d.frame.column, indent, justified), before, keep)
}

func (d *doc) listItem(list *element, runs []model.Run, size int) []span {
	item := d.tree.add(list, "LI", "")
	label, body := d.tree.add(item, "Lbl", ""), d.tree.add(item, "LBody", "")
	return slices.Concat(plain(d.faces.Regular, size, "- ", label), d.runs(runs, size, body))
}

func (d *doc) blocks(blocks []model.Block) error {
	for _, b := range blocks {
		var err error
		switch b := b.(type) {
		case model.Heading:
			rank := d.ranks[b.Level]
			text := b.Text
			if b.Label != "" {
				text = b.Label + " " + text
			}
			d.bookmark(rank, text)
			face := d.faces.Bold
			if b.Level == 3 {
				face = d.faces.Regular
			}
			d.paragraph(plain(face, bodySize, text, d.tree.add(d.section, fmt.Sprintf("H%d", rank), "")), paragraph, true)
			err = d.letters(text)
		case model.Paragraph:
			d.paragraph(d.runs(b.Runs, bodySize, d.tree.add(d.section, "P", "")), paragraph, false)
			err = d.letters(model.Join(b.Runs))
		case model.List:
			list := d.tree.add(d.section, "L", "/A << /O /List /ListNumbering /None >>")
			for _, runs := range b.Items {
				d.paragraph(d.listItem(list, runs, bodySize), paragraph*2/3, false)
				if err = d.letters(model.Join(runs)); err != nil {
					return err
				}
			}
		case model.Table:
			err = d.table(b)
		case model.Chart:
			d.chart(b)
			err = d.letters(b.Caption, b.Describe())
		}
		if err != nil {
			return err
		}
	}
	return nil
}
