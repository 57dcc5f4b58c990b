package plantable

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/planning/internal/plan"
)

// Forms of a day in folded text, tried in this order; the last one in the text counts, since "từ … đến …" ends there.
var (
	isoDay    = regexp.MustCompile(`\b(\d{4})-(\d{1,2})-(\d{1,2})\b`)
	day       = regexp.MustCompile(`\b(\d{1,2})(?:\s*/\s*(\d{1,2})\s*/\s*|\.(\d{1,2})\.|-(\d{1,2})-)(\d{4}|\d{2})\b`)
	longDay   = regexp.MustCompile(`\b(?:ngay )?(\d{1,2}) thang (\d{1,2}) nam (\d{4})\b`)
	dayMonth  = regexp.MustCompile(`\b(\d{1,2})\s*/\s*(\d{1,2})\b`)
	month     = regexp.MustCompile(`(?:\bthang |\bt)(\d{1,2})(?:\s*(?:[/.-]|nam)\s*(\d{4}))?\b`)
	monthTo   = regexp.MustCompile(`\bthang (\d{1,2})\s*(?:-|–|den|va|,)\s*(?:thang )?(\d{1,2})(?:\s*(?:[/.-]|nam)\s*(\d{4}))?\b`)
	monthYear = regexp.MustCompile(`\b(\d{1,2})\s*/\s*(\d{4})\b`)
	quarterOf = regexp.MustCompile(`\bquy (?:(?:iv|iii|ii|i|[1-4])\s*(?:,|-|–|den|va)\s*(?:quy )?)*(iv|iii|ii|i|[1-4])(?:\s*(?:[/.,-]|nam)?\s*(?:nam )?(\d{4}))?\b`)
	halfOf    = regexp.MustCompile(`\b(?:6|sau) thang (dau|cuoi)(?:\s*(?:nam)?\s*[/]?\s*(\d{4}))?`)
	yearOf    = regexp.MustCompile(`\b(?:ca nam|trong nam|nam|het nam|cuoi nam)(?: nam)?(?: (\d{4}))?\b`)
	always    = regexp.MustCompile(`\b(thuong xuyen|hang (?:nam|quy|thang|tuan|ngay)|lien tuc|theo ke hoach|dot xuat|khi co|dinh ky)\b`)
)

// readDay understands a last day as offices write it. To is the plan's own last day, which stands for "thường xuyên"; year is the
// plan's, for a day without one. A day that does not say its year, or says "thường xuyên", is a guess.
func readDay(text string, to plan.Day, year int) (d plan.Day, how How, note string) {
	const longest = 500 // bytes; what is longer is no day
	if len(text) > longest {
		return "", NotUnderstood, ""
	}
	if serial, err := strconv.ParseFloat(strings.TrimSpace(text), 64); err == nil {
		return readSerial(serial)
	}
	t := vn.Fold(text)
	t = strings.Join(strings.Fields(strings.NewReplacer("năm", "nam", ",", " , ", "(", " ", ")", " ").Replace(t)), " ")
	how = Understood
	if strings.Contains(t, "truoc ngay") {
		how, note = Guessed, "“Trước ngày” được hiểu là chậm nhất vào ngày đó."
	}
	if m := lastOf(isoDay, t); m != nil {
		return date(m[1], m[2], m[3], how, note)
	}
	if m := lastOf(longDay, t); m != nil {
		return date(m[3], m[2], m[1], how, note)
	}
	if m := lastOf(day, t); m != nil {
		if len(m[5]) == 2 {
			return date("20"+m[5], m[2]+m[3]+m[4], m[1], Guessed, "Năm được viết hai chữ số.")
		}
		return date(m[5], m[2]+m[3]+m[4], m[1], how, note)
	}
	if m := lastOf(quarterOf, t); m != nil {
		q := map[string]int{"i": 1, "ii": 2, "iii": 3, "iv": 4, "1": 1, "2": 2, "3": 3, "4": 4}[m[1]]
		return endOfMonth(3*q, m[2], year)
	}
	if m := lastOf(halfOf, t); m != nil {
		return endOfMonth(map[string]int{"dau": 6, "cuoi": 12}[m[1]], m[2], year)
	}
	if m := lastOf(monthTo, t); m != nil {
		return endOfMonth(number(m[2]), m[3], year)
	}
	if m := lastOf(monthYear, t); m != nil && !contains(key(t), "quy") {
		return endOfMonth(number(m[1]), m[2], year)
	}
	if m := lastOf(dayMonth, t); m != nil && year > 0 {
		return date(strconv.Itoa(year), m[2], m[1], Guessed, "Không ghi năm; lấy năm của kế hoạch.")
	}
	if m := lastOf(month, t); m != nil {
		return endOfMonth(number(m[1]), m[2], year)
	}
	if m := lastOf(yearOf, t); m != nil && !always.MatchString(t) {
		return endOfMonth(12, m[1], year)
	}
	if always.MatchString(t) && to != "" {
		return to, Guessed, "Việc thường xuyên: lấy ngày cuối của kế hoạch."
	}
	return "", NotUnderstood, ""
}

// readSerial understands a day as spreadsheets count it, from 30/12/1899; years 2000 to 2099.
func readSerial(serial float64) (plan.Day, How, string) {
	const first, last = 36526, 73050
	if serial < first || serial > last {
		return "", NotUnderstood, ""
	}
	return plan.Day(time.Date(1899, 12, 30+int(serial), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)), Understood, ""
}

func lastOf(form *regexp.Regexp, text string) []string {
	all := form.FindAllStringSubmatch(text, -1)
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

func date(y, m, d string, how How, note string) (plan.Day, How, string) {
	out := plan.Day(fmt.Sprintf("%04d-%02d-%02d", number(y), number(m), number(d)))
	if _, err := out.Start(); err != nil {
		return "", NotUnderstood, ""
	}
	return out, how, note
}

// endOfMonth is the last day of a month; without a year it is of the plan's.
func endOfMonth(m int, year string, planYear int) (plan.Day, How, string) {
	how, note := Understood, ""
	y := number(year)
	if year == "" {
		y, how, note = planYear, Guessed, "Không ghi năm; lấy năm của kế hoạch."
	}
	if m < 1 || m > 12 || y < 2000 || y > 2099 {
		return "", NotUnderstood, ""
	}
	return plan.Day(time.Date(y, time.Month(m+1), 0, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)), how, note
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}
