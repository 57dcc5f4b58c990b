package pdf

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/loa-vn/loa/pkg/document/internal/typeface"
	"github.com/loa-vn/loa/pkg/document/model"
)

// Whatever comes, every piece is drawn once and in order, no page is overfull unless one piece alone is too high, and a page ends
// after a piece that is to be kept with the next only when all of the page is.
func TestFlow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const room = 100
		n := rapid.IntRange(1, 60).Draw(t, "pieces")
		heights, before, keep := make([]int, n), make([]int, n), make([]bool, n)
		var pages [][]int
		tops := map[int]int{}
		f := &flow{
			frame: func(int) frame { return frame{top: 10, bottom: 10 + room} },
			begin: func(int) *page {
				pages = append(pages, nil)
				return &page{}
			},
			end: func(*page) {},
		}
		drawn := 0
		for i := range n {
			heights[i], before[i], keep[i] = rapid.IntRange(0, 130).Draw(t, "height"), rapid.IntRange(0, 8).Draw(t, "before"), rapid.Bool().Draw(t, "keep")
			f.push(item{height: heights[i], before: before[i], keep: keep[i], draw: func(_ *page, y int) {
				pages[len(pages)-1] = append(pages[len(pages)-1], i)
				tops[i] = y
			}, drawn: func() { drawn++ }})
		}
		f.close()
		next := 0
		for k, p := range pages {
			for at, i := range p {
				if i != next {
					t.Fatalf("piece %d was drawn in place of %d", i, next)
				}
				next++
				if bottom := tops[i] + heights[i]; bottom > 10+room && len(p) > 1 {
					t.Fatalf("piece %d ends at %d", i, bottom)
				}
				if at == 0 && tops[i] != 10 {
					t.Fatal("a page begins with the space above a piece")
				}
			}
			if last := p[len(p)-1]; k < len(pages)-1 && keep[last] {
				for _, i := range p {
					if !keep[i] {
						t.Fatalf("page %d ends with piece %d, which is kept with the next, though one might break after %d", k, last, i)
					}
				}
			}
		}
		if next != n || drawn != n {
			t.Fatalf("%d of %d pieces, %d told", next, n, drawn)
		}
	})
}

func draws(t *rapid.T) string {
	return rapid.StringMatching(`([a-zđềủ]{1,12}[ \n]?){0,40}`).Draw(t, "text")
}

// Breaking loses no letter, and no line is wider than the column unless a single letter is.
func TestLinesFitAndLoseNothing(t *testing.T) {
	faces, err := typeface.Serif()
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		s := draws(t)
		width := rapid.IntRange(20_000, 200_000).Draw(t, "width")
		for name, ls := range map[string][]line{
			"fill":    fill(words(plain(faces.Regular, 12*pt, s, nil)), width),
			"compose": compose(words(plain(faces.Regular, 12*pt, s, nil)), width, 10_000, false),
			"balance": compose(words(plain(faces.Regular, 12*pt, s, nil)), width, 0, true),
		} {
			var got strings.Builder
			for i, l := range ls {
				room := width
				if i == 0 && name == "compose" {
					room -= 10_000
				}
				if l.width > room {
					t.Fatalf("%s: line %d is %d wide in %d", name, i, l.width, room)
				}
				for _, w := range l.words {
					for _, sp := range w.spans {
						got.WriteString(sp.text)
					}
				}
			}
			if want := strings.Join(strings.Fields(s), ""); got.String() != want {
				t.Fatalf("%s: %q became %q", name, want, got.String())
			}
		}
	})
}

func TestJustifiedLinesFillTheColumn(t *testing.T) {
	faces, err := typeface.Serif()
	require.NoError(t, err)
	ls := place(compose(words(plain(faces.Regular, 14*pt, strings.Repeat("cải cách hành chính ", 20), nil)), 300_000, indent, false), 0, 300_000, indent, justified)
	require.Greater(t, len(ls), 3)
	for i, l := range ls[:len(ls)-1] {
		assert.InDelta(t, 300_000, l.x+l.width+l.gap*(len(l.words)-1), 20, "line %d", i)
	}
	assert.Zero(t, ls[len(ls)-1].gap, "the last line is not stretched")
}

// A subject in two lines has two of nearly one length.
func TestSubjectsAreBalanced(t *testing.T) {
	faces, err := typeface.Serif()
	require.NoError(t, err)
	ls := compose(words(plain(faces.Bold, 14*pt, "Kết quả thực hiện Kế hoạch số 38/KH-UBND về tuyên truyền cải cách hành chính nhà nước quý I năm 2022", nil)), 420_000, 0, true)
	require.Len(t, ls, 2)
	assert.InDelta(t, ls[0].width, ls[1].width, 40_000)
}

// Two digests are easily compared when each is in lines of equal length; an address breaks after a slash.
func TestCodesAreDividedEvenly(t *testing.T) {
	faces, err := typeface.Serif()
	require.NoError(t, err)
	s := &style{face: faces.Regular, size: 11 * pt}
	digest := strings.Repeat("0123456789abcdef", 4)
	parts := evenPieces(span{s, digest}, 200_000)
	assert.Equal(t, []string{digest[:32], digest[32:]}, parts)
	s.link = "x"
	parts = evenPieces(span{s, "https://loa.haiphong.example/tin/san-pham-000001"}, 200_000)
	assert.Equal(t, []string{"https://loa.haiphong.example/tin/", "san-pham-000001"}, parts)
}

// A letter may begin at "1."; PDF/UA forbids a level that is left out.
func TestHeadingLevelsHaveNoGap(t *testing.T) {
	r := ranksOf([]model.Block{model.Heading{Level: 2}, model.Heading{Level: 3}}, 2)
	assert.Equal(t, 2, r[2])
	assert.Equal(t, 3, r[3])
	r = ranksOf([]model.Block{model.Heading{Level: 1}, model.Heading{Level: 3}}, 3)
	assert.Equal(t, 3, r[1])
	assert.Equal(t, 4, r[3])
}
