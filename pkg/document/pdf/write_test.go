package pdf

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/loa-vn/loa/pkg/document/internal/sample"
	"github.com/loa-vn/loa/pkg/document/model"
	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// The longest annex that is tried; `make chaos` may ask for more.
var annexRows = flag.Int("document.rows", 20_000, "rows of the annex that is set in bounded memory")

func render(t *testing.T, d *model.Document) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, Write(&out, d))
	return out.Bytes()
}

// A file's digest is printed on paper and kept for ever, so the bytes are part of the contract: a change here is a change of
// format, and documents that were issued before keep theirs.
func TestSameDocumentSameBytes(t *testing.T) {
	for name, c := range map[string]struct {
		make   func() *model.Document
		digest string
	}{
		"plan":   {sample.Plan, "cdf3088b453311bd"},
		"report": {func() *model.Document { return sample.Report(30) }, "cf67d3ea14e0589b"},
		"letter": {sample.Letter, "11c198ef9ea103d7"},
		"notice": {sample.Notice, "94b41bb3c296b47f"},
	} {
		sum := sha256.Sum256(render(t, c.make()))
		assert.Equal(t, c.digest, hex.EncodeToString(sum[:])[:16], name)
	}
}

func TestDocumentsAreSetSideBySide(t *testing.T) {
	want := render(t, sample.Report(50))
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			var out bytes.Buffer
			if err := Write(&out, sample.Report(50)); err != nil || !bytes.Equal(want, out.Bytes()) {
				t.Errorf("another file: %v", err)
			}
		})
	}
	group.Wait()
}

func TestALetterWithoutAGlyphIsRefusedWithItsPlace(t *testing.T) {
	row := func(s string) model.Table {
		return model.Table{Caption: "Bảng", Columns: []model.Column{{Weight: 1}}, Rows: model.Rows([]model.Cell{model.Words("một")}, []model.Cell{model.Words(s)})}
	}
	for name, change := range map[string]func(*model.Document){
		"subject":   func(d *model.Document) { d.Subject = "Về 漢 việc" },
		"signer":    func(d *model.Document) { d.Signature.Name = "Về 漢 việc" },
		"recipient": func(d *model.Document) { d.Recipients = []string{"Về 漢 việc"} },
		"paragraph": func(d *model.Document) { d.Body = []model.Block{model.Text("Về 漢 việc")} },
		"heading":   func(d *model.Document) { d.Body = []model.Block{model.Heading{Level: 1, Text: "Về 漢 việc"}} },
		"list": func(d *model.Document) {
			d.Body = []model.Block{model.List{Items: [][]model.Run{model.Strong("Về 漢 việc")}}}
		},
		"row": func(d *model.Document) { d.Body = []model.Block{row("Về 漢 việc")} },
		"chart": func(d *model.Document) {
			d.Body = []model.Block{model.Chart{Bars: []model.Bar{{Name: "Về 漢 việc"}}}}
		},
		"annex": func(d *model.Document) { d.Annexes = []model.Annex{{Label: "PHỤ LỤC", Title: "Về 漢 việc"}} },
		"head of a table": func(d *model.Document) {
			table := row("a")
			table.Header = model.Headings("Về 漢 việc")
			d.Body = []model.Block{table}
		},
	} {
		d := sample.Notice()
		change(d)
		err := Write(io.Discard, d)
		require.ErrorIs(t, err, errs.New(errorsv1.Reason_DOCUMENT_CHARACTER), name)
		refusal, ok := errors.AsType[*errs.Error](err)
		require.True(t, ok)
		assert.Equal(t, "漢", refusal.Args["character"], name)
		assert.Equal(t, "U+6F22", refusal.Args["code"], name)
		assert.Contains(t, refusal.Args["text"], "Về 漢 việc", name)
	}
}

func TestTablesThatCannotBeSetAreRefused(t *testing.T) {
	broken := errors.New("database away")
	wide := model.Table{Caption: "Rộng", Columns: make([]model.Column, 30)}
	for i := range wide.Columns {
		wide.Columns[i].Weight = 1
	}
	two := []model.Column{{Weight: 1}, {Weight: 1}}
	for name, c := range map[string]struct {
		table model.Table
		want  error
	}{
		"wide":  {wide, errs.New(errorsv1.Reason_DOCUMENT_TABLE_WIDE)},
		"shape": {model.Table{Columns: two, Rows: model.Rows([]model.Cell{{}})}, errs.New(errorsv1.Reason_DOCUMENT_TABLE_SHAPE)},
		"link":  {model.Table{Columns: two[:1], Rows: model.Rows([]model.Cell{{Runs: []model.Run{{Link: "javascript:x"}}}})}, errs.New(errorsv1.Reason_DOCUMENT_ADDRESS)},
		"rows":  {model.Table{Columns: two, Rows: func(yield func([]model.Cell, error) bool) { yield(nil, broken) }}, broken},
	} {
		d := sample.Notice()
		d.Body = []model.Block{c.table}
		assert.ErrorIs(t, Write(io.Discard, d), c.want, name)
	}
}

type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

// A disk that is full ends the work, and a long annex does not go on for nothing.
func TestWhatCannotBeWrittenIsSaid(t *testing.T) {
	for _, room := range []int{0, 100, 20_000, 60_000} {
		assert.ErrorIs(t, Write(&full{room}, sample.Report(2000)), io.ErrShortWrite)
	}
}

// The memory that an annex takes does not grow with its rows, but for some bytes an object: where each one went.
func TestLongAnnexTakesBoundedMemory(t *testing.T) {
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	d := sample.Report(0)
	table, ok := d.Annexes[0].Body[0].(model.Table)
	require.True(t, ok)
	var peak uint64
	n := 0
	table.Rows = func(yield func([]model.Cell, error) bool) {
		for row, err := range sample.Items(*annexRows) {
			if n++; n%(*annexRows/4) == 0 {
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
	assert.Equal(t, *annexRows, n)
	perRow := (int64(peak) - int64(before.HeapAlloc) - 6<<20) / int64(*annexRows)
	assert.Less(t, perRow, int64(600), "bytes kept for each row")
}

// Text in the file is found by search only if its letters lead back to Unicode; the object streams hold no plain text.
func TestAddressesAreSevenBits(t *testing.T) {
	assert.Equal(t, "(https://x.example/%E1%BB%A7%20\\(a\\)\\\\)", address("https://x.example/ủ (a)\\"))
}

func TestPoints(t *testing.T) {
	for want, v := range map[string]int{"0": 0, "1": 1000, "0.5": 500, "12.34": 12340, "-0.007": -7, "595.276": 595276} {
		assert.Equal(t, want, points(v))
	}
	assert.Equal(t, "(\\(\\)\\\\)", literal(`()\`))
	assert.Equal(t, "<FEFF1EE60079D83DDE00>", text("Ủy😀"))
	assert.Equal(t, "\x00\\(\x00\\r\\)\x00", string(appendCode(appendCode(appendCode(nil, '('), '\r'), int(')')<<8)))
	assert.True(t, strings.HasPrefix(string(render(t, sample.Letter())), "%PDF-1.7\n"))
}
