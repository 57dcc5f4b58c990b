// Package pdf sets an official document in the layout of Decree 30/2020/NĐ-CP, Appendix I, as a tagged PDF that meets PDF/A-2a
// and PDF/UA-1. The same document is the same bytes on every machine: layout is whole numbers of milli-points, since floating
// point may be fused on some processors, and the deflate library is pinned. Tables are drawn as their rows come, so that an annex
// of any length takes bounded memory.
package pdf

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/loa-vn/loa/pkg/document/internal/typeface"
	"github.com/loa-vn/loa/pkg/document/letters"
	"github.com/loa-vn/loa/pkg/document/model"
	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// Measures of the layout in milli-points (Decree 30/2020/NĐ-CP, Appendix I, I and II).
const (
	pt         = 1000
	shortSide  = 595_276 // A4
	longSide   = 841_890
	indent     = 36_000 // 1.27 cm
	bodySize   = 14 * pt
	bodyLead   = bodySize * 1300 / 1000
	paragraph  = 6 * pt // between paragraphs
	linkColor  = "0.043 0.239 0.569"
	footHeight = 22 // mm of the block at the foot of page 1
	nodePages  = 64 // in one node of the page tree, so that readers need not go through all of a long document
)

// mm gives milli-points.
func mm(v int) int { return v * 283465 / 100 }

// doc is one document that is being written.
type doc struct {
	*output
	model   *model.Document
	faces   typeface.Set
	tree    *tree
	section *element // that blocks go into
	ranks   ranks
	frame   frame
	flow    *flow

	resources, pageTree ref
	pages               []ref
	nodes               []ref // of the page tree, one for every so many pages
	outline             []bookmark
	fields              []ref // of signatures
}

// Write renders a document. It refuses what Check refuses, a table that does not fit the page (DOCUMENT_TABLE_WIDE) and a letter
// that the typeface lacks (DOCUMENT_CHARACTER); what w then holds must be thrown away.
func Write(w io.Writer, m *model.Document) (err error) {
	if err := m.Check(); err != nil {
		return err
	}
	faces, err := typeface.Serif()
	if err != nil {
		return err
	}
	out, err := newOutput(w)
	if err != nil {
		return err
	}
	defer func() { // a fault in the writing comes first: what follows from it says less
		if fault := out.stop(); fault != nil {
			err = fault
		}
	}()
	d := &doc{output: out, model: m, faces: faces, tree: newTree(out)}
	d.resources, d.pageTree = out.alloc(), out.alloc()
	d.section = d.tree.document
	if err := d.body(); err != nil {
		return err
	}
	for _, a := range m.Annexes {
		if err := d.annex(a); err != nil {
			return err
		}
	}
	return d.finish()
}

// body sets the main part: portrait, the QR code at the foot of its first page.
func (d *doc) body() error {
	d.frame = frame{width: shortSide, height: longSide, left: mm(30), top: mm(20), column: shortSide - mm(45), bottom: longSide - mm(20)}
	first := d.frame
	block, err := d.authenticity(first)
	if err != nil {
		return err
	}
	if block != nil {
		first.bottom = longSide - mm(15) - block.height - 9*pt
	}
	d.flow = &flow{
		frame: func(n int) frame {
			if n == 1 {
				return first
			}
			return d.frame
		},
		begin: d.newPage,
		end: func(p *page) {
			if d.flow.pages == 1 && block != nil {
				block.draw(p, longSide-mm(15)-block.height)
			}
			d.endPage(p)
		},
	}
	d.ranks = ranksOf(d.model.Body, 2)
	d.head()
	m := d.model
	if err := d.letters(append([]string{m.Subject, m.Author(), m.Parent, m.Number, m.Place, m.FootLine(), m.AuthenticityNote()}, m.To...)...); err != nil {
		return err
	}
	if err := d.blocks(d.model.Body); err != nil {
		return err
	}
	d.signature()
	d.flow.close()
	if block != nil {
		d.section.attach(block.element)
	}
	texts := append([]string{m.Signature.Name}, m.Recipients...)
	for _, standing := range m.Signature.Standings {
		texts = append(texts, standing.String())
	}
	if m.Signature.Delegation != nil {
		texts = append(texts, m.Signature.Delegation.Sentence())
	}
	return d.letters(texts...)
}

// annex sets a part of its own, with page numbers of its own.
func (d *doc) annex(a model.Annex) error {
	d.frame = frame{width: shortSide, height: longSide, left: mm(30), top: mm(20), column: shortSide - mm(45), bottom: longSide - mm(20)}
	if a.Landscape {
		d.frame = frame{width: longSide, height: shortSide, left: mm(30), top: mm(20), column: longSide - mm(50), bottom: shortSide - mm(20)}
	}
	d.flow = &flow{frame: func(int) frame { return d.frame }, begin: d.newPage, end: d.endPage}
	d.section = d.tree.add(d.tree.document, "Sect", "")
	d.ranks = ranksOf(a.Body, 3)
	title := d.tree.add(d.section, "H2", "")
	d.bookmark(2, a.Label+" "+a.Title)
	d.centred(d.faces.Bold, 14*pt, a.Label, title)
	d.centred(d.faces.Bold, 14*pt, a.Title, title)
	if a.Note != "" {
		d.centred(d.faces.Italic, 14*pt, a.Note, d.tree.add(d.section, "P", ""))
	}
	d.ruleBelow(d.frame.column / 4)
	if err := d.blocks(a.Body); err != nil {
		return err
	}
	d.flow.close()
	d.tree.close(d.section)
	return d.letters(a.Label, a.Title, a.Note)
}

