// Package typeface reads the four faces of Liberation Serif, which has the widths of Times New Roman, and measures text in whole
// numbers. A Face also remembers which letters a document used and makes a font of those alone.
package typeface

import (
	"encoding/binary"
	"errors"
	"fmt"

	"codeberg.org/go-fonts/liberation/liberationserifbold"
	"codeberg.org/go-fonts/liberation/liberationserifbolditalic"
	"codeberg.org/go-fonts/liberation/liberationserifitalic"
	"codeberg.org/go-fonts/liberation/liberationserifregular"
)

// Set is the four faces of one document; it must not be shared by two goroutines.
type Set struct{ Regular, Bold, Italic, BoldItalic *Face }

// Serif reads the faces. It takes under a millisecond.
func Serif() (Set, error) {
	var s Set
	for _, f := range []struct {
		into         **Face
		data         []byte
		name         string
		bold, italic bool
	}{
		{&s.Regular, liberationserifregular.TTF, "LiberationSerif", false, false},
		{&s.Bold, liberationserifbold.TTF, "LiberationSerif-Bold", true, false},
		{&s.Italic, liberationserifitalic.TTF, "LiberationSerif-Italic", false, true},
		{&s.BoldItalic, liberationserifbolditalic.TTF, "LiberationSerif-BoldItalic", true, true},
	} {
		face, err := Parse(f.data, f.name)
		if err != nil {
			return Set{}, fmt.Errorf("typeface %s: %w", f.name, err)
		}
		face.Bold, face.Slanted = f.bold, f.italic
		*f.into = face
	}
	return s, nil
}

// Pick chooses a face.
func (s Set) Pick(bold, italic bool) *Face {
	switch {
	case bold && italic:
		return s.BoldItalic
	case bold:
		return s.Bold
	case italic:
		return s.Italic
	}
	return s.Regular
}

// Faces lists all four in a fixed order.
func (s Set) Faces() []*Face { return []*Face{s.Regular, s.Bold, s.Italic, s.BoldItalic} }

// Face is a TrueType font with glyf outlines. Its numbers are in thousandths of the size.
type Face struct {
	Name                       string
	Bold, Slanted              bool
	Ascent, Descent, CapHeight int // Descent is below nought
	Box                        [4]int
	ItalicAngle                int
	tables                     map[string][]byte
	unitsPerEm, glyphs, longs  int // longs: advances that hmtx has in full
	longOffsets                bool
	lookup                     func(rune) int
	letters                    [cached]letter
	numbers                    map[int]int // glyph of the font → its number in the subset
	used                       []int       // by number in the subset
	runes                      []rune      // likewise
	Missing                    rune        // the first letter measured that the face lacks: the document must be refused
}

// cached reaches over Vietnamese, punctuation and currency signs.
const cached = 0x2200

type letter struct {
	known   bool
	advance uint16
	number  uint16 // in the subset; 0 until it is used
}

// Parse reads a font.
func Parse(data []byte, name string) (*Face, error) {
	f := &Face{Name: name, tables: map[string][]byte{}, numbers: map[int]int{0: 0}, used: []int{0}, runes: []rune{0}}
	if len(data) < 12 || u32(data) != 0x00010000 {
		return nil, errors.New("not a TrueType font")
	}
	for i := range u16(data[4:]) {
		entry := data[12+16*i:]
		from, n := u32(entry[8:]), u32(entry[12:])
		if from+n > len(data) {
			return nil, errors.New("a table ends beyond the file")
		}
		f.tables[string(entry[:4])] = data[from : from+n]
	}
	for _, t := range []string{"head", "hhea", "maxp", "hmtx", "cmap", "loca", "glyf", "OS/2", "post"} {
		if f.tables[t] == nil {
			return nil, fmt.Errorf("no table %s", t)
		}
	}
	head, hhea := f.tables["head"], f.tables["hhea"]
	f.unitsPerEm = u16(head[18:])
	for i := range f.Box {
		f.Box[i] = f.thousandths(i16(head[36+2*i:]))
	}
	f.longOffsets = u16(head[50:]) == 1
	f.Ascent, f.Descent = f.thousandths(i16(hhea[4:])), f.thousandths(i16(hhea[6:]))
	f.longs = u16(hhea[34:])
	f.glyphs = u16(f.tables["maxp"][4:])
	if o := f.tables["OS/2"]; len(o) >= 90 {
		f.CapHeight = f.thousandths(i16(o[88:]))
	}
	f.ItalicAngle = i16(f.tables["post"][4:])
	var err error
	f.lookup, err = parseMap(f.tables["cmap"])
	return f, err
}

func (f *Face) thousandths(v int) int {
	if v < 0 {
		return -((-v*1000 + f.unitsPerEm/2) / f.unitsPerEm)
	}
	return (v*1000 + f.unitsPerEm/2) / f.unitsPerEm
}

// Width of text at a size; both in the same unit, usually milli-points.
func (f *Face) Width(s string, size int) int {
	w := 0
	for _, r := range s {
		w += f.Advance(r)
	}
	return w * size / 1000
}

// Has says whether the face has a letter. Unlike Advance it remembers nothing.
func (f *Face) Has(r rune) bool { return f.lookup(r) != 0 }

// Advance is a letter's width, rounded as the PDF's table of widths has it.
func (f *Face) Advance(r rune) int {
	if r >= 0 && r < cached {
		l := &f.letters[r]
		if !l.known {
			*l = letter{known: true, advance: uint16(f.glyphAdvance(f.glyph(r)))}
		}
		return int(l.advance)
	}
	return f.glyphAdvance(f.glyph(r))
}

func (f *Face) glyph(r rune) int {
	g := f.lookup(r)
	if g == 0 && f.Missing == 0 {
		f.Missing = r
	}
	return g
}

func (f *Face) glyphAdvance(glyph int) int {
	return f.thousandths(u16(f.tables["hmtx"][4*min(glyph, f.longs-1):]))
}

// Use gives the letter's number in the subset and puts it there the first time. One that the face lacks is number 0, an empty
// box.
func (f *Face) Use(r rune) int {
	inCache := r >= 0 && r < cached
	if inCache {
		if n := f.letters[r].number; n != 0 {
			return int(n)
		}
	}
	glyph := f.glyph(r)
	if glyph == 0 {
		return 0
	}
	n, ok := f.numbers[glyph]
	if !ok {
		n = len(f.used)
		f.numbers[glyph] = n
		f.used = append(f.used, glyph)
		f.runes = append(f.runes, r)
	}
	if inCache {
		f.Advance(r)
		f.letters[r].number = uint16(n)
	}
	return n
}

// Used gives the letters by their numbers in the subset; number 0 is the empty box.
func (f *Face) Used() []rune { return f.runes }

// Advances gives the widths by numbers in the subset.
func (f *Face) Advances() []int {
	widths := make([]int, len(f.used))
	for i, g := range f.used {
		widths[i] = f.glyphAdvance(g)
	}
	return widths
}

func u16(b []byte) int { return int(binary.BigEndian.Uint16(b)) }
func i16(b []byte) int { return int(int16(binary.BigEndian.Uint16(b))) }
func u32(b []byte) int { return int(binary.BigEndian.Uint32(b)) }
