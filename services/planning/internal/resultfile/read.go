// Package resultfile reads the CSV file in which results from before Loa come: one row is one result. What a row says is held against
// the plan by the same rules as a result that somebody records today.
package resultfile

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/vn"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/planning/internal/directory"
	"github.com/loa-vn/loa/services/planning/internal/result"
)

// MaxRows is the greatest number of rows of one file.
const MaxRows = 5_000

// maxProblems bounds an answer: who has more than a hundred wrong places mends those first.
const maxProblems = 100

// Columns of the file. All have to be there; place, channel, the evidence's and note may be empty, but a link or a note is needed.
func Columns() []string {
	return []string{"item", "agency", "quantity", "unit", "happened_at", "place", "channel", "evidence_title", "evidence_link", "note"}
}

// Row is a row of the file as it is understood; its result has no identifier yet.
type Row struct {
	Line   int
	Result result.Result
}

// Plan is what the rows are held against.
type Plan struct {
	ID string
	// Item finds a plan item by its code or identifier.
	Item func(item string) (result.Under, bool)
	// Agency says whether the directory has the agency.
	Agency func(code string) bool
	// Now is the log's clock.
	Now time.Time
	// Example marks every result as invented.
	Example bool
}

// Read reads the file and checks every row. Errors: INVALID with every place that is wrong, by line and column.
func Read(data []byte, plan Plan) ([]Row, error) {
	table, err := directory.ReadTable(data, Columns())
	if err != nil {
		return nil, err
	}
	if len(table) > MaxRows {
		return nil, errs.Invalid([]errs.Field{errs.At("csv", errorsv1.Reason_TOO_MANY_ROWS,
			"count", strconv.Itoa(len(table)), "limit", strconv.Itoa(MaxRows))})
	}
	r := reader{plan: plan, lines: map[string]int{}}
	rows := make([]Row, 0, len(table))
	for _, line := range table {
		rows = append(rows, r.row(line))
	}
	if len(rows) == 0 {
		r.at(1, "", errorsv1.Reason_REQUIRED, "field", "item")
	}
	return rows, errs.Invalid(r.wrong)
}

type reader struct {
	plan  Plan
	wrong []errs.Field
	lines map[string]int
}

func (r *reader) at(line int, column string, reason errs.Reason, args ...string) {
	f := errs.At("csv", reason, args...)
	f.Row, f.Column = line, column
	r.add(f)
}

func (r *reader) add(f errs.Field) {
	if len(r.wrong) < maxProblems {
		r.wrong = append(r.wrong, f)
	}
}

func (r *reader) row(line directory.Row) Row {
	cells := line.Cells
	out := result.Result{
		Plan: r.plan.ID, Agency: cells["agency"], Quantity: r.count(line), Unit: cells["unit"], HappenedAt: r.moment(line), Place: cells["place"],
		Channel: cells["channel"], Note: cells["note"], Imported: true, Example: r.plan.Example,
	}
	if link := cells["evidence_link"]; link != "" {
		out.Evidence = []result.Evidence{{Kind: result.Link, Title: cells["evidence_title"], Link: link}}
	} else if title := cells["evidence_title"]; title != "" {
		out.Note = strings.TrimSpace(title + "\n" + out.Note)
	}
	out = result.Normalise(out)
	under, known := r.plan.Item(cells["item"])
	if !known {
		r.at(line.Line, "item", errorsv1.Reason_UNKNOWN_PLAN_ITEM, "value", cells["item"])
		return Row{Line: line.Line, Result: out}
	}
	out.Item, out.Example = under.Item, out.Example || under.Example
	r.check(line, out, under)
	return Row{Line: line.Line, Result: out}
}

// check adds what is wrong by the file's columns.
func (r *reader) check(line directory.Row, out result.Result, under result.Under) {
	if !r.plan.Agency(out.Agency) {
		r.at(line.Line, "agency", errorsv1.Reason_UNKNOWN_AGENCY, "value", out.Agency)
	}
	for _, f := range result.Check(out, under, r.plan.Now) {
		f.Row, f.Column = line.Line, column(f.Field)
		unread := f.Column == "quantity" && out.Quantity == 0 || f.Column == "happened_at" && out.HappenedAt.IsZero()
		f.Field = "csv"
		if !unread { // which was told already
			r.add(f)
		}
	}
	same := strings.Join([]string{
		under.Item, line.Cells["agency"], line.Cells["quantity"], line.Cells["unit"], line.Cells["happened_at"], line.Cells["place"],
		line.Cells["channel"], line.Cells["evidence_title"], line.Cells["evidence_link"], line.Cells["note"],
	}, "\x00")
	if first, again := r.lines[same]; again {
		r.at(line.Line, "", errorsv1.Reason_DUPLICATE, "value", line.Cells["item"], "row", strconv.Itoa(first))
	} else {
		r.lines[same] = line.Line
	}
}

// column names the file's column for a result's field.
func column(field string) string {
	switch {
	case field == "happenedAt":
		return "happened_at"
	case field == "evidence":
		return "evidence_link"
	case strings.HasSuffix(field, ".title"):
		return "evidence_title"
	case strings.HasSuffix(field, ".link"):
		return "evidence_link"
	default:
		return field
	}
}

// count reads a whole number; 0 when it is none.
func (r *reader) count(line directory.Row) int64 {
	value := line.Cells["quantity"]
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || !whole().MatchString(value) {
		r.at(line.Line, "quantity", errorsv1.Reason_BAD_COUNT, "value", value)
		return 0
	}
	if n == 0 {
		r.at(line.Line, "quantity", errorsv1.Reason_OUT_OF_RANGE,
			"field", "quantity", "value", "0", "min", "1", "max", strconv.Itoa(result.MaxQuantity))
	}
	return n
}

// moment reads a day, whose first instant in Vietnam it is, or a moment by RFC 3339.
func (r *reader) moment(line directory.Row) time.Time {
	value := line.Cells["happened_at"]
	if at, err := time.ParseInLocation(time.DateOnly, value, vn.Location()); err == nil {
		return at
	}
	at, err := time.Parse(time.RFC3339, value)
	if err != nil {
		r.at(line.Line, "happened_at", errorsv1.Reason_BAD_MOMENT, "value", value)
		return time.Time{}
	}
	return at
}

func whole() *regexp.Regexp { return regexp.MustCompile(`^[0-9]{1,12}$`) }
