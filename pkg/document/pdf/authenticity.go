package pdf

import (
	"github.com/loa-vn/loa/pkg/document/model"
	"github.com/loa-vn/loa/pkg/document/qr"
)

// footBlock is what stands at the foot of page 1.
type footBlock struct {
	height  int
	element *element
	draw    func(p *page, y int)
}

// authenticity makes the block with the QR code of the authenticity page, the digest and the address; nil when there is none.
// The code's modules are drawn as one path on an exact grid.
func (d *doc) authenticity(fr frame) (*footBlock, error) {
	a := d.model.Authenticity
	if a.URL == "" {
		return nil, nil
	}
	code, err := qr.Encode(a.URL)
	if err != nil {
		return nil, err
	}
	section := d.tree.detached(d.tree.document, "Sect", "")
	side := mm(footHeight)
	const size, lead = 19 * pt / 2, 12 * pt
	x := fr.left + side + 8*pt
	width := fr.left + fr.column - x
	alternative := "Mã QR mở trang xác thực văn bản: " + a.URL
	f := d.faces
	figureAt := func(p *page, y int) string {
		return "/Alt " + text(alternative) + " /A << /O /Layout /Placement /Block /BBox [" + points(fr.left, p.height-y-side, fr.left+side, p.height-y) + "] >>"
	}
	figure := d.tree.add(section, "Figure", "")
	ls := fill(words(plain(f.Regular, size, d.model.AuthenticityNote(), d.tree.add(section, "P", ""))), width)
	if a.Hash != "" {
		e := d.tree.add(section, "P", "")
		spans := append(plain(f.Regular, size, "SHA-256: ", e), plain(f.Bold, size, a.Hash, e)...)
		ls = append(ls, fill(words(spans), width)...)
	}
	ls = append(ls, fill(words(d.runs([]model.Run{{Text: a.URL, Link: a.URL}}, size, d.tree.add(section, "P", ""))), width)...)
	place(ls, x, width, 0, left)
	height := max(side, len(ls)*lead)
	return &footBlock{height: height, element: section, draw: func(p *page, y int) {
		p.rule(fr.left, y-2*pt, fr.column, 400)
		figure.extra = figureAt(p, y)
		p.tag(figure)
		// A margin of two modules: the paper around is white, and the text keeps its distance.
		n := code.Size + 4
		p.f("q " + points(side/n) + " 0 0 " + points(-side/n) + " " + points(fr.left, p.height-y) + " cm\n")
		code.Runs(func(cx, cy, w int) {
			p.content = append(appendIntegers(p.content, cx+2, cy+2, w, 1), " re\n"...)
		})
		p.f("f Q\n")
		at := y + (height-len(ls)*lead)/2
		for _, l := range ls {
			d.drawLine(p, l, at+base(f.Regular, size, lead))
			at += lead
		}
	}}, nil
}
