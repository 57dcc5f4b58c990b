package site

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/loa-vn/loa/services/portal/internal/facts"
	"github.com/loa-vn/loa/services/portal/internal/memory"
	"github.com/loa-vn/loa/services/portal/internal/page"
)

// liveHandler answers a request that no kept page answers; an error is told by a notice.
type liveHandler func(ctx context.Context, w http.ResponseWriter, r *http.Request) error

var (
	// errAbsent says that there is no such page.
	errAbsent = errors.New("no such page")
	// errWritten says that a page could not be written, though all it is made of was read.
	errWritten = errors.New("page not written")
)

// ServeHTTP answers from memory; what is not there is made and kept.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := s.beginAnswer(w, r)
	defer a.onTheWay()
	s.serve(a, r)
}

func (s *Site) serve(w *answer, r *http.Request) {
	maps.Copy(w.Header(), s.headers)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	path := r.URL.EscapedPath()
	if r.URL.RawQuery == "" {
		if answer, found := s.memory.Get(path); found {
			answer.ServeHTTP(w, r)
			return
		}
	}
	if s.names.Load() == nil {
		s.unavailable(w, r)
		return
	}
	found, ok := s.route(path, r.URL.Query())
	if !ok {
		s.notFound(w, r)
		return
	}
	err := s.answer(found, w, r)
	switch {
	case errors.Is(err, errAbsent):
		s.notFound(w, r)
	case errors.Is(err, errWritten):
		s.Logger.ErrorContext(r.Context(), "a page could not be written", "path", loggable(path), "error", err)
		s.unavailable(w, r)
	case err != nil && r.Context().Err() == nil:
		s.Logger.WarnContext(r.Context(), "a page waits for the portal's database", "path", loggable(path), "error", err)
		s.unavailable(w, r)
	}
}

func (s *Site) answer(found made, w http.ResponseWriter, r *http.Request) error {
	if found.live != nil {
		return found.live(r.Context(), w, r)
	}
	response, err := s.memory.Fill(r.Context(), found.key, found.make)
	if err != nil {
		return err
	}
	if response == nil {
		return errAbsent
	}
	response.ServeHTTP(w, r)
	return nil
}

func (s *Site) frameOf(r *http.Request) page.Frame {
	lang, _, ok := s.split(r.URL.EscapedPath())
	if !ok {
		lang = page.Vi
	}
	return page.Frame{Site: s.frame, Lang: lang}
}

func (s *Site) notFound(w http.ResponseWriter, r *http.Request) {
	frame := s.frameOf(r)
	notice(w, r, http.StatusNotFound, func(out io.Writer) error { return page.NotFound(out, frame) })
}

func (s *Site) unavailable(w http.ResponseWriter, r *http.Request) {
	frame := s.frameOf(r)
	w.Header().Set("Retry-After", "5")
	notice(w, r, http.StatusServiceUnavailable, func(out io.Writer) error { return page.Unavailable(out, frame) })
}

// notice writes a page that nobody keeps.
func notice(w http.ResponseWriter, r *http.Request, status int, write func(w io.Writer) error) {
	body, err := written(write)
	w.Header().Set("Content-Type", page.ContentType)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if err == nil && r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// headersOf are on every answer of a site. Pages need nothing of a browser but to show text, styles and pictures of this site.
func headersOf(baseURL string) http.Header {
	h := http.Header{}
	h.Set("Content-Security-Policy", page.ContentSecurityPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	if strings.HasPrefix(baseURL, "https://") {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	return h
}

// print answers the print view of an article, which says when it was printed.
func (s *Site) print(lang page.Lang, slug string) liveHandler {
	return func(ctx context.Context, w http.ResponseWriter, r *http.Request) error {
		p, err := s.facts.PublicationBySlug(ctx, slug)
		if err != nil {
			return err
		}
		if p == nil {
			moved, err := s.moved(ctx, slug, func(now string) string { return page.PrintPath(lang, now) })
			if err != nil {
				return err
			}
			if moved.Response == nil {
				return errAbsent
			}
			moved.ServeHTTP(w, r)
			return nil
		}
		if p.State != facts.Published {
			gone, err := s.gone(ctx, lang, p)
			if err != nil {
				return err
			}
			gone.ServeHTTP(w, r)
			return nil
		}
		props, shown := s.articleProps(lang, p, nil)
		if !shown {
			return errAbsent
		}
		if err := s.corrections(ctx, lang, p, &props); err != nil {
			return err
		}
		notice(w, r, http.StatusOK, func(out io.Writer) error { return page.ArticlePrint(out, props, time.Now()) })
		return nil
	}
}

func written(write func(w io.Writer) error) ([]byte, error) {
	var b bytes.Buffer
	err := write(&b)
	return b.Bytes(), err
}

// rendered is a page with what it was made from.
func rendered(contentType string, tags []string, write func(w io.Writer) error) (memory.Page, error) {
	body, err := written(write)
	if err != nil {
		return memory.Page{}, fmt.Errorf("%w: %w", errWritten, err)
	}
	response, err := memory.NewResponse(body, contentType)
	return memory.Page{Response: response, Tags: tags}, err
}
