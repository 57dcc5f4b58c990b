package docximport

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// file packs parts as Word does.
func file(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range []string{"word/document.xml", "word/styles.xml", "word/numbering.xml", "word/_rels/document.xml.rels"} {
		if content, ok := parts[name]; ok {
			w, err := z.Create(name)
			require.NoError(t, err)
			_, err = w.Write([]byte(content))
			require.NoError(t, err)
		}
	}
	require.NoError(t, z.Close())
	return out.Bytes()
}

func wrap(body string) string {
	return `<?xml version="1.0"?><w:document xmlns:w="` + transitional + `" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:body>` + body + `</w:body></w:document>`
}

func read(t *testing.T, body string, others ...string) Document {
	t.Helper()
	parts := map[string]string{"word/document.xml": wrap(body)}
	for i := 0; i+1 < len(others); i += 2 {
		parts[others[i]] = others[i+1]
	}
	d, err := Import(file(t, parts))
	require.NoError(t, err)
	return d
}

func p(text string) string { return `<w:p><w:r><w:t>` + text + `</w:t></w:r></w:p>` }
func bold(text string) string {
	return `<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>` + text + `</w:t></w:r></w:p>`
}

func TestTypedLabelsAreRecognised(t *testing.T) {
	for text, want := range map[string]Block{
		"I. MỤC ĐÍCH, YÊU CẦU":     {Kind: Heading, Level: 1, Label: "I."},
		"VI. TỔ CHỨC THỰC HIỆN":    {Kind: Heading, Level: 1, Label: "VI."},
		"1. Mục đích":              {Kind: Heading, Level: 2, Label: "1."},
		"Điều 3. Hiệu lực":         {Kind: Heading, Level: 2, Label: "Điều 3."},
		"a) Nội dung":              {Kind: Heading, Level: 3, Label: "a)"},
		"1.2. Nội dung":            {Kind: Heading, Level: 3, Label: "1.2."},
		"- Cơ quan báo chí":        {Kind: Item, Level: 1, Label: "-"},
		"Chương II QUY ĐỊNH CHUNG": {Kind: Heading, Level: 1, Label: "Chương II"},
		"Ia. không phải nhãn":      {Kind: Paragraph},
		"2022 là năm đầu":          {Kind: Paragraph},
	} {
		d := read(t, bold(text))
		require.Len(t, d.Blocks, 1, text)
		got := d.Blocks[0]
		assert.Equal(t, want, Block{Kind: got.Kind, Level: got.Level, Label: got.Label}, text)
		assert.Equal(t, text, strings.TrimSpace(got.Label+" "+got.Text()))
	}
	plain := read(t, p("1. Sở Thông tin và Truyền thông chủ trì")).Blocks[0]
	assert.Equal(t, Paragraph, plain.Kind, "a numbered sentence is no heading")
	assert.Equal(t, "1.", plain.Label)
	assert.Equal(t, 2, plain.Level)
}

func TestWordsOwnNumbersBecomeLabels(t *testing.T) {
	numbering := `<w:numbering xmlns:w="` + transitional + `"><w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="upperRoman"/><w:lvlText w:val="%1."/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%2."/></w:lvl><w:lvl w:ilvl="2"><w:numFmt w:val="decimal"/><w:lvlText w:val="%2.%3."/></w:lvl></w:abstractNum><w:abstractNum w:abstractNumId="2"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val=""/></w:lvl></w:abstractNum><w:num w:numId="5"><w:abstractNumId w:val="1"/></w:num><w:num w:numId="6"><w:abstractNumId w:val="2"/></w:num><w:num w:numId="7"><w:abstractNumId w:val="1"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="4"/></w:lvlOverride></w:num></w:numbering>`
	n := func(id, level int, text string) string {
		return fmt.Sprintf(`<w:p><w:pPr><w:numPr><w:ilvl w:val="%d"/><w:numId w:val="%d"/></w:numPr></w:pPr><w:r><w:t>%s</w:t></w:r></w:p>`, level, id, text)
	}
	d := read(t, n(5, 0, "một")+n(5, 1, "một một")+n(5, 1, "một hai")+n(5, 2, "sâu")+n(5, 0, "hai")+n(5, 1, "hai một")+n(6, 0, "chấm")+n(7, 0, "bốn"), "word/numbering.xml", numbering)
	labels := make([]string, 0, len(d.Blocks))
	for _, b := range d.Blocks {
		labels = append(labels, b.Label)
	}
	assert.Equal(t, []string{"I.", "1.", "2.", "2.1.", "II.", "1.", "-", "IV."}, labels)
	assert.Equal(t, Item, d.Blocks[6].Kind)
}

