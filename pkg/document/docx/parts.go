package docx

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/loa-vn/loa/pkg/document/internal/archive"
	"github.com/loa-vn/loa/pkg/document/internal/markup"
	"github.com/loa-vn/loa/pkg/document/internal/typeface"
	"github.com/loa-vn/loa/pkg/document/model"
	"github.com/loa-vn/loa/pkg/document/qr"
)

const (
	names    = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"`
	office   = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	packages = "http://schemas.openxmlformats.org/package/2006/"
	wordML   = "application/vnd.openxmlformats-officedocument.wordprocessingml."
)

// putFixed writes the parts that need no layout.
func putFixed(z *archive.Writer, m *model.Document) error {
	for _, p := range []struct{ name, content string }{
		{"[Content_Types].xml", contentTypes(m)},
		{"_rels/.rels", relations(relation("rId1", office+"officeDocument", "word/document.xml"), relation("rId2", packages+"relationships/metadata/core-properties", "docProps/core.xml"), relation("rId3", office+"extended-properties", "docProps/app.xml"))},
		{"docProps/app.xml", markup.Head + `<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Application>Loa</Application><Company>` + markup.Escape(m.Author()) + `</Company></Properties>`},
		{"docProps/core.xml", properties(m)},
		{"word/styles.xml", stylesPart()},
		{"word/settings.xml", markup.Head + `<w:settings ` + names + `><w:zoom w:percent="100"/><w:defaultTabStop w:val="720"/><w:characterSpacingControl w:val="doNotCompress"/><w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat><w:themeFontLang w:val="` + markup.Escape(m.Tongue()) + `"/><w:decimalSymbol w:val=","/><w:listSeparator w:val=";"/></w:settings>`},
		{"word/fontTable.xml", markup.Head + `<w:fonts ` + names + `><w:font w:name="Times New Roman"><w:altName w:val="Liberation Serif"/><w:panose1 w:val="02020603050405020304"/><w:charset w:val="00"/><w:family w:val="roman"/><w:pitch w:val="variable"/></w:font></w:fonts>`},
		{"word/header1.xml", markup.Head + `<w:hdr ` + names + `><w:p><w:pPr><w:pStyle w:val="Header"/><w:jc w:val="center"/></w:pPr><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> PAGE </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>2</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p></w:hdr>`},
		{"word/header2.xml", markup.Head + `<w:hdr ` + names + `><w:p><w:pPr><w:pStyle w:val="Header"/></w:pPr></w:p></w:hdr>`},
	} {
		if err := z.Put(p.name, []byte(p.content)); err != nil {
			return err
		}
	}
	return nil
}

func contentTypes(m *model.Document) string {
	var b strings.Builder
	b.WriteString(markup.Head + `<Types xmlns="` + packages + `content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>`)
	for _, t := range [][2]string{{"document", "document.main"}, {"styles", "styles"}, {"settings", "settings"}, {"fontTable", "fontTable"}, {"header1", "header"}, {"header2", "header"}, {"footer1", "footer"}, {"footer2", "footer"}} {
		fmt.Fprintf(&b, `<Override PartName="/word/%s.xml" ContentType="%s%s+xml"/>`, t[0], wordML, t[1])
	}
	n := 0
	count := func(blocks []model.Block) {
		for _, block := range blocks {
			if _, ok := block.(model.Chart); ok {
				n++
				fmt.Fprintf(&b, `<Override PartName="/word/charts/chart%d.xml" ContentType="application/vnd.openxmlformats-officedocument.drawingml.chart+xml"/>`, n)
			}
		}
	}
	count(m.Body)
	for _, a := range m.Annexes {
		count(a.Body)
	}
	b.WriteString(`<Override PartName="/docProps/app.xml" ContentType="application/vnd.openxmlformats-officedocument.extended-properties+xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>`)
	return b.String()
}

func properties(m *model.Document) string {
	dates := ""
	if !m.Date.IsZero() {
		at := m.Date.UTC().Format(time.RFC3339)
		dates = `<dcterms:created xsi:type="dcterms:W3CDTF">` + at + `</dcterms:created><dcterms:modified xsi:type="dcterms:W3CDTF">` + at + `</dcterms:modified>`
	}
	return markup.Head + `<cp:coreProperties xmlns:cp="` + packages + `metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>` +
		markup.Escape(m.Title()) + `</dc:title><dc:creator>` + markup.Escape(m.Author()) + `</dc:creator><dc:language>` + markup.Escape(m.Tongue()) + `</dc:language>` + dates + `</cp:coreProperties>`
}

func relation(id, kind, target string) string {
	return `<Relationship Id="` + id + `" Type="` + kind + `" Target="` + target + `"/>`
}

func relations(rels ...string) string {
	return markup.Head + `<Relationships xmlns="` + packages + `relationships">` + strings.Join(rels, "") + `</Relationships>`
}

