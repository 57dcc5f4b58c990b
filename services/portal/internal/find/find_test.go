package find_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/loa-vn/loa/services/portal/internal/find"
)

func article(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../page/testdata/article-2022-03-01.txt")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func marks(pieces []find.Piece) []string {
	var list []string
	for _, p := range pieces {
		if p.Marked {
			list = append(list, p.Text)
		}
	}
	return list
}

func whole(pieces []find.Piece) string {
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.Text)
	}
	return b.String()
}

func TestMarksAreTheWordsOfTheText(t *testing.T) {
	const text = "Bộ phận Một cửa và của một cửa khẩu: MỘT CỬA liên thông, mốt, 38/KH-UBND."
	for _, c := range []struct {
		query   string
		exactly bool
		want    []string
	}{
		{query: "mot cua", want: []string{"Một cửa", "một cửa", "MỘT CỬA"}},
		{query: "một cửa", want: []string{"Một cửa", "một cửa", "MỘT CỬA"}},
		{query: norm.NFD.String("MỘT CỬA"), want: []string{"Một cửa", "một cửa", "MỘT CỬA"}},
		{query: "cửa", want: []string{"cửa", "cửa", "CỬA"}},
		{query: "cua", want: []string{"cửa", "của", "cửa", "CỬA"}},
		{query: "mot cua", exactly: true},
		{query: "38/kh-ubnd", want: []string{"38/KH-UBND"}},
		{query: "38 KH UBND", want: []string{"38/KH-UBND"}},
		{query: "liên khẩu", want: []string{"khẩu", "liên"}},
		{query: "không có"},
		{query: "", want: nil},
	} {
		pieces := find.Parse(c.query, c.exactly).Mark(text)
		if got := marks(pieces); !slices.Equal(got, c.want) {
			t.Errorf("%q (exactly: %v) marks %q, want %q", c.query, c.exactly, got, c.want)
		}
		if whole(pieces) != text {
			t.Errorf("%q: the pieces are not the text: %q", c.query, whole(pieces))
		}
	}
}

func TestSnippet(t *testing.T) {
	text := article(t)
	pieces, found := find.Parse("mot cua lien thong", false).Snippet(text)
	if got := whole(pieces); !found || !strings.Contains(got, "một cửa, một cửa liên thông") || !strings.HasPrefix(got, "…") || !strings.HasSuffix(got, "…") {
		t.Errorf("snippet %q", got)
	}
	if got := marks(pieces); !slices.Equal(got, []string{"một cửa liên thông"}) {
		t.Errorf("marked %q", got)
	}
	pieces, found = find.Parse("không đâu có", false).Snippet(text)
	if found && len(marks(pieces)) == 0 {
		t.Error("found nothing and says it did")
	}
	if pieces, found := find.Parse("xyz", false).Snippet(text); found || !strings.HasPrefix(text, strings.TrimSuffix(whole(pieces), "…")) {
		t.Errorf("without anything found it is not the beginning: %q", whole(pieces))
	}
}

// However a question and a text look: the pieces of a text are the text, a snippet is a part of it, cut between letters and not longer than
// it may be, and what is marked folds to words of the question.
func TestPiecesOfAnyText(t *testing.T) {
	words := strings.FieldsFunc(article(t), func(r rune) bool { return !unicode.IsLetter(r) })
	rapid.Check(t, func(t *rapid.T) {
		known := rapid.SampledFrom(words)
		text := strings.Join(rapid.SliceOf(rapid.OneOf(known, rapid.StringN(0, 6, -1))).Draw(t, "text"), rapid.SampledFrom([]string{" ", ", ", ". ", "\n"}).Draw(t, "between"))
		query := find.Parse(strings.Join(rapid.SliceOfN(rapid.OneOf(known, rapid.StringN(0, 4, -1)), 0, 4).Draw(t, "query"), " "), rapid.Bool().Draw(t, "exactly"))
		if got := whole(query.Mark(text)); got != text {
			t.Fatalf("%q became %q", text, got)
		}
		snippet, found := query.Snippet(text)
		part := strings.TrimSuffix(strings.TrimPrefix(whole(snippet), "…"), "…")
		if !strings.Contains(text, part) {
			t.Fatalf("%q is no part of %q", part, text)
		}
		if utf8.ValidString(text) && !utf8.ValidString(part) {
			t.Fatalf("%q is cut inside a letter", part)
		}
		if found != (len(marks(query.Mark(text))) > 0) {
			t.Fatalf("snippet says found: %v, marks say %q", found, marks(query.Mark(text)))
		}
		query.Tiers(find.Filter{Theme: text})
	})
}

func TestMeant(t *testing.T) {
	texts := []string{"Cơ chế một cửa, Một cửa liên thông", "của một của"}
	for _, c := range []struct {
		query string
		want  string
	}{
		{"mot cua", "một cửa"}, {"MOT CUA", "một cửa"}, {"một cửa", ""}, {"lien", "liên"}, {"38", ""}, {"", ""},
	} {
		if got := find.Parse(c.query, false).Meant(texts); got != c.want {
			t.Errorf("%q is understood as %q, want %q", c.query, got, c.want)
		}
	}
	if got := find.Parse("mot cua", true).Meant(texts); got != "" {
		t.Errorf("asked for exactly, understood as %q", got)
	}
}

func TestLimitsOfAQuestion(t *testing.T) {
	q := find.Parse(strings.Repeat("hành chính ", 100), false)
	if n := utf8.RuneCountInString(q.Text); n > find.QueryLimit {
		t.Errorf("%d characters", n)
	}
	tiers, all := q.Tiers(find.Filter{})
	if len(tiers) == 0 || strings.Count(all, "&") > 12 {
		t.Errorf("%d tiers, %q", len(tiers), all)
	}
	if tiers, all := find.Parse(" …!? ", false).Tiers(find.Filter{Theme: "a"}); tiers != nil || all != "" {
		t.Error("nothing was asked for and something is searched")
	}
}
