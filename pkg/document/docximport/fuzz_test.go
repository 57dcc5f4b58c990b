package docximport

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// seeds are document bodies that reach every branch; the fuzzer changes them.
func seeds() []string {
	return []string{
		bold("I. MỤC ĐÍCH") + p("1. Một") + p("a) Hai") + p("- Ba"),
		`<w:tbl>` + lines + `<w:tr>` + cell(`<w:vMerge w:val="restart"/>`, p("a")) + cell(`<w:gridSpan w:val="2"/>`, p("b")) + `</w:tr><w:tr>` + cell(`<w:vMerge/>`, "") + `</w:tr></w:tbl>`,
		`<w:tbl><w:tr><w:trPr><w:gridBefore w:val="2"/></w:trPr><w:sdt><w:sdtContent>` + cell("", `<w:tbl><w:tr>`+cell("", p("trong"))+`</w:tr></w:tbl>`) + `</w:sdtContent></w:sdt></w:tr></w:tbl>`,
		`<w:p><w:pPr><w:rPr><w:del/></w:rPr><w:numPr><w:numId w:val="1"/><w:ilvl w:val="1"/></w:numPr></w:pPr><w:r><w:t>x</w:t></w:r></w:p>` + p("y"),
		`<w:p><w:hyperlink r:id="a"><w:r><w:t>z</w:t></w:r></w:hyperlink><w:del><w:r/></w:del><w:ins><w:r><w:t>` + "o\u0302\u0301" + `</w:t></w:r></w:ins></w:p>`,
		`<w:p><w:r><w:fldChar w:fldCharType="begin"/><w:t>f</w:t><w:fldChar w:fldCharType="separate"/><w:t>g</w:t><w:fldChar w:fldCharType="end"/></w:r></w:p>`,
	}
}

// No body makes the importer panic or give text that is no text.
func FuzzImportBody(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s, `<w:lvl w:ilvl="1"><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%2."/></w:lvl>`)
	}
	limits := DefaultLimits()
	limits.Part, limits.Elements = 1<<20, 20_000
	f.Fuzz(func(t *testing.T, body, levels string) {
		numbering := `<w:numbering xmlns:w="` + transitional + `"><w:abstractNum w:abstractNumId="1">` + levels + `</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num></w:numbering>`
		d, err := ImportWithin(file(t, map[string]string{"word/document.xml": wrap(body), "word/numbering.xml": numbering}), limits)
		if err != nil {
			return
		}
		checkBlocks(t, d.Blocks)
		for _, table := range d.Tables() {
			for _, row := range table.Grid() {
				if len(row) != table.Columns {
					t.Fatalf("a row of %d in a table of %d columns", len(row), table.Columns)
				}
			}
		}
	})
}

// No bytes make the importer panic.
func FuzzImportFile(f *testing.F) {
	for _, s := range seeds() {
		f.Add(file(f, map[string]string{"word/document.xml": wrap(s)}))
	}
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, data []byte) {
		limits := DefaultLimits()
		limits.Part, limits.Elements = 1<<20, 20_000
		if d, err := ImportWithin(data, limits); err == nil {
			checkBlocks(t, d.Blocks)
		}
	})
}

func checkBlocks(t *testing.T, blocks []Block) {
	t.Helper()
	for _, b := range blocks {
		text := b.Label
		for _, r := range b.Runs {
			text += r.Text
		}
		if !utf8.ValidString(text) || !norm.NFC.IsNormalString(b.Label) {
			t.Fatalf("%q is no clean text", text)
		}
		if b.Table == nil {
			continue
		}
		for i, row := range b.Table.Rows {
			for _, c := range row {
				if c.ColSpan < 1 || c.RowSpan < 1 || c.Column+c.ColSpan > b.Table.Columns || i+c.RowSpan > len(b.Table.Rows) {
					t.Fatalf("cell %+v lies outside its table", c)
				}
				checkBlocks(t, c.Blocks)
			}
		}
	}
}