func TestHeadingStyles(t *testing.T) {
	styles := `<w:styles xmlns:w="` + transitional + `"><w:style w:styleId="H"><w:name w:val="heading 2"/></w:style><w:style w:styleId="X"><w:name w:val="Mục lớn"/><w:basedOn w:val="H"/></w:style><w:style w:styleId="T"><w:name w:val="Title"/></w:style><w:style w:styleId="O"><w:basedOn w:val="O"/></w:style></w:styles>`
	d := read(t, `<w:p><w:pPr><w:pStyle w:val="X"/></w:pPr><w:r><w:t>1. Mục đích</w:t></w:r></w:p><w:p><w:pPr><w:pStyle w:val="T"/></w:pPr><w:r><w:t>KẾ HOẠCH</w:t></w:r></w:p><w:p><w:pPr><w:pStyle w:val="O"/></w:pPr><w:r><w:t>vòng</w:t></w:r></w:p>`, "word/styles.xml", styles)
	assert.Equal(t, Block{Kind: Heading, Level: 2, Label: "1.", Runs: []Run{{Text: "Mục đích"}}}, d.Blocks[0])
	assert.Equal(t, Title, d.Blocks[1].Kind)
	assert.Equal(t, Paragraph, d.Blocks[2].Kind, "a style based on itself ends")
}

func TestTrackedChangesAreResolved(t *testing.T) {
	d := read(t, `<w:p><w:r><w:t xml:space="preserve">giữ </w:t></w:r><w:del><w:r><w:delText>bỏ</w:delText></w:r></w:del><w:ins><w:r><w:t>thêm</w:t></w:r></w:ins></w:p>`+
		`<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr><w:r><w:t xml:space="preserve">đầu </w:t></w:r></w:p>`+p("cuối"))
	assert.Equal(t, []Block{{Runs: []Run{{Text: "giữ thêm"}}}, {Runs: []Run{{Text: "đầu cuối"}}}}, d.Blocks)
	assert.Equal(t, []Dropped{{DeletedText, 1}}, d.Dropped)
	assert.Equal(t, "Bỏ 1 chỗ đã xóa trong chế độ theo dõi thay đổi.", d.Dropped[0].Sentence(errs.Vietnamese))
}

func TestTextIsComposed(t *testing.T) {
	d := read(t, `<w:p><w:r><w:t>`+norm.NFD.String("Ủy ban nhân dân thành ph")+`o</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>`+"\u0302\u0301"+` Hải Phòng</w:t></w:r></w:p>`)
	assert.Equal(t, "Ủy ban nhân dân thành phố Hải Phòng", d.Blocks[0].Text())
	assert.True(t, norm.NFC.IsNormalString(d.Blocks[0].Runs[0].Text))
}

