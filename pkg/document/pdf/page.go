package pdf

import (
	"strconv"

	"github.com/loa-vn/loa/pkg/document/internal/typeface"
)

// page is one page that is being drawn.
type page struct {
	width, height int
	ref           ref
	key           int // in the parent tree
	content       []byte
	marks         []ref // elements by the number of their marked content
	annots        []annotation
	open          *element // whose marked content is open
	artifact      bool     // an artifact's is
}

// annotation is a link or a signature field with its key in the parent tree and the element it belongs to.
type annotation struct {
	ref     ref
	key     int
	element ref
}

func (p *page) f(s string) { p.content = append(p.content, s...) }

func (p *page) endMark() {
	if p.open != nil || p.artifact {
		p.f("EMC\n")
	}
	p.open, p.artifact = nil, false
}

// tag opens marked content for an element unless it is open.
func (p *page) tag(e *element) {
	if p.open == e {
		return
	}
	p.endMark()
	n := len(p.marks)
	p.marks = append(p.marks, e.ref)
	e.kids = append(e.kids, kid{page: p.ref, mark: n})
	p.f("/")
	p.f(e.kind)
	p.f(" <</MCID ")
	p.content = strconv.AppendInt(p.content, int64(n), 10)
	p.f(">> BDC\n")
	p.open = e
}

// decorate opens an artifact: what is drawn next is no content. Properties are those of pagination, or empty.
func (p *page) decorate(properties string) {
	if p.artifact && properties == "" {
		return
	}
	p.endMark()
	if properties == "" {
		p.f("/Artifact BMC\n")
	} else {
		p.f("/Artifact <<" + properties + ">> BDC\n")
	}
	p.artifact = true
}

// rule draws a line; y is from the top.
func (p *page) rule(x, y, width, thickness int) {
	p.decorate("")
	p.box(x, y-thickness/2, width, thickness)
	p.f("f\n")
}

// box makes a path of a rectangle; y is its top from the page's top.
func (p *page) box(x, y, width, height int) {
	p.content = appendAllPoints(p.content, x, p.height-y-height, width, height)
	p.f(" re\n")
}

// stroke draws the outlines of the boxes before it.
func (p *page) stroke() { p.f("0.5 w S\n") }

// show draws text of one style with its baseline at y from the top; gap is added to every space.
func (p *page) show(s *style, x, y int, text string, gap int) {
	if s.color != "" {
		p.f(s.color)
		p.f(" rg ")
	}
	p.f("BT /")
	p.f(resourceName(s.face))
	p.f(" ")
	p.content = appendPoints(p.content, s.size)
	p.f(" Tf ")
	p.content = appendAllPoints(p.content, x, p.height-y)
	p.f(" Td [(")
	for _, r := range text {
		p.content = appendCode(p.content, s.face.Use(r))
		if r == ' ' && gap != 0 {
			// TJ counts in thousandths of the size; one decimal keeps the error below a thousandth of a point.
			p.f(")")
			tenths := -gap * 10000 / s.size
			if tenths < 0 {
				p.f("-")
				tenths = -tenths
			}
			p.content = strconv.AppendInt(p.content, int64(tenths/10), 10)
			p.content = append(p.content, '.', byte('0'+tenths%10), '(')
		}
	}
	p.f(")] TJ ET\n")
	if s.color != "" {
		p.f("0 g ")
	}
}

// resourceName is what content streams call the face.
func resourceName(f *typeface.Face) string {
	switch {
	case f.Bold && f.Slanted:
		return "F4"
	case f.Slanted:
		return "F3"
	case f.Bold:
		return "F2"
	}
	return "F1"
}
