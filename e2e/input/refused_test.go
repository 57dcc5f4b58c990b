package input

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/loa-vn/loa/e2e/probe"
)

// refusal is what a request is to be answered with.
type refusal struct {
	status int
	reason string
	// vi and en are the details, whole.
	vi, en string
	// places are the errors, all of them, in their order.
	places []place
	// retry is the header Retry-After; empty is none.
	retry string
}

// place is one of the errors.
type place struct {
	field  string
	row    int
	column string
	reason string
	vi, en string
}

// invalid is 422 INVALID with its places.
func invalid(places ...place) refusal {
	n := json.Number(itoa(len(places))).String()
	return refusal{
		status: http.StatusUnprocessableEntity, reason: "INVALID", places: places,
		vi: "Có " + n + " chỗ chưa đúng; xem danh sách lỗi.", en: n + " places are wrong; see the list of errors.",
	}
}

// refused sends a request in Vietnamese and in English, and asserts the whole answer and that nothing changed.
func (s *stand) refused(t *testing.T, c probe.Call, want refusal) {
	t.Helper()
	before, written := s.snapshot(t), s.Written(t)
	s.answers(t, c, want)
	if after := s.Written(t); !maps.Equal(written, after) {
		t.Errorf("events that people wrote: before %v, after %v", written, after)
	}
	after := s.snapshot(t)
	for path, was := range before {
		if !reflect.DeepEqual(was, after[path]) {
			t.Errorf("%s was\n%v\nand is\n%v", path, was, after[path])
		}
	}
}

// answers sends a request in Vietnamese and in English and asserts the whole answer.
func (s *stand) answers(t *testing.T, c probe.Call, want refusal) {
	t.Helper()
	titles := map[string]bool{}
	for _, language := range []string{"vi", "en"} {
		trace := randomHex(t, 16)
		call := c
		call.Header = map[string]string{"Accept-Language": language, "Traceparent": "00-" + trace + "-" + randomHex(t, 8) + "-01"}
		maps.Copy(call.Header, c.Header)
		answer := s.Send(t, call)
		p := answer.Problem()
		if answer.Status != want.status || p.Status != want.status || p.Reason != want.reason {
			t.Fatalf("%s %s: %d %s, expected %d %s: %s", c.Method, c.Path, answer.Status, p.Reason, want.status, want.reason, answer.Body)
		}
		detail, places := want.in(language)
		if p.Detail != detail {
			t.Errorf("detail in %s is\n%q, expected\n%q", language, p.Detail, detail)
		}
		if len(p.Errors)+len(places) > 0 && !reflect.DeepEqual(p.Errors, places) {
			t.Errorf("errors in %s are\n%+v, expected\n%+v", language, p.Errors, places)
		}
		if p.Type != s.System.API+"/docs/reasons#"+want.reason || p.Title == "" || p.TraceID != trace {
			t.Errorf("type %q, title %q, trace %q (sent %s)", p.Type, p.Title, p.TraceID, trace)
		}
		if got := answer.Header.Get("Retry-After"); got != want.retry {
			t.Errorf("Retry-After is %q, expected %q", got, want.retry)
		}
		if got := answer.Header.Get("Content-Language"); got != language {
			t.Errorf("Content-Language is %q, expected %q", got, language)
		}
		titles[p.Title] = true
	}
	if len(titles) != 2 {
		t.Errorf("the title is not in both languages: %v", titles)
	}
}

func (r refusal) in(language string) (detail string, places []probe.Place) {
	detail = r.vi
	if language == "en" {
		detail = r.en
	}
	for _, p := range r.places {
		word := p.vi
		if language == "en" {
			word = p.en
		}
		places = append(places, probe.Place{Field: p.field, Row: p.row, Column: p.column, Reason: p.reason, Detail: word})
	}
	return detail, places
}

// snapshot is all that the API shows of what people do.
func (s *stand) snapshot(t *testing.T) map[string]any {
	t.Helper()
	found := map[string]any{}
	for _, path := range []string{
		"/v1/agencies?pageSize=200", "/v1/people?pageSize=200", "/v1/plans", "/v1/contents?pageSize=200", "/v1/dossiers?pageSize=200",
		"/v1/publications?pageSize=200", "/v1/reports?pageSize=200&plan=" + s.future, "/v1/routes/content", "/v1/routes/report",
	} {
		answer := s.Send(t, probe.Call{As: "thanh.tra", Method: http.MethodGet, Path: path})
		if answer.Status != http.StatusOK {
			t.Fatalf("%s: %d %s", path, answer.Status, answer.Body)
		}
		found[path] = answer.JSON(t)
	}
	return found
}

// described asserts that every reason of a refusal stands on the page that its type names.
func (s *stand) described(t *testing.T) {
	t.Helper()
	body := s.Send(t, probe.Call{Method: http.MethodGet, Path: "/docs/reasons", Alone: true}).Body
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(`id="?([A-Z_]+)"?`).FindAllStringSubmatch(string(body), -1) {
		ids[m[1]] = true
	}
	for _, reason := range []string{"INVALID", "UNREADABLE", "SECRECY_MARK", "HASH_MOVED", "UNAVAILABLE", "RATE_LIMITED"} {
		if !ids[reason] {
			t.Errorf("/docs/reasons does not describe %s: %.500s", reason, strings.TrimSpace(string(body)))
		}
	}
}

func randomHex(t *testing.T, n int) string {
	t.Helper()
	raw := make([]byte, n)
	if _, err := rand.Read(raw); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(raw)
}
