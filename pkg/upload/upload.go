// Package upload takes in the files that people send: it stores one as it comes, says by its bytes what it is, and refuses what would
// run something when it is opened. What a caller says of a file, its name above all, is made safe here.
package upload

import (
	"context"
	"errors"
	"io"

	"github.com/loa-vn/loa/pkg/blob"
	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// Limit is the most bytes of one file (design: api.md, Limits).
const Limit = 50 << 20

// File is one that was taken in.
type File struct {
	// SHA256 in hex of its bytes, and their number.
	SHA256 string
	Size   int64
	// MediaType by content: "application/pdf".
	MediaType string
	// Name is safe to show and to save under, and ends as the type does.
	Name string
}

// Stored is a file that is in the store and has no name yet: who sends one may say its name after its bytes.
type Stored struct {
	blob.Blob
	kinds []kind // what the bytes may be; the name decides between text and its tables
}

// Receive stores what it reads, up to Limit, unless its bytes say that it is of no type that is taken or that it runs something. called
// is the name to tell it by when it is refused; it may be empty. Errors: TOO_LARGE, FILE_TYPE, FILE_ACTIVE, FILE_EMPTY, SECRECY_MARK; the
// reader's own.
func Receive(ctx context.Context, store *blob.Store, r io.Reader, called string) (Stored, error) {
	var stored Stored
	var err error
	stored.Blob, err = store.PutChecked(ctx, r, Limit, func(whole io.ReaderAt, size int64) error {
		var err error
		if stored.kinds, err = recognise(whole, size, called); err != nil {
			return err
		}
		return secret(whole, size, stored.kinds[0].mediaType)
	})
	return stored, err
}

// Named gives a stored file its name, made safe. One without an extension gets that of its type. Errors: FILE_NAME; FILE_DISGUISED when
// the name says that it is of another type.
func (s Stored) Named(raw string) (File, error) {
	name, mediaType, err := named(raw, s.kinds)
	return File{SHA256: s.SHA256, Size: s.Size, MediaType: mediaType, Name: name}, err
}

// Renamed makes another name of a file of a type safe. Errors: as Named.
func Renamed(raw, mediaType string) (string, error) {
	name, _, err := named(raw, kindOf(mediaType))
	return name, err
}

func named(raw string, kinds []kind) (name, mediaType string, err error) {
	if name, err = Name(raw); err != nil {
		return "", "", err
	}
	extension := Extension(name)
	for _, k := range kinds {
		if k.has(extension) {
			return name, k.mediaType, nil
		}
	}
	first := kinds[0]
	if extension == "" {
		name, err = Name(name + first.extensions[0])
		return name, first.mediaType, err
	}
	return "", "", errs.New(errorsv1.Reason_FILE_DISGUISED, "name", name, "type", first.mediaType)
}

// Piece is one message of a call that brings a file: bytes of it or, in the last, what it is called.
type Piece struct {
	Bytes []byte
	Last  bool
	Name  string
}

// Take stores the file of a call, whose pieces next gives, and names it as the last of them says. A call that ends without saying what it
// brought is UNREADABLE, what being what it did not say. Errors: as Receive and Named.
func Take(ctx context.Context, store *blob.Store, what string, next func() (Piece, error)) (File, error) {
	p := &pieces{next: next}
	stored, err := Receive(ctx, store, p, "file")
	if err != nil {
		return File{}, err
	}
	if !p.last {
		return File{}, errs.New(errorsv1.Reason_UNREADABLE, "what", what)
	}
	return stored.Named(p.name)
}

// pieces reads a file that comes in pieces.
type pieces struct {
	next func() (Piece, error)
	left []byte
	last bool
	name string
}

func (p *pieces) Read(to []byte) (int, error) {
	for len(p.left) == 0 {
		if p.last {
			return 0, io.EOF
		}
		piece, err := p.next()
		if errors.Is(err, io.EOF) {
			return 0, io.EOF
		}
		if err != nil {
			return 0, err
		}
		p.left, p.last, p.name = piece.Bytes, piece.Last, piece.Name
	}
	n := copy(to, p.left)
	p.left = p.left[n:]
	return n, nil
}
