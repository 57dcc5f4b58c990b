package sheet

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/loa-vn/loa/pkg/document/internal/markup"
)

// Places in the list of cell formats of styles.xml; each kind of content has a plain and a bold one after another.
const (
	styleHeading = 1
	styleTitle   = 2
	styleLine    = 3
	styleKinds   = 4
	styleQuoted  = 16
	styleLink    = 18
	styleOrdinal = 20
)

func styleOf(k Kind, bold bool) int {
	s := styleKinds + 2*int(k)
	if k == Ordinals {
		s = styleOrdinal
	}
	if bold {
		s++
	}
	return s
}

func (b Book) hasOrdinals() bool {
	return slices.ContainsFunc(b.Sheets, func(s Sheet) bool {
		return slices.ContainsFunc(s.Columns, func(c Column) bool { return c.Kind == Ordinals })
	})
}

// stylesPart gives the formats. "quotePrefix" is what a program itself sets for text that was typed with an apostrophe: editing
// the cell does not turn it into a formula.
// Those of ordinals stand last, and in books that have some alone: the bytes of every other book are what they were.
func stylesPart(ordinals bool) string {
	var b strings.Builder
	count := styleOrdinal
	if ordinals {
		count += 2
	}
	font := func(attributes, size string) {
		fmt.Fprintf(&b, `<font>%s<sz val="%s"/><name val="Times New Roman"/><family val="1"/></font>`, attributes, size)
	}
	b.WriteString(markup.Head + `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="4"><numFmt numFmtId="164" formatCode="#,##0.0#"/><numFmt numFmtId="165" formatCode="0.0%"/><numFmt numFmtId="166" formatCode="dd/mm/yyyy"/><numFmt numFmtId="167" formatCode="dd/mm/yyyy\ hh:mm"/></numFmts><fonts count="5">`)
	font("", "12")
	font("<b/>", "12")
	font("<b/>", "14")
	font("<i/>", "12")
	b.WriteString(`<font><u/><sz val="12"/><color rgb="FF0B3D91"/><name val="Times New Roman"/><family val="1"/></font></fonts>`)
	b.WriteString(`<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill><fill><patternFill patternType="solid"><fgColor rgb="FFE8EEF7"/></patternFill></fill></fills>`)
	side := func(s string) string {
		return `<` + s + ` style="thin"><color rgb="FF9AA5B1"/></` + s + `>`
	}
	b.WriteString(`<borders count="2"><border><left/><right/><top/><bottom/></border><border>` + side("left") + side("right") + side("top") + side("bottom") + `</border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="` + strconv.Itoa(count) + `">`)
	xf := func(number, font, fill int, extra, align string) {
		fmt.Fprintf(&b, `<xf numFmtId="%d" fontId="%d" fillId="%d" borderId="%d" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1"%s><alignment vertical="top"%s/></xf>`, number, font, fill, fill/2, extra, align)
	}
	xf(0, 0, 0, "", "")
	xf(0, 1, 2, "", ` horizontal="center" wrapText="1"`)
	xf(0, 2, 0, "", "")
	xf(0, 3, 0, "", "")
	for _, number := range []int{49, 3, 164, 165, 166, 167} {
		align := ""
		if number == 49 {
			align = ` wrapText="1"`
		}
		xf(number, 0, 0, "", align)
		xf(number, 1, 0, "", align)
	}
	xf(49, 0, 0, ` quotePrefix="1"`, ` wrapText="1"`)
	xf(49, 1, 0, ` quotePrefix="1"`, ` wrapText="1"`)
	xf(49, 4, 0, "", ` wrapText="1"`)
	xf(49, 4, 0, "", ` wrapText="1"`)
	if ordinals {
		xf(1, 0, 0, "", "")
		xf(1, 1, 0, "", "")
	}
	b.WriteString(`</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`)
	return b.String()
}

// choiceList is the values of one drop-down and the column they stand in on the hidden sheet.
type choiceList struct {
	sheet, column int
	values        []string
}

func (b Book) choices() []choiceList {
	var lists []choiceList
	for i, s := range b.Sheets {
		for j, c := range s.Columns {
			if len(c.Choices) > 0 {
				lists = append(lists, choiceList{i + 1, j, c.Choices})
			}
		}
	}
	return lists
}

