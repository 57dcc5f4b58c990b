package typeface

import (
	"encoding/binary"
	"sort"
)

// Subset makes a TrueType font of the letters used, glyph n being number n; the parts that accented letters are made of follow.
func (f *Face) Subset() []byte {
	glyphs := append([]int(nil), f.used...)
	number := make(map[int]int, len(glyphs))
	for n, g := range glyphs {
		number[g] = n
	}
	for i := 0; i < len(glyphs); i++ {
		outline := f.outline(glyphs[i])
		components(outline, func(at int) {
			part := u16(outline[at:])
			if _, ok := number[part]; !ok {
				number[part] = len(glyphs)
				glyphs = append(glyphs, part)
			}
		})
	}
	be := binary.BigEndian
	var glyf, loca, hmtx []byte
	for _, g := range glyphs {
		loca = be.AppendUint32(loca, uint32(len(glyf)))
		outline := append([]byte(nil), f.outline(g)...)
		components(outline, func(at int) { be.PutUint16(outline[at:], uint16(number[u16(outline[at:])])) })
		glyf = append(glyf, outline...)
		for len(glyf)%4 != 0 {
			glyf = append(glyf, 0)
		}
		hmtx = append(hmtx, f.metrics(g)...)
	}
	loca = be.AppendUint32(loca, uint32(len(glyf)))
	clone := func(t string) []byte { return append([]byte(nil), f.tables[t]...) }
	head, hhea, maxp := clone("head"), clone("hhea"), clone("maxp")
	be.PutUint32(head[8:], 0)
	be.PutUint16(head[50:], 1)
	be.PutUint16(hhea[34:], uint16(len(glyphs)))
	be.PutUint16(maxp[4:], uint16(len(glyphs)))
	tables := map[string][]byte{"head": head, "hhea": hhea, "maxp": maxp, "glyf": glyf, "loca": loca, "hmtx": hmtx}
	for _, t := range []string{"cvt ", "fpgm", "prep"} {
		if f.tables[t] != nil {
			tables[t] = f.tables[t]
		}
	}
	return assemble(tables)
}

// metrics is a glyph's advance and left side bearing.
func (f *Face) metrics(glyph int) []byte {
	all := f.tables["hmtx"]
	if glyph < f.longs {
		return all[4*glyph : 4*glyph+4]
	}
	bearing := 4*f.longs + 2*(glyph-f.longs)
	return append(append([]byte(nil), all[4*f.longs-4:4*f.longs-2]...), all[bearing:bearing+2]...)
}

func (f *Face) outline(glyph int) []byte {
	offsets := f.tables["loca"]
	if f.longOffsets {
		return f.tables["glyf"][u32(offsets[4*glyph:]):u32(offsets[4*glyph+4:])]
	}
	return f.tables["glyf"][2*u16(offsets[2*glyph:]) : 2*u16(offsets[2*glyph+2:])]
}

// components calls f with the place of each part's glyph number in a composite outline.
func components(outline []byte, f func(at int)) {
	if len(outline) < 12 || i16(outline) >= 0 {
		return
	}
	const words, scale, xyScale, twoByTwo, more = 0x01, 0x08, 0x40, 0x80, 0x20
	for at := 10; ; {
		flags := u16(outline[at:])
		f(at + 2)
		at += 6
		if flags&words != 0 {
			at += 2
		}
		switch {
		case flags&scale != 0:
			at += 2
		case flags&xyScale != 0:
			at += 4
		case flags&twoByTwo != 0:
			at += 8
		}
		if flags&more == 0 {
			return
		}
	}
}

// assemble writes the tables in the order of their names, with checksums.
func assemble(tables map[string][]byte) []byte {
	names := make([]string, 0, len(tables))
	for t := range tables {
		names = append(names, t)
	}
	sort.Strings(names)
	n, log := len(names), 0
	for 1<<(log+1) <= n {
		log++
	}
	be := binary.BigEndian
	out := be.AppendUint32(nil, 0x00010000)
	for _, v := range []int{n, 16 << log, log, 16*n - 16<<log} {
		out = be.AppendUint16(out, uint16(v))
	}
	at, headAt := 12+16*n, 0
	var body []byte
	for _, t := range names {
		content := tables[t]
		if t == "head" {
			headAt = at
		}
		out = append(out, t...)
		for _, v := range []uint32{checksum(content), uint32(at), uint32(len(content))} {
			out = be.AppendUint32(out, v)
		}
		body = append(body, content...)
		for len(body)%4 != 0 {
			body = append(body, 0)
		}
		at = 12 + 16*n + len(body)
	}
	out = append(out, body...)
	be.PutUint32(out[headAt+8:], 0xB1B0AFBA-checksum(out))
	return out
}

func checksum(b []byte) uint32 {
	var sum uint32
	for len(b) >= 4 {
		sum += binary.BigEndian.Uint32(b)
		b = b[4:]
	}
	var rest [4]byte
	copy(rest[:], b)
	return sum + binary.BigEndian.Uint32(rest[:])
}
