package memory

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
)

// Response is a page as it is sent. It is kept compressed; who does not take gzip, hardly anyone, has it unpacked.
type Response struct {
	// Status is 200 when it is zero.
	Status      int
	ContentType string
	// Header is sent beside what every page has; nil for none.
	Header http.Header
	// Program is what programs get instead that would rather have JSON; nil for none.
	Program *Response
	// Until is the moment from which it is not sent any more, but Then is; nothing, so that it is made anew, when that is nil. Zero is never.
	Until time.Time
	Then  *Response

	etag, gzipTag string
	compressed    []byte
	plain         []byte // only where compression gains nothing
	length        int
}

// NewResponse compresses a page.
func NewResponse(body []byte, contentType string) (*Response, error) {
	sum := sha256.Sum256(body)
	etag := hex.EncodeToString(sum[:12])
	r := &Response{ContentType: contentType, etag: `"` + etag + `"`, gzipTag: `"` + etag + `-gzip"`, length: len(body)}
	var b bytes.Buffer
	b.Grow(len(body) / 3)
	z, err := gzip.NewWriterLevel(&b, 6)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(body); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	if b.Len() < len(body) {
		r.compressed = bytes.Clone(b.Bytes())
	} else {
		r.plain = body
	}
	return r, nil
}

// now is what is sent at this moment; nil when it has to be made anew.
func (r *Response) now() *Response {
	for r != nil && !r.Until.IsZero() && !time.Now().Before(r.Until) {
		r = r.Then
	}
	return r
}

func (r *Response) size() int64 {
	const table = 512 // entries of the maps and the strings, about
	size := int64(len(r.compressed)+len(r.plain)) + table
	if r.Program != nil {
		size += r.Program.size()
	}
	if r.Then != nil {
		size += r.Then.size()
	}
	return size
}

// ServeHTTP answers GET and HEAD.
func (r *Response) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	h := w.Header()
	h.Set("Vary", "Accept-Encoding")
	if r.Program != nil {
		h.Set("Vary", "Accept, Accept-Encoding")
		if prefersJSON(request.Header.Get("Accept")) {
			r = r.Program
		}
	}
	maps.Copy(h, r.Header)
	h.Set("Content-Type", r.ContentType)
	if h.Get("Cache-Control") == "" {
		// A browser asks again each time, and is told in a few bytes that nothing changed.
		h.Set("Cache-Control", "public, no-cache")
	}
	zipped := r.compressed != nil && acceptsGzip(request.Header.Get("Accept-Encoding"))
	etag, length := r.etag, r.length
	if zipped {
		h.Set("Content-Encoding", "gzip")
		etag, length = r.gzipTag, len(r.compressed)
	}
	status := r.Status
	if status == 0 {
		status = http.StatusOK
	}
	if status == http.StatusOK {
		h.Set("ETag", etag)
		for known := range strings.SplitSeq(request.Header.Get("If-None-Match"), ",") {
			if known = strings.TrimPrefix(strings.TrimSpace(known), "W/"); known == etag || known == "*" {
				h.Del("Content-Encoding")
				w.WriteHeader(http.StatusNotModified)
				return
			}
		}
	}
	h.Set("Content-Length", strconv.Itoa(length))
	w.WriteHeader(status)
	if request.Method == http.MethodHead {
		return
	}
	switch {
	case zipped:
		_, _ = w.Write(r.compressed)
	case r.compressed == nil:
		_, _ = w.Write(r.plain)
	default:
		unpacked, err := gzip.NewReader(bytes.NewReader(r.compressed))
		if err == nil {
			_, _ = io.Copy(w, unpacked) //nolint:gosec // our own bytes, whose length is known
		}
	}
}

// prefersJSON says that JSON is named and HTML is not, or later.
func prefersJSON(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		kind, _, _ := strings.Cut(part, ";")
		switch strings.ToLower(strings.TrimSpace(kind)) {
		case "text/html", "application/xhtml+xml":
			return false
		case "application/json", "application/problem+json":
			return true
		}
	}
	return false
}

func acceptsGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		coding, quality, _ := strings.Cut(part, ";")
		if strings.TrimSpace(coding) == "gzip" {
			quality = strings.ReplaceAll(quality, " ", "")
			return quality != "q=0" && !strings.HasPrefix(quality, "q=0.0")
		}
	}
	return false
}
