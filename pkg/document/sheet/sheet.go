// Package sheet writes figures and templates as spreadsheets: XLSX (ECMA-376) with one or more sheets, and CSV for programs.
// Rows are taken from an iterator and written as they come, in memory that does not grow with them, and the same book is the
// same bytes.
//
//	book := sheet.Book{Title: "Số liệu", Created: issued, Sheets: []sheet.Sheet{{
//		Name:    "Theo chủ đề",
//		Columns: []sheet.Column{{Title: "Chủ đề", Width: 40}, {Title: "Kế hoạch"}, {Title: "Hạn", Kind: sheet.Dates}},
//		Rows:    sheet.Rows([][]sheet.Cell{{sheet.Text("Chuyển đổi số"), sheet.Integer(12), sheet.Date(deadline)}}),
//	}}}
//	err := sheet.WriteXLSX(w, book)
//	err = sheet.WriteCSV(w, book.Sheets[0])
//
// A template is a sheet whose columns have Choices (a drop-down), Prompt (shown when a cell is selected) and Note (a note on
// the heading), and whose Blank says how many empty rows below the given ones are ready to be filled in.
package sheet

import (
	"iter"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/vn"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// Book is a workbook.
type Book struct {
	Title   string
	Author  string    // the agency
	Created time.Time // stands in the file's properties; the zero time leaves it out
	Sheets  []Sheet   // at least one
}

// Sheet is one table: a heading row and rows below it. The heading stays in view, repeats in print and can be filtered.
type Sheet struct {
	Name    string   // at most 31 characters, without [ ] : * ? / \
	Above   []string // lines above the heading row: title, period, "dữ liệu minh họa". CSV leaves them out.
	Columns []Column
	Rows    iter.Seq2[[]Cell, error] // nil for none; an error ends the writing and is returned
	Blank   int                      // rows below the given ones that drop-downs and formats reach as well
}

// Column is a column's heading and how its cells are shown and filled in.
type Column struct {
	Title string
	Width int  // in characters; 0 takes it from the title
	Kind  Kind // format of the blank rows; cells that are written have their own
	// Choices makes a drop-down of these values. Others are refused by the spreadsheet program, unless Free is set: then it
	// lets them through, which a cell that may hold several values needs.
	Choices []string
	Free    bool
	Prompt  string // shown when a cell of the column is selected; at most 255 characters
	Note    string // a note on the heading
}

// Kind of a cell's content.
type Kind int

// The kinds of content.
const (
	Texts Kind = iota
	Integers
	Decimals
	Percents
	Dates
	Times
	// Ordinals is of a column alone: its whole numbers name places in an order, and are shown as they are written, 1234.
	Ordinals
)

// Cell is one value. The zero Cell is empty.
type Cell struct {
	kind   Kind
	filled bool
	text   string
	number float64
	whole  int64
	at     time.Time
	link   string
	bold   bool
}

// Text is a cell of text. It never becomes a formula, whatever it begins with.
func Text(s string) Cell { return Cell{kind: Texts, filled: s != "", text: s} }

// Link is text that opens an address.
func Link(text, address string) Cell {
	return Cell{kind: Texts, filled: text != "", text: text, link: address}
}

// Integer is a whole number, shown with thousands apart, except in a column of Ordinals.
func Integer(n int64) Cell { return Cell{kind: Integers, filled: true, whole: n} }

// Decimal is a number, shown with one or two decimals. What is not finite is written as missing.
func Decimal(v float64) Cell {
	if v != v || v > 1e300 || v < -1e300 {
		return Missing("")
	}
	return Cell{kind: Decimals, filled: true, number: v}
}

// Percent is a share, shown as per cent: 0.5 is 50 %.
func Percent(v float64) Cell {
	c := Decimal(v)
	if c.kind == Decimals {
		c.kind = Percents
	}
	return c
}

// Date is a day in Vietnam; the zero time is an empty cell.
func Date(t time.Time) Cell { return Cell{kind: Dates, filled: !t.IsZero(), at: t} }

// Time is an instant, shown as Vietnam's day and minute; the zero time is an empty cell.
func Time(t time.Time) Cell { return Cell{kind: Times, filled: !t.IsZero(), at: t} }

// Missing is a figure that nobody has reported: a dash with a word, never nought. An empty word is "chưa có số liệu".
func Missing(word string) Cell {
	if word == "" {
		word = "chưa có số liệu"
	}
	return Text("– (" + word + ")")
}

// Bold makes a cell stand out, as a line of totals does.
func (c Cell) Bold() Cell {
	c.bold = true
	return c
}

// Rows makes an iterator of rows that are at hand.
func Rows(rows [][]Cell) iter.Seq2[[]Cell, error] {
	return func(yield func([]Cell, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

// What a spreadsheet program can hold (ECMA-376 and the programs' own limits).
const (
	maxRows     = 1_048_576
	maxColumns  = 256
	maxCellText = 32_767
	maxPrompt   = 255
)

// check refuses what a spreadsheet program would refuse to open.
func (b Book) check() error {
	if len(b.Sheets) == 0 {
		return errs.Invalid([]errs.Field{errs.At("sheets", errorsv1.Reason_REQUIRED, "field", "sheets")})
	}
	seen := map[string]bool{strings.ToLower(choicesSheet): true}
	for _, s := range b.Sheets {
		n := utf8.RuneCountInString(s.Name)
		folded := strings.ToLower(s.Name)
		if n == 0 || n > 31 || strings.ContainsAny(s.Name, `[]:*?/\`) || strings.HasPrefix(s.Name, "'") || strings.HasSuffix(s.Name, "'") || seen[folded] {
			return errs.New(errorsv1.Reason_SHEET_NAME, "sheet", s.Name)
		}
		seen[folded] = true
		if err := s.check(); err != nil {
			return err
		}
	}
	return nil
}

func (s Sheet) check() error {
	if len(s.Columns) == 0 || len(s.Columns) > maxColumns {
		return s.over("số cột (columns), ít nhất 1", maxColumns)
	}
	for _, c := range s.Columns {
		if utf8.RuneCountInString(c.Prompt) > maxPrompt {
			return s.over("độ dài lời nhắc (prompt) của cột “"+c.Title+"”", maxPrompt)
		}
	}
	return nil
}

func (s Sheet) over(what string, limit int) error {
	return errs.New(errorsv1.Reason_SHEET_LIMITS, "sheet", s.Name, "what", what, "limit", strconv.Itoa(limit))
}

// each walks the rows with the checks that both formats need; n counts from 1.
func (s Sheet) each(f func(n int, row []Cell) error) error {
	if s.Rows == nil {
		return nil
	}
	n := 0
	for row, err := range s.Rows {
		if err != nil {
			return err
		}
		n++
		if n+len(s.Above)+2 > maxRows {
			return s.over("số hàng (rows)", maxRows)
		}
		if len(row) > len(s.Columns) {
			return s.over("số ô của hàng "+strconv.Itoa(n)+" (cells)", len(s.Columns))
		}
		for _, c := range row {
			if len(c.text) > maxCellText && utf8.RuneCountInString(c.text) > maxCellText {
				return s.over("số ký tự của một ô, hàng "+strconv.Itoa(n)+" (characters)", maxCellText)
			}
		}
		if err := f(n, row); err != nil {
			return err
		}
	}
	return nil
}

// dangerous says whether a spreadsheet program that reads the text from CSV, or lets a user edit it, would take it for a formula
// (the six characters of the specification; OWASP, CSV injection).
func dangerous(s string) bool { return s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) }

// serial is the day and time in Vietnam as spreadsheets count it: days since 30 December 1899, in millionths.
func serial(t time.Time) (days int64, secondOfDay int64) {
	t = t.In(vn.Location())
	y, m, d := t.Date()
	days = time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix()/86400 + 25569
	return days, int64(t.Hour()*3600 + t.Minute()*60 + t.Second())
}
