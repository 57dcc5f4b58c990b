package pdf

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/loa-vn/loa/pkg/document/internal/typeface"
)

// font embeds the letters that were used (ISO 32000-1, 9.7 and 9.9) with their way back to Unicode.
func (d *doc) font(f *typeface.Face) ref {
	subset := f.Subset()
	name := tag(subset) + "+" + f.Name
	file := d.alloc()
	d.stream(file, "/Length1 "+strconv.Itoa(len(subset)), subset)
	flags, stem := 4, 80
	if f.Slanted {
		flags |= 64
	}
	if f.Bold {
		stem = 140
	}
	descriptor := d.add(fmt.Sprintf("<< /Type /FontDescriptor /FontName /%s /Flags %d /FontBBox [%d %d %d %d] /ItalicAngle %d /Ascent %d /Descent %d /CapHeight %d /StemV %d /FontFile2 %v >>",
		name, flags, f.Box[0], f.Box[1], f.Box[2], f.Box[3], f.ItalicAngle, f.Ascent, f.Descent, f.CapHeight, stem, file))
	widths := make([]string, 0, len(f.Used()))
	for _, w := range f.Advances() {
		widths = append(widths, strconv.Itoa(w))
	}
	descendant := d.add(fmt.Sprintf("<< /Type /Font /Subtype /CIDFontType2 /BaseFont /%s /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor %v /CIDToGIDMap /Identity /W [0 [%s]] >>",
		name, descriptor, strings.Join(widths, " ")))
	unicode := d.alloc()
	d.stream(unicode, "", toUnicode(f.Used()))
	return d.add(fmt.Sprintf("<< /Type /Font /Subtype /Type0 /BaseFont /%s /Encoding /Identity-H /DescendantFonts [%v] /ToUnicode %v >>", name, descendant, unicode))
}

// tag is six letters that tell one subset from another.
func tag(content []byte) string {
	h := uint64(14695981039346656037) // FNV-1a
	for _, c := range content {
		h = (h ^ uint64(c)) * 1099511628211
	}
	letters := make([]byte, 6)
	for i := range letters {
		letters[i] = 'A' + byte(h%26)
		h /= 26
	}
	return string(letters)
}

func toUnicode(runes []rune) []byte {
	b := []byte("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	for from := 1; from < len(runes); from += 100 { // at most a hundred in one block
		to := min(from+100, len(runes))
		b = fmt.Appendf(b, "%d beginbfchar\n", to-from)
		for n := from; n < to; n++ {
			b = append(appendHex16(append(b, '<'), n), "> <"...)
			for _, u := range utf16.Encode([]rune{runes[n]}) {
				b = appendHex16(b, int(u))
			}
			b = append(b, ">\n"...)
		}
		b = append(b, "endbfchar\n"...)
	}
	return append(b, "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"...)
}
