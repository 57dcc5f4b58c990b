package content

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/vn"
)

const (
	// mostRows of one file; a body of the API has 1 MiB.
	mostRows = 2_000
	// mostPlaces bounds an answer: who has more than a hundred wrong places mends those first.
	mostPlaces = 100
)

// historyLine is one line of a file of what was published before Loa.
type historyLine struct {
	row     int // from 1, the header's
	content *contentv1.Content
	wrong   []errs.Field // of what the line says before it is an item
}

// historyColumns are those of the file; the first five must be there.
func historyColumns() []string {
	return []string{
		"plan_item", "title", "summary", "body", "published_at",
		"agency", "theme", "audiences", "channels", "language", "source_line", "body_format", "example",
		"attachment_title", "attachment_form", "attachment_issuer", "attachment_number", "attachment_date", "attachment_abstract",
	}
}

const neededColumns = 5

// readHistory reads a file whose header names the columns in any order, and gives the digest of what it says.
func readHistory(data []byte) ([]historyLine, []byte, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	for n, line := range bytes.Split(data, []byte("\n")) {
		if !utf8.Valid(line) {
			return nil, nil, atRow(n+1, "", errorsv1.Reason_BAD_ENCODING, "row", strconv.Itoa(n+1))
		}
	}
	reader := csv.NewReader(bytes.NewReader(data))
	reader.FieldsPerRecord = -1
	header, err := reader.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, notCSV(err)
	}
	if err := checkHeader(header); err != nil {
		return nil, nil, err
	}
	var lines []historyLine
	for {
		cells, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, notCSV(err)
		}
		row, _ := reader.FieldPos(0)
		if len(cells) != len(header) {
			return nil, nil, atRow(row, "", errorsv1.Reason_BAD_FORMAT, "value", shorten(strings.Join(cells, ",")), "field", "CSV", "expected", strings.Join(header, ","))
		}
		lines = append(lines, lineFrom(row, header, cells))
	}
	switch {
	case len(lines) == 0:
		return nil, nil, errs.Invalid([]errs.Field{errs.At("csv", errorsv1.Reason_HISTORY_EMPTY)})
	case len(lines) > mostRows:
		return nil, nil, errs.Invalid([]errs.Field{errs.At("csv", errorsv1.Reason_TOO_MANY_ROWS, "count", strconv.Itoa(len(lines)), "limit", strconv.Itoa(mostRows))})
	}
	markTwice(lines)
	sum := sha256.Sum256(data)
	return lines, sum[:], nil
}

func checkHeader(header []string) error {
	columns := historyColumns()
	var wrong []errs.Field
	add := func(column string, reason errs.Reason, args ...string) {
		f := errs.At("csv", reason, args...)
		f.Row, f.Column = 1, column
		wrong = append(wrong, f)
	}
	for i := range header {
		header[i] = strings.TrimSpace(header[i])
		switch {
		case !slices.Contains(columns, header[i]):
			add(header[i], errorsv1.Reason_UNKNOWN_COLUMN, "column", shorten(header[i]), "expected", strings.Join(columns, ", "))
		case slices.Contains(header[:i], header[i]):
			add(header[i], errorsv1.Reason_DUPLICATE, "value", header[i], "row", "1")
		}
	}
	for _, needed := range columns[:neededColumns] {
		if !slices.Contains(header, needed) {
			add(needed, errorsv1.Reason_MISSING_COLUMN, "column", needed)
		}
	}
	return errs.Invalid(wrong)
}

func lineFrom(row int, header, cells []string) historyLine {
	cell := func(column string) string {
		if i := slices.Index(header, column); i >= 0 {
			return strings.TrimSpace(vn.NFC(cells[i]))
		}
		return ""
	}
	l := historyLine{row: row, content: &contentv1.Content{
		PlanItem: cell("plan_item"), Title: cell("title"), Summary: cell("summary"), Body: cell("body"), Agency: cell("agency"),
		Theme: cell("theme"), Audiences: listFrom(cell("audiences")), Channels: listFrom(cell("channels")), Language: cell("language"),
		SourceLine: cell("source_line"), BodyFormat: cell("body_format"),
		Attachment: &contentv1.AttachmentLine{
			Title: cell("attachment_title"), Form: cell("attachment_form"), Issuer: cell("attachment_issuer"),
			Number: cell("attachment_number"), Date: cell("attachment_date"), Abstract: cell("attachment_abstract"),
		},
	}}
	if at, ok := momentFrom(cell("published_at")); ok {
		l.content.PublishedAt = moment(at)
	} else if cell("published_at") != "" {
		l.wrong = append(l.wrong, errs.At("publishedAt", errorsv1.Reason_BAD_MOMENT, "value", shorten(cell("published_at"))))
		l.content.PublishedAt = moment(time.Unix(0, 0)) // so that it is not told to be missing as well
	}
	switch cell("example") {
	case "", "false":
	case "true":
		l.content.Example = true
	default:
		l.wrong = append(l.wrong, errs.At("example", errorsv1.Reason_BAD_FORMAT, "field", "example", "value", shorten(cell("example")), "expected", "true, false"))
	}
	return l
}

// momentFrom reads a moment with its zone, or a day or minute in Việt Nam.
func momentFrom(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if at, err := time.ParseInLocation(layout, s, vn.Location()); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// listFrom reads codes separated by semicolons.
func listFrom(s string) []string {
	var list []string
	for part := range strings.SplitSeq(s, ";") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

// markTwice names every line that is there before: the same title at the same time under the same plan item.
func markTwice(lines []historyLine) {
	first := map[string]int{}
	for i, l := range lines {
		key := strings.Join([]string{l.content.GetPlanItem(), l.content.GetTitle(), l.content.GetPublishedAt().String()}, "\n")
		if before, twice := first[key]; twice {
			lines[i].wrong = append(lines[i].wrong, errs.At("title", errorsv1.Reason_DUPLICATE, "value", shorten(l.content.GetTitle()), "row", strconv.Itoa(before)))
			continue
		}
		first[key] = l.row
	}
}

func notCSV(err error) error {
	row := 1
	if p, ok := errors.AsType[*csv.ParseError](err); ok {
		row = p.Line
	}
	return atRow(row, "", errorsv1.Reason_BAD_FORMAT, "value", `"`, "field", "CSV", "expected", "RFC 4180")
}

func atRow(row int, column string, reason errs.Reason, args ...string) error {
	f := errs.At("csv", reason, args...)
	f.Row, f.Column = row, column
	return errs.Invalid([]errs.Field{f})
}

// invalid gives the wrong places that an error names; nil when it is another one.
func invalid(err error) []errs.Field {
	if e, ok := errors.AsType[*errs.Error](err); ok && e.Reason == errorsv1.Reason_INVALID {
		return e.Fields
	}
	return nil
}

// placed names the places of one item as those of its line: "attachment.title" is the column attachment_title.
func placed(fields []errs.Field, row int) []errs.Field {
	out := make([]errs.Field, 0, len(fields))
	for _, f := range fields {
		column, _, _ := strings.Cut(f.Field, "[")
		f.Column = column
		for _, c := range historyColumns() {
			if strings.EqualFold(strings.NewReplacer("_", "", ".", "").Replace(column), strings.ReplaceAll(c, "_", "")) {
				f.Column = c
			}
		}
		f.Field, f.Row = "csv", row
		out = append(out, f)
	}
	return out
}

func shorten(s string) string {
	const limit = 80
	if runes := []rune(s); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return s
}
