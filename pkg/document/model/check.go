package model

import (
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// Limits of one document, except for the rows of its tables, which are drawn as they come.
const (
	MaxText    = 100_000 // characters of one paragraph, cell or heading
	MaxBlocks  = 20_000  // blocks of the body and of the annexes together
	MaxAnnexes = 100
	MaxColumns = 40
	MaxBars    = 60
	MaxRows    = 1_000_000 // of one table
	MaxLink    = 2_000     // characters
)

// Check refuses what cannot be set: INVALID with the fields that are missing, DOCUMENT_TOO_LARGE, DOCUMENT_ADDRESS,
// DOCUMENT_TABLE_SHAPE. Both renderers call it; rows of tables are checked by CheckRow as they come.
func (d *Document) Check() error {
	var missing []errs.Field
	require := func(field, value string) {
		if strings.TrimSpace(value) == "" {
			missing = append(missing, errs.At(field, errorsv1.Reason_REQUIRED, "field", field))
		}
	}
	if d.Kind.Name() == "" && d.Kind != Letter {
		missing = append(missing, errs.At("kind", errorsv1.Reason_BAD_FORMAT, "field", "kind", "value", string(d.Kind), "expected", "KH, BC, TB, CV"))
	}
	require("agency", d.Author())
	require("place", d.Place)
	require("subject", d.Subject)
	if len(d.Signature.Standings) == 0 {
		require("signature.standings", "")
	}
	if err := errs.Invalid(missing); err != nil {
		return err
	}
	if len(d.Annexes) > MaxAnnexes {
		return tooLarge("số phụ lục (annexes)", MaxAnnexes)
	}
	blocks := append([]Block(nil), d.Body...)
	for _, a := range d.Annexes {
		blocks = append(blocks, a.Body...)
	}
	if len(blocks) > MaxBlocks {
		return tooLarge("số đoạn và bảng (blocks)", MaxBlocks)
	}
	for _, b := range blocks {
		if err := checkBlock(b); err != nil {
			return err
		}
	}
	if d.Authenticity.URL != "" {
		return checkLink(d.Authenticity.URL)
	}
	return nil
}

func checkBlock(b Block) error {
	switch b := b.(type) {
	case Heading:
		if b.Level < 1 || b.Level > 3 {
			return errs.Invalid([]errs.Field{errs.At("heading.level", errorsv1.Reason_BAD_FORMAT, "field", "level", "value", strconv.Itoa(b.Level), "expected", "1–3")})
		}
		return CheckRuns(Plain(b.Text))
	case Paragraph:
		return CheckRuns(b.Runs)
	case List:
		for _, item := range b.Items {
			if err := CheckRuns(item); err != nil {
				return err
			}
		}
	case Table:
		return b.check()
	case Chart:
		if len(b.Bars) > MaxBars {
			return tooLarge("số cột của biểu đồ (bars)", MaxBars)
		}
	}
	return nil
}

// check looks at the heading: its cells have to fill a rectangle, spans included.
func (t Table) check() error {
	n := len(t.Columns)
	if n == 0 || n > MaxColumns {
		return errs.New(errorsv1.Reason_DOCUMENT_TABLE_WIDE, "table", t.Caption, "count", strconv.Itoa(n), "limit", strconv.Itoa(MaxColumns))
	}
	for _, c := range t.Columns {
		if c.Weight < 1 || c.Weight > 1_000 {
			return t.misshapen(0)
		}
	}
	open := make([]int, n) // rows still covered from above
	for i, row := range t.Header {
		column := 0
		for _, c := range row {
			for column < n && open[column] > 0 {
				column++
			}
			if err := CheckRuns(c.Runs); err != nil {
				return err
			}
			end := column + max(c.ColSpan, 1)
			if end > n || c.RowSpan > len(t.Header)-i {
				return t.misshapen(i + 1)
			}
			for ; column < end; column++ {
				if open[column] > 0 {
					return t.misshapen(i + 1)
				}
				open[column] = max(c.RowSpan, 1)
			}
		}
		for k := range open {
			if open[k] == 0 {
				return t.misshapen(i + 1)
			}
			open[k]--
		}
	}
	return nil
}

// CheckRow refuses a row of the table's body whose cells do not fill its columns; n counts from 1 after the heading.
func (t Table) CheckRow(n int, row []Cell) error {
	if n > MaxRows {
		return tooLarge("số hàng của một bảng (rows)", MaxRows)
	}
	columns := 0
	for _, c := range row {
		columns += max(c.ColSpan, 1)
		if c.RowSpan > 1 {
			return t.misshapen(len(t.Header) + n)
		}
		if err := CheckRuns(c.Runs); err != nil {
			return err
		}
	}
	if columns != len(t.Columns) {
		return t.misshapen(len(t.Header) + n)
	}
	return nil
}

func (t Table) misshapen(row int) error {
	return errs.New(errorsv1.Reason_DOCUMENT_TABLE_SHAPE, "table", t.Caption, "row", strconv.Itoa(row), "count", strconv.Itoa(len(t.Columns)))
}

// CheckRuns refuses text that is too long and addresses that a page may not offer.
func CheckRuns(runs []Run) error {
	total := 0
	for _, r := range runs {
		total += len(r.Text)
		if r.Link != "" {
			if err := checkLink(r.Link); err != nil {
				return err
			}
		}
	}
	if total <= MaxText {
		return nil
	}
	characters := 0
	for _, r := range runs {
		characters += utf8.RuneCountInString(r.Text)
	}
	if characters > MaxText {
		return tooLarge("số ký tự của một đoạn hoặc ô (characters)", MaxText)
	}
	return nil
}

func checkLink(address string) error {
	refused := errs.New(errorsv1.Reason_DOCUMENT_ADDRESS, "value", address, "limit", strconv.Itoa(MaxLink))
	if len(address) > MaxLink {
		return refused
	}
	u, err := url.Parse(address)
	if err != nil {
		return refused.Because(err)
	}
	if (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" || u.Scheme == "mailto" && u.Opaque != "" {
		return nil
	}
	return refused
}

func tooLarge(what string, limit int) error {
	return errs.New(errorsv1.Reason_DOCUMENT_TOO_LARGE, "what", what, "limit", strconv.Itoa(limit))
}
