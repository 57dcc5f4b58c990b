package docx

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/loa-vn/loa/pkg/document/docximport"
	"github.com/loa-vn/loa/pkg/document/internal/sample"
	"github.com/loa-vn/loa/pkg/document/model"
	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

func render(t *testing.T, d *model.Document) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, Write(&out, d))
	return out.Bytes()
}

func part(t *testing.T, file []byte, name string) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
	f, err := z.Open(name)
	require.NoError(t, err)
	defer f.Close()
	content, err := io.ReadAll(f)
	require.NoError(t, err)
	return string(content)
}

// The bytes are part of the contract: a change here is a change of format.
func TestSameDocumentSameBytes(t *testing.T) {
	for name, c := range map[string]struct {
		make   func() *model.Document
		digest string
	}{
		"plan":   {sample.Plan, "cb770efd00c18eef"},
		"report": {func() *model.Document { return sample.Report(30) }, "0238180ea2662983"},
		"letter": {sample.Letter, "3165632263854929"},
		"notice": {sample.Notice, "67d83ef3aac4ad17"},
	} {
		sum := sha256.Sum256(render(t, c.make()))
		assert.Equal(t, c.digest, hex.EncodeToString(sum[:])[:16], name)
	}
}

// What is written is read again with its outline and its tables: the file says what its paper says.
func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	d, err := docximport.Import(render(t, sample.Plan()))
	require.NoError(t, err)
	assert.Empty(t, d.Dropped)
	var headings []string
	for _, b := range d.Blocks {
		if b.Kind == docximport.Heading && b.Level == 1 {
			headings = append(headings, strings.TrimSpace(b.Label+" "+b.Text()))
		}
	}
	assert.Equal(t, []string{"I. MỤC ĐÍCH, YÊU CẦU", "II. NỘI DUNG TUYÊN TRUYỀN", "III. HÌNH THỨC TUYÊN TRUYỀN", "IV. ĐỐI TƯỢNG TUYÊN TRUYỀN", "V. KINH PHÍ THỰC HIỆN", "VI. TỔ CHỨC THỰC HIỆN", "PHỤ LỤC"}, headings)
	require.Len(t, d.Tables(), 1)
	grid := d.Tables()[0].Grid()
	require.Len(t, grid, 9)
	assert.Equal(t, []string{"TT", "Nhiệm vụ", "Đối tượng", "Kênh", "Chủ trì", "Phối hợp", "Thời hạn", "Chỉ tiêu"}, grid[0])
	assert.Equal(t, "12 tin, bài", grid[2][7])
	assert.Equal(t, "– (chưa có số liệu)", grid[7][7])
	report, err := docximport.Import(render(t, sample.Report(3)))
	require.NoError(t, err)
	require.Len(t, report.Tables(), 3)
	assert.Equal(t, 2, report.Tables()[0].Header)
	assert.Equal(t, []string{"TT", "Chủ đề", "Kế hoạch", "Thực hiện", "Tỷ lệ (%)", "Đánh giá"}, report.Tables()[0].Grid()[1])
}

// A missing figure has no bar and its name says so; it is not drawn as nought.
func TestChartsSayWhatIsMissing(t *testing.T) {
	chart := part(t, render(t, sample.Report(1)), "word/charts/chart1.xml")
	assert.Contains(t, chart, "Đào tạo, tập huấn chính quyền điện tử, thực hiện: – (chưa có số liệu)")
	_, actual, found := strings.Cut(chart, `<c:idx val="1"/>`)
	require.True(t, found)
	_, values, found := strings.Cut(actual, "<c:numLit>")
	require.True(t, found)
	assert.NotContains(t, values, `<c:pt idx="6">`)
	assert.Contains(t, values, `<c:pt idx="7">`)
	assert.Contains(t, part(t, render(t, sample.Report(1)), "word/document.xml"), `descr="Biểu đồ cột: `)
}

func TestMarksStandInBothFeet(t *testing.T) {
	file := render(t, sample.Notice())
	for _, name := range []string{"word/footer1.xml", "word/footer2.xml"} {
		for _, mark := range []string{string(model.ExampleData), string(model.HistoryData), "HẬU KIỂM SAU"} {
			assert.Contains(t, part(t, file, name), mark)
		}
	}
	assert.Contains(t, part(t, file, "word/footer1.xml"), sample.Notice().Authenticity.Hash)
}

func TestRefusals(t *testing.T) {
	d := sample.Notice()
	d.Body = []model.Block{model.Table{Columns: []model.Column{{Weight: 1}}, Rows: model.Rows([]model.Cell{{}, {}})}}
	require.ErrorIs(t, Write(io.Discard, d), errs.New(errorsv1.Reason_DOCUMENT_TABLE_SHAPE))
	d.Kind = ""
	require.ErrorIs(t, Write(io.Discard, d), errs.New(errorsv1.Reason_INVALID))
	broken := errors.New("database away")
	d = sample.Notice()
	d.Body = []model.Block{model.Table{Columns: []model.Column{{Weight: 1}}, Rows: func(yield func([]model.Cell, error) bool) { yield(nil, broken) }}}
	assert.ErrorIs(t, Write(io.Discard, d), broken)
}

// The memory that an annex takes does not grow with its rows, but for the addresses it links to.
func TestLongAnnexTakesBoundedMemory(t *testing.T) {
	const rows = 20_000
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	d := sample.Report(0)
	table, ok := d.Annexes[0].Body[0].(model.Table)
	require.True(t, ok)
	var peak uint64
	n := 0
	table.Rows = func(yield func([]model.Cell, error) bool) {
		for row, err := range sample.Items(rows) {
			if n++; n%(rows/4) == 0 {
				runtime.GC()
				runtime.ReadMemStats(&now)
				peak = max(peak, now.HeapAlloc)
			}
			if !yield(row, err) {
				return
			}
		}
	}
	d.Annexes[0].Body[0] = table
	require.NoError(t, Write(io.Discard, d))
	assert.Equal(t, rows, n)
	assert.Less(t, (int64(peak)-int64(before.HeapAlloc)-6<<20)/rows, int64(400), "bytes kept for each row")
}
