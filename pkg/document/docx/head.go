package docx

import "github.com/loa-vn/loa/pkg/document/model"

const (
	nationalTitle = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
	motto         = "Độc lập - Tự do - Hạnh phúc"
)

// head writes agency, national title, number, place and date, type and subject, and whom a letter is to: 13 points if the names
// fit on one line each, else 12, else they wrap.
func (x *writer) head() {
	d, width := x.model, column(false)
	size := 13
	var agencyWidth, titleWidth int
	for ; ; size-- {
		agencyWidth = x.measure(d.Parent, false, size)
		for _, line := range d.Agency {
			agencyWidth = max(agencyWidth, x.measure(line, true, size))
		}
		titleWidth = x.measure(nationalTitle, true, size)
		if agencyWidth+titleWidth+160 <= width || size == 12 {
			break
		}
	}
	rightColumn := titleWidth + max(width-agencyWidth-titleWidth, 0)/2
	leftColumn := width - rightColumn
	x.beginLayout(leftColumn, rightColumn)
	x.Put(rowStart)
	x.cell(leftColumn, func() {
		if d.Parent != "" {
			x.paragraph("NDCenter", "", model.Plain(d.Parent), size*2)
		}
		for _, line := range d.Agency {
			x.paragraph("NDCenter", "", model.Strong(line), size*2)
		}
		last := d.Agency[len(d.Agency)-1]
		x.rule("NDCenter", leftColumn, min(x.measure(last, true, size), leftColumn)*2/5, false)
	})
	x.cell(rightColumn, func() {
		x.paragraph("NDCenter", "", model.Strong(nationalTitle), size*2)
		x.paragraph("NDCenter", "", model.Strong(motto), size*2+2)
		x.rule("NDCenter", rightColumn, x.measure(motto, true, size+1), false)
	})
	x.Put(`</w:tr>`, rowStart)
	x.cell(leftColumn, func() {
		x.paragraph("NDCenter", "", model.Plain(d.NumberLine()), 26)
		if d.Kind == model.Letter {
			x.paragraph("NDCenter", "", model.Plain("V/v "+d.Subject), 24)
		}
		if d.Emergency != "" {
			const line = ` w:val="single" w:sz="4" w:space="3" w:color="000000"/>`
			x.paragraph("NDCenter", `<w:pBdr><w:top`+line+`<w:left`+line+`<w:bottom`+line+`<w:right`+line+`</w:pBdr><w:spacing w:before="120" w:after="60"/><w:ind w:left="170" w:right="170"/>`, model.Strong(d.Emergency), 22)
		}
	})
	x.cell(rightColumn, func() { x.paragraph("NDCenter", "", []model.Run{{Text: d.DateLine(), Italic: true}}, 26) })
	x.Put(`</w:tr></w:tbl>`)
	if d.Kind != model.Letter {
		x.paragraph("Title", `<w:keepNext/><w:spacing w:before="240" w:after="0"/>`, model.Plain(d.Kind.Name()), 0)
		x.paragraph("Subtitle", `<w:keepNext/>`, model.Plain(d.Subject), 0)
		x.rule("NDCenter", width, width/3, true)
	}
	switch len(d.To) {
	case 0:
	case 1:
		x.paragraph("NDCenter", `<w:spacing w:before="240" w:after="120"/>`, model.Plain("Kính gửi: "+d.To[0]), 0)
	default:
		x.paragraph("NDPlain", `<w:spacing w:before="240" w:after="0"/><w:ind w:left="1418"/>`, model.Plain("Kính gửi:"), 0)
		for _, s := range d.To {
			x.paragraph("NDPlain", `<w:ind w:left="2552"/>`, model.Plain("- "+s), 0)
		}
	}
}

// signature writes recipients and signing block side by side; they stay with the last paragraph.
func (x *writer) signature() {
	width := column(false)
	leftColumn := width * 45 / 100
	rightColumn := width - leftColumn
	x.paragraph("NDPlain", `<w:keepNext/><w:spacing w:before="0" w:after="0" w:line="200" w:lineRule="exact"/>`, nil, 0)
	x.beginLayout(leftColumn, rightColumn)
	x.Put(rowStart)
	x.cell(leftColumn, func() {
		if len(x.model.Recipients) == 0 {
			x.paragraph("NDPlain", "", nil, 0)
			return
		}
		x.paragraph("NDPlain", "", []model.Run{{Text: "Nơi nhận:", Bold: true, Italic: true}}, 24)
		for _, s := range x.model.Recipients {
			x.paragraph("NDPlain", "", model.Plain("- "+s), 22)
		}
	})
	x.cell(rightColumn, func() {
		s := x.model.Signature
		for _, standing := range s.Standings {
			x.paragraph("NDCenter", "", model.Strong(standing.String()), 0)
		}
		if s.Delegation != nil {
			x.paragraph("NDCenter", "", []model.Run{{Text: s.Delegation.Sentence(), Italic: true}}, 24)
		}
		x.Putf(`<w:p><w:pPr><w:pStyle w:val="NDCenter"/><w:spacing w:before="0" w:after="0" w:line="%d" w:lineRule="exact"/></w:pPr></w:p>`, twips(300))
		x.paragraph("NDCenter", "", model.Strong(s.Name), 0)
	})
	x.Put(`</w:tr></w:tbl>`)
}
