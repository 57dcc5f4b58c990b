package vn

import (
	"regexp"
	"strings"
	"unicode"
)

// The three degrees of the Law on Protection of State Secrets 2018, article 8, from the highest.
const (
	topSecret  = "tuyệt mật"
	secret     = "tối mật"
	classified = "mật"
)

// SecrecyMark looks for the marking that a state secret carries and returns its degree (mật, tối
// mật or tuyệt mật). Such a text must not enter the system. A marking is
//   - a line, table cell or bracket that holds the degree alone, in any case;
//   - a line "Độ mật: …" that names a degree;
//   - TUYỆT MẬT or TỐI MẬT in capitals anywhere;
//   - MẬT in capitals, unless it is half of another word (BẢO MẬT, MẬT KHẨU) or one word of a
//     heading in capitals that does not speak of a document (TÀI LIỆU MẬT does).
//
// Prose in small letters about secrecy, and words such as "bảo mật", "bí mật", "mật khẩu", are no
// marking. Text may be plain, Markdown or HTML, composed or decomposed.
func SecrecyMark(text string) (mark string, found bool) {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r): // zero-width characters would hide a mark from a reader of bytes
			return -1
		case r == '\u00a0':
			return ' '
		default:
			return r
		}
	}, NFC(text))
	if !strings.ContainsAny(text, "ậẬ") { // which every degree has
		return "", false
	}
	if strings.Contains(text, "<") {
		text = blockTag.ReplaceAllString(text, "\n")
		text = inlineTag.ReplaceAllString(text, "")
	}
	for _, cell := range cellBreak.Split(text, -1) {
		if degree := markOfCell(cell); degree != "" {
			return degree, true
		}
	}
	return "", false
}

var (
	blockTag  = regexp.MustCompile(`(?i)</?(?:p|div|li|ul|ol|td|th|tr|table|h[1-6]|blockquote|br|hr|section|article|header)\b[^>]*>`)
	inlineTag = regexp.MustCompile(`</?[a-zA-Z][^>]*>`)
	cellBreak = regexp.MustCompile(`[\n\r\t|\[\](){}]| {2,}`)
)

func markOfCell(cell string) string {
	words := strings.FieldsFunc(cell, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(words) == 0 {
		return ""
	}
	switch strings.ToLower(strings.Join(words, "")) {
	case "mật":
		return classified
	case "tốimật":
		return secret
	case "tuyệtmật":
		return topSecret
	}
	if degree := declared(cell, words); degree != "" {
		return degree
	}
	for i, word := range words {
		if word != "MẬT" {
			continue
		}
		before, after := at(words, i-1), at(words, i+1)
		switch before {
		case "TUYỆT":
			return topSecret
		case "TỐI":
			return secret
		}
		if classifiedAlone(before, after) || namesDocument(at(words, i-2), before) {
			return classified
		}
	}
	return ""
}

// declared reads "Độ mật: Tối mật" and its kin at the start of a line; the colon tells it from prose
// that speaks of degrees of secrecy.
func declared(cell string, words []string) string {
	head, _, ok := strings.Cut(cell, ":")
	if !ok {
		return ""
	}
	name := strings.ToLower(strings.Join(strings.FieldsFunc(head, func(r rune) bool { return !unicode.IsLetter(r) }), " "))
	if name != "độ mật" && name != "mức độ mật" && name != "dấu độ mật" && name != "dấu chỉ độ mật" && name != "cấp độ mật" {
		return ""
	}
	value := words[len(strings.Fields(name)):]
	first, second := strings.ToLower(at(value, 0)), strings.ToLower(at(value, 1))
	switch {
	case first == "tuyệt" && second == "mật", first == "a":
		return topSecret
	case first == "tối" && second == "mật", first == "b":
		return secret
	case first == "mật", first == "c":
		return classified
	default:
		return ""
	}
}

// classifiedAlone says whether MẬT between these two words stands for itself. Between capitals it
// is a syllable of a heading, and next to some words it is half of another word.
func classifiedAlone(before, after string) bool {
	if capitals(before) || capitals(after) {
		return false
	}
	switch strings.ToLower(before) {
	case "bảo", "bí", "cơ", "thân", "túi", "sỏi", "gan", "dịch", "ống", "đường", "trăng", "nồng", "tuần":
		return false
	}
	switch strings.ToLower(after) {
	case "khẩu", "mã", "độ", "ong", "thiết", "thám", "vụ", "nghị", "lệnh", "đàm", "gấu", "ngọt", "tông", "hoa":
		return false
	}
	return true
}

func namesDocument(first, second string) bool {
	if second == "ĐỘ" || second == "DẤU" {
		return true
	}
	switch first + " " + second {
	case "TÀI LIỆU", "VĂN BẢN", "HỒ SƠ", "CÔNG VĂN", "KẾ HOẠCH", "BÁO CÁO", "THÔNG TIN":
		return true
	default:
		return false
	}
}

func capitals(word string) bool {
	return word != "" && strings.ToUpper(word) == word && strings.ToLower(word) != word
}

func at(words []string, i int) string {
	if i < 0 || i >= len(words) {
		return ""
	}
	return words[i]
}
