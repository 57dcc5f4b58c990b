package typeface

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every letter of Vietnamese, in both cases and with every tone, is in every face.
func TestFacesHaveAllOfVietnamese(t *testing.T) {
	s, err := Serif()
	require.NoError(t, err)
	letters := "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệfghiìỉĩíịjklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvwxyỳỷỹýỵz" +
		"AÀẢÃÁẠĂẰẲẴẮẶÂẦẨẪẤẬBCDĐEÈẺẼÉẸÊỀỂỄẾỆFGHIÌỈĨÍỊJKLMNOÒỎÕÓỌÔỒỔỖỐỘƠỜỞỠỚỢPQRSTUÙỦŨÚỤƯỪỬỮỨỰVWXYỲỶỸÝỴZ" +
		"0123456789.,;:!?()[]/&%-–—…“”‘’\"'+*=°²³₫€§·•\u00a0"
	for _, f := range s.Faces() {
		for _, r := range letters {
			f.Use(r)
		}
		assert.Zero(t, f.Missing, "%s lacks %q", f.Name, f.Missing)
		f.Use('漢')
		assert.Equal(t, '漢', f.Missing)
		assert.Zero(t, f.Use('漢'), "the empty box")
	}
}

// The subset is a font of its own whose glyph n is the letter of number n.
func TestSubsetIsAFontOfTheLettersUsed(t *testing.T) {
	s, err := Serif()
	require.NoError(t, err)
	f := s.Bold
	for _, r := range "Ủy ban nhân dân Ệ" {
		f.Use(r)
	}
	data := f.Subset()
	assert.Less(t, len(data), 40_000)
	assert.Equal(t, uint32(0xB1B0AFBA), checksum(data), "the checksum of the whole file")
	tables := map[string][]byte{}
	for i := range u16(data[4:]) {
		entry := data[12+16*i:]
		tables[string(entry[:4])] = data[u32(entry[8:]) : u32(entry[8:])+u32(entry[12:])]
	}
	part := &Face{tables: tables, unitsPerEm: f.unitsPerEm, longs: u16(tables["hhea"][34:]), longOffsets: true}
	for n, g := range f.used {
		assert.Equal(t, f.glyphAdvance(g), part.glyphAdvance(n))
		assert.Len(t, part.outline(n), (len(f.outline(g))+3)/4*4)
		components(part.outline(n), func(at int) {
			assert.Less(t, u16(part.outline(n)[at:]), u16(tables["maxp"][4:]))
		})
	}
}

func TestWidthIsTheSumOfAdvances(t *testing.T) {
	s, err := Serif()
	require.NoError(t, err)
	// 1000/1000 em at 10 points: the em dash; digits are half an em.
	assert.Equal(t, 10_000, s.Regular.Width("—", 10_000))
	assert.Equal(t, 10*5_000, s.Regular.Width("0123456789", 10_000))
}

func TestOtherFilesAreRefused(t *testing.T) {
	for _, data := range [][]byte{nil, []byte("OTTO00000000"), append([]byte{0, 1, 0, 0, 0, 0}, make([]byte, 20)...)} {
		_, err := Parse(data, "x")
		assert.Error(t, err)
	}
}
