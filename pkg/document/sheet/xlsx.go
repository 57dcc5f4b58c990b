package sheet

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/loa-vn/loa/pkg/document/internal/archive"
	"github.com/loa-vn/loa/pkg/document/internal/markup"
)

// choicesSheet is the hidden sheet that drop-downs take their values from: written into the rule itself they could be 255
// characters together and hold no comma.
const choicesSheet = "Danh mục"

const (
	mainNames = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
	office    = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	packages  = "http://schemas.openxmlformats.org/package/2006/"
	sheetML   = "application/vnd.openxmlformats-officedocument.spreadsheetml."
)

// WriteXLSX writes a workbook. It refuses with SHEET_NAME and SHEET_LIMITS what a spreadsheet program would not open; an error
// after the first row leaves half a file in w, which must then be thrown away.
func WriteXLSX(w io.Writer, b Book) error {
	if err := b.check(); err != nil {
		return err
	}
	z := archive.New(w)
	choices := b.choices()
	for _, p := range []struct{ name, content string }{
		{"[Content_Types].xml", b.contentTypes(choices)},
		{"_rels/.rels", relations(relation("rId1", office+"officeDocument", "xl/workbook.xml"), relation("rId2", packages+"relationships/metadata/core-properties", "docProps/core.xml"))},
		{"docProps/core.xml", b.properties()},
		{"xl/workbook.xml", b.workbook(choices)},
		{"xl/_rels/workbook.xml.rels", b.workbookRelations(choices)},
		{"xl/styles.xml", stylesPart(b.hasOrdinals())},
	} {
		if err := z.Put(p.name, []byte(p.content)); err != nil {
			return err
		}
	}
	for i, s := range b.Sheets {
		if err := s.write(z, i+1, choices); err != nil {
			return err
		}
	}
	if len(choices) > 0 {
		e, err := z.Create(sheetFile(len(b.Sheets) + 1))
		if err != nil {
			return err
		}
		if err := writeChoices(e, choices); err != nil {
			return err
		}
	}
	return z.Close()
}

func sheetFile(n int) string { return "xl/worksheets/sheet" + strconv.Itoa(n) + ".xml" }

// write writes one sheet and what belongs to it.
func (s Sheet) write(z *archive.Writer, n int, choices []choiceList) error {
	e, err := z.Create(sheetFile(n))
	if err != nil {
		return err
	}
	x := &sheetWriter{Writer: markup.New(e), sheet: s}
	x.beginning()
	if err := s.each(x.row); err != nil {
		return err
	}
	x.end(n, choices)
	if err := x.Flush(); err != nil {
		return err
	}
	rels := make([]string, 0, len(x.links)+2)
	if s.hasNotes() {
		comments, drawing := s.notes()
		if err := z.Put(fmt.Sprintf("xl/comments%d.xml", n), []byte(comments)); err != nil {
			return err
		}
		if err := z.Put(fmt.Sprintf("xl/drawings/vmlDrawing%d.vml", n), []byte(drawing)); err != nil {
			return err
		}
		rels = append(rels, relation("rIdC", office+"comments", fmt.Sprintf("../comments%d.xml", n)),
			relation("rIdV", office+"vmlDrawing", fmt.Sprintf("../drawings/vmlDrawing%d.vml", n)))
	}
	for i, l := range x.links {
		rels = append(rels, `<Relationship Id="rIdL`+strconv.Itoa(i+1)+`" Type="`+office+`hyperlink" Target="`+escape(l.address)+`" TargetMode="External"/>`)
	}
	if len(rels) == 0 {
		return nil
	}
	return z.Put(fmt.Sprintf("xl/worksheets/_rels/sheet%d.xml.rels", n), []byte(relations(rels...)))
}

// sheetWriter writes a worksheet part as its rows come.
type sheetWriter struct {
	*markup.Writer
	sheet Sheet
	last  int // last row written
	links []cellLink
}

type cellLink struct {
	place   string
	address string
}

// maxLinks is how many hyperlinks a program opens in one sheet; further addresses stay text.
const maxLinks = 65_000

func (x *sheetWriter) headingRow() int {
	if len(x.sheet.Above) == 0 {
		return 1
	}
	return len(x.sheet.Above) + 2 // an empty row between
}

func (x *sheetWriter) beginning() {
	h := x.headingRow()
	x.Putf(`%s<worksheet %s><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews><sheetView workbookViewId="0"><pane ySplit="%d" topLeftCell="A%d" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/><cols>`, markup.Head, mainNames, h, h+1)
	for i, c := range x.sheet.Columns {
		x.Putf(`<col min="%d" max="%d" width="%d.7109375" style="%d" customWidth="1"/>`, i+1, i+1, c.width(), styleOf(c.Kind, false))
	}
	x.Put(`</cols><sheetData>`)
	for i, line := range x.sheet.Above {
		style := styleLine
		if i == 0 {
			style = styleTitle
		}
		x.Putf(`<row r="%d">`, i+1)
		x.text(place(0, i+1), style, line)
		x.Put(`</row>`)
	}
	x.Putf(`<row r="%d">`, h)
	for i, c := range x.sheet.Columns {
		x.text(place(i, h), styleHeading, c.Title)
	}
	x.Put(`</row>`)
	x.last = h
}

func (c Column) width() int {
	if c.Width > 0 {
		return min(c.Width, 200)
	}
	return min(max(len([]rune(c.Title))+2, 10), 40)
}

func (x *sheetWriter) row(_ int, row []Cell) error {
	x.last++
	x.Put(`<row r="`, strconv.Itoa(x.last), `">`)
	for i, c := range row {
		if c.filled {
			x.cell(i, c)
		}
	}
	x.Put(`</row>`)
	return nil
}

