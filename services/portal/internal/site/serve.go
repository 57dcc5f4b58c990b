package site

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/loa-vn/loa/services/portal/internal/page"
)

// started is the time of a feed that has no entry yet: the day of the first plan.
var started = time.Date(2022, 2, 23, 0, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant in all but the language

// response is a page as it is sent.
type response struct {
	plain, compressed []byte
	etag, contentType string
}

func newResponse(body []byte, contentType string) *response {
	sum := sha256.Sum256(body)
	r := &response{plain: body, etag: hex.EncodeToString(sum[:12]), contentType: contentType}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(body); err == nil && z.Close() == nil && b.Len() < len(body) {
		r.compressed = b.Bytes()
	}
	return r
}

// ServeHTTP answers from memory.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	headers(w.Header())
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	now := s.pages.Load()
	lang := page.Vi
	if r.URL.Path == "/en" || strings.HasPrefix(r.URL.Path, "/en/") {
		lang = page.En
	}
	frame := page.Frame{Site: s.frame, Lang: lang}
	if now == nil {
		w.Header().Set("Retry-After", "5")
		notice(w, http.StatusServiceUnavailable, func(out io.Writer) error { return page.Unavailable(out, frame) })
		return
	}
	if answer := now.byPath[r.URL.EscapedPath()]; answer != nil {
		answer.serve(w, r)
		return
	}
	if props, ok := now.prints[r.URL.EscapedPath()]; ok {
		body, err := written(func(out io.Writer) error { return page.ArticlePrint(out, props, time.Now()) })
		if err != nil {
			s.Logger.ErrorContext(r.Context(), "print view failed", "error", err)
			notice(w, http.StatusServiceUnavailable, func(out io.Writer) error { return page.Unavailable(out, frame) })
			return
		}
		w.Header().Set("Content-Type", page.ContentType)
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(body)
		return
	}
	notice(w, http.StatusNotFound, func(out io.Writer) error { return page.NotFound(out, frame) })
}

func (a *response) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	// A browser asks again each time, and is told in a few bytes that nothing changed.
	h.Set("Cache-Control", "public, no-cache")
	h.Set("Vary", "Accept-Encoding")
	body, etag := a.plain, `"`+a.etag+`"`
	if a.compressed != nil && acceptsGzip(r.Header.Get("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		body, etag = a.compressed, `"`+a.etag+`-gzip"`
	}
	h.Set("ETag", etag)
	for known := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
		if known = strings.TrimPrefix(strings.TrimSpace(known), "W/"); known == etag || known == "*" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body)
}

func acceptsGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		coding, quality, _ := strings.Cut(part, ";")
		if strings.TrimSpace(coding) == "gzip" {
			return strings.ReplaceAll(quality, " ", "") != "q=0"
		}
	}
	return false
}

func notice(w http.ResponseWriter, status int, write func(w io.Writer) error) {
	body, err := written(write)
	w.Header().Set("Content-Type", page.ContentType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err == nil {
		_, _ = w.Write(body)
	}
}

func headers(h http.Header) {
	h.Set("Content-Security-Policy", page.ContentSecurityPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
}
