package redline_test

import (
	"reflect"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"github.com/loa-vn/loa/services/portal/internal/redline"
)

func TestChangedWordsAreMarkedWhereTheyStand(t *testing.T) {
	for _, c := range []struct {
		name, before, after, marked string
		changes                     []redline.Change
	}{
		{
			"a word", "<p>Một.</p><p>Cơ quan các cấp và Nhân ân về ý nghĩa.</p>", "<p>Một.</p><p>Cơ quan các cấp và Nhân dân về ý nghĩa.</p>",
			"<p>Một.</p><p>Cơ quan các cấp và <ins>Nhân dân</ins> về ý nghĩa.</p>",
			[]redline.Change{{Paragraph: 2, Before: "Nhân ân", After: "Nhân dân"}},
		},
		{
			"inside other marks", `<p>Xem <a href="/tin/a">bài số <strong>12</strong> ở đây</a> nhé.</p>`, `<p>Xem <a href="/tin/a">bài số <strong>13</strong> ở đây</a> nhé.</p>`,
			`<p>Xem <a href="/tin/a">bài số <strong><ins>13</ins></strong> ở đây</a> nhé.</p>`,
			[]redline.Change{{Paragraph: 1, Before: "12", After: "13", Lead: "số", Trail: "ở"}},
		},
		{
			"a number alone", "<p>Trả kết quả trong 5 ngày làm việc.</p>", "<p>Trả kết quả trong 3 ngày làm việc.</p>", "<p>Trả kết quả trong <ins>3</ins> ngày làm việc.</p>",
			[]redline.Change{{Paragraph: 1, Before: "5", After: "3", Lead: "trong", Trail: "ngày"}},
		},
		{
			"a number at an end", "<p>Hạn: 5</p>", "<p>Hạn: 13.</p>", "<p>Hạn: <ins>13.</ins></p>",
			[]redline.Change{{Paragraph: 1, Before: "5", After: "13."}},
		},
		{
			"a number that came", "<p>Nhận trong ngày.</p>", "<p>Nhận trong 3 ngày.</p>", "<p>Nhận trong <ins>3 </ins>ngày.</p>",
			[]redline.Change{{Paragraph: 1, After: "3", Lead: "trong", Trail: "ngày"}},
		},
		{
			"a paragraph that came", "<p>Một.</p>", "<p>Một.</p><p>Hai &lt;b&gt;.</p>", "<p>Một.</p><p><ins>Hai &lt;b&gt;.</ins></p>",
			[]redline.Change{{Paragraph: 2, Whole: true, After: "Hai <b>."}},
		},
		{
			"a list item that is gone", "<ul><li>Một thứ</li><li>Hai điều</li></ul>", "<ul><li>Một thứ</li></ul>", "<ul><li>Một thứ</li></ul>",
			[]redline.Change{{Paragraph: 2, Whole: true, Before: "Hai điều"}},
		},
		{"nothing", "<p>Một.</p>", "<p>Một.</p>", "<p>Một.</p>", nil},
	} {
		marked, changes, err := redline.Bodies(c.before, c.after)
		if err != nil || marked != c.marked || !reflect.DeepEqual(changes, c.changes) {
			t.Errorf("%s: %s, %+v, %v", c.name, marked, changes, err)
		}
	}
}

// Whatever changed, the marked body reads as the new one, without its marks it is the new one, and no change means the same words.
func TestMarkedBodyIsTheNewOne(t *testing.T) {
	word := rapid.SampledFrom([]string{"một", "hai", "ba", "Nhân dân", "<b>x</b>", "&amp;", "<a href=\"/tin/a\">số 4</a>", "., ", "12", "<img src=\"/tep/a/b.png\" alt=\"c\"/>"})
	body := rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		for range rapid.IntRange(0, 5).Draw(t, "blocks") {
			b.WriteString("<p>" + strings.Join(rapid.SliceOfN(word, 0, 8).Draw(t, "words"), " ") + "</p>")
		}
		return b.String()
	})
	rapid.Check(t, func(t *rapid.T) {
		before, after := body.Draw(t, "before"), body.Draw(t, "after")
		marked, changes, err := redline.Bodies(before, after)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.NewReplacer("<ins>", "", "</ins>", "").Replace(marked); got != after {
			t.Fatalf("without marks %q, want %q", got, after)
		}
		if reads(before) != reads(after) && len(changes) == 0 {
			t.Fatalf("%q became %q without a change", before, after)
		}
	})
}

func reads(body string) string {
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		return err.Error()
	}
	var words []string
	for n := range root.Descendants() {
		if n.Type == html.TextNode {
			words = append(words, n.Data)
		}
	}
	return strings.Join(words, "")
}
