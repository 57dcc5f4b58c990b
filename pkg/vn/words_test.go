package vn_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/loa-vn/loa/pkg/vn"
)

func folded(text string) string { return forms(text, func(w vn.Word) string { return w.Folded }) }
func exact(text string) string  { return forms(text, func(w vn.Word) string { return w.Exact }) }

func forms(text string, form func(vn.Word) string) string {
	var list []string
	for _, w := range vn.Words(text) {
		list = append(list, form(w))
	}
	return strings.Join(list, " ")
}

func TestWordsOfVietnamese(t *testing.T) {
	for _, c := range []struct{ text, folded string }{
		{"Kế hoạch số 38/KH-UBND, ngày 23/02/2022", "ke hoach so 38 kh ubnd ngay 23 02 2022"},
		{"ỦY BAN NHÂN DÂN", "uy ban nhan dan"},
		{"đối tượng – Đẩy mạnh", "doi tuong day manh"},
		{"giai đoạn 2021–2025", "giai doan 2021 2025"},
		{" …“”— ", ""},
		{"\u0301", ""},
	} {
		for _, text := range []string{c.text, norm.NFD.String(c.text), norm.NFKC.String(c.text)} {
			if got := folded(text); got != c.folded {
				t.Errorf("%q is folded to %q, want %q", text, got, c.folded)
			}
		}
	}
	for _, same := range [][2]string{{"hòa", "hoà"}, {"ỦY", "uỷ"}, {"thúy", "thuý"}, {"KHỎE", "khoẻ"}, {"quận Hòa Bình", "QUẬN HOÀ BÌNH"}} {
		if exact(same[0]) != exact(same[1]) {
			t.Errorf("%q and %q are not the same word", same[0], same[1])
		}
	}
	for _, other := range [][2]string{{"cửa", "của"}, {"một", "mốt"}, {"đa", "da"}, {"an", "ân"}, {"mua", "mưa"}, {"la", "lá"}} {
		if exact(other[0]) == exact(other[1]) {
			t.Errorf("%q and %q are the same word", other[0], other[1])
		}
	}
}

// syllables are words of real text: what the city published on 01/03/2022.
func syllables(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("testdata/article-2022-03-01.txt")
	if err != nil {
		t.Fatal(err)
	}
	return strings.FieldsFunc(string(text), func(r rune) bool { return !unicode.IsLetter(r) })
}

// However a text is encoded and cased, its words are the same, and folding them is the same as folding the text.
func TestWordsForgiveEncodingAndCase(t *testing.T) {
	known := syllables(t)
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.SampledFrom(known), 1, 12).Draw(t, "words")
		separator := rapid.SampledFrom([]string{" ", ", ", "/", "-", " – ", "\n"}).Draw(t, "separator")
		text := strings.Join(words, separator)
		if n := len(vn.Words(text)); n != len(words) {
			t.Fatalf("%q has %d words, want %d", text, n, len(words))
		}
		for _, form := range []string{norm.NFD.String(text), norm.NFC.String(text), strings.ToUpper(text), strings.ToLower(norm.NFD.String(text))} {
			if exact(form) != exact(text) || folded(form) != folded(text) {
				t.Fatalf("%q and %q have other words", form, text)
			}
		}
		if got := folded(text); got != strings.Join(strings.FieldsFunc(vn.Fold(text), notWord), " ") {
			t.Fatalf("the folded words of %q are %q", text, got)
		}
	})
}

// A word stands where it says, words do not overlap, and a word made of its folded form folds to itself. For any text.
func TestWordsStandWhereTheySay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		end := 0
		for _, w := range vn.Words(text) {
			if w.Start < end || w.End <= w.Start || w.End > len(text) {
				t.Fatalf("a word of %q stands at %d to %d, after %d", text, w.Start, w.End, end)
			}
			end = w.End
			again := vn.Words(text[w.Start:w.End])
			if len(again) != 1 || again[0].Folded != w.Folded || again[0].Exact != w.Exact {
				t.Fatalf("%q alone is read as %+v, in its text as %+v", text[w.Start:w.End], again, w)
			}
			if w.Folded == "" {
				t.Fatalf("%q folds to nothing", text[w.Start:w.End])
			}
		}
	})
}

// Moving the tone mark to another vowel of its syllable changes nothing; taking it away changes the exact word and not the folded one.
func TestToneMarksMayStandOnAnyVowel(t *testing.T) {
	vowels := []string{"oa", "oe", "uy", "ua", "ia", "oai", "uyên", "ươ", "iê"}
	tones := []rune{'\u0300', '\u0301', '\u0303', '\u0309', '\u0323'}
	rapid.Check(t, func(t *rapid.T) {
		base := []rune(norm.NFC.String(rapid.SampledFrom(vowels).Draw(t, "vowels")))
		tone := rapid.SampledFrom(tones).Draw(t, "tone")
		first := rapid.IntRange(0, len(base)-1).Draw(t, "first")
		second := rapid.IntRange(0, len(base)-1).Draw(t, "second")
		onset := rapid.SampledFrom([]string{"", "h", "th", "kh", "đ"}).Draw(t, "onset")
		with := func(at int) string {
			return norm.NFC.String(onset + string(slices.Insert(slices.Clone(base), at+1, tone)))
		}
		if exact(with(first)) != exact(with(second)) {
			t.Fatalf("%q and %q differ", with(first), with(second))
		}
		plain := onset + string(base)
		if exact(plain) == exact(with(first)) || folded(plain) != folded(with(first)) {
			t.Fatalf("%q against %q", plain, with(first))
		}
	})
}

func notWord(r rune) bool { return !unicode.In(r, unicode.L, unicode.Nd) }

func BenchmarkWords(b *testing.B) {
	text, err := os.ReadFile("testdata/article-2022-03-01.txt")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		vn.Words(string(text))
	}
}
