package diff_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loa-vn/loa/pkg/diff"
)

// shown writes a comparison in one line a paragraph: -gone- +come+.
func shown(paragraphs []diff.Paragraph) string {
	var b strings.Builder
	for _, p := range paragraphs {
		b.WriteString(string(p.Change[0]) + ":")
		for _, s := range p.Segments {
			sign := map[diff.Change]string{diff.Inserted: "+", diff.Deleted: "-"}[s.Change]
			b.WriteString(sign + s.Text + sign)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestTextsAreComparedByParagraphAndWord(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"", "", ""},
		{"một", "một", "e:một\n"},
		{"", "một", "i:+một+\n"},
		{"một", "", "d:-một-\n"},
		{
			"UBND ban hành Kế hoạch số 38/KH-UBND, ngày 22/02/2022.", "UBND ban hành Kế hoạch số 38/KH-UBND, ngày 23/02/2022.",
			"c:UBND ban hành Kế hoạch số 38/KH-UBND, ngày -22-+23+/02/2022.\n",
		},
		{"kịp thời.", "đầy đủ, kịp thời.", "c:+đầy đủ, +kịp thời.\n"},
		{"một\n\nhai\n\nba", "một\n\nba", "e:một\nd:-hai-\ne:ba\n"},
		{"a b c d\n\ne f g h", "mới hẳn\n\na b c x\n\ne f g h", "i:+mới hẳn+\nc:a b c -d-+x+\ne:e f g h\n"},
		{"một hai ba", "bốn năm sáu", "d:-một hai ba-\ni:+bốn năm sáu+\n"},
		{`<p>Xem <a href="/a">đây</a> nhé</p>`, `<p>Xem <a href="/b">đây</a> nhé</p>`, `c:<p>Xem -<a href="/a">-+<a href="/b">+đây</a> nhé</p>` + "\n"},
		{"3 < 5", "3 < 6", "c:3 < -5-+6+\n"},
	} {
		if got := shown(diff.Texts(c.from, c.to)); got != c.want {
			t.Errorf("%q → %q:\n%swant\n%s", c.from, c.to, got, c.want)
		}
	}
}

// Whatever the texts are, what is not inserted is the earlier one and what is not deleted the later one.
func TestNothingIsLostOrMadeUp(t *testing.T) {
	word := rapid.SampledFrom([]string{"một", "hai", "ba", " ", ",", "<b>", "<", "ạ\u0323"})
	text := rapid.Custom(func(t *rapid.T) []string {
		var paragraphs []string
		for range rapid.IntRange(0, 6).Draw(t, "paragraphs") {
			paragraphs = append(paragraphs, strings.Join(rapid.SliceOfN(word, 1, 12).Draw(t, "words"), ""))
		}
		return paragraphs
	})
	rapid.Check(t, func(t *rapid.T) {
		from, to := text.Draw(t, "from"), text.Draw(t, "to")
		var before, after []string
		for _, p := range diff.Paragraphs(from, to) {
			was, is := "", ""
			for _, s := range p.Segments {
				if s.Change != diff.Inserted {
					was += s.Text
				}
				if s.Change != diff.Deleted {
					is += s.Text
				}
			}
			if p.Change != diff.Inserted {
				before = append(before, was)
			}
			if p.Change != diff.Deleted {
				after = append(after, is)
			}
			if (p.Change == diff.Equal) != (was == is) {
				t.Fatalf("%q → %q is %s", was, is, p.Change)
			}
		}
		if fmt.Sprint(before) != fmt.Sprint(from) || fmt.Sprint(after) != fmt.Sprint(to) {
			t.Fatalf("%q → %q became %q → %q", from, to, before, after)
		}
	})
}

// Two long texts without a word in common are not searched to the end.
func TestLongTextsAreComparedInAMoment(t *testing.T) {
	var from, to strings.Builder
	for i := range 30_000 {
		fmt.Fprintf(&from, "a%d ", i)
		fmt.Fprintf(&to, "b%d ", i)
	}
	begun := time.Now()
	diff.Words(from.String(), to.String())
	diff.Texts(strings.ReplaceAll(from.String(), "0 ", "0\n\n"), strings.ReplaceAll(to.String(), "0 ", "0\n\n"))
	if spent := time.Since(begun); spent > 10*time.Second {
		t.Errorf("it took %v", spent)
	}
}
