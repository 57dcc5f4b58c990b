package page_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/loa-vn/loa/services/portal/internal/page"
)

func static(t *testing.T, method, path string, header ...string) *http.Response {
	t.Helper()
	handler, err := page.Static()
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder.Result()
}

func TestStaticFilesThatPagesName(t *testing.T) {
	for name, content := range rendered(t) {
		for _, link := range all(parse(t, content), func(n *html.Node) bool { return strings.HasPrefix(attribute(n, "href"), page.StaticPath) }) {
			if answer := static(t, http.MethodGet, attribute(link, "href")); answer.StatusCode != http.StatusOK {
				t.Errorf("%s names %s: %s", name, attribute(link, "href"), answer.Status)
			}
		}
	}
}

func TestStylesheetNamesFontsThatExist(t *testing.T) {
	answer := static(t, http.MethodGet, "/static/portal.css")
	css, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	fonts := regexp.MustCompile(`[\w.-]+\.woff2`).FindAllString(string(css), -1)
	if len(fonts) != 4 {
		t.Fatalf("%d font files, want 4: %v", len(fonts), fonts)
	}
	for _, font := range fonts {
		answer := static(t, http.MethodGet, page.StaticPath+font)
		if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "font/woff2" || !strings.Contains(answer.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %s %v", font, answer.Status, answer.Header)
		}
	}
}

func TestStaticCaching(t *testing.T) {
	root := parse(t, rendered(t)["home-vi.html"])
	link := only(t, root, "stylesheet", func(n *html.Node) bool { return attribute(n, "rel") == "stylesheet" })
	current := attribute(link, "href")
	answer := static(t, http.MethodGet, current)
	if got := answer.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
		t.Errorf("the named stylesheet is kept by %q", got)
	}
	etag := answer.Header.Get("ETag")
	if again := static(t, http.MethodGet, current, "If-None-Match", etag); again.StatusCode != http.StatusNotModified {
		t.Errorf("asked again with its ETag: %s", again.Status)
	}
	old := static(t, http.MethodGet, "/static/portal.000000000000.css")
	if old.StatusCode != http.StatusOK || old.Header.Get("Cache-Control") != "no-cache" || old.Header.Get("ETag") != etag {
		t.Errorf("an earlier release's name: %s, %v", old.Status, old.Header)
	}
	packed := static(t, http.MethodGet, current, "Accept-Encoding", "br, gzip")
	reader, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if string(unpacked) != string(plain) || packed.Header.Get("ETag") == etag || packed.Header.Get("Vary") != "Accept-Encoding" {
		t.Error("the compressed form is not the same under an ETag of its own")
	}
	if refused := static(t, http.MethodGet, current, "Accept-Encoding", "gzip;q=0"); refused.Header.Get("Content-Encoding") != "" {
		t.Error("compressed for one who refuses it")
	}
}

func TestStaticRefusals(t *testing.T) {
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{http.MethodGet, "/static/", http.StatusNotFound},
		{http.MethodGet, "/static/nothing.css", http.StatusNotFound},
		{http.MethodGet, "/static/../page.go", http.StatusNotFound},
		{http.MethodPost, "/static/mark.svg", http.StatusMethodNotAllowed},
		{http.MethodHead, "/static/mark.svg", http.StatusOK},
		{http.MethodGet, "/static/licences/be-vietnam-pro-OFL.txt", http.StatusOK},
	} {
		if answer := static(t, c.method, c.path); answer.StatusCode != c.status {
			t.Errorf("%s %s: %s, want %d", c.method, c.path, answer.Status, c.status)
		}
	}
}
