package letters

import (
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/loa-vn/loa/pkg/document/internal/typeface"
)

// The table says what the faces have, letter by letter.
func TestTheTableIsTheTypeface(t *testing.T) {
	faces, err := typeface.Serif()
	if err != nil {
		t.Fatal(err)
	}
	for r := rune(0x20); r <= 0x1ffff; r++ {
		all := !unicode.In(r, unicode.Co) && r != 0xfffc
		for _, f := range faces.Faces() {
			all = all && f.Has(r)
		}
		if has(r) != all {
			t.Fatalf("%U: the faces say %v", r, all)
		}
	}
}

func TestWhatIsRefusedAndHowItIsSet(t *testing.T) {
	for text, want := range map[string]string{
		"Đẩy mạnh cải cách hành chính – “một cửa”, 100 % ₫": "",
		"Cải cách":               "", // decomposed: composed there is a letter
		"một\n\thai\r\nba":       "",
		"Loa 📣 phường":           "Loa □ phường",
		"Về 漢 việc":              "Về □ việc",
		"a\u0001b":               "ab",
		"\ufeffBáo cáo":          "Báo cáo",
		"gia đình 👨\ufe0f👩":      "gia đình □□",
		"\U000e0067\ue000":       "□",
		"ideographic\u3000space": "ideographic space",
	} {
		letter, found := Lacking(text)
		got := Settable(text)
		if found != (want != "") || found && got != want || !found && got != text {
			t.Errorf("%q: %v %U, set as %q", text, found, letter, got)
		}
		if again, found := Lacking(got); found {
			t.Errorf("%q still lacks %U", got, again)
		}
		if (Refusal(text) != nil) != found {
			t.Errorf("%q: %v", text, Refusal(text))
		}
	}
	if diff := cmp.Diff([]string{"character", "📣", "code", "U+1F4E3", "text", "Loa 📣 phường"}, Refusal("Loa 📣 phường")); diff != "" {
		t.Error(diff)
	}
}
