package docximport

import (
	"strconv"
	"strings"
)

// style is what a paragraph style says about meaning.
type style struct {
	name, based string
	outline     string
	bold        bool
	align       string
	numbering   *node
	borders     *node // of a table style
}

func readStyles(part *node) map[string]style {
	styles := map[string]style{}
	for _, k := range part.child("styles").orEmpty().kids {
		if k.name != "style" {
			continue
		}
		p := k.child("pPr")
		styles[k.attribute("styleId")] = style{
			name: strings.ToLower(k.child("name").val()), based: k.child("basedOn").val(),
			outline: p.child("outlineLvl").val(), bold: k.child("rPr").child("b").on(), align: p.child("jc").val(),
			numbering: p.child("numPr"), borders: k.child("tblPr").child("tblBorders"),
		}
	}
	return styles
}

// ancestry calls f with a style and those it is based on, nearest first; a circle ends after twenty.
func (r *reader) ancestry(id string, f func(style)) {
	for range 20 {
		s, ok := r.styles[id]
		if !ok {
			return
		}
		f(s)
		id = s.based
	}
}

// numbering counts what Word numbers by itself.
type numbering struct {
	lists map[string]*list // by numId
}

type list struct {
	levels map[int]level
	counts map[int]int
	starts map[int]int // overridden by the numId
}

type level struct {
	format, text string
	start        int
}

func readNumbering(part *node) *numbering {
	n := &numbering{lists: map[string]*list{}}
	abstract := map[string]map[int]level{}
	counts := map[string]map[int]int{} // lists of one abstract numbering go on counting
	for _, k := range part.child("numbering").orEmpty().kids {
		switch k.name {
		case "abstractNum":
			levels := map[int]level{}
			for _, l := range k.kids {
				if l.name == "lvl" {
					levels[atoi(l.attribute("ilvl"))] = readLevel(l)
				}
			}
			id := k.attribute("abstractNumId")
			abstract[id], counts[id] = levels, map[int]int{}
		case "num":
			id := k.child("abstractNumId").val()
			l := &list{levels: abstract[id], counts: counts[id], starts: map[int]int{}}
			for _, o := range k.kids {
				if s := o.child("startOverride"); o.name == "lvlOverride" && s != nil {
					l.starts[atoi(o.attribute("ilvl"))] = s.number()
				}
			}
			if len(l.starts) > 0 || l.counts == nil {
				l.counts = map[int]int{}
			}
			n.lists[k.attribute("numId")] = l
		}
	}
	return n
}

func readLevel(l *node) level {
	v := level{format: l.child("numFmt").val(), text: l.child("lvlText").val(), start: 1}
	if s := l.child("start"); s != nil {
		v.start = s.number()
	}
	if len(v.text) > 64 { // a label, not a text: it is written in front of every paragraph
		v.text = ""
	}
	return v
}

// next counts one paragraph of the list and gives its label, "" when it has none.
func (n *numbering) next(numID string, depth int) (label string, bullet bool) {
	l := n.lists[numID]
	if l == nil {
		return "", true
	}
	at, ok := l.levels[depth]
	if !ok {
		return "", true
	}
	if at.format == "bullet" {
		return "-", true
	}
	if _, counted := l.counts[depth]; !counted {
		l.counts[depth] = l.first(depth) - 1
	}
	l.counts[depth]++
	for d := range l.counts {
		if d > depth {
			delete(l.counts, d)
		}
	}
	label = at.text
	for d := range 9 {
		place := "%" + strconv.Itoa(d+1)
		if !strings.Contains(label, place) {
			continue
		}
		count, counted := l.counts[d]
		if !counted {
			count = l.first(d)
		}
		label = strings.ReplaceAll(label, place, ordinal(l.levels[d].format, count))
	}
	return strings.TrimSpace(label), false
}

func (l *list) first(depth int) int {
	if s, ok := l.starts[depth]; ok {
		return s
	}
	return l.levels[depth].start
}

// ordinal writes n as ECMA-376 part 1, 17.18.59 names the formats; unknown ones are decimal.
func ordinal(format string, n int) string {
	switch format {
	case "upperRoman":
		return roman(n)
	case "lowerRoman":
		return strings.ToLower(roman(n))
	case "upperLetter":
		return strings.ToUpper(letters(n))
	case "lowerLetter":
		return letters(n)
	case "decimalZero":
		if n < 10 {
			return "0" + strconv.Itoa(n)
		}
	case "none":
		return ""
	}
	return strconv.Itoa(n)
}

func roman(n int) string {
	if n < 1 || n > 3999 {
		return strconv.Itoa(n)
	}
	var b strings.Builder
	for _, r := range []struct {
		value int
		sign  string
	}{{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}} {
		for n >= r.value {
			b.WriteString(r.sign)
			n -= r.value
		}
	}
	return b.String()
}

// letters counts a, b, … z, aa, bb, as Word does.
func letters(n int) string {
	if n < 1 || n > 780 {
		return strconv.Itoa(n)
	}
	return strings.Repeat(string(rune('a'+(n-1)%26)), (n-1)/26+1)
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 100 {
		return 0
	}
	return n
}
