package directory

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/vn"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

const (
	// MaxRows is the greatest number of rows of one file.
	MaxRows = 10_000
	// maxProblems bounds an answer: who has more than a hundred wrong places mends those first.
	maxProblems = 100
)

// record is one line of a file by its columns' names, in NFC and without outer spaces.
type record struct {
	row   int
	cells map[string]string
}

// problems gathers the wrong places of a file.
type problems struct {
	fields []errs.Field
}

func (p *problems) at(row int, column string, reason errs.Reason, args ...string) {
	if len(p.fields) >= maxProblems {
		return
	}
	f := errs.At("csv", reason, args...)
	f.Row, f.Column = row, column
	p.fields = append(p.fields, f)
}

func (p *problems) err() error { return errs.Invalid(p.fields) }

// readTable reads a file whose header is exactly the columns, in any order. Lines count from 1, the header's.
func readTable(data []byte, columns []string) ([]record, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	var wrong problems
	if row := invalidLine(data); row > 0 {
		wrong.at(row, "", errorsv1.Reason_BAD_ENCODING, "row", strconv.Itoa(row))
		return nil, wrong.err()
	}
	reader := csv.NewReader(bytes.NewReader(data))
	reader.FieldsPerRecord = -1
	header, err := reader.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		notCSV(&wrong, err)
		return nil, wrong.err()
	}
	for i := range header {
		header[i] = tidy(header[i])
	}
	checkHeader(&wrong, header, columns)
	if err := wrong.err(); err != nil {
		return nil, err
	}
	var records []record
	count := 0
	for {
		cells, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			// After a broken quote nobody knows where the next line begins.
			notCSV(&wrong, err)
			break
		}
		if count++; count > MaxRows {
			continue
		}
		row, _ := reader.FieldPos(0)
		if len(cells) != len(header) {
			wrong.at(row, "", errorsv1.Reason_BAD_FORMAT, "value", strings.Join(cells, ","), "field", "CSV",
				"expected", strings.Join(header, ","))
			continue
		}
		r := record{row: row, cells: make(map[string]string, len(cells))}
		for i, cell := range cells {
			r.cells[header[i]] = tidy(cell)
		}
		records = append(records, r)
	}
	if count > MaxRows {
		return nil, errs.Invalid([]errs.Field{errs.At("csv", errorsv1.Reason_TOO_MANY_ROWS,
			"count", strconv.Itoa(count), "limit", strconv.Itoa(MaxRows))})
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	return records, nil
}

func tidy(cell string) string { return strings.TrimSpace(vn.NFC(cell)) }

func notCSV(wrong *problems, err error) {
	row := 1
	if p, ok := errors.AsType[*csv.ParseError](err); ok {
		row = p.Line
	}
	wrong.at(row, "", errorsv1.Reason_BAD_FORMAT, "value", `"`, "field", "CSV", "expected", "RFC 4180")
}

func checkHeader(wrong *problems, header, columns []string) {
	for i, name := range header {
		switch {
		case !slices.Contains(columns, name):
			wrong.at(1, name, errorsv1.Reason_UNKNOWN_COLUMN, "column", name, "expected", strings.Join(columns, ", "))
		case slices.Index(header, name) < i:
			wrong.at(1, name, errorsv1.Reason_DUPLICATE, "value", name, "row", "1")
		}
	}
	for _, name := range columns {
		if !slices.Contains(header, name) {
			wrong.at(1, name, errorsv1.Reason_MISSING_COLUMN, "column", name)
		}
	}
}

// invalidLine is the first line that is not UTF-8, from 1; 0 when all are.
func invalidLine(data []byte) int {
	if utf8.Valid(data) {
		return 0
	}
	row := 0
	for line := range bytes.SplitSeq(data, []byte("\n")) {
		if row++; !utf8.Valid(line) {
			return row
		}
	}
	return row
}
