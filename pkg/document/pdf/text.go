package pdf

import (
	"slices"
	"strings"

	"github.com/loa-vn/loa/pkg/document/internal/typeface"
	"github.com/loa-vn/loa/pkg/document/model"
)

// style is how a run is drawn and what it belongs to.
type style struct {
	face    *typeface.Face
	size    int
	element *element // nil: decoration
	link    string
	color   string
}

// span is text of one style.
type span struct {
	*style
	text string
}

// word is spans without a space, and the space after it. A line may break after every word.
type word struct {
	spans []span
	width int
	space int  // width of the space after it; 0 for none: a piece of a word that is longer than a line
	ends  bool // the line breaks after it
}

// line is words set at x; gap is added to every space.
type line struct {
	words  []word
	width  int
	x, gap int
	last   bool // of its paragraph, or before a break: not justified
}

// words divides spans at spaces and line breaks.
func words(spans []span) []word {
	n := 1
	for _, s := range spans {
		n += strings.Count(s.text, " ") + strings.Count(s.text, "\n") + 1
	}
	all := make([]span, 0, n)
	out := make([]word, 0, n)
	from, width := 0, 0
	end := func(space int, ends bool) {
		switch {
		case len(all) > from:
			out = append(out, word{spans: all[from:len(all):len(all)], width: width, space: space, ends: ends})
		case len(out) > 0 && space > 0 && out[len(out)-1].space == 0:
			out[len(out)-1].space = space
		case ends && len(out) > 0 && !out[len(out)-1].ends:
			out[len(out)-1].ends = true
		case ends:
			out = append(out, word{ends: true})
		}
		from, width = len(all), 0
	}
	for _, s := range spans {
		rest := s.text
		for rest != "" {
			i := strings.IndexAny(rest, " \n")
			part := rest
			if i >= 0 {
				part = rest[:i]
			}
			if part != "" {
				all = append(all, span{s.style, part})
				width += s.face.Width(part, s.size)
			}
			if i < 0 {
				break
			}
			if rest[i] == '\n' {
				end(0, true)
			} else {
				end(s.face.Width(" ", s.size), false)
			}
			rest = rest[i+1:]
		}
	}
	end(0, false)
	return out
}

// breakLong cuts words wider than a line at any letter: nothing may run over the margin.
func breakLong(ws []word, width int) []word {
	long := false
	for _, w := range ws {
		long = long || w.width > width
	}
	if !long {
		return ws
	}
	var out []word
	for _, w := range ws {
		if w.width <= width {
			out = append(out, w)
			continue
		}
		for _, s := range w.spans {
			for _, piece := range pieces(s, width) {
				out = append(out, word{spans: []span{{s.style, piece}}, width: s.face.Width(piece, s.size)})
			}
		}
		last := &out[len(out)-1]
		last.space, last.ends = w.space, w.ends
	}
	return out
}

// pieces cuts a span's text into parts that each fill the width as far as they can. An address is cut after a slash where
// one is near.
func pieces(s span, width int) []string {
	var out []string
	from, slash, w := 0, -1, 0
	for i, r := range s.text {
		a := s.face.Advance(r) * s.size
		if (w+a)/1000 > width && i > from {
			cut := i
			if s.link != "" && slash > from+(i-from)/2 {
				cut = slash
			}
			out = append(out, s.text[from:cut])
			w = s.face.Width(s.text[cut:i], s.size) * 1000
			from = cut
		}
		w += a
		if r == '/' {
			slash = i + 1
		}
	}
	return append(out, s.text[from:])
}

// evenPieces cuts a digest into lines of equal length, so that two digests are easily compared; an address as pieces does.
func evenPieces(s span, width int) []string {
	full := pieces(s, width)
	if s.link != "" || len(full) < 2 || len(s.text) > 1000 {
		return full
	}
	runes := []rune(s.text)
	for n := len(full); n <= len(full)+1; n++ {
		length := (len(runes) + n - 1) / n
		var out []string
		fits := true
		for part := range slices.Chunk(runes, length) {
			piece := string(part)
			fits = fits && s.face.Width(piece, s.size) <= width
			out = append(out, piece)
		}
		if fits {
			return out
		}
	}
	return full
}

type alignment int

const (
	left alignment = iota
	center
	right
	justified
)

// fill breaks words into lines as full as they go: for cells and lists.
func fill(ws []word, width int) []line {
	ws = breakLong(ws, width)
	if len(ws) == 0 {
		return []line{{last: true}}
	}
	var out []line
	from, w := 0, 0
	for i := range ws {
		if i > from && w+ws[i-1].space+ws[i].width > width {
			out = append(out, line{words: ws[from:i], width: w})
			from, w = i, 0
		}
		if i > from {
			w += ws[i-1].space
		}
		w += ws[i].width
		if ws[i].ends {
			out = append(out, line{words: ws[from : i+1], width: w, last: true})
			from, w = i+1, 0
		}
	}
	if from < len(ws) {
		out = append(out, line{words: ws[from:], width: w, last: true})
	}
	return out
}

