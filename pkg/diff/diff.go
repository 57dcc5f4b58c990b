// Package diff compares two texts as a reader does: paragraph by paragraph, and word by word in a paragraph that changed.
package diff

import (
	"slices"
	"strings"
	"unicode"
)

// Change is what happened to a paragraph or to some words.
type Change string

// The changes. Only a paragraph is Changed.
const (
	Equal    Change = "equal"
	Inserted Change = "inserted"
	Deleted  Change = "deleted"
	Changed  Change = "changed"
)

// Segment is words with one fate. The segments of a paragraph that are not inserted are the earlier paragraph, those that are not deleted
// the later one, to the letter.
type Segment struct {
	Change Change
	Text   string
}

// Paragraph is one of the later text, or one of the earlier that is gone.
type Paragraph struct {
	Change   Change
	Segments []Segment
}

// Texts compares two texts whose paragraphs are separated by empty lines.
func Texts(from, to string) []Paragraph { return Paragraphs(split(from), split(to)) }

// Paragraphs compares two texts that are split into paragraphs.
func Paragraphs(from, to []string) []Paragraph {
	var out []Paragraph
	var gone, come []string
	flush := func() {
		out = append(out, pair(gone, come)...)
		gone, come = nil, nil
	}
	for _, step := range script(from, to) {
		switch step.change {
		case Equal:
			flush()
			out = append(out, Paragraph{Equal, []Segment{{Equal, step.text}}})
		case Deleted:
			gone = append(gone, step.text)
		default:
			come = append(come, step.text)
		}
	}
	flush()
	return out
}

// Words compares two texts word by word.
func Words(from, to string) []Segment {
	var out []Segment
	var run strings.Builder
	steps := script(words(from), words(to))
	for i, step := range steps {
		run.WriteString(step.text)
		if i+1 == len(steps) || steps[i+1].change != step.change {
			out = append(out, Segment{step.change, run.String()})
			run.Reset()
		}
	}
	return out
}

// alike is the share of words two paragraphs must have in common to be one that changed.
const alike = 0.3

// pairLimit is how many paragraphs in a row are matched with each other by how alike they are; the time grows with its square.
const pairLimit = 40

// pair says which of the paragraphs that are gone became which of those that came, in their order.
func pair(gone, come []string) []Paragraph {
	var out []Paragraph
	whole := func(change Change, texts []string) {
		for _, text := range texts {
			out = append(out, Paragraph{change, []Segment{{change, text}}})
		}
	}
	if len(gone) > pairLimit || len(come) > pairLimit {
		whole(Deleted, gone)
		whole(Inserted, come)
		return out
	}
	best := matches(gone, come)
	i, j := 0, 0
	for i < len(gone) && j < len(come) {
		switch like := likeness(gone[i], come[j]); {
		case like >= alike && best[i][j] == best[i+1][j+1]+like:
			out = append(out, Paragraph{Changed, Words(gone[i], come[j])})
			i, j = i+1, j+1
		case best[i][j] == best[i+1][j]:
			whole(Deleted, gone[i:i+1])
			i++
		default:
			whole(Inserted, come[j:j+1])
			j++
		}
	}
	whole(Deleted, gone[i:])
	whole(Inserted, come[j:])
	return out
}

// matches is the greatest sum of likenesses from each place on.
func matches(gone, come []string) [][]float64 {
	best := make([][]float64, len(gone)+1)
	for i := range best {
		best[i] = make([]float64, len(come)+1)
	}
	for i := range slices.Backward(gone) {
		for j := len(come) - 1; j >= 0; j-- {
			best[i][j] = max(best[i+1][j], best[i][j+1])
			if like := likeness(gone[i], come[j]); like >= alike {
				best[i][j] = max(best[i][j], best[i+1][j+1]+like)
			}
		}
	}
	return best
}

// likeness is the share of words, 0 to 1, that two paragraphs have in common, whatever their order.
func likeness(a, b string) float64 {
	left, right := strings.Fields(a), strings.Fields(b)
	if len(left)+len(right) == 0 {
		return 1
	}
	seen := map[string]int{}
	for _, w := range left {
		seen[w]++
	}
	common := 0
	for _, w := range right {
		if seen[w] > 0 {
			seen[w]--
			common++
		}
	}
	return 2 * float64(common) / float64(len(left)+len(right))
}