func TestUnsafeAndForeignThingsAreDroppedAndTold(t *testing.T) {
	links := `<Relationships xmlns="` + relationships + `"><Relationship Id="a" Target="https://haiphong.example/x?a=1" TargetMode="External"/><Relationship Id="b" Target="javascript:alert(1)" TargetMode="External"/><Relationship Id="c" Target="file:///etc/passwd" TargetMode="External"/></Relationships>`
	h := func(id string) string {
		return `<w:hyperlink r:id="` + id + `"><w:r><w:t>` + id + `</w:t></w:r></w:hyperlink>`
	}
	d := read(t, `<w:p>`+h("a")+h("b")+h("c")+`<w:r><w:rPr><w:vanish/></w:rPr><w:t>ẩn</w:t></w:r><w:r><w:drawing/></w:r><m:oMath><m:r><w:t>x</w:t></m:r></m:oMath><w:r><w:commentReference/></w:r><w:r><w:footnoteReference/></w:r><w:r><w:rPr><w:rFonts w:ascii=".VnTime"/></w:rPr><w:t>d</w:t></w:r><w:r><w:object/></w:r><w:r><w:sym/></w:r></w:p>`,
		"word/_rels/document.xml.rels", links)
	assert.Equal(t, []Run{{Text: "a", Link: "https://haiphong.example/x?a=1"}, {Text: "bcd"}}, d.Blocks[0].Runs)
	assert.Equal(t, []Dropped{{UnsafeLink, 2}, {HiddenText, 1}, {Picture, 1}, {Formula, 1}, {Comment, 1}, {Footnote, 1}, {OldFont, 1}, {EmbeddedObject, 1}, {Symbol, 1}}, d.Dropped)
	for _, x := range d.Dropped {
		assert.NotContains(t, x.Sentence(errs.Vietnamese)+x.Sentence(errs.English), "%!")
		assert.NotEqual(t, "Bỏ 1 chỗ.", x.Sentence(errs.Vietnamese))
	}
}

func TestFieldsGiveTheirResult(t *testing.T) {
	f := func(kind string) string { return `<w:r><w:fldChar w:fldCharType="` + kind + `"/></w:r>` }
	d := read(t, `<w:p>`+f("begin")+`<w:r><w:instrText>PAGE</w:instrText><w:t>mã</w:t></w:r>`+f("separate")+`<w:r><w:t>7</w:t></w:r>`+f("end")+`<w:r><w:t>.</w:t></w:r></w:p>`)
	assert.Equal(t, "7.", d.Blocks[0].Text())
}

const lines = `<w:tblPr><w:tblBorders><w:top w:val="single"/></w:tblBorders></w:tblPr>`

func cell(properties, content string) string {
	return `<w:tc><w:tcPr>` + properties + `</w:tcPr>` + content + `</w:tc>`
}

func TestTablesKeepMergedCells(t *testing.T) {
	d := read(t, `<w:tbl>`+lines+
		`<w:tr><w:trPr><w:tblHeader/></w:trPr>`+cell(`<w:vMerge w:val="restart"/>`, p("TT"))+cell(`<w:gridSpan w:val="2"/>`, p("Số lượng"))+`</w:tr>`+
		`<w:tr><w:trPr><w:tblHeader/></w:trPr>`+cell(`<w:vMerge/>`, p(""))+cell("", p("Kế hoạch"))+cell("", p("Thực hiện"))+`</w:tr>`+
		`<w:tr>`+cell("", p("1"))+cell("", p("  12 \u00a0 tin "))+cell("", p("hai")+p("dòng"))+`</w:tr>`+
		`<w:tr><w:trPr><w:del/></w:trPr>`+cell("", p("bỏ"))+`</w:tr></w:tbl>`)
	require.Len(t, d.Tables(), 1)
	table := d.Tables()[0]
	assert.Equal(t, 2, table.Header)
	assert.Equal(t, 3, table.Columns)
	assert.Equal(t, 2, table.Rows[0][0].RowSpan)
	assert.Equal(t, [][]string{{"TT", "Số lượng", "Số lượng"}, {"TT", "Kế hoạch", "Thực hiện"}, {"1", "12 tin", "hai\ndòng"}}, table.Grid())
	assert.Equal(t, []Dropped{{DeletedText, 1}}, d.Dropped)
}