// compose breaks words into lines with the least sum of squared slack; Vietnamese needs no hyphens, so the best is found by a
// short dynamic programme. The first line is narrower by indent. Balanced counts the last line too: a subject in two lines has
// two of nearly one length.
func compose(ws []word, width, indent int, balanced bool) []line {
	var out []line
	for start := 0; start < len(ws); {
		end := start
		for end < len(ws)-1 && !ws[end].ends {
			end++
		}
		out = append(out, composePart(breakLong(ws[start:end+1], width-indent), width, indent, balanced)...)
		start, indent = end+1, 0
	}
	if out == nil {
		out = []line{{last: true}}
	}
	return out
}

func composePart(ws []word, width, indent int, balanced bool) []line {
	n := len(ws)
	const far = int64(1) << 62
	cost, from := make([]int64, n+1), make([]int, n+1)
	for i := 1; i <= n; i++ {
		cost[i] = far
	}
	for i := range n {
		room := width
		if i == 0 {
			room -= indent
		}
		w := 0
		for j := i; j < n; j++ {
			if j > i {
				w += ws[j-1].space
			}
			if w += ws[j].width; w > room && j > i {
				break
			}
			slack := int64(max(room-w, 0)) / 100
			c := cost[i] + slack*slack + 1
			switch {
			case balanced:
				c += 100_000_000 // fewer lines before equal ones
			case j == n-1:
				c = cost[i] + 1
				if j == i && i > 0 && ws[i-1].space > 0 { // a single word on the last line
					c += 4_000_000
				}
			}
			if c < cost[j+1] {
				cost[j+1], from[j+1] = c, i
			}
		}
	}
	var cuts []int
	for i := n; i > 0; i = from[i] {
		cuts = append(cuts, i)
	}
	out := make([]line, 0, len(cuts))
	a := 0
	for k, end := range slices.Backward(cuts) {
		l := line{words: ws[a:end], last: k == 0}
		for j, w := range l.words {
			l.width += w.width
			if j < len(l.words)-1 {
				l.width += w.space
			}
		}
		out = append(out, l)
		a = end
	}
	return out
}

// place sets where each line begins and how far its spaces stretch.
func place(ls []line, x, width, indent int, a alignment) []line {
	for i := range ls {
		l := &ls[i]
		l.x = x
		slack := width - l.width
		if i == 0 {
			l.x += indent
			slack -= indent
		}
		switch a {
		case left:
		case center:
			l.x += slack / 2
		case right:
			l.x += slack
		case justified:
			spaces := 0
			for j := range len(l.words) - 1 {
				if l.words[j].space > 0 {
					spaces++
				}
			}
			if !l.last && spaces > 0 && slack > 0 {
				l.gap = slack / spaces
			}
		}
	}
	return ls
}

// runs makes spans of the model's runs; an address becomes a Link element under e.
func (d *doc) runs(rs []model.Run, size int, e *element) []span {
	out := make([]span, 0, len(rs))
	for _, r := range rs {
		s := &style{face: d.faces.Pick(r.Bold, r.Italic), size: size, element: e}
		if r.Link != "" {
			s.link, s.color = r.Link, linkColor
			if e != nil {
				s.element = d.tree.add(e, "Link", "")
			}
		}
		out = append(out, span{s, model.Normal(r.Text)})
	}
	return out
}

// plain makes one span.
func plain(f *typeface.Face, size int, s string, e *element) []span {
	return []span{{&style{face: f, size: size, element: e}, model.Normal(s)}}
}

// drawLine shows a line with its baseline at y. Neighbours of one style are drawn at once. A space follows the last word of a
// line, so that text taken from the file keeps its words apart.
func (d *doc) drawLine(p *page, l line, y int) {
	x := l.x
	var s *style
	var buffer [256]byte
	run := buffer[:0]
	width, spaces := 0, 0
	flush := func() {
		if len(run) == 0 {
			return
		}
		if s.element != nil {
			p.tag(s.element)
		} else {
			p.decorate("")
		}
		p.show(s, x, y, string(run), l.gap)
		total := width + l.gap*spaces
		if s.link != "" && s.element != nil {
			shown := total
			if run[len(run)-1] == ' ' {
				shown -= l.gap + s.face.Width(" ", s.size)
			}
			d.link(p, s, x, y-s.size*8/10, shown)
		}
		x += total
		run, width, spaces = run[:0], 0, 0
	}
	for i, w := range l.words {
		for _, sp := range w.spans {
			if sp.style != s {
				flush()
				s = sp.style
			}
			run = append(run, sp.text...)
			width += sp.face.Width(sp.text, sp.size)
		}
		if w.space > 0 && len(w.spans) > 0 && (i+1 < len(l.words) || !l.last) {
			run = append(run, ' ')
			width += w.space
			spaces++
		}
	}
	flush()
}

// base is how far below a line's top its baseline lies.
func base(f *typeface.Face, size, height int) int {
	return (height-size*(f.Ascent-f.Descent)/1000)/2 + size*f.Ascent/1000
}