// split cuts a text at empty lines.
func split(text string) []string {
	var out []string
	for part := range strings.SplitSeq(text, "\n\n") {
		if part = strings.Trim(part, "\n"); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// words cuts a text before every word, space, sign and tag, so that it is whole when put together.
func words(text string) []string {
	var out []string
	for text != "" {
		n := wordLength(text)
		out = append(out, text[:n])
		text = text[n:]
	}
	return out
}

func wordLength(text string) int {
	if text[0] == '<' {
		if end := strings.IndexByte(text, '>'); end > 0 && !strings.ContainsRune(text[1:end], '<') {
			return end + 1
		}
	}
	var kind int
	for i, r := range text {
		k := kindOf(r)
		if i == 0 {
			kind = k
		} else if k != kind || k == sign {
			return i
		}
	}
	return len(text)
}

const (
	letter = iota
	space
	sign
)

func kindOf(r rune) int {
	switch {
	case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r):
		return letter
	case unicode.IsSpace(r):
		return space
	default:
		return sign
	}
}

type step struct {
	change Change
	text   string
}

// effort is how many differences are looked for; two texts with more have little in common, and are told as one gone and one come.
const effort = 2_000

// script is the shortest way from one list to the other (Myers 1986, O(ND)), deletions before insertions.
func script(from, to []string) []step {
	begin := 0
	for begin < len(from) && begin < len(to) && from[begin] == to[begin] {
		begin++
	}
	end := 0
	for end < len(from)-begin && end < len(to)-begin && from[len(from)-1-end] == to[len(to)-1-end] {
		end++
	}
	var out []step
	for _, text := range from[:begin] {
		out = append(out, step{Equal, text})
	}
	out = append(out, middle(from[begin:len(from)-end], to[begin:len(to)-end])...)
	for _, text := range from[len(from)-end:] {
		out = append(out, step{Equal, text})
	}
	return out
}

func middle(from, to []string) []step {
	trace, found := search(from, to)
	if !found {
		var out []step
		for _, text := range from {
			out = append(out, step{Deleted, text})
		}
		for _, text := range to {
			out = append(out, step{Inserted, text})
		}
		return out
	}
	var back []step
	x, y := len(from), len(to)
	for d := range slices.Backward(trace) {
		k := x - y
		before := k + 1
		if d > 0 && (k == d || k != -d && trace[d].at(k-1) >= trace[d].at(k+1)) {
			before = k - 1
		}
		fromX := trace[d].at(before)
		fromY := fromX - before
		for x > max(fromX, 0) && y > max(fromY, 0) && from[x-1] == to[y-1] {
			x, y = x-1, y-1
			back = append(back, step{Equal, from[x]})
		}
		if d == 0 {
			break
		}
		if x > fromX {
			x--
			back = append(back, step{Deleted, from[x]})
		} else {
			y--
			back = append(back, step{Inserted, to[y]})
		}
	}
	slices.Reverse(back)
	return back
}

// furthest is, for each diagonal from -d to d, how far into the first list d-1 differences lead.
type furthest struct {
	d int
	x []int
}

func (f furthest) at(k int) int {
	if k < -f.d || k > f.d {
		return -1
	}
	return f.x[k+f.d]
}

// search goes forward until both lists are at their end, and keeps every step of the way; not found within the effort.
func search(from, to []string) (trace []furthest, found bool) {
	limit := min(len(from)+len(to), effort)
	v := make([]int, 2*limit+3)
	at := func(k int) *int { return &v[k+limit+1] }
	for d := 0; d <= limit; d++ {
		width := min(d+1, limit+1)
		trace = append(trace, furthest{width, slices.Clone(v[limit+1-width : limit+2+width])})
		for k := -d; k <= d; k += 2 {
			x := *at(k + 1)
			if k == d && d > 0 || k != -d && *at(k - 1) >= *at(k + 1) {
				x = *at(k - 1) + 1
			}
			for x < len(from) && x-k < len(to) && from[x] == to[x-k] {
				x++
			}
			if *at(k) = x; x >= len(from) && x-k >= len(to) {
				return trace, true
			}
		}
	}
	return nil, false
}
