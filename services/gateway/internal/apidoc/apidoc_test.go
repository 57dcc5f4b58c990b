package apidoc

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/services/gateway/internal/apidoc/convert"
)

func get(t *testing.T, h http.Handler, path string, head ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for i := 0; i+1 < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func handler(t *testing.T) http.Handler {
	t.Helper()
	h, err := Handler()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// What is committed is what the protos give today.
func TestDocumentIsUpToDate(t *testing.T) {
	swagger, err := os.ReadFile("../../../../proto/gen/openapi/loa.swagger.json")
	if err != nil {
		t.Fatal(err)
	}
	want, err := convert.OpenAPI(swagger)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("openapi.json is old: run go generate ./services/gateway/...")
	}
}

// The document names identity, the files of imports, and an error for every status the gateway answers with.
func TestDocumentSaysWhatTheGatewayDoes(t *testing.T) {
	w := get(t, handler(t), "/openapi.json")
	if got := w.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type %q", got)
	}
	var doc struct {
		OpenAPI    string                `json:"openapi"`
		Security   []map[string][]string `json:"security"`
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct {
					Enum []string `json:"enum"`
				} `json:"properties"`
			} `json:"schemas"`
		} `json:"components"`
		Paths map[string]map[string]struct {
			RequestBody struct {
				Content map[string]any `json:"content"`
			} `json:"requestBody"`
			Responses map[string]any `json:"responses"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.") || len(doc.Security) != 1 {
		t.Errorf("openapi %q, security %v", doc.OpenAPI, doc.Security)
	}
	for path, media := range map[string]string{"/v1/agencies:import": "text/csv", "/v1/people:import": "text/csv", "/v1/plans:import": "application/yaml"} {
		if _, ok := doc.Paths[path]["post"].RequestBody.Content[media]; !ok {
			t.Errorf("%s takes %v", path, doc.Paths[path]["post"].RequestBody.Content)
		}
	}
	edit := doc.Paths["/v1/contents/{content}"]["patch"]
	for _, status := range []string{"200", "400", "401", "403", "404", "409", "412", "413", "415", "422", "428", "429", "500", "503"} {
		if edit.Responses[status] == nil {
			t.Errorf("an edit is not said to answer %s", status)
		}
	}
	if reasons := doc.Components.Schemas["Problem"].Properties["reason"].Enum; len(reasons) < 50 {
		t.Errorf("only %d reasons", len(reasons))
	}
}

// Every operation and every group of them has its name in both languages.
func TestOperationsAreNamed(t *testing.T) {
	raw, err := files.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	d, err := read(raw)
	if err != nil {
		t.Fatal(err)
	}
	groups := map[string]bool{}
	for _, known := range tags() {
		groups[known.name] = true
	}
	for path, methods := range d.Paths {
		for method, op := range methods {
			if title, ok := operationTitle(op.OperationID, errs.English); !ok || title == "" {
				t.Errorf("%s %s: %s has no title in words.go", method, path, op.OperationID)
			}
			if !groups[op.Tags[0]] {
				t.Errorf("%s %s: the group %s has no title in words.go", method, path, op.Tags[0])
			}
		}
	}
}

// A page is well formed, in its language, without script, inline style or anything from elsewhere; every link within it leads somewhere.
func TestPagesStandAlone(t *testing.T) {
	h := handler(t)
	for _, path := range []string{"/docs?lang=vi", "/docs?lang=en", "/docs/reasons?lang=vi", "/docs/reasons?lang=en"} {
		w := get(t, h, path)
		if w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
			t.Fatalf("%s: %d, policy %q", path, w.Code, w.Header().Get("Content-Security-Policy"))
		}
		root, err := html.Parse(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		ids, links := map[string]int{}, []string{}
		lang := ""
		for n := range root.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			if n.Data == "script" || n.Data == "style" || n.Data == "img" || n.Data == "iframe" {
				t.Errorf("%s holds a <%s>", path, n.Data)
			}
			for _, a := range n.Attr {
				switch {
				case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
					t.Errorf("%s: <%s %s>", path, n.Data, a.Key)
				case a.Key == "id":
					ids[a.Val]++
				case n.Data == "html" && a.Key == "lang":
					lang = a.Val
				case a.Key == "href":
					links = append(links, a.Val)
				}
			}
		}
		if !strings.HasSuffix(path, lang) || lang == "" {
			t.Errorf("%s is in %q", path, lang)
		}
		for id, n := range ids {
			if n > 1 {
				t.Errorf("%s: the id %s stands %d times", path, id, n)
			}
		}
		for _, link := range links {
			if id, ok := strings.CutPrefix(link, "#"); ok && ids[id] == 0 {
				t.Errorf("%s links to %s, which is not there", path, link)
			}
			if !strings.HasPrefix(link, "#") && (!strings.HasPrefix(link, "/") || strings.HasPrefix(link, "//")) {
				t.Errorf("%s links elsewhere: %s", path, link)
			}
			if strings.HasPrefix(link, "/") {
				page, id, _ := strings.Cut(link, "#")
				to := get(t, h, page)
				if to.Code != http.StatusOK || id != "" && !strings.Contains(to.Body.String(), `id="`+id+`"`) {
					t.Errorf("%s links to %s: %d", path, link, to.Code)
				}
			}
		}
	}
}

func TestLanguageOfPages(t *testing.T) {
	h := handler(t)
	for _, c := range []struct{ path, accept, want string }{
		{"/docs", "", "vi"},
		{"/docs", "en-GB,en;q=0.8", "en"},
		{"/docs", "fr", "vi"},
		{"/docs", "vi, en;q=0.5", "vi"},
		{"/docs/", "en", "en"},
		{"/docs?lang=vi", "en", "vi"},
		{"/docs?lang=xx", "en", "en"},
	} {
		w := get(t, h, c.path, "Accept-Language", c.accept)
		if !strings.Contains(w.Body.String(), `<html lang="`+c.want+`">`) {
			t.Errorf("%s for %q is not in %s", c.path, c.accept, c.want)
		}
	}
}

func TestUnchangedPageIsNotSentAgain(t *testing.T) {
	h := handler(t)
	first := get(t, h, "/docs", "Accept-Encoding", "gzip")
	if first.Header().Get("Content-Encoding") != "gzip" {
		t.Fatal("not compressed")
	}
	again := get(t, h, "/docs", "Accept-Encoding", "gzip", "If-None-Match", first.Header().Get("ETag"))
	if again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("%d with %d bytes", again.Code, again.Body.Len())
	}
	if w := get(t, h, "/docs/nowhere"); w.Code != http.StatusNotFound {
		t.Errorf("/docs/nowhere: %d", w.Code)
	}
}

// Text and link colours of both schemes reach 4.5 against every ground they stand on (WCAG 2.2, 1.4.3).
func TestContrast(t *testing.T) {
	style, err := files.ReadFile("style.css")
	if err != nil {
		t.Fatal(err)
	}
	colour := regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{3,6});`)
	blocks := strings.SplitN(string(style), "prefers-color-scheme: dark", 2)
	light := map[string]string{}
	for _, m := range colour.FindAllStringSubmatch(blocks[0], -1) {
		light[m[1]] = m[2]
	}
	dark := map[string]string{}
	maps.Copy(dark, light)
	line, _, _ := strings.Cut(blocks[1], "}")
	for _, m := range colour.FindAllStringSubmatch(line, -1) {
		dark[m[1]] = m[2]
	}
	for name, scheme := range map[string]map[string]string{"light": light, "dark": dark} {
		for _, pair := range [][2]string{
			{"ink", "paper"},
			{"ink", "wash"},
			{"subtle", "paper"},
			{"subtle", "wash"},
			{"link", "paper"},
			{"link", "wash"},
			{"band-ink", "band"},
			{"band-soft", "band"},
		} {
			if ratio := contrast(luminance(t, scheme[pair[0]]), luminance(t, scheme[pair[1]])); ratio < 4.5 {
				t.Errorf("%s: %s on %s is %.2f", name, pair[0], pair[1], ratio)
			}
		}
	}
}
