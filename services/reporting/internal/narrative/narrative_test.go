package narrative

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/loa-vn/loa/pkg/plain"
)

func TestWhatIsKept(t *testing.T) {
	n := Narrative{
		Direction:  "  Đã ban hành Công văn số 12/STTTT-BC.\r\n\r\n\t- đôn đốc  \u2028-  kiểm tra\n-\n",
		Assessment: "Cải cách", // decomposed
	}
	want := Narrative{Direction: "Đã ban hành Công văn số 12/STTTT-BC.\n- đôn đốc\n-  kiểm tra", Assessment: "Cải cách"}
	if diff := cmp.Diff(want, n.Normalise()); diff != "" {
		t.Error(diff)
	}
	if wrong := n.Normalise().Check(); wrong != nil {
		t.Errorf("%v", wrong)
	}
	parts := []plain.Part{{Paragraph: "Đã ban hành Công văn số 12/STTTT-BC."}, {Entries: []string{"đôn đốc", "kiểm tra"}}}
	if diff := cmp.Diff(parts, plain.Parts(want.Direction)); diff != "" {
		t.Error(diff)
	}
	if plain.Parts("") != nil || !(Narrative{}).Empty() || want.Empty() {
		t.Error("nothing is something")
	}
}

func TestWhatIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"Chỉ tiêu x < 5 và y > 3":         "",
		"Tài liệu <b>quan trọng</b>":      "PLAIN_TEXT",
		"<!-- x":                          "PLAIN_TEXT",
		"TUYỆT MẬT":                       "SECRECY_MARK",
		"Loa 📣 phường":                    "DOCUMENT_CHARACTER",
		strings.Repeat("ă", MaxText+1):    "TOO_LONG",
		strings.Repeat("ă\n", MaxLines):   "",
		strings.Repeat("ă\n", 1+MaxLines): "TOO_MANY_LINES",
	} {
		n := Narrative{Proposals: text}.Normalise()
		wrong := n.Check()
		switch {
		case want == "" && len(wrong) > 0, want != "" && len(wrong) != 1:
			t.Errorf("%.30q: %v", text, wrong)
		case want != "" && (wrong[0].Reason.String() != want || wrong[0].Field != "narrative.proposals"):
			t.Errorf("%.30q: %v", text, wrong)
		}
	}
}

// What was normalised stays as it is, and no word of it is lost between its parts.
func TestNormalisedStays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"\n", "- ", "-", "\r\n", "ạ"}))).Draw(t, "text"), "")
		once := Narrative{NextPeriod: text}.Normalise()
		if twice := once.Normalise(); twice != once {
			t.Fatalf("%q, then %q", once.NextPeriod, twice.NextPeriod)
		}
		var words []string
		for _, p := range plain.Parts(once.NextPeriod) {
			words = append(words, strings.Fields(p.Paragraph)...)
			for _, e := range p.Entries {
				words = append(append(words, "-"), strings.Fields(e)...)
			}
		}
		if diff := cmp.Diff(strings.Fields(once.NextPeriod), words); diff != "" && once.NextPeriod != "" {
			t.Fatal(diff)
		}
	})
}
