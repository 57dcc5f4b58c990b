package calendar

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/vn"
)

// Limits of a year.
const (
	DaysLimit = 120 // of each kind
	TextLimit = 300 // characters of a name or a source
)

// Check names every place of a normalised year that is wrong. A day is recorded with its name, and with its source unless it is recalled.
func Check(y Year) []errs.Field {
	var fields []errs.Field
	if y.Year < FirstYear || y.Year > LastYear {
		fields = append(fields, errs.At("year", errorsv1.Reason_BAD_FORMAT, "field", "year", "value", strconv.Itoa(y.Year), "expected", fmt.Sprintf("%d–%d", FirstYear, LastYear)))
	}
	seen := map[string]bool{}
	for _, list := range []struct {
		name string
		days []Day
		work bool
	}{{"holidays", y.Holidays, false}, {"workingDays", y.WorkingDays, true}} {
		if n := len(list.days); n > DaysLimit {
			fields = append(fields, errs.At(list.name, errorsv1.Reason_TOO_LONG, "field", list.name, "length", strconv.Itoa(n), "limit", strconv.Itoa(DaysLimit)))
		}
		for i, d := range list.days {
			at := func(part string) string { return fmt.Sprintf("%s[%d].%s", list.name, i, part) }
			add := func(part string, reason errs.Reason, args ...string) {
				fields = append(fields, errs.At(at(part), reason, args...))
			}
			day, err := time.ParseInLocation(time.DateOnly, d.Date, vn.Location())
			weekend := day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
			switch {
			case err != nil:
				add("date", errorsv1.Reason_BAD_DATE, "value", d.Date)
			case day.Year() != y.Year:
				add("date", errorsv1.Reason_CALENDAR_YEAR, "date", d.Date, "year", strconv.Itoa(y.Year))
			case seen[d.Date], list.work && !weekend:
				add("date", errorsv1.Reason_CALENDAR_DAY_KIND, "date", d.Date)
			}
			seen[d.Date] = true
			if d.Name == "" {
				add("name", errorsv1.Reason_REQUIRED, "field", at("name"))
			}
			if d.Source == "" && !d.Recalled {
				add("source", errorsv1.Reason_REQUIRED, "field", at("source"))
			}
			for part, text := range map[string]string{"name": d.Name, "source": d.Source} {
				if n := utf8.RuneCountInString(text); n > TextLimit {
					add(part, errorsv1.Reason_TOO_LONG, "field", at(part), "length", strconv.Itoa(n), "limit", strconv.Itoa(TextLimit))
				}
				if strings.ContainsRune(text, 0) {
					add(part, errorsv1.Reason_BAD_FORMAT, "field", at(part), "value", `'\x00'`, "expected", "không có ký tự điều khiển (no control characters)")
				}
			}
		}
	}
	return fields
}

// Set replaces a year; the same again writes nothing.
func (c *Calendar) Set(y Year) ([]any, error) {
	if old, ok := c.Years[y.Year]; ok && slices.Equal(old.Holidays, y.Holidays) && slices.Equal(old.WorkingDays, y.WorkingDays) {
		return nil, nil
	}
	return []any{Set{Year: y}}, nil
}
