package pdf

import (
	"fmt"

	"github.com/loa-vn/loa/pkg/document/internal/typeface"
	"github.com/loa-vn/loa/pkg/document/model"
)

const (
	signatureRoom = 30 // mm between office and name
	recipientLead = 11 * pt * 1200 / 1000
	mostTogether  = 40 // recipients' lines that stand beside the signature; more go on below
)

// signature sets recipients and signing block on one page with the last lines of the text: no signature stands alone.
func (d *doc) signature() {
	d.flow.keepLast()
	leftWidth := d.frame.column * 45 / 100
	rightWidth := d.frame.column - leftWidth
	recipients := d.recipients(leftWidth)
	x := d.frame.left + leftWidth
	set := func(f *typeface.Face, size int, s string) []headLine {
		return d.headLines(f, size, s, "P", x, rightWidth)
	}
	var above []headLine
	for _, s := range d.model.Signature.Standings {
		above = append(above, set(d.faces.Bold, 14*pt, s.String())...)
	}
	if by := d.model.Signature.Delegation; by != nil {
		above = append(above, set(d.faces.Italic, 12*pt, by.Sentence())...)
	}
	signer, seal := d.tree.add(d.section, "Form", ""), d.tree.add(d.section, "Form", "")
	name := set(d.faces.Bold, 14*pt, d.model.Signature.Name)
	lead := 14 * pt * 1200 / 1000
	beside := recipients[:min(len(recipients), mostTogether)]
	height := max((len(above)+len(name))*lead+mm(signatureRoom), len(beside)*recipientLead+6*pt)
	d.flow.push(item{height: height, before: 14 * pt, draw: func(p *page, y int) {
		for i, l := range beside {
			d.drawLine(p, l, y+i*recipientLead+base(d.faces.Regular, 11*pt, lead))
		}
		y = d.drawHead(p, above, y, lead)
		d.signatureFields(p, x, y+2*pt, rightWidth, signer, seal)
		d.drawHead(p, name, y+mm(signatureRoom), lead)
	}})
	for _, l := range recipients[len(beside):] {
		d.flow.push(item{height: recipientLead, draw: func(p *page, y int) { d.drawLine(p, l, y+base(d.faces.Regular, 11*pt, recipientLead)) }})
	}
}

func (d *doc) recipients(width int) []line {
	if len(d.model.Recipients) == 0 {
		return nil
	}
	ls := fill(words(plain(d.faces.BoldItalic, 12*pt, "Nơi nhận:", d.tree.add(d.section, "P", ""))), width)
	list := d.tree.add(d.section, "L", "/A << /O /List /ListNumbering /None >>")
	for _, s := range d.model.Recipients {
		ls = append(ls, fill(words(d.listItem(list, model.Plain(s), 11*pt)), width)...)
	}
	return place(ls, d.frame.left, width, 0, left)
}

// signatureFields places the empty fields for the signer's certificate and for the agency's seal, which covers about a third of
// the signature from the left (Decree 30/2020/NĐ-CP, Appendix I, II.8). A field that is added later would lose PDF/UA.
func (d *doc) signatureFields(p *page, x, y, width int, signer, seal *element) {
	w, h := mm(50), mm(signatureRoom)-4*pt
	at := x + (width-w)/2
	office := ""
	if s := d.model.Signature.Standings; len(s) > 0 {
		office = s[len(s)-1].Office
	}
	d.field(p, "NguoiKy", "Chữ ký số của "+office+" "+d.model.Signature.Name, at, y, w, h, signer)
	d.field(p, "ConDau", "Con dấu (chữ ký số) của "+d.model.Author(), at+w/3-h, y, h, h, seal)
}

func (d *doc) field(p *page, name, description string, x, y, w, h int, e *element) {
	appearance := d.alloc()
	d.stream(appearance, "/Type /XObject /Subtype /Form /BBox [0 0 "+points(w, h)+"]", nil)
	a := annotation{d.alloc(), d.tree.key(), e.ref}
	p.annots = append(p.annots, a)
	e.kids = append(e.kids, kid{page: p.ref, annot: a.ref})
	d.fields = append(d.fields, a.ref)
	d.plain(a.ref, fmt.Sprintf("<< /Type /Annot /Subtype /Widget /FT /Sig /T %s /TU %s /F 132 /P %v /Rect [%s] /StructParent %d /AP << /N %v >> >>",
		literal(name), text(model.Normal(description)), p.ref, points(x, p.height-y-h, x+w, p.height-y), a.key, appearance))
}
