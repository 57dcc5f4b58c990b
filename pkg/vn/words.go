package vn

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Word is a run of letters and digits of a text, in the two forms that search compares. In Vietnamese it is a syllable.
type Word struct {
	// Start and End are where it stands in the text, in bytes.
	Start, End int
	// Folded has no diacritics: một, mốt and mot are all "mot".
	Folded string
	// Exact keeps them, in one form only: lower case, and the tone mark behind the letters, so that it does not matter on which
	// vowel it was put (hòa, hoà), how it was encoded, or in which case.
	Exact string
}

// Words are the words of a text, in order. A text without letters and digits has none.
func Words(text string) []Word {
	words := make([]Word, 0, len(text)/6)
	// A text says the same syllables again and again; taking one apart costs more than remembering it.
	known := make(map[string]Word)
	for at := 0; at < len(text); {
		start, ascii := at, true
		for at < len(text) {
			r, size := rune(text[at]), 1
			if r >= utf8.RuneSelf {
				r, size = utf8.DecodeRuneInString(text[at:])
				if !isLetter(r) {
					break
				}
				ascii = false
			} else if !isASCIIWord(byte(r)) {
				break
			}
			at += size
		}
		if at == start {
			_, size := utf8.DecodeRuneInString(text[at:])
			at += size
			continue
		}
		word, found := known[text[start:at]]
		if !found {
			word = wordOf(text[start:at], ascii)
			known[text[start:at]] = word
		}
		if word.Folded != "" {
			word.Start, word.End = start, at
			words = append(words, word)
		}
	}
	return words
}

func isASCIIWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// isLetter says whether r belongs to a word: the letters and marks that Vietnamese is written with, and those of other languages.
func isLetter(r rune) bool {
	switch {
	case r >= 0x1e00 && r <= 0x1eff, r >= 0x300 && r <= 0x36f, r >= 0xc0 && r <= 0x24f && r != '×' && r != '÷':
		return true
	default:
		return unicode.In(r, unicode.L, unicode.Nd, unicode.M, unicode.Cf)
	}
}

func wordOf(text string, ascii bool) Word {
	if ascii {
		lower := strings.ToLower(text)
		return Word{Folded: lower, Exact: lower}
	}
	var folded, exact, tones strings.Builder
	folded.Grow(len(text))
	exact.Grow(len(text) + 4)
	for _, r := range norm.NFKD.String(text) {
		switch {
		case isTone(r):
			tones.WriteRune(r)
		case unicode.Is(unicode.M, r):
			exact.WriteRune(r)
		case unicode.Is(unicode.Cf, r):
		case r == 'đ', r == 'Đ':
			folded.WriteByte('d')
			exact.WriteRune('đ')
		default:
			lower := unicode.ToLower(r)
			folded.WriteRune(lower)
			exact.WriteRune(lower)
		}
	}
	// Put in order before the tone is set behind: a breve or a circumflex stays with its letter.
	return Word{Folded: folded.String(), Exact: norm.NFC.String(exact.String()) + tones.String()}
}

// isTone says whether r is one of the five tone marks: huyền, sắc, ngã, hỏi, nặng.
func isTone(r rune) bool {
	return r == '\u0300' || r == '\u0301' || r == '\u0303' || r == '\u0309' || r == '\u0323'
}
