package pdf

import (
	"strconv"
	"unicode/utf16"
)

const hexDigits = "0123456789ABCDEF"

// appendHex16 writes four hexadecimal digits.
func appendHex16(b []byte, v int) []byte {
	return append(b, hexDigits[v>>12&15], hexDigits[v>>8&15], hexDigits[v>>4&15], hexDigits[v&15])
}

// text makes a text string in UTF-16BE.
func text(s string) string {
	b := append(make([]byte, 0, 4*len(s)+6), "<FEFF"...)
	for _, u := range utf16.Encode([]rune(s)) {
		b = appendHex16(b, int(u))
	}
	return string(append(b, '>'))
}

// appendCode writes a letter's two bytes within a string; four bytes have a meaning there and are escaped (ISO 32000-1, 7.3.4.2).
func appendCode(b []byte, code int) []byte {
	for _, c := range [2]byte{byte(code >> 8), byte(code)} {
		switch c {
		case '(', ')', '\\':
			b = append(b, '\\', c)
		case '\r':
			b = append(b, '\\', 'r')
		default:
			b = append(b, c)
		}
	}
	return b
}

// literal makes an ASCII string.
func literal(s string) string {
	b := append(make([]byte, 0, len(s)+8), '(')
	for i := range len(s) {
		if c := s[i]; c == '\\' || c == '(' || c == ')' {
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return string(append(b, ')'))
}

// address makes a URI of seven bits, as ISO 32000-1, 12.6.4.7 asks.
func address(s string) string {
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f {
			b = append(b, '%', hexDigits[c>>4], hexDigits[c&15])
		} else {
			b = append(b, c)
		}
	}
	return literal(string(b))
}

// appendPoints writes milli-points as points without trailing noughts.
func appendPoints(b []byte, m int) []byte {
	if m < 0 {
		b, m = append(b, '-'), -m
	}
	b = strconv.AppendInt(b, int64(m/1000), 10)
	rest := m % 1000
	if rest == 0 {
		return b
	}
	b = append(b, '.', byte('0'+rest/100))
	if rest %= 100; rest == 0 {
		return b
	}
	b = append(b, byte('0'+rest/10))
	if rest %= 10; rest == 0 {
		return b
	}
	return append(b, byte('0'+rest))
}

func appendAllPoints(b []byte, ms ...int) []byte {
	for i, m := range ms {
		if i > 0 {
			b = append(b, ' ')
		}
		b = appendPoints(b, m)
	}
	return b
}

func points(ms ...int) string { return string(appendAllPoints(nil, ms...)) }

func appendRef(b []byte, r ref) []byte {
	return append(strconv.AppendInt(b, int64(r), 10), " 0 R"...)
}

func joinRefs(refs []ref) string {
	b := make([]byte, 0, 10*len(refs))
	for i, r := range refs {
		if i > 0 {
			b = append(b, ' ')
		}
		b = appendRef(b, r)
	}
	return string(b)
}
