package model

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/vn"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

func document() *Document {
	return &Document{Kind: Report, Agency: []string{"SỞ NỘI VỤ"}, Place: "Hải Phòng", Subject: "Kết quả", Signature: Signature{Standings: []Standing{{Office: "GIÁM ĐỐC"}}}}
}

// Days below 10 and months 1 and 2 take a nought in front, other months none.
func TestDateLine(t *testing.T) {
	for day, want := range map[time.Time]string{
		vn.Day(2022, 2, 23):                           "Hải Phòng, ngày 23 tháng 02 năm 2022",
		vn.Day(2022, 3, 1):                            "Hải Phòng, ngày 01 tháng 3 năm 2022",
		vn.Day(2022, 12, 9):                           "Hải Phòng, ngày 09 tháng 12 năm 2022",
		time.Date(2022, 1, 31, 17, 0, 0, 0, time.UTC): "Hải Phòng, ngày 01 tháng 02 năm 2022",
	} {
		d := document()
		d.Date = day
		assert.Equal(t, want, d.DateLine())
	}
}

func TestNumberOfADraftIsLeftToTheHand(t *testing.T) {
	d := document()
	d.Number = "15/BC-SNV"
	assert.Equal(t, "Số: 15/BC-SNV", d.NumberLine())
	d.Number = "/BC-SNV"
	assert.Equal(t, "Số:"+strings.Repeat("\u00a0", 7)+"/BC-SNV", d.NumberLine())
}

func TestStandings(t *testing.T) {
	for want, s := range map[string]Standing{
		"TM. ỦY BAN NHÂN DÂN": {Collective, "ỦY BAN NHÂN DÂN"},
		"KT. CHỦ TỊCH":        {Deputy, "CHỦ TỊCH"},
		"TL. CHỦ TỊCH":        {ByOrder, "CHỦ TỊCH"},
		"TUQ. GIÁM ĐỐC":       {Delegated, "GIÁM ĐỐC"},
		"Q. GIÁM ĐỐC":         {Acting, "GIÁM ĐỐC"},
		"PHÓ CHỦ TỊCH":        {Own, "PHÓ CHỦ TỊCH"},
	} {
		assert.Equal(t, want, s.String())
	}
	d := Delegation{Name: "Nguyễn Văn A", Office: "Giám đốc Sở", Instrument: "Giấy ủy quyền số 1"}
	assert.Equal(t, "(Thừa ủy quyền của Giám đốc Sở Nguyễn\u00a0Văn\u00a0A theo Giấy ủy quyền số 1)", d.Sentence())
}

// The zero Figure is missing. Nothing turns it into nought, and nothing divides by it.
func TestMissingIsNeverNought(t *testing.T) {
	var missing Figure
	assert.Equal(t, "– (chưa có số liệu)", missing.Cell().Text())
	assert.True(t, missing.Cell().Runs[0].Italic)
	assert.Equal(t, "0", Known(0).Cell().Text())
	for _, c := range []Cell{Share(missing, Known(3)), Share(Known(3), missing), Share(Known(3), Known(0))} {
		assert.Equal(t, MissingWords, c.Text())
	}
	text := Chart{Caption: "Biểu đồ", Unit: "lớp", Bars: []Bar{{Name: "Tập huấn", Planned: Known(3)}}}.Describe()
	assert.Equal(t, "Biểu đồ cột: Biểu đồ. Tập huấn: kế hoạch 3, thực hiện – (chưa có số liệu) lớp.", text)
}

func TestNumbersAreWrittenAsInVietnamese(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1.000", 1234567: "1.234.567", -1234: "-1.234"} {
		assert.Equal(t, want, Known(n).String())
	}
	for want, f := range map[string][2]int64{"83,3": {1000, 1200}, "100,0": {3, 3}, "0,1": {1, 2000}, "33,3": {1, 3}, "66,7": {2, 3}, "1.000,0": {10, 1}, "0,0": {0, 7}} {
		assert.Equal(t, want, Share(Known(f[0]), Known(f[1])).Text())
	}
}

// A share is the nearest tenth of a per cent, half upwards.
func TestShareIsTheNearestTenth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		actual, planned := rapid.Int64Range(0, 1e9).Draw(t, "actual"), rapid.Int64Range(1, 1e9).Draw(t, "planned")
		text := strings.ReplaceAll(strings.ReplaceAll(Share(Known(actual), Known(planned)).Text(), ".", ""), ",", "")
		tenths, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if twice := 2*1000*actual - 2*tenths*planned; twice < -planned || twice >= planned {
			t.Fatalf("%d of %d is not %d tenths", actual, planned, tenths)
		}
	})
}

func TestMarksStandAtTheFoot(t *testing.T) {
	d := document()
	assert.Empty(t, d.FootLine())
	d.Marks, d.Emergency = []Mark{ExampleData, HistoryData}, "KHẨN"
	assert.Equal(t, string(ExampleData)+" · "+string(HistoryData)+" · KHẨN", d.FootLine())
}

