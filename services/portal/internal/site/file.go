package site

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"time"

	"github.com/loa-vn/loa/pkg/blob"
	"github.com/loa-vn/loa/services/portal/internal/page"
)

// file answers with a file while something public names it.
func (s *Site) file(sha256, name string) liveHandler {
	return func(ctx context.Context, w http.ResponseWriter, r *http.Request) error {
		f, err := s.facts.File(ctx, sha256, name)
		switch {
		case err != nil:
			return err
		case f == nil:
			return errAbsent
		case f.Gone:
			w.Header().Set("X-Robots-Tag", "noindex")
			notice(w, r, http.StatusGone, func(out io.Writer) error { return page.FileGone(out, s.frameOf(r)) })
			return nil
		}
		w.Header().Set("Cache-Control", "public, no-cache")
		return s.send(ctx, w, r, sha256, name, f.MediaType)
	}
}

// shownInline are the media types that a browser may show by itself.
func shownInline() []string { return []string{"image/png", "image/jpeg", "image/gif", "image/webp"} }

// send answers with stored bytes, or a range of them. Whatever they are, a browser runs nothing of them.
func (s *Site) send(ctx context.Context, w http.ResponseWriter, r *http.Request, sha256, name, mediaType string) error {
	content := &seeker{ctx: ctx, store: s.Blobs, name: sha256}
	defer content.close()
	if err := content.open(); err != nil {
		return err
	}
	h := w.Header()
	disposition := "attachment"
	if slices.Contains(shownInline(), mediaType) {
		disposition = "inline"
	}
	h.Set("Content-Type", mediaType)
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": name}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("ETag", `"`+sha256+`"`)
	begun := w
	if a, ok := w.(*answer); ok {
		// A receipt waits for the first bytes of an answer and not for the last ones of a large file.
		begun = &firstBytes{answer: a}
	}
	http.ServeContent(begun, r, "", time.Time{}, content)
	return nil
}

// firstBytes lets receipts be given when the first bytes are on the way.
type firstBytes struct{ *answer }

func (f *firstBytes) Write(p []byte) (int, error) {
	n, err := f.answer.Write(p)
	f.onTheWay()
	return n, err
}

// seeker reads a stored file from any place in it.
type seeker struct {
	ctx    context.Context //nolint:containedctx // of the one request that it answers
	store  *blob.Store
	name   string
	reader io.ReadCloser
	size   int64
	at     int64 // where the reader stands
	want   int64 // where the next read begins
}

func (s *seeker) open() (err error) {
	s.close()
	s.at = 0
	s.reader, s.size, err = s.store.Open(s.ctx, s.name)
	return err
}

func (s *seeker) close() {
	if s.reader != nil {
		_ = s.reader.Close()
		s.reader = nil
	}
}

// Seek only remembers: the next read goes there.
func (s *seeker) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += s.want
	case io.SeekEnd:
		offset += s.size
	}
	if offset < 0 {
		return 0, errors.New("before the start")
	}
	s.want = offset
	return offset, nil
}

func (s *seeker) Read(p []byte) (int, error) {
	if s.want < s.at {
		if err := s.open(); err != nil {
			return 0, err
		}
	}
	if s.want > s.at {
		n, err := io.CopyN(io.Discard, s.reader, s.want-s.at)
		s.at += n
		if err != nil {
			return 0, err
		}
	}
	n, err := s.reader.Read(p)
	s.at += int64(n)
	s.want = s.at
	return n, err
}
