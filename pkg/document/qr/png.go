package qr

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"

	"github.com/klauspost/compress/zlib"
)

// PNG draws the code with its margin in black and white, scale pixels a module. It does not use image/png, whose deflate is the
// standard library's: its output changed between Go 1.26 and 1.27, and the picture is part of files that are named by digest.
func (c *Code) PNG(scale int) ([]byte, error) {
	size := (c.Size + 2*Quiet) * scale
	row := make([]byte, 1+(size+7)/8) // a filter byte, then eight pixels a byte, white is 1
	var pixels bytes.Buffer
	for y := -Quiet; y < c.Size+Quiet; y++ {
		for i := 1; i < len(row); i++ {
			row[i] = 0xff
		}
		for x := 0; x < c.Size && y >= 0 && y < c.Size; x++ {
			if !c.Dark(x, y) {
				continue
			}
			for p := (x + Quiet) * scale; p < (x+Quiet+1)*scale; p++ {
				row[1+p/8] &^= 0x80 >> (p % 8)
			}
		}
		for range scale {
			pixels.Write(row)
		}
	}
	var packed bytes.Buffer
	z, err := zlib.NewWriterLevel(&packed, zlib.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(pixels.Bytes()); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	out := []byte("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, content []byte) {
		out = binary.BigEndian.AppendUint32(out, uint32(len(content)))
		body := append([]byte(kind), content...)
		out = append(out, body...)
		out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(body))
	}
	header := binary.BigEndian.AppendUint32(nil, uint32(size))
	header = binary.BigEndian.AppendUint32(header, uint32(size))
	chunk("IHDR", append(header, 1, 0, 0, 0, 0)) // one bit, grey
	chunk("IDAT", packed.Bytes())
	chunk("IEND", nil)
	return out, nil
}
