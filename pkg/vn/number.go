package vn

import (
	"math"
	"strconv"
	"strings"
)

// Number writes v with at most two decimals, without trailing zeros: 1.234,5 in Vietnamese,
// 1,234.5 in English. It is empty for what is not a number.
func Number(v float64, lang Lang) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	text := strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(v, 'f', 2, 64), "0"), ".")
	sign := ""
	if strings.HasPrefix(text, "-") {
		sign, text = "-", text[1:]
	}
	whole, fraction, _ := strings.Cut(text, ".")
	if whole == "0" && fraction == "" {
		return "0"
	}
	group, point := ".", ","
	if lang == En {
		group, point = ",", "."
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(group)
		}
		b.WriteRune(digit)
	}
	if fraction != "" {
		b.WriteString(point)
		b.WriteString(fraction)
	}
	return b.String()
}
