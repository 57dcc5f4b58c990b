// Package blob keeps files by what they hold: a file's name is the SHA-256 of its bytes, so that an event that names it says which bytes
// they are. A file is on disk, whole, before it has its name, and its bytes are held against the name whenever they are read.
package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/fileblob" // file:///…
	"gocloud.dev/gcerrors"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// Blob is one stored file.
type Blob struct {
	// SHA256 of its bytes, in hex: its name.
	SHA256 string
	// Size in bytes.
	Size int64
}

// Store is a place for files, which all processes share. Files are only added. It is safe for concurrent use.
type Store struct {
	bucket *blob.Bucket
	folder string // of a place that is one on this machine, else ""
}

// partName begins the name of a file that is still being written; it is never the name of a stored one.
const partName = ".part-"

// abandonedAfter is how old an unfinished file is when whoever wrote it is surely gone.
const abandonedAfter = 24 * time.Hour

// Open opens a place: a folder of this machine, by its absolute path or as file:///var/lib/loa/blobs, or the URL of a bucket whose
// driver is linked in (gocloud.dev/blob). A folder is made when it is missing.
func Open(ctx context.Context, address string) (*Store, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("%q is neither a folder nor a URL", address)
	}
	s := &Store{}
	if u.Scheme == "" || u.Scheme == "file" {
		if u.Host != "" || !filepath.IsAbs(u.Path) {
			return nil, fmt.Errorf("%q names no absolute folder: it is like /var/lib/loa/blobs", address)
		}
		s.folder = filepath.Clean(u.Path)
		u.Scheme = "file"
		q := u.Query()
		q.Set("create_dir", "true")
		q.Set("metadata", "skip")
		u.RawQuery = q.Encode()
	}
	if s.bucket, err = blob.OpenBucket(ctx, u.String()); err != nil {
		return nil, err
	}
	return s, s.tidy()
}

// Close ends it.
func (s *Store) Close() error { return s.bucket.Close() }

// tidy removes what killed processes left unfinished.
func (s *Store) tidy() error {
	if s.folder == "" {
		return nil
	}
	parts, err := filepath.Glob(filepath.Join(s.folder, partName+"*"))
	if err != nil {
		return err
	}
	for _, part := range parts {
		info, err := os.Stat(part)
		if err == nil && time.Since(info.ModTime()) > abandonedAfter {
			err = os.Remove(part)
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Put stores what it reads, up to a limit of bytes, and returns when that is safely kept. Nothing is held in memory. Bytes that are
// stored already are not written again. Errors: TOO_LARGE; the reader's own; UNAVAILABLE when the place cannot be written to.
func (s *Store) Put(ctx context.Context, r io.Reader, limit int64) (Blob, error) {
	return s.PutChecked(ctx, r, limit, func(io.ReaderAt, int64) error { return nil })
}

// PutChecked is Put for what must be looked at before it is stored: check is given the whole, with its size, and what it refuses is
// nowhere afterwards.
func (s *Store) PutChecked(ctx context.Context, r io.Reader, limit int64, check func(whole io.ReaderAt, size int64) error) (Blob, error) {
	part, err := os.CreateTemp(s.folder, partName+"*") // in the system's own folder when the place is no folder
	if err != nil {
		return Blob{}, unavailable(err)
	}
	defer func() { _ = os.Remove(part.Name()) }()
	defer func() { _ = part.Close() }()
	sum := sha256.New()
	in := &source{r: r}
	size, err := io.Copy(io.MultiWriter(part, sum), io.LimitReader(in, limit+1))
	switch {
	case in.err != nil:
		return Blob{}, in.err
	case err != nil:
		return Blob{}, unavailable(err)
	case size > limit:
		return Blob{}, errs.New(errorsv1.Reason_TOO_LARGE, "limit", readable(limit))
	case ctx.Err() != nil:
		return Blob{}, ctx.Err()
	}
	if err := check(part, size); err != nil {
		return Blob{}, err
	}
	b := Blob{SHA256: hex.EncodeToString(sum.Sum(nil)), Size: size}
	if attributes, err := s.bucket.Attributes(ctx, key(b.SHA256)); err == nil && attributes.Size == size {
		return b, nil
	}
	if s.folder == "" {
		err = s.upload(ctx, part, b)
	} else {
		err = s.name(part, b)
	}
	if err != nil {
		return Blob{}, unavailable(err)
	}
	return b, nil
}

// name gives a written file its name when it is on disk. The library's own way would leave an empty file under the name when the power
// fails.
func (s *Store) name(part *os.File, b Blob) error {
	if err := errors.Join(part.Chmod(0o644), part.Sync()); err != nil {
		return err
	}
	path := filepath.Join(s.folder, filepath.FromSlash(key(b.SHA256)))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.Rename(part.Name(), path); err != nil {
		return err
	}
	for _, folder := range []string{filepath.Dir(path), s.folder} {
		d, err := os.Open(folder)
		if err != nil {
			return err
		}
		if err := errors.Join(d.Sync(), d.Close()); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) upload(ctx context.Context, part *os.File, b Blob) error {
	if _, err := part.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return s.bucket.Upload(ctx, key(b.SHA256), part, &blob.WriterOptions{ContentType: "application/octet-stream"})
}

// Open reads a stored file, whose size in bytes it says. A read that comes to the end has checked the bytes against the name: when they
// differ, it fails with ErrAltered in place of io.EOF, after up to all of them were given. Errors: NOT_FOUND.
func (s *Store) Open(ctx context.Context, sha256Hex string) (content io.ReadCloser, size int64, err error) {
	if !isName(sha256Hex) {
		return nil, 0, errs.New(errorsv1.Reason_NOT_FOUND, "what", sha256Hex)
	}
	r, err := s.bucket.NewReader(ctx, key(sha256Hex), nil)
	switch {
	case gcerrors.Code(err) == gcerrors.NotFound:
		return nil, 0, errs.New(errorsv1.Reason_NOT_FOUND, "what", sha256Hex).Because(err)
	case err != nil:
		return nil, 0, unavailable(err)
	}
	return &checked{ReadCloser: r, sum: sha256.New(), want: sha256Hex}, r.Size(), nil
}

// ErrAltered says that a stored file's bytes are not those that it is named after.
var ErrAltered = errors.New("the stored bytes are not those that the name says")

// checked reads and holds the whole against the name.
type checked struct {
	io.ReadCloser
	sum  hash.Hash
	want string
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.sum.Write(p[:n])
	if errors.Is(err, io.EOF) && hex.EncodeToString(c.sum.Sum(nil)) != c.want {
		return n, fmt.Errorf("%s: %w", c.want, ErrAltered)
	}
	return n, err
}

// source remembers the reader's own error, so that a caller who went away is not taken for a full disk.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// key is where a file is kept: a folder has at most 256 names of folders, each a share of the files.
func key(sha256Hex string) string { return sha256Hex[:2] + "/" + sha256Hex }

func isName(s string) bool { return regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(s) }

func unavailable(err error) error {
	return errs.New(errorsv1.Reason_UNAVAILABLE, "what", "blobs").Because(err)
}

// readable writes a number of bytes as people do: "50 MiB".
func readable(bytes int64) string {
	for _, unit := range []string{"byte", "KiB", "MiB", "GiB"} {
		if bytes < 1024 || bytes%1024 != 0 {
			return strconv.FormatInt(bytes, 10) + " " + unit
		}
		bytes /= 1024
	}
	return strconv.FormatInt(bytes, 10) + " TiB"
}