// addressRelations lists the addresses that a part links to.
func (x *writer) addressRelations() []string {
	rels := make([]string, 0, len(x.order))
	for i, address := range x.order {
		rels = append(rels, `<Relationship Id="rIdL`+strconv.Itoa(i+1)+`" Type="`+office+`hyperlink" Target="`+markup.Escape(address)+`" TargetMode="External"/>`)
	}
	return rels
}

func (x *writer) relations() string {
	var rels []string
	for _, r := range [][3]string{{"rIdS", "styles", "styles.xml"}, {"rIdT", "settings", "settings.xml"}, {"rIdFT", "fontTable", "fontTable.xml"}, {"rIdH1", "header", "header1.xml"}, {"rIdH2", "header", "header2.xml"}, {firstFooter, "footer", "footer1.xml"}, {otherFooter, "footer", "footer2.xml"}} {
		rels = append(rels, relation(r[0], office+r[1], r[2]))
	}
	for i := range x.charts {
		n := strconv.Itoa(i + 1)
		rels = append(rels, relation("rIdC"+n, office+"chart", "charts/chart"+n+".xml"))
	}
	return relations(append(rels, x.addressRelations()...)...)
}

// putFooters writes the foot of page 1, with the QR code, and that of the others.
func putFooters(z *archive.Writer, m *model.Document, faces typeface.Set) error {
	var content bytes.Buffer
	first := &writer{Writer: markup.New(&content), model: m, faces: faces, links: map[string]string{}}
	first.Put(markup.Head, `<w:ftr `, names, `>`)
	var rels []string
	if m.Authenticity.URL != "" {
		code, err := qr.Encode(m.Authenticity.URL)
		if err != nil {
			return err
		}
		picture, err := code.PNG(10)
		if err != nil {
			return err
		}
		if err := z.Put("word/media/qr.png", picture); err != nil {
			return err
		}
		rels = append(rels, relation("rIdQ", office+"image", "media/qr.png"))
		first.authenticity()
	}
	first.foot()
	first.Put(`</w:ftr>`)
	if err := first.Flush(); err != nil {
		return err
	}
	if err := z.Put("word/footer1.xml", content.Bytes()); err != nil {
		return err
	}
	if rels = append(rels, first.addressRelations()...); len(rels) > 0 {
		if err := z.Put("word/_rels/footer1.xml.rels", []byte(relations(rels...))); err != nil {
			return err
		}
	}
	content.Reset()
	other := &writer{Writer: markup.New(&content), model: m, faces: faces}
	other.Put(markup.Head, `<w:ftr `, names, `>`)
	other.foot()
	other.Put(`</w:ftr>`)
	if err := other.Flush(); err != nil {
		return err
	}
	return z.Put("word/footer2.xml", content.Bytes())
}

// foot is the line that stands at the foot of every page.
func (x *writer) foot() {
	x.paragraph("Footer", `<w:jc w:val="center"/>`, []model.Run{{Text: x.model.FootLine(), Italic: true}}, 18)
}

// authenticity writes the QR code, the digest and the address.
func (x *writer) authenticity() {
	a := x.model.Authenticity
	const side = 220 // tenths of a millimetre
	const line = `<w:tcBorders><w:top w:val="single" w:sz="4" w:space="0" w:color="000000"/></w:tcBorders>`
	leftColumn := twips(side) + 100
	rightColumn := column(false) - leftColumn
	x.beginLayout(leftColumn, rightColumn)
	emu := strconv.Itoa(side * 3600)
	words := markup.Escape("Mã QR mở trang xác thực văn bản: " + a.URL)
	x.Put(`<w:tr><w:tc><w:tcPr><w:tcW w:w="`, strconv.Itoa(leftColumn), `" w:type="dxa"/>`, line, `</w:tcPr><w:p><w:pPr><w:pStyle w:val="NDPlain"/></w:pPr><w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="`, emu, `" cy="`, emu, `"/><wp:docPr id="1" name="QR" descr="`, words, `"/><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr><pic:cNvPr id="1" name="qr.png" descr="`, words, `"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="rIdQ"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="`, emu, `" cy="`, emu, `"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p></w:tc>`)
	x.Put(`<w:tc><w:tcPr><w:tcW w:w="`, strconv.Itoa(rightColumn), `" w:type="dxa"/>`, line, `<w:vAlign w:val="center"/></w:tcPr>`)
	x.paragraph("NDPlain", "", model.Plain(x.model.AuthenticityNote()), 19)
	if a.Hash != "" {
		x.paragraph("NDPlain", "", []model.Run{{Text: "SHA-256: "}, {Text: a.Hash, Bold: true}}, 19)
	}
	x.paragraph("NDPlain", "", []model.Run{{Text: a.URL, Link: a.URL}}, 19)
	x.Put(`</w:tc></w:tr></w:tbl>`)
}