func reference(choices []choiceList, sheet, column int) string {
	for i, l := range choices {
		if l.sheet == sheet && l.column == column {
			return fmt.Sprintf("'%s'!$%s$1:$%s$%d", choicesSheet, letters(i), letters(i), len(l.values))
		}
	}
	return ""
}

func writeChoices(w io.Writer, choices []choiceList) error {
	x := &sheetWriter{Writer: markup.New(w)}
	x.Putf(`%s<worksheet %s><sheetData>`, markup.Head, mainNames)
	longest := 0
	for _, l := range choices {
		longest = max(longest, len(l.values))
	}
	for row := range longest {
		x.Putf(`<row r="%d">`, row+1)
		for i, l := range choices {
			if row < len(l.values) {
				x.text(place(i, row+1), styleOf(Texts, false), l.values[row])
			}
		}
		x.Put(`</row>`)
	}
	x.Put(`</sheetData></worksheet>`)
	return x.Flush()
}

func (b Book) contentTypes(choices []choiceList) string {
	var t strings.Builder
	t.WriteString(markup.Head + `<Types xmlns="` + packages + `content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Default Extension="vml" ContentType="application/vnd.openxmlformats-officedocument.vmlDrawing"/><Override PartName="/xl/workbook.xml" ContentType="` + sheetML + `sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="` + sheetML + `styles+xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>`)
	for i := range b.total(choices) {
		fmt.Fprintf(&t, `<Override PartName="/%s" ContentType="%sworksheet+xml"/>`, sheetFile(i+1), sheetML)
	}
	for i, s := range b.Sheets {
		if s.hasNotes() {
			fmt.Fprintf(&t, `<Override PartName="/xl/comments%d.xml" ContentType="%scomments+xml"/>`, i+1, sheetML)
		}
	}
	t.WriteString(`</Types>`)
	return t.String()
}

func (b Book) total(choices []choiceList) int {
	if len(choices) > 0 {
		return len(b.Sheets) + 1
	}
	return len(b.Sheets)
}

func (b Book) properties() string {
	return markup.Head + `<cp:coreProperties xmlns:cp="` + packages + `metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>` +
		escape(b.Title) + `</dc:title><dc:creator>` + escape(b.Author) + `</dc:creator>` + created(b.Created) + `</cp:coreProperties>`
}

func (b Book) workbook(choices []choiceList) string {
	var x strings.Builder
	x.WriteString(markup.Head + `<workbook ` + mainNames + `><sheets>`)
	for i, s := range b.Sheets {
		fmt.Fprintf(&x, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, escape(s.Name), i+1, i+1)
	}
	if len(choices) > 0 {
		n := len(b.Sheets) + 1
		fmt.Fprintf(&x, `<sheet name="%s" sheetId="%d" state="hidden" r:id="rId%d"/>`, choicesSheet, n, n)
	}
	x.WriteString(`</sheets><definedNames>`)
	for i, s := range b.Sheets {
		row := (&sheetWriter{sheet: s}).headingRow()
		fmt.Fprintf(&x, `<definedName name="_xlnm.Print_Titles" localSheetId="%d">%s!$%d:$%d</definedName>`, i, escape("'"+strings.ReplaceAll(s.Name, "'", "''")+"'"), row, row)
	}
	x.WriteString(`</definedNames></workbook>`)
	return x.String()
}

func (b Book) workbookRelations(choices []choiceList) string {
	var rels []string
	for i := range b.total(choices) {
		rels = append(rels, relation("rId"+strconv.Itoa(i+1), office+"worksheet", "worksheets/sheet"+strconv.Itoa(i+1)+".xml"))
	}
	return relations(append(rels, relation("rIdS", office+"styles", "styles.xml"))...)
}

func relation(id, kind, target string) string {
	return `<Relationship Id="` + id + `" Type="` + kind + `" Target="` + target + `"/>`
}

func relations(rels ...string) string {
	return markup.Head + `<Relationships xmlns="` + packages + `relationships">` + strings.Join(rels, "") + `</Relationships>`
}
