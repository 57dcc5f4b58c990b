package pages

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/loa-vn/loa/e2e/system"
)

// unlinked are the pages that no page leads to, in both languages: what was withdrawn or has expired, what a hash is of, a draft behind its
// link, searches, and what is not there.
func unlinked(t *testing.T, s *system.System) []string {
	t.Helper()
	client := s.Client(t)
	var paths []string
	both := func(path string) { paths = append(paths, path, "/en"+path) }

	var listed struct {
		Publications []struct {
			Path, State, Hash string
			Number            int
		}
	}
	ask(t, client, system.Request{As: "bt.cong", Method: http.MethodGet, Path: "/v1/publications?pageSize=200"}, &listed)
	seen := map[string]bool{}
	for _, p := range listed.Publications {
		kind := p.State
		if p.Number > 0 {
			kind = "corrected"
		}
		if seen[kind] || kind == "scheduled" {
			continue
		}
		seen[kind] = true
		both("/xac-thuc/" + p.Hash)
		switch kind {
		case "withdrawn", "expired":
			both(p.Path)
		case "corrected":
			both(p.Path + "/ban/0")
			both(p.Path + "/in")
		}
	}
	for _, kind := range []string{"published", "corrected", "withdrawn", "expired"} {
		if !seen[kind] {
			t.Fatalf("the example has no publication that is %s: %+v", kind, listed)
		}
	}

	var contents struct{ Contents []struct{ ID, State string } }
	ask(t, client, system.Request{As: "cv.stttt", Method: http.MethodGet, Path: "/v1/contents?pageSize=200"}, &contents)
	for _, c := range contents.Contents {
		if c.State == "draft" {
			var preview struct{ Path string }
			ask(t, client, system.Request{As: "cv.stttt", Method: http.MethodPost, Path: "/v1/contents/" + c.ID + ":preview", Body: map[string]int{"expiresIn": 600}, Key: "pages/preview"}, &preview)
			both(preview.Path)
			break
		}
	}

	both("/xac-thuc/abc")
	both("/xac-thuc/" + strings.Repeat("0", 64))
	both("/xem-truoc/khong-co")
	both("/khong-co-trang-nay")
	for _, q := range []url.Values{
		{"q": {"mot cua"}},
		{"q": {"khong co gi nhu the"}},
		{"q": {"ho so"}, "chu-de": {"thu-tuc-mot-cua"}, "doi-tuong": {"nguoi-dan"}, "co-quan": {"H24.02"}, "tu": {"2022-01-01"}, "den": {"2099-12-31"}, "moi": {"1"}},
		{"q": {"ho so"}, "tu": {"hom qua"}},
	} {
		both("/tim-kiem?" + q.Encode())
	}
	return paths
}

func ask(t *testing.T, client *system.Client, r system.Request, into any) {
	t.Helper()
	answer := client.Do(r)
	if answer.Status != http.StatusOK {
		t.Fatalf("%s %s: %d %s", r.Method, r.Path, answer.Status, answer.Body)
	}
	if err := json.Unmarshal(answer.Body, into); err != nil {
		t.Fatal(err)
	}
}
