package directory

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// maxText is the greatest length of a text in one cell, in characters.
const maxText = 300

// row reads the cells of one record and notes what is wrong with them.
type row struct {
	record
	wrong *problems
}

func (r row) text(column string) string {
	value := r.cells[column]
	if n := utf8.RuneCountInString(value); n > maxText {
		r.wrong.at(r.row, column, errorsv1.Reason_TOO_LONG, "field", column, "length", strconv.Itoa(n), "limit", strconv.Itoa(maxText))
	}
	return value
}

func (r row) required(column string) string {
	value := r.text(column)
	if value == "" {
		r.wrong.at(r.row, column, errorsv1.Reason_REQUIRED, "field", column)
	}
	return value
}

// word is one of a closed list.
func (r row) word(column string, allowed []string) string {
	value := r.required(column)
	if value != "" && !slices.Contains(allowed, value) {
		r.wrong.at(r.row, column, errorsv1.Reason_BAD_FORMAT, "value", value, "field", column, "expected", strings.Join(allowed, ", "))
	}
	return value
}

// code is an agency's code; an empty one is allowed.
func (r row) code(column string) Code {
	value := r.cells[column]
	if value != "" && !codeForm.MatchString(value) {
		r.wrong.at(r.row, column, errorsv1.Reason_BAD_FORMAT, "value", value, "field", column, "expected", "H24, H24.02, H24.02.01")
	}
	return Code(value)
}

func (r row) requiredCode(column string) Code {
	r.required(column)
	return r.code(column)
}

// day is YYYY-MM-DD; empty means open.
func (r row) day(column string) string {
	value := r.cells[column]
	if value == "" {
		return ""
	}
	if _, err := time.Parse(time.DateOnly, value); err != nil {
		r.wrong.at(r.row, column, errorsv1.Reason_BAD_DATE, "value", value)
		return ""
	}
	return value
}

// span reads the first and the last day of validity.
func (r row) span() (from, to string) {
	from, to = r.day("valid_from"), r.day("valid_to")
	if from != "" && to != "" && to < from {
		r.wrong.at(r.row, "valid_to", errorsv1.Reason_BAD_FORMAT, "value", to, "field", "valid_to", "expected", "≥ "+from)
	}
	return from, to
}

var (
	// codeForm: QĐ 20/2020/QĐ-TTg, a letter and two digits, then up to three levels.
	codeForm   = regexp.MustCompile(`^[A-Z][0-9]{2}(\.[A-Z]?[0-9]{2,3}){0,3}$`)
	personForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)
)
