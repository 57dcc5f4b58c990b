package pdf

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"io"

	"github.com/klauspost/compress/zlib"
)

// file writes objects one after another and keeps where each one went.
type file struct {
	to     io.Writer
	err    error // the first
	at     int64
	digest hash.Hash
	places []location // by number - 1
	zip    *zlib.Writer
	packed bytes.Buffer // what zip wrote last
}

// location is where an object went: at an offset, or at an index of an object stream.
type location struct {
	at    int64 // offset, or the number of the object stream
	index int32 // within the object stream, or direct; the zero location is an object that was never written
}

const direct = -1

func newFile(w io.Writer) (*file, error) {
	// The deflate library is pinned in go.mod: the standard library's output changes with Go.
	z, err := zlib.NewWriterLevel(io.Discard, 6)
	if err != nil {
		return nil, err
	}
	f := &file{to: w, digest: sha256.New(), zip: z}
	f.raw("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	return f, nil
}

func (f *file) raw(s string) { f.bytes([]byte(s)) }

func (f *file) bytes(b []byte) {
	if f.err != nil {
		return
	}
	n, err := f.to.Write(b)
	f.at += int64(n)
	f.digest.Write(b)
	f.err = err
}

func (f *file) put(r ref, l location) {
	for len(f.places) < int(r) {
		f.places = append(f.places, location{})
	}
	f.places[r-1] = l
}

func (f *file) write(j job) {
	if f.err != nil {
		return
	}
	for i, r := range j.members {
		f.put(r, location{int64(j.ref), int32(i)})
	}
	f.put(j.ref, location{f.at, direct})
	if !j.stream {
		f.raw(fmt.Sprintf("%d 0 obj\n%s\nendobj\n", j.ref, j.text))
		return
	}
	data, filter := j.data, ""
	if j.deflate {
		data, filter = f.deflate(data), " /Filter /FlateDecode"
	}
	f.raw(fmt.Sprintf("%d 0 obj\n<< %s%s /Length %d >>\nstream\n", j.ref, j.text, filter, len(data)))
	f.bytes(data)
	f.raw("\nendstream\nendobj\n")
}

// deflate packs data; what it gives is good until it is called again.
func (f *file) deflate(data []byte) []byte {
	f.packed.Reset()
	f.zip.Reset(&f.packed)
	if _, err := f.zip.Write(data); err != nil {
		f.err = err
	}
	if err := f.zip.Close(); err != nil {
		f.err = err
	}
	return f.packed.Bytes()
}

// finish writes the cross-reference stream (ISO 32000-1, 7.5.8). The file's identifier is the digest of all before it.
func (f *file) finish(table, root, info ref) error {
	f.put(table, location{f.at, direct})
	const width = 8 // type 1, place 5, index 2
	data := make([]byte, 0, width*(len(f.places)+1))
	data = append(data, 0, 0, 0, 0, 0, 0, 0xff, 0xff)
	for i, p := range f.places {
		switch {
		case p == location{}:
			return fmt.Errorf("pdf: object %d was never written", i+1)
		case p.index == direct:
			data = append(data, 1)
			p.index = 0
		default:
			data = append(data, 2)
		}
		data = append(data, byte(p.at>>32))
		data = binary.BigEndian.AppendUint32(data, uint32(p.at))
		data = binary.BigEndian.AppendUint16(data, uint16(p.index))
	}
	id := f.digest.Sum(nil)[:16]
	at := f.at
	f.write(job{ref: table, data: data, stream: true, deflate: true, text: fmt.Sprintf("/Type /XRef /Size %d /W [1 5 2] /Root %v /Info %v /ID [<%x> <%x>]", len(f.places)+1, root, info, id, id)})
	f.raw(fmt.Sprintf("startxref\n%d\n%%%%EOF\n", at))
	return f.err
}
