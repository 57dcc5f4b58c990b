package model

import (
	"fmt"
	"strconv"
	"strings"
)

// MissingWords is what stands for a figure that nobody has reported.
const MissingWords = "– (chưa có số liệu)"

// In a table of many columns the words have no room: MissingSign stands there, and MissingNote beside the table says what it is. The signs
// are those of Vietnamese statistics.
const (
	MissingSign = "…"
	MissingNote = "Trong các bảng, dấu “…” là chưa có số liệu (chưa được báo cáo), không phải bằng không; dấu “–” là không có số kế hoạch để tính tỷ lệ."
)

// Figure is a count, or the absence of one: the zero Figure is missing, and is never shown as nought.
type Figure struct {
	count int64
	known bool
}

// Known is a figure that was reported.
func Known(n int64) Figure { return Figure{n, true} }

// Value gives the count and whether there is one.
func (f Figure) Value() (int64, bool) { return f.count, f.known }

// String writes 1.234, or the words for a missing one.
func (f Figure) String() string {
	if !f.known {
		return MissingWords
	}
	return thousands(f.count)
}

// Cell is the figure in a table; a missing one is set in italics, so that the eye does not take the dash for a value.
func (f Figure) Cell() Cell {
	return Cell{Runs: []Run{{Text: f.String(), Italic: !f.known}}}
}

// Narrow is the figure in a table that says MissingNote beside it.
func (f Figure) Narrow() Cell {
	if !f.known {
		return Words(MissingSign)
	}
	return f.Cell()
}

// Share is actual in per cent of planned with one decimal, "83,3"; missing when either is or when nothing was planned.
func Share(actual, planned Figure) Cell {
	if !actual.known || !planned.known || planned.count <= 0 || actual.count < 0 || actual.count > 1<<50 {
		return Figure{}.Cell()
	}
	tenths := (actual.count*2000 + planned.count) / (2 * planned.count)
	return Words(thousands(tenths/10) + "," + strconv.FormatInt(tenths%10, 10))
}

// thousands writes 1.234.567.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "." + s[i:]
	}
	return sign + s
}

// Describe is the chart in words.
func (c Chart) Describe() string {
	if c.Alternative != "" {
		return c.Alternative
	}
	var b strings.Builder
	b.WriteString("Biểu đồ cột: " + c.Caption + ".")
	for _, bar := range c.Bars {
		fmt.Fprintf(&b, " %s: kế hoạch %s, thực hiện %s", bar.Name, bar.Planned, bar.Actual)
		if c.Unit != "" {
			b.WriteString(" " + c.Unit)
		}
		b.WriteString(".")
	}
	return b.String()
}
