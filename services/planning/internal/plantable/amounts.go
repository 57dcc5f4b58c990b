package plantable

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/loa-vn/loa/services/planning/internal/plan"
)

// amount is the first number of a text, with dots between thousands or none.
var amount = regexp.MustCompile(`\d{1,3}(?:[. ]\d{3})+|\d+`)

// maxUnit is the length of a unit, in characters.
const maxUnit = 50

// readTarget understands how much of something there shall be: "12 tin, bài", "ít nhất 1.200 lượt", or a product without a number,
// which is one of it.
func readTarget(text string, isProduct bool) (t plan.Target, how How, note string) {
	at := amount.FindStringIndex(text)
	if at == nil {
		if !isProduct || text == "" {
			return t, NotUnderstood, ""
		}
		return plan.Target{Quantity: 1, Unit: cut(firstLine(text))}, Guessed, "Sản phẩm không ghi số lượng; hiểu là 1."
	}
	n, err := strconv.ParseInt(strings.NewReplacer(".", "", " ", "").Replace(text[at[0]:at[1]]), 10, 64)
	if err != nil || n < 1 {
		return t, NotUnderstood, ""
	}
	t.Quantity = n
	t.Unit = cut(firstLine(strings.Trim(text[at[1]:], " .,:;")))
	before := strings.TrimSpace(text[:at[0]])
	switch {
	case before == "" && !strings.ContainsAny(text[at[1]:], "0123456789"):
		return t, Understood, ""
	default:
		return t, Guessed, "Lấy số đầu tiên trong ô làm chỉ tiêu."
	}
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return strings.TrimSpace(s)
}

func cut(s string) string {
	if runes := []rune(s); len(runes) > maxUnit {
		return strings.TrimSpace(string(runes[:maxUnit]))
	}
	return s
}

// yes understands a cell of yes or no.
func yes(text string) (is, known bool) {
	switch key(text) {
	case "co", "x", "dung", "1", "true", "yes", "v":
		return true, true
	case "khong", "0", "sai", "false", "no", "":
		return false, true
	default:
		return false, false
	}
}