func TestLayoutTablesAreUnwrapped(t *testing.T) {
	head := `<w:tbl><w:tblPr><w:tblBorders><w:top w:val="nil"/></w:tblBorders></w:tblPr><w:tr>` + cell("", p("UBND THÀNH PHỐ")) + cell("", p("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")) + `</w:tr></w:tbl>`
	assert.Len(t, read(t, head).Blocks, 2)
	assert.Empty(t, read(t, head).Tables())
	styles := `<w:styles xmlns:w="` + transitional + `"><w:style w:styleId="G"><w:tblPr><w:tblBorders><w:top w:val="single"/></w:tblBorders></w:tblPr></w:style></w:styles>`
	assert.Len(t, read(t, `<w:tbl><w:tblPr><w:tblStyle w:val="G"/></w:tblPr><w:tr>`+cell("", p("1"))+`</w:tr></w:tbl>`, "word/styles.xml", styles).Tables(), 1)
	assert.Len(t, read(t, `<w:tbl><w:tr>`+cell(`<w:tcBorders><w:top w:val="single"/></w:tcBorders>`, p("1"))+`</w:tr></w:tbl>`).Tables(), 1)
}

func TestFilesThatAreNoWordFiles(t *testing.T) {
	for name, data := range map[string][]byte{
		"empty":       nil,
		"text":        []byte("không phải Word"),
		"no document": file(t, map[string]string{"word/styles.xml": "<a/>"}),
		"no body":     file(t, map[string]string{"word/document.xml": `<w:document xmlns:w="` + transitional + `"/>`}),
		"bad XML":     file(t, map[string]string{"word/document.xml": "<w:document"}),
		"entities":    file(t, map[string]string{"word/document.xml": `<!DOCTYPE x [<!ENTITY a "b">]><w:document xmlns:w="` + transitional + `"><w:body><w:p><w:r><w:t>&a;</w:t></w:r></w:p></w:body></w:document>`}),
		"bad styles":  file(t, map[string]string{"word/document.xml": wrap(p("a")), "word/styles.xml": "<"}),
	} {
		_, err := Import(data)
		assert.ErrorIs(t, err, errs.New(errorsv1.Reason_FILE_DAMAGED), name)
	}
}

func TestBombsEndAtTheLimits(t *testing.T) {
	limits := DefaultLimits()
	limits.File, limits.Part, limits.Parts, limits.Elements, limits.Depth, limits.Columns, limits.Rows = 100_000, 1_000_000, 3, 2_000, 40, 5, 10
	row := `<w:tr>` + cell("", p("a")) + `</w:tr>`
	for name, data := range map[string][]byte{
		"file":     make([]byte, 100_001),
		"unpacked": file(t, map[string]string{"word/document.xml": wrap(p(strings.Repeat(" ", 2_000_000)))}),
		"elements": file(t, map[string]string{"word/document.xml": wrap(strings.Repeat("<w:p/>", 3_000))}),
		"depth":    file(t, map[string]string{"word/document.xml": wrap(strings.Repeat("<w:sdt><w:sdtContent>", 30) + strings.Repeat("</w:sdtContent></w:sdt>", 30))}),
		"parts":    file(t, map[string]string{"word/document.xml": wrap(""), "word/styles.xml": "<a/>", "word/numbering.xml": "<a/>", "word/_rels/document.xml.rels": "<a/>"}),
		"columns":  file(t, map[string]string{"word/document.xml": wrap(`<w:tbl><w:tr>` + cell(`<w:gridSpan w:val="900000"/>`, "") + `</w:tr></w:tbl>`)}),
		"rows":     file(t, map[string]string{"word/document.xml": wrap(`<w:tbl>` + strings.Repeat(row, 11) + `</w:tbl>`)}),
	} {
		_, err := ImportWithin(data, limits)
		assert.ErrorIs(t, err, errs.New(errorsv1.Reason_FILE_LIMITS), name)
	}
}