func TestTextIsComposed(t *testing.T) {
	assert.Equal(t, "Ủy ban\nnhân dân", Normal(norm.NFD.String("Ủy\tban\r\nnhân dân")))
}

func TestRefusals(t *testing.T) {
	reason := func(r errorsv1.Reason) error { return errs.New(r) }
	two := []Column{{Weight: 1}, {Weight: 1}}
	for name, c := range map[string]struct {
		change func(*Document)
		want   error
	}{
		"kind":            {func(d *Document) { d.Kind = "XX" }, reason(errorsv1.Reason_INVALID)},
		"agency":          {func(d *Document) { d.Agency = nil }, reason(errorsv1.Reason_INVALID)},
		"subject":         {func(d *Document) { d.Subject = " " }, reason(errorsv1.Reason_INVALID)},
		"no signer":       {func(d *Document) { d.Signature.Standings = nil }, reason(errorsv1.Reason_INVALID)},
		"level":           {func(d *Document) { d.Body = []Block{Heading{Level: 4}} }, reason(errorsv1.Reason_INVALID)},
		"long":            {func(d *Document) { d.Body = []Block{Text(strings.Repeat("ô", MaxText+1))} }, reason(errorsv1.Reason_DOCUMENT_TOO_LARGE)},
		"blocks":          {func(d *Document) { d.Body = make([]Block, MaxBlocks+1) }, reason(errorsv1.Reason_DOCUMENT_TOO_LARGE)},
		"annexes":         {func(d *Document) { d.Annexes = make([]Annex, MaxAnnexes+1) }, reason(errorsv1.Reason_DOCUMENT_TOO_LARGE)},
		"bars":            {func(d *Document) { d.Body = []Block{Chart{Bars: make([]Bar, MaxBars+1)}} }, reason(errorsv1.Reason_DOCUMENT_TOO_LARGE)},
		"script":          {func(d *Document) { d.Body = []Block{Paragraph{[]Run{{Link: "javascript:alert(1)"}}}} }, reason(errorsv1.Reason_DOCUMENT_ADDRESS)},
		"file":            {func(d *Document) { d.Body = []Block{List{[][]Run{{{Link: "file:///etc/passwd"}}}}} }, reason(errorsv1.Reason_DOCUMENT_ADDRESS)},
		"code":            {func(d *Document) { d.Authenticity.URL = "ftp://x" }, reason(errorsv1.Reason_DOCUMENT_ADDRESS)},
		"no columns":      {func(d *Document) { d.Body = []Block{Table{}} }, reason(errorsv1.Reason_DOCUMENT_TABLE_WIDE)},
		"columns":         {func(d *Document) { d.Body = []Block{Table{Columns: make([]Column, MaxColumns+1)}} }, reason(errorsv1.Reason_DOCUMENT_TABLE_WIDE)},
		"weight":          {func(d *Document) { d.Body = []Block{Table{Columns: []Column{{}}}} }, reason(errorsv1.Reason_DOCUMENT_TABLE_SHAPE)},
		"heading short":   {func(d *Document) { d.Body = []Block{Table{Columns: two, Header: Headings("a")}} }, reason(errorsv1.Reason_DOCUMENT_TABLE_SHAPE)},
		"heading long":    {func(d *Document) { d.Body = []Block{Table{Columns: two, Header: Headings("a", "b", "c")}} }, reason(errorsv1.Reason_DOCUMENT_TABLE_SHAPE)},
		"heading too low": {func(d *Document) { d.Body = []Block{Table{Columns: two, Header: [][]Cell{{{RowSpan: 2}, {}}}}} }, reason(errorsv1.Reason_DOCUMENT_TABLE_SHAPE)},
		"heading overlap": {func(d *Document) {
			d.Body = []Block{Table{Columns: two, Header: [][]Cell{{{}, {RowSpan: 2}}, {{ColSpan: 2}}}}}
		}, reason(errorsv1.Reason_DOCUMENT_TABLE_SHAPE)},
	} {
		d := document()
		c.change(d)
		require.ErrorIs(t, d.Check(), c.want, name)
	}
	require.NoError(t, document().Check())

	table := Table{Columns: two}
	require.NoError(t, table.CheckRow(1, []Cell{{ColSpan: 2}}))
	for _, row := range [][]Cell{{{}}, {{}, {}, {}}, {{RowSpan: 2}, {}}} {
		require.ErrorIs(t, table.CheckRow(1, row), reason(errorsv1.Reason_DOCUMENT_TABLE_SHAPE))
	}
	assert.ErrorIs(t, table.CheckRow(MaxRows+1, []Cell{{}, {}}), reason(errorsv1.Reason_DOCUMENT_TOO_LARGE))
}
