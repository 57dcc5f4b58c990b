package vn

import (
	"slices"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// SortKey returns bytes that compare, byte by byte, as Vietnamese dictionaries order the text:
// ă, â, đ, ê, ô, ơ and ư are letters of their own, tones decide between equal letters only, and
// numbers in a text count as numbers.
func SortKey(s string) []byte {
	var buffer collate.Buffer
	return collate.New(language.Vietnamese, collate.Numeric).KeyFromString(&buffer, NFC(s))
}

// Sort orders items in place by the Vietnamese order of text(item); equal ones keep their order.
func Sort[T any](items []T, text func(T) string) {
	// A Collator is not safe for concurrent use, so each call has its own.
	order := collate.New(language.Vietnamese, collate.Numeric)
	slices.SortStableFunc(items, func(a, b T) int { return order.CompareString(NFC(text(a)), NFC(text(b))) })
}