// newPage begins page n of a part, with its number in the top margin from page 2.
func (d *doc) newPage(n int) *page {
	p := &page{width: d.frame.width, height: d.frame.height, ref: d.alloc(), key: d.tree.key(), content: d.buffer()}
	if len(d.pages)%nodePages == 0 {
		d.nodes = append(d.nodes, d.alloc())
	}
	d.pages = append(d.pages, p.ref)
	if n > 1 {
		s := strconv.Itoa(n)
		p.decorate("/Type /Pagination /Subtype /Header")
		p.show(&style{face: d.faces.Regular, size: 14 * pt}, (p.width-d.faces.Regular.Width(s, 14*pt))/2, mm(14), s, 0)
		p.endMark()
	}
	return p
}

// endPage writes a page that is full, with what must not be overlooked at its foot.
func (d *doc) endPage(p *page) {
	if foot := model.Normal(d.model.FootLine()); foot != "" {
		size := 9 * pt
		if w := d.faces.Italic.Width(foot, size); w > p.width-mm(30) {
			size = max(size*(p.width-mm(30))/w, 5*pt)
		}
		p.decorate("/Type /Pagination /Subtype /Footer")
		p.show(&style{face: d.faces.Italic, size: size}, (p.width-d.faces.Italic.Width(foot, size))/2, p.height-mm(9), foot, 0)
	}
	p.endMark()
	content := d.alloc()
	d.stream(content, "", p.content)
	d.tree.enter(p.key, "["+joinRefs(p.marks)+"]")
	annots := ""
	if len(p.annots) > 0 {
		refs := make([]ref, 0, len(p.annots))
		for _, a := range p.annots {
			d.tree.enter(a.key, a.element.String())
			refs = append(refs, a.ref)
		}
		annots = " /Annots [" + joinRefs(refs) + "]"
	}
	// By itself: a reader that wants one page should not have to unpack its neighbours.
	d.plain(p.ref, fmt.Sprintf("<< /Type /Page /Parent %v /MediaBox [0 0 %s] /Resources %v /Contents %v /StructParents %d /Tabs /S%s >>",
		d.nodes[len(d.nodes)-1], points(p.width, p.height), d.resources, content, p.key, annots))
}

// link makes text open an address; the text's element is a Link.
func (d *doc) link(p *page, s *style, x, y, width int) {
	a := annotation{d.alloc(), d.tree.key(), s.element.ref}
	p.annots = append(p.annots, a)
	s.element.kids = append(s.element.kids, kid{page: p.ref, annot: a.ref})
	d.put(a.ref, fmt.Appendf(nil, "<< /Type /Annot /Subtype /Link /Rect [%s] /Border [0 0 0] /F 4 /Contents %s /StructParent %d /A << /S /URI /URI %s >> >>",
		points(x, p.height-y-s.size, x+width, p.height-y), text("Liên kết: "+s.link), a.key, address(s.link)))
}

// letters refuses a document once a letter was measured that a face lacks: an empty box on an official paper is worse than no
// paper. The texts are those that were measured last, and the refusal shows the place in them.
func (d *doc) letters(texts ...string) error {
	for _, f := range d.faces.Faces() {
		if f.Missing == 0 {
			continue
		}
		place := ""
		for _, t := range texts {
			if strings.ContainsRune(model.Normal(t), f.Missing) {
				place = t
				break
			}
		}
		return errs.New(errorsv1.Reason_DOCUMENT_CHARACTER, letters.Names(f.Missing, place)...)
	}
	return nil
}

// finish writes what every page shares and the catalogue.
func (d *doc) finish() error {
	d.tree.finish()
	var fonts strings.Builder
	for _, f := range d.faces.Faces() {
		if len(f.Used()) > 1 {
			fonts.WriteString("/" + resourceName(f) + " " + d.font(f).String() + " ")
		}
	}
	d.put(d.resources, []byte("<< /Font << "+fonts.String()+">> >>"))
	for i, kids := range slices.Collect(slices.Chunk(d.pages, nodePages)) {
		d.plain(d.nodes[i], "<< /Type /Pages /Parent "+d.pageTree.String()+" /Count "+strconv.Itoa(len(kids))+" /Kids ["+joinRefs(kids)+"] >>")
	}
	d.plain(d.pageTree, "<< /Type /Pages /Count "+strconv.Itoa(len(d.pages))+" /Kids ["+joinRefs(d.nodes)+"] >>")
	form := ""
	if len(d.fields) > 0 {
		r := d.alloc()
		d.plain(r, "<< /Fields ["+joinRefs(d.fields)+"] /SigFlags 0 >>")
		form = " /AcroForm " + r.String()
	}
	outlines := d.writeOutline()
	metadata, info, intent := d.metadata()
	root := d.alloc()
	d.plain(root, fmt.Sprintf("<< /Type /Catalog /Pages %v /Lang %s /MarkInfo << /Marked true >> /StructTreeRoot %v /Metadata %v /OutputIntents [%v] /ViewerPreferences << /DisplayDocTitle true >>%s%s >>",
		d.pageTree, literal(d.model.Tongue()), d.tree.root, metadata, intent, form, outlines))
	return d.output.finish(root, info)
}
