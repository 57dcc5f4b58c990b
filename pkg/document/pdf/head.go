package pdf

import (
	"github.com/loa-vn/loa/pkg/document/internal/typeface"
	"github.com/loa-vn/loa/pkg/document/model"
)

// The national title and motto (Decree 30/2020/NĐ-CP, Appendix I, II.1).
const (
	nationalTitle = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
	motto         = "Độc lập - Tự do - Hạnh phúc"
)

// columns are the two columns of the head.
type columns struct {
	size          int // of the agency's and the national title's letters
	leftX, leftW  int
	rightX, right int
}

// headColumns tries 13 points, then 12, so that each name stays on one line; what is still too long wraps in what is left.
func (d *doc) headColumns() columns {
	m, f := d.model, d.faces
	const between = 8 * pt
	var c columns
	leftW, rightW := 0, 0
	for _, c.size = range []int{13 * pt, 12 * pt} {
		leftW = f.Regular.Width(model.Normal(m.Parent), c.size)
		for _, line := range m.Agency {
			leftW = max(leftW, f.Bold.Width(model.Normal(line), c.size))
		}
		rightW = max(f.Bold.Width(nationalTitle, c.size), f.Italic.Width(model.Normal(m.DateLine()), 13*pt))
		if leftW+rightW+between <= d.frame.column {
			break
		}
	}
	leftW = min(leftW, d.frame.column-rightW-between)
	slack := d.frame.column - leftW - rightW
	c.leftX, c.leftW = d.frame.left, leftW+slack/3
	c.rightX, c.right = d.frame.left+leftW+slack*2/3, rightW+slack/3
	return c
}

// headLine is a line of a head's column with the face it is drawn in.
type headLine struct {
	line
	face *typeface.Face
	size int
}

func (d *doc) headLines(f *typeface.Face, size int, s, kind string, x, width int) []headLine {
	if s == "" {
		return nil
	}
	ls := place(compose(words(plain(f, size, s, d.tree.add(d.section, kind, ""))), width, 0, true), x, width, 0, center)
	out := make([]headLine, 0, len(ls))
	for _, l := range ls {
		out = append(out, headLine{l, f, size})
	}
	return out
}

// head sets agency, national title, number, place and date, type and subject, and whom a letter is to.
func (d *doc) head() {
	m, f := d.model, d.faces
	c := d.headColumns()
	height := c.size * 1200 / 1000
	title := d.headLines(f.Bold, c.size, nationalTitle, "P", c.rightX, c.right)
	title = append(title, d.headLines(f.Bold, c.size+pt, motto, "P", c.rightX, c.right)...)
	agency := d.headLines(f.Regular, c.size, m.Parent, "P", c.leftX, c.leftW)
	for _, line := range m.Agency {
		agency = append(agency, d.headLines(f.Bold, c.size, line, "P", c.leftX, c.leftW)...)
	}
	d.put2(max(len(agency), len(title))*height+10*pt, func(p *page, y int) {
		bottom := d.drawHead(p, title, y, height)
		last := title[len(title)-1]
		p.rule(last.x, bottom+3*pt, last.width, 700)
		bottom = d.drawHead(p, agency, y, height)
		w := agency[len(agency)-1].width * 2 / 5 // from a third to half of the line
		p.rule(c.leftX+(c.leftW-w)/2, bottom+3*pt, w, 700)
	})

	number := d.headLines(f.Regular, 13*pt, m.NumberLine(), "P", c.leftX, c.leftW)
	subject := []headLine{}
	if m.Kind == model.Letter {
		subject = d.headLines(f.Regular, 12*pt, "V/v "+m.Subject, "H1", c.leftX, c.leftW)
	}
	var emergency []headLine
	if m.Emergency != "" {
		emergency = d.headLines(f.Bold, 11*pt, m.Emergency, "P", c.leftX+6*pt, c.leftW-12*pt)
	}
	date := d.headLines(f.Italic, 13*pt, m.DateLine(), "P", c.rightX, c.right)
	lines := 13 * pt * 1250 / 1000
	h := lines * max(len(number)+len(subject), len(date))
	box := 0
	if len(emergency) > 0 {
		box = len(emergency)*14*pt + 6*pt
		h = max(h, lines*(len(number)+len(subject))+box+6*pt)
	}
	d.put2(h, func(p *page, y int) {
		bottom := d.drawHead(p, subject, d.drawHead(p, number, y, lines), lines)
		d.drawHead(p, date, y, lines)
		if box > 0 {
			d.drawHead(p, emergency, bottom+8*pt, 14*pt)
			p.decorate("")
			p.box(c.leftX+2*pt, bottom+4*pt, c.leftW-4*pt, box)
			p.stroke()
		}
	})
	if m.Kind == model.Letter {
		d.space(10 * pt)
		d.bookmark(1, m.Title())
	} else {
		h1 := d.tree.add(d.section, "H1", "")
		d.space(14 * pt)
		d.bookmark(1, m.Title())
		d.centred(f.Bold, 14*pt, m.Kind.Name(), h1)
		d.centred(f.Bold, 14*pt, m.Subject, h1)
		d.ruleBelow(d.frame.column / 3)
		d.space(4 * pt)
	}
	d.addressees()
}

func (d *doc) drawHead(p *page, ls []headLine, y, height int) int {
	for _, l := range ls {
		d.drawLine(p, l.line, y+base(l.face, l.size, height))
		y += height
	}
	return y
}

// addressees sets "Kính gửi": one on the line, several as a list below it.
func (d *doc) addressees() {
	to, f := d.model.To, d.faces
	if len(to) == 0 {
		return
	}
	x, before := d.frame.left+mm(25), 6*pt
	label := "Kính gửi: "
	if len(to) == 1 {
		label += to[0]
	}
	width := d.frame.left + d.frame.column - x
	d.lines(place(fill(words(plain(f.Regular, bodySize, label, d.tree.add(d.section, "P", ""))), width), x, width, 0, left), before, true)
	if len(to) > 1 {
		list := d.tree.add(d.section, "L", "/A << /O /List /ListNumbering /None >>")
		x += f.Regular.Width("Kính gửi: ", bodySize)
		width = d.frame.left + d.frame.column - x
		for _, s := range to {
			d.lines(place(fill(words(d.listItem(list, model.Plain(s), bodySize)), width), x, width, 0, left), 0, true)
		}
	}
	d.space(6 * pt)
}
