package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"
)

// StaticPath is the path that Static answers below.
const StaticPath = "/static/"

//go:embed static
var staticFiles embed.FS

var stylesheetName = regexp.MustCompile(`^portal\.[0-9a-f]{12}\.css$`)

type asset struct {
	contentType string
	plain       []byte
	compressed  []byte // nil where compression gains nothing
	etag        string
	immutable   bool // the name changes with the content
}

// Static answers GET and HEAD below StaticPath with the stylesheet, fonts, mark and licence texts.
// What has its version in its name may be cached for ever; all else is checked again by its ETag. A
// stylesheet of an earlier release, which a kept page may still name, is answered with today's.
func Static() (http.Handler, error) {
	assets := make(map[string]asset)
	err := fs.WalkDir(staticFiles, "static", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := staticFiles.ReadFile(name)
		if err != nil {
			return err
		}
		a, err := newAsset(name, content)
		if err != nil {
			return err
		}
		assets[strings.TrimPrefix(name, "static/")] = a
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("page: static files: %w", err)
	}
	return http.StripPrefix(StaticPath, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.URL.Path
		a, found := assets[name]
		if stylesheetName.MatchString(name) {
			a, found = assets["portal.css"]
			a.immutable = name == stylesheet
		}
		if !found {
			http.NotFound(w, r)
			return
		}
		a.serve(w, r)
	})), nil
}

func newAsset(name string, content []byte) (asset, error) {
	sum := sha256.Sum256(content)
	a := asset{plain: content, etag: hex.EncodeToString(sum[:8])}
	switch path.Ext(name) {
	case ".woff2":
		a.contentType, a.immutable = "font/woff2", true
		return a, nil
	case ".css":
		a.contentType = "text/css; charset=utf-8"
	case ".svg":
		a.contentType = "image/svg+xml"
	case ".txt":
		a.contentType = "text/plain; charset=utf-8"
	default:
		return asset{}, fmt.Errorf("no content type for %s", name)
	}
	var buffer bytes.Buffer
	compressor, err := gzip.NewWriterLevel(&buffer, gzip.BestCompression)
	if err != nil {
		return asset{}, err
	}
	if _, err := compressor.Write(content); err != nil {
		return asset{}, err
	}
	if err := compressor.Close(); err != nil {
		return asset{}, err
	}
	a.compressed = buffer.Bytes()
	return a, nil
}

func (a asset) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	header := w.Header()
	header.Set("Content-Type", a.contentType)
	header.Set("X-Content-Type-Options", "nosniff")
	if a.immutable {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		header.Set("Cache-Control", "no-cache")
	}
	body, etag := a.plain, a.etag
	if a.compressed != nil {
		header.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Get("Accept-Encoding")) {
			header.Set("Content-Encoding", "gzip")
			body, etag = a.compressed, a.etag+"-gzip"
		}
	}
	header.Set("ETag", `"`+etag+`"`)
	// ServeContent answers If-None-Match, HEAD and ranges; no time, since the ETag is exact.
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if coding == "gzip" {
			weight = strings.ReplaceAll(weight, " ", "")
			return weight != "q=0" && !strings.HasPrefix(weight, "q=0.0")
		}
	}
	return false
}
