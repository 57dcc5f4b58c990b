// Package apidoc serves the API's description, /openapi.json, and the reference made from it, /docs, in Vietnamese and English.
// Pages need no script and no other host; they are rendered once, when the handler is made.
package apidoc

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"golang.org/x/text/language"

	"github.com/loa-vn/loa/pkg/errs"
)

//go:generate go run ./generate

//go:embed openapi.json style.css *.html
var files embed.FS

// policy lets a page load its own style sheet and nothing else.
const policy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Handler serves /openapi.json, /docs, /docs/reasons and /docs/style.css. The language is that of ?lang=vi|en, else the reader's.
func Handler() (http.Handler, error) {
	raw, err := files.ReadFile("openapi.json")
	if err != nil {
		return nil, err
	}
	style, err := files.ReadFile("style.css")
	if err != nil {
		return nil, err
	}
	doc, err := read(raw)
	if err != nil {
		return nil, err
	}
	pages, err := template.ParseFS(files, "*.html")
	if err != nil {
		return nil, err
	}
	s := server{}
	if err := s.add("/openapi.json", "application/json", raw); err != nil {
		return nil, err
	}
	if err := s.add("/docs/style.css", "text/css; charset=utf-8", style); err != nil {
		return nil, err
	}
	for _, spoken := range []errs.Language{errs.Vietnamese, errs.English} {
		for path, name := range map[string]string{"/docs": "reference.html", "/docs/reasons": "reasons.html"} {
			view, err := newView(doc, spoken, path)
			if err != nil {
				return nil, err
			}
			var page bytes.Buffer
			if err := pages.ExecuteTemplate(&page, name, view); err != nil {
				return nil, fmt.Errorf("rendering %s: %w", path, err)
			}
			if err := s.add(path+" "+string(spoken), "text/html; charset=utf-8", page.Bytes()); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

// server holds what it serves, by path, and for pages by path and language.
type server map[string]resource

type resource struct {
	kind, etag  string
	plain, gzip []byte
}

func (s server) add(path, kind string, body []byte) error {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(body); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	s[path] = resource{kind: kind, etag: hex.EncodeToString(sum[:8]), plain: body, gzip: packed.Bytes()}
	return nil
}

func (s server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		head.Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	path := strings.TrimSuffix(r.URL.Path, "/")
	found, ok := s[path]
	if !ok {
		found, ok = s[path+" "+string(spoken(r))]
	}
	if !ok {
		http.NotFound(w, r)
		return
	}
	packed := strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")
	etag := `"` + found.etag + `"`
	if packed {
		etag = `"` + found.etag + `-gzip"`
	}
	head.Set("Content-Type", found.kind)
	head.Set("Content-Security-Policy", policy)
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("Cache-Control", "no-cache")
	head.Set("Vary", "Accept-Encoding, Accept-Language")
	head.Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := found.plain
	if packed {
		head.Set("Content-Encoding", "gzip")
		body = found.gzip
	}
	head.Set("Content-Length", fmt.Sprint(len(body)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(body)
	}
}

func spoken(r *http.Request) errs.Language {
	switch r.URL.Query().Get("lang") {
	case "vi":
		return errs.Vietnamese
	case "en":
		return errs.English
	}
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil || len(tags) == 0 {
		return errs.Vietnamese
	}
	if _, i, confidence := language.NewMatcher([]language.Tag{language.Vietnamese, language.English}).Match(tags...); i == 1 && confidence >= language.Low {
		return errs.English
	}
	return errs.Vietnamese
}
