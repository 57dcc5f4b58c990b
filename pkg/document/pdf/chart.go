package pdf

import (
	"strconv"

	"github.com/loa-vn/loa/pkg/document/model"
)

// Measures and colours of a chart. Planned is an outline and actual is filled, so that they differ without colour too.
const (
	chartRow     = 34 * pt
	chartBar     = 11 * pt
	barsTogether = 16 // on one figure; more are divided
	plannedColor = "0.80 0.85 0.92"
	plannedEdge  = "0.35 0.42 0.52"
	actualColor  = "0.043 0.239 0.569"
	chartSize    = 11 * pt
)

// chart draws planned beside actual for each name, as figures with their contents in words.
func (d *doc) chart(m model.Chart) {
	most := int64(1)
	for _, b := range m.Bars {
		for _, f := range []model.Figure{b.Planned, b.Actual} {
			if v, ok := f.Value(); ok {
				most = max(most, v)
			}
		}
	}
	for from := 0; from < len(m.Bars); from += barsTogether {
		part := m
		part.Bars = m.Bars[from:min(from+barsTogether, len(m.Bars))]
		if len(part.Bars) < len(m.Bars) {
			part.Alternative = ""
		}
		d.figure(part, most)
	}
}

func (d *doc) figure(m model.Chart, most int64) {
	names := d.frame.column * 32 / 100
	numbers := d.frame.column * 14 / 100
	room := d.frame.column - names - numbers - 12*pt
	lead := chartSize * 1200 / 1000
	figure := d.tree.add(d.section, "Figure", "")
	caption := place(compose(words(plain(d.faces.Bold, 13*pt, m.Caption, figure)), d.frame.column*9/10, 0, true), d.frame.left, d.frame.column, 0, center)
	type row struct {
		name   []line
		height int
		bar    model.Bar
	}
	rows := make([]row, 0, len(m.Bars))
	height := 6*pt + len(caption)*16*pt + 18*pt
	for _, b := range m.Bars {
		name := place(fill(words(plain(d.faces.Regular, chartSize, b.Name, figure)), names), d.frame.left, names, 0, right)
		r := row{name, max(chartRow, len(name)*lead+8*pt), b}
		height += r.height
		rows = append(rows, r)
	}
	style := &style{face: d.faces.Regular, size: chartSize, element: figure}
	d.flow.push(item{height: height, before: 6 * pt, draw: func(p *page, y int) {
		figure.extra = "/Alt " + text(model.Normal(m.Describe())) + " /A << /O /Layout /Placement /Block /BBox [" +
			points(d.frame.left, p.height-y-height, d.frame.left+d.frame.column, p.height-y) + "] >>"
		p.tag(figure)
		y += 6 * pt
		for _, l := range caption {
			d.drawLine(p, l, y+base(d.faces.Bold, 13*pt, 16*pt))
			y += 16 * pt
		}
		x := d.frame.left + names + 8*pt
		p.swatch(x, y+3*pt, 18*pt, 8*pt, false)
		p.show(style, x+22*pt, y+11*pt, "Kế hoạch", 0)
		p.swatch(x+90*pt, y+3*pt, 18*pt, 8*pt, true)
		p.show(style, x+112*pt, y+11*pt, legendActual(m.Unit), 0)
		y += 18 * pt
		for _, r := range rows {
			at := y + (r.height-len(r.name)*lead)/2
			for _, l := range r.name {
				d.drawLine(p, l, at+base(d.faces.Regular, chartSize, lead))
				at += lead
			}
			top := y + (r.height-2*chartBar-2*pt)/2
			for i, f := range []model.Figure{r.bar.Planned, r.bar.Actual} {
				width := 0
				if v, ok := f.Value(); ok {
					width = int(max(v, 0) * int64(room) / most)
					p.swatch(x, top, max(width, pt/2), chartBar, i == 1)
				}
				p.show(style, x+width+4*pt, top+chartBar-2*pt, f.String(), 0)
				top += chartBar + 2*pt
			}
			p.f("0.6 w 0.6 G\n")
			p.content = appendAllPoints(p.content, x, p.height-y-2*pt)
			p.f(" m ")
			p.content = appendAllPoints(p.content, x, p.height-y-r.height+2*pt)
			p.f(" l S 0 G\n")
			y += r.height
		}
	}})
}

func legendActual(unit string) string {
	if unit == "" {
		return "Thực hiện"
	}
	return "Thực hiện (" + model.Normal(unit) + ")"
}

// swatch draws a bar; y is its top.
func (p *page) swatch(x, y, width, height int, actual bool) {
	if actual {
		p.f(actualColor + " rg ")
		p.box(x, y, width, height)
		p.f("f 0 g\n")
		return
	}
	p.f(plannedColor + " rg " + plannedEdge + " RG 0.6 w\n")
	p.box(x, y, width, height)
	p.f("B 0 g 0 G\n")
}

func appendIntegers(b []byte, vs ...int) []byte {
	for i, v := range vs {
		if i > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendInt(b, int64(v), 10)
	}
	return b
}
