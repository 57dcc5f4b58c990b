package typeface

import (
	"errors"
	"sort"
)

// parseMap reads the best of the font's maps from letters to glyphs (OpenType, cmap formats 12 and 4).
func parseMap(b []byte) (func(rune) int, error) {
	var best []byte
	format := 0
	for i := range u16(b[2:]) {
		entry := b[4+8*i:]
		platform, encoding := u16(entry), u16(entry[2:])
		sub := b[u32(entry[4:]):]
		switch {
		case platform == 3 && encoding == 10 && u16(sub) == 12:
			best, format = sub, 12
		case platform == 3 && encoding == 1 && u16(sub) == 4 && format == 0:
			best, format = sub, 4
		}
	}
	switch format {
	case 12:
		return func(r rune) int { return inGroups(best, int(r)) }, nil
	case 4:
		return func(r rune) int { return inSegments(best, int(r)) }, nil
	}
	return nil, errors.New("no map from Unicode")
}

func inGroups(b []byte, r int) int {
	n := u32(b[12:])
	i := sort.Search(n, func(i int) bool { return u32(b[16+12*i+4:]) >= r })
	if i == n || u32(b[16+12*i:]) > r {
		return 0
	}
	return u32(b[16+12*i+8:]) + r - u32(b[16+12*i:])
}

func inSegments(b []byte, r int) int {
	if r > 0xffff {
		return 0
	}
	n := u16(b[6:]) / 2
	ends, starts, deltas, offsets := b[14:], b[16+2*n:], b[16+4*n:], b[16+6*n:]
	i := sort.Search(n, func(i int) bool { return u16(ends[2*i:]) >= r })
	if i == n || u16(starts[2*i:]) > r {
		return 0
	}
	offset := u16(offsets[2*i:])
	if offset == 0 {
		return (r + u16(deltas[2*i:])) & 0xffff
	}
	g := u16(offsets[2*i+offset+2*(r-u16(starts[2*i:])):])
	if g == 0 {
		return 0
	}
	return (g + u16(deltas[2*i:])) & 0xffff
}
