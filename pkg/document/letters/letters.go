// Package letters says which letters official documents can be set in: those of their typeface in all four faces. What people write for a
// document is refused by it when it comes in; what stands in a document already, or comes from elsewhere, is set with a box in its place.
package letters

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/loa-vn/loa/pkg/document/model"
)

// Box stands on paper for a letter that the typeface lacks, such as a pictogram.
const Box = "□"

// Lacking gives the first letter of a text that cannot be set.
func Lacking(text string) (letter rune, found bool) {
	for _, r := range text {
		if !plain(r) && !has(r) {
			return lackingComposed(text)
		}
	}
	return 0, false
}

// lackingComposed looks again at the text as it is set: a letter and its mark may be one that is there.
func lackingComposed(text string) (rune, bool) {
	for _, r := range model.Normal(text) {
		if r != '\n' && !has(r) {
			return r, true
		}
	}
	return 0, false
}

// plain says that a letter is of ASCII, and surely there.
func plain(r rune) bool { return r < 0x7f && (r >= 0x20 || r == '\n' || r == '\t' || r == '\r') }

// Refusal gives the arguments of DOCUMENT_CHARACTER for a text that cannot be set: the letter, its code and what stands around it; nil
// when it can.
func Refusal(text string) []string {
	letter, found := Lacking(text)
	if !found {
		return nil
	}
	return Names(letter, text)
}

// Names gives those arguments for a letter that is known to be lacking.
func Names(letter rune, text string) []string {
	runes := []rune(model.Normal(text))
	at := max(slices.Index(runes, letter), 0)
	around := string(runes[max(at-30, 0):min(at+30, len(runes))])
	shown := string(letter)
	if !unicode.IsPrint(letter) {
		shown = "?"
	}
	return []string{"character", shown, "code", fmt.Sprintf("U+%04X", letter), "text", around}
}

// Settable gives the text with a box for each letter that cannot be set. Marks and joiners of such a letter go with it.
func Settable(text string) string {
	if _, found := Lacking(text); !found {
		return text
	}
	return replaced(text, func(rune) string { return Box })
}

// settableAddress gives an address with such letters as an address writes them when it has to: it still leads there when it is typed.
func settableAddress(text string) string {
	if _, found := Lacking(text); !found {
		return text
	}
	return replaced(text, func(r rune) string { return url.PathEscape(string(r)) })
}

func replaced(text string, with func(rune) string) string {
	var b strings.Builder
	for _, r := range model.Normal(text) {
		switch {
		case r == '\n' || has(r):
			b.WriteRune(r)
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case unicode.In(r, unicode.Mn, unicode.Cf, unicode.Cc): // of what was left out
		default:
			b.WriteString(with(r))
		}
	}
	return b.String()
}

// has looks a letter up in the table, whose first ranges are those of Vietnamese and its punctuation.
func has(r rune) bool {
	for rest := settable; rest != ""; {
		from, n := utf8.DecodeRuneInString(rest)
		to, m := utf8.DecodeRuneInString(rest[n:])
		if from <= r && r <= to {
			return true
		}
		rest = rest[n+m:]
	}
	return false
}

// settable are the letters that all four faces of Liberation Serif 2.1 have, by the first and the last of each range: without those of
// private use, which PDF/A does not take, and the one that stands for an object. A test holds it against the faces.
const settable = "" +
	"\u0020\u007e\u00a0\u036f\u1ea0\u1ef9\u2012\u2022\u0374\u0375\u037a\u037e\u0384\u038a\u038c\u038c\u038e\u03a1\u03a3\u03ce" +
	"\u03d0\u0513\u051a\u051d\u0591\u05c7\u05d0\u05ea\u05f0\u05f4\u1d00\u1dca\u1dfe\u1e9b\u1e9e\u1e9e\u1f00\u1f15\u1f18\u1f1d" +
	"\u1f20\u1f45\u1f48\u1f4d\u1f50\u1f57\u1f59\u1f59\u1f5b\u1f5b\u1f5d\u1f5d\u1f5f\u1f7d\u1f80\u1fb4\u1fb6\u1fc4\u1fc6\u1fd3" +
	"\u1fd6\u1fdb\u1fdd\u1fef\u1ff2\u1ff4\u1ff6\u1ffe\u2000\u2010\u2026\u2026\u202a\u2030\u2032\u2034\u2039\u203a\u203c\u203c" +
	"\u203e\u203e\u2044\u2044\u205e\u205e\u206a\u206f\u2074\u2078\u207f\u2089\u2090\u2094\u20a0\u20b5\u20bf\u20bf\u20f0\u20f0" +
	"\u2105\u2105\u2113\u2113\u2116\u2117\u2122\u2122\u2126\u2126\u212e\u212e\u214d\u214e\u2153\u2154\u215b\u215e\u2184\u2184" +
	"\u2190\u2195\u21a8\u21a8\u21d4\u21d4\u2202\u2202\u2206\u2206\u220f\u220f\u2211\u2212\u2215\u2215\u2219\u221a\u221e\u221f" +
	"\u2229\u2229\u222b\u222b\u2248\u2248\u2260\u2262\u2264\u2265\u2302\u2302\u2310\u2310\u2320\u2321\u2500\u2500\u2502\u2502" +
	"\u250c\u250c\u2510\u2510\u2514\u2514\u2518\u2518\u251c\u251c\u2524\u2524\u252c\u252c\u2534\u2534\u253c\u253c\u2550\u256c" +
	"\u2580\u2580\u2584\u2584\u2588\u2588\u258c\u258c\u2590\u2593\u25a0\u25a1\u25aa\u25ac\u25b2\u25b2\u25ba\u25ba\u25bc\u25bc" +
	"\u25c4\u25c4\u25ca\u25cc\u25cf\u25d9\u25e6\u25e6\u263a\u263c\u2640\u2640\u2642\u2642\u2660\u2660\u2663\u2663\u2665\u2666" +
	"\u2669\u266c\u266f\u266f\u2c60\u2c6d\u2c71\u2c77\u2e17\u2e17\ua717\ua721\ua788\ua78c\ufb01\ufb02\ufb1d\ufb36\ufb38\ufb3c" +
	"\ufb3e\ufb3e\ufb40\ufb41\ufb43\ufb44\ufb46\ufb4f\ufe20\ufe23"