func (x *sheetWriter) cell(column int, c Cell) {
	at := place(column, x.last)
	style := styleOf(c.kind, c.bold)
	switch c.kind {
	case Integers:
		if x.sheet.Columns[column].Kind == Ordinals {
			style = styleOf(Ordinals, c.bold)
		}
		x.number(at, style, strconv.FormatInt(c.whole, 10))
	case Decimals, Percents:
		x.number(at, style, strconv.FormatFloat(c.number, 'g', -1, 64))
	case Dates:
		days, _ := serial(c.at)
		x.number(at, style, strconv.FormatInt(days, 10))
	case Times:
		days, seconds := serial(c.at)
		x.number(at, style, strconv.FormatInt(days, 10)+fmt.Sprintf(".%08d", seconds*100_000_000/86400))
	case Texts, Ordinals: // no cell is of ordinals
		if c.link != "" && len(x.links) < maxLinks && safeAddress(c.link) {
			x.links = append(x.links, cellLink{at, c.link})
			style = styleLink
		} else if dangerous(c.text) {
			style = styleQuoted
		}
		if c.bold && style >= styleQuoted {
			style++
		}
		x.text(at, style, c.text)
	}
}

func (x *sheetWriter) number(at string, style int, value string) {
	x.Put(`<c r="`, at, `" s="`, strconv.Itoa(style), `"><v>`, value, `</v></c>`)
}

// text writes a string within the cell: a table of shared strings would have to be kept in memory.
func (x *sheetWriter) text(at string, style int, s string) {
	x.Put(`<c r="`, at, `" s="`, strconv.Itoa(style), `" t="inlineStr"><is>`, textElement(s), `</is></c>`)
}

func (x *sheetWriter) end(n int, choices []choiceList) {
	h := x.headingRow()
	x.Putf(`</sheetData><autoFilter ref="A%d:%s"/>`, h, place(len(x.sheet.Columns)-1, x.last))
	x.validations(n, h, choices)
	if len(x.links) > 0 {
		x.Put(`<hyperlinks>`)
		for i, l := range x.links {
			x.Putf(`<hyperlink ref="%s" r:id="rIdL%d"/>`, l.place, i+1)
		}
		x.Put(`</hyperlinks>`)
	}
	x.Put(`<pageMargins left="0.7" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/><pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>`)
	if x.sheet.hasNotes() {
		x.Put(`<legacyDrawing r:id="rIdV"/>`)
	}
	x.Put(`</worksheet>`)
}

// validations writes drop-downs and prompts for the rows below the heading.
func (x *sheetWriter) validations(n, heading int, choices []choiceList) {
	last := min(x.last+x.sheet.Blank, maxRows)
	if last == heading {
		return
	}
	var rules []string
	for i, c := range x.sheet.Columns {
		if len(c.Choices) == 0 && c.Prompt == "" {
			continue
		}
		rule := fmt.Sprintf(`<dataValidation allowBlank="1" showInputMessage="1" showErrorMessage="1" sqref="%s:%s"`, place(i, heading+1), place(i, last))
		if c.Free {
			rule += ` errorStyle="information"`
		}
		if c.Prompt != "" {
			rule += ` promptTitle="` + escape(shorten(c.Title, 32)) + `" prompt="` + escape(c.Prompt) + `"`
		}
		formula := ""
		if len(c.Choices) > 0 {
			rule += ` type="list" errorTitle="` + escape(shorten(c.Title, 32)) + `" error="Hãy chọn một giá trị trong danh sách. / Choose a value of the list."`
			formula = `<formula1>` + escape(reference(choices, n, i)) + `</formula1>`
		}
		rules = append(rules, rule+`>`+formula+`</dataValidation>`)
	}
	if len(rules) > 0 {
		x.Putf(`<dataValidations count="%d">%s</dataValidations>`, len(rules), strings.Join(rules, ""))
	}
}

func shorten(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// place is a cell's name: A1 is column 0 of row 1.
func place(column, row int) string { return letters(column) + strconv.Itoa(row) }

func letters(column int) string {
	if column < 26 {
		return string(rune('A' + column))
	}
	return letters(column/26-1) + string(rune('A'+column%26))
}

func safeAddress(s string) bool {
	return len(s) <= 2000 && (strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "mailto:"))
}

// escape writes text for XML. "_x000D_" written by a person is kept from being read as the escape it looks like (ECMA-376
// part 1, 22.4.2.4).
func escape(s string) string {
	if !strings.Contains(s, "_x") {
		return markup.Escape(s)
	}
	var b strings.Builder
	for i := range len(s) {
		if s[i] == '_' && isEscape(s[i:]) {
			b.WriteString("_x005F")
		}
		b.WriteByte(s[i])
	}
	return markup.Escape(b.String())
}

// textElement is a text as an element. White space at its ends is kept by an attribute that the schema does not have and the
// programs themselves write, so it is written only where it is needed.
func textElement(s string) string {
	if strings.TrimSpace(s) != s {
		return `<t xml:space="preserve">` + escape(s) + `</t>`
	}
	return `<t>` + escape(s) + `</t>`
}

func isEscape(s string) bool {
	if len(s) < 7 || s[1] != 'x' || s[6] != '_' {
		return false
	}
	_, err := strconv.ParseUint(s[2:6], 16, 16)
	return err == nil
}

func created(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	at := t.UTC().Format(time.RFC3339)
	return `<dcterms:created xsi:type="dcterms:W3CDTF">` + at + `</dcterms:created><dcterms:modified xsi:type="dcterms:W3CDTF">` + at + `</dcterms:modified>`
}
