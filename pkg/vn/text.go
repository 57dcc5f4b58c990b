// Package vn holds what Vietnamese text and time ask of a program: one Unicode form, folding for
// search and addresses, collation, dates, numbers, secrecy marks and reporting periods. It has no
// state, reads no clock, and domain code may import it.
package vn

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Lang is a language a user may read the fixed words of a page or a date in.
type Lang string

// The languages that fixed words exist in. Vietnamese comes first everywhere.
const (
	Vi Lang = "vi"
	En Lang = "en"
)

// SlugLimit is the greatest length of a slug, in bytes.
const SlugLimit = 80

// NFC returns s in Unicode normalisation form C, the form every text is kept in.
func NFC(s string) string { return norm.NFC.String(s) }

// Fold returns s as search compares it: no diacritics, đ as d, lower case. The two ways to place a
// tone mark (hòa, hoà) and the two ways to encode it (composed, decomposed) come out equal.
func Fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r), unicode.Is(unicode.Cf, r):
		case r == 'đ', r == 'Đ':
			b.WriteByte('d')
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// Slug returns s as the last part of an address: ASCII letters, digits and single hyphens, at most
// SlugLimit bytes, cut between words. It is empty when s has no letter or digit to keep.
func Slug(s string) string {
	words := strings.FieldsFunc(Fold(s), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	slug := ""
	for i, word := range words {
		next := word
		if i > 0 {
			next = slug + "-" + word
		}
		if len(next) > SlugLimit {
			if i == 0 {
				return word[:SlugLimit]
			}
			break
		}
		slug = next
	}
	return slug
}

// compounds are the words of several syllables that a heading must not break, in lower case.
func compounds() []string {
	return []string{
		"thành phố", "hải phòng", "hành chính", "cải cách", "nhà nước", "kế hoạch", "quyết định",
		"nghị quyết", "chương trình", "ủy ban", "nhân dân", "hội đồng", "công chức", "viên chức",
		"cán bộ", "doanh nghiệp", "người dân", "tổ chức", "thủ tục", "một cửa", "liên thông",
		"chính quyền", "điện tử", "chuyển đổi", "thông tin", "truyền thông", "tuyên truyền",
		"thông báo", "báo cáo", "kết quả", "phản ánh", "kiến nghị", "tập huấn", "đào tạo",
		"chủ trương", "chính sách", "hướng dẫn", "dịch vụ", "trực tuyến", "hồ sơ", "đầy đủ", "kịp thời", "đối tượng", "chính thức",
	}
}

// Glue returns a heading in NFC with the syllables of well-known compounds, and a word with the
// number that follows it (năm 2022, tháng 3, số 38/KH-UBND), joined by U+00A0, so that a line
// break falls between words.
func Glue(heading string) string {
	words := strings.Split(NFC(heading), " ")
	glued := make(map[string]bool)
	for _, compound := range compounds() {
		glued[compound] = true
	}
	var b strings.Builder
	joined := false // the word before was the second half of a compound
	for i, word := range words {
		if i > 0 {
			first, second := bare(words[i-1]), bare(word)
			compound := !joined && !endsClause(words[i-1]) && glued[first+" "+second]
			number := startsWithDigit(word) && (first == "năm" || first == "tháng" || first == "số" || first == "ngày" || first == "quý")
			if compound || number {
				b.WriteRune('\u00a0')
			} else {
				b.WriteByte(' ')
			}
			joined = compound
		}
		b.WriteString(word)
	}
	return b.String()
}

func bare(word string) string {
	return strings.ToLower(strings.TrimFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }))
}

func endsClause(word string) bool {
	return strings.HasSuffix(word, ",") || strings.HasSuffix(word, ".") || strings.HasSuffix(word, ";") || strings.HasSuffix(word, ":")
}

func startsWithDigit(word string) bool { return word != "" && word[0] >= '0' && word[0] <= '9' }
