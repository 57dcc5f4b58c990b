package chaos

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loa-vn/loa/e2e/system"
	"github.com/loa-vn/loa/pkg/es"
)

// written says what the logs say, a line an event, in an order and with names that do not depend on when and under which ids it was
// written: service by service, stream by stream in the order of what they say, each by version. Ids and hashes
// are replaced by names that count first appearances, places in logs and the moments of the walk by one word; the trace context is left out. Who did it stays.
func written(t *testing.T, n *names, logs map[string][]es.Event) []string {
	t.Helper()
	var lines []string
	for _, service := range system.Services() {
		streams := map[string][]es.Event{}
		var order []string
		for _, e := range logs[service] {
			if streams[e.Aggregate] == nil {
				order = append(order, e.Aggregate)
			}
			streams[e.Aggregate] = append(streams[e.Aggregate], e)
		}
		for _, aggregate := range ordered(t, order, streams) {
			for i, e := range streams[aggregate] {
				if e.Version != int64(i)+1 {
					t.Errorf("%s: event %d of %s has version %d", service, i+1, aggregate, e.Version)
				}
				var body map[string]any
				if err := json.Unmarshal(e.Body, &body); err != nil {
					t.Fatal(err)
				}
				body = content(e.Type, body)
				// The id of the request that began it, in a form of its own.
				if body["correlation"] != nil {
					body["correlation"] = n.name("correlation", fmt.Sprint(body["correlation"]))
				}
				text, err := json.Marshal(n.value(body))
				if err != nil {
					t.Fatal(err)
				}
				lines = append(lines, fmt.Sprintf("%s %s version %d: %s %s", service, n.text(aggregate), e.Version, e.Type, text))
			}
		}
	}
	return lines
}

// ordered sorts streams by what they say, whatever their names are: which of two began first may differ from walk to walk.
func ordered(t *testing.T, aggregates []string, streams map[string][]es.Event) []string {
	t.Helper()
	said := map[string]string{}
	for _, aggregate := range aggregates {
		blind := names{blind: true, given: map[string]string{}, now: time.Now()}
		var text strings.Builder
		for _, e := range streams[aggregate] {
			var body map[string]any
			if err := json.Unmarshal(e.Body, &body); err != nil {
				t.Fatal(err)
			}
			body["correlation"] = ""
			line, err := json.Marshal(blind.value(content(e.Type, body)))
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(&text, e.Type, string(line))
		}
		said[aggregate] = text.String()
	}
	slices.SortStableFunc(aggregates, func(a, b string) int { return strings.Compare(said[a], said[b]) })
	return aggregates
}

// takenUp says that an event is the first or the second of the three by which a document gets its number: after a kill, a repeat of the
// request may go on where the first one was, so that the next of them is another request's.
func takenUp(event string) bool {
	return event == "approvals.dossier_issue_begun.v1" || event == "approvals.number_allocated.v1"
}

// content is an event's body without what only says how it came about.
func content(kind string, body map[string]any) map[string]any {
	delete(body, "traceparent")
	delete(body, "tracestate")
	// What waits for its time is released by its workflow or by the service itself, whichever is first.
	byItself := body["actor"] == "service:worker" || body["actor"] == "service:distribution"
	if byItself {
		body["actor"] = "service:<at its time>"
	}
	if byItself || takenUp(kind) {
		delete(body, "correlation")
	}
	return body
}

var (
	typedID = regexp.MustCompile(`\b[a-z]+_[0-7][0-9a-hjkmnp-tv-z]{25}\b`)
	moment  = regexp.MustCompile(`\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)`)
	forms   = map[string]*regexp.Regexp{
		"uuid": regexp.MustCompile(`\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`),
		"hash": regexp.MustCompile(`\b[0-9a-f]{64}\b`),
	}
	// Places of different logs may be equal in one walk and not in another, since logs grow side by side.
	place = regexp.MustCompile(`^([a-z]+/)?\d+\.\d+$`)
)

// names gives names to what differs from walk to walk.
type names struct {
	given map[string]string
	count map[string]int
	// tails are the ends of ids that stand in paths.
	tails []string
	now   time.Time
	// blind gives all of a kind the same name.
	blind bool
}

// value replaces in every text of a decoded JSON value; keys in the order of the alphabet, so that names are given in a fixed order.
func (n *names) value(v any) any {
	switch v := v.(type) {
	case map[string]any:
		// The bytes of a document name ids and times, and are compressed.
		if v["format"] != nil && v["sha256"] != nil {
			v["size"] = "<bytes>"
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			v[key] = n.value(v[key])
		}
		return v
	case []any:
		for i := range v {
			v[i] = n.value(v[i])
		}
		return v
	case string:
		return n.text(v)
	default:
		return v
	}
}

func (n *names) text(s string) string {
	s = typedID.ReplaceAllStringFunc(s, func(id string) string {
		kind, random, _ := strings.Cut(id, "_")
		if n.given[id] == "" {
			n.given[id] = n.name(kind, id)
			n.tails = append(n.tails, "-"+random[len(random)-8:], "<end of "+n.name(kind, id)+">")
		}
		return n.name(kind, id)
	})
	s = strings.NewReplacer(n.tails...).Replace(s)
	for kind, form := range forms {
		s = form.ReplaceAllStringFunc(s, func(found string) string { return n.name(kind, found) })
	}
	s = place.ReplaceAllString(s, "${1}<place>")
	return moment.ReplaceAllStringFunc(s, func(found string) string {
		if at, err := time.Parse(time.RFC3339Nano, found); err == nil && n.now.Sub(at).Abs() < time.Hour {
			return "<now>"
		}
		return found
	})
}

func (n *names) name(kind, value string) string {
	if n.blind {
		return "<" + kind + ">"
	}
	if n.given[value] == "" {
		n.count[kind]++
		n.given[value] = fmt.Sprintf("<%s %d>", kind, n.count[kind])
	}
	return n.given[value]
}

func newNames() *names {
	return &names{given: map[string]string{}, count: map[string]int{}, now: time.Now()}
}

// answered says what Loa answers when it is asked for everything, with the names that the logs gave.
func answered(t *testing.T, n *names, l *line) []string {
	t.Helper()
	var lines []string
	for _, path := range []string{
		"/v1/agencies", "/v1/people", "/v1/routes/content", "/v1/routes/report", "/v1/plans", "/v1/plans/" + l.plan38.GetId() + "/items",
		"/v1/plans/" + l.current.GetId() + "/items", "/v1/plans/" + l.drafted.plan.GetId(), "/v1/plans/" + l.drafted.plan.GetId() + "/items",
		"/v1/contents", "/v1/dossiers", "/v1/registers", "/v1/publications", "/v1/publications/" + l.notice.publication.GetId() + "/versions",
		"/v1/publications/" + l.void.publication.GetId(), "/v1/plans/" + l.plan38.GetId() + "/results", "/v1/plans/" + l.plan38.GetId() + "/progress",
		"/v1/reports", "/v1/reports/" + l.march.report.GetId(), "/v1/reports/" + l.april.report.GetId(),
	} {
		a, err := l.send(t.Context(), request{as: "thanh.tra", method: http.MethodGet, path: path}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var body any
		if err := json.Unmarshal(a.body, &body); err != nil {
			t.Fatal(err)
		}
		body = n.value(body)
		inAnyOrder(t, body)
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, n.text(path)+" "+string(text))
	}
	return lines
}

// inAnyOrder sorts the lists of an answer by what they say: what came in at the same time is listed by its id.
func inAnyOrder(t *testing.T, answer any) {
	t.Helper()
	fields, _ := answer.(map[string]any)
	for _, field := range fields {
		list, _ := field.([]any)
		slices.SortStableFunc(list, func(a, b any) int {
			first, err1 := json.Marshal(a)
			second, err2 := json.Marshal(b)
			if err := errors.Join(err1, err2); err != nil {
				t.Fatal(err)
			}
			return bytes.Compare(first, second)
		})
	}
}

// compare fails with the first lines that differ.
func compare(t *testing.T, disturbed, undisturbed []string) {
	t.Helper()
	shown := 0
	for i := range max(len(disturbed), len(undisturbed)) {
		var got, want string
		if i < len(disturbed) {
			got = disturbed[i]
		}
		if i < len(undisturbed) {
			want = undisturbed[i]
		}
		if got == want {
			continue
		}
		t.Errorf("line %d differs:\ndisturbed:   %s\nundisturbed: %s", i+1, excerpt(got, want), excerpt(want, got))
		if shown++; shown == 3 {
			return
		}
	}
}

// excerpt is a line's beginning and where it begins to differ from another.
func excerpt(line, other string) string {
	const head, around = 90, 160
	at := 0
	for at < min(len(line), len(other)) && line[at] == other[at] {
		at++
	}
	if at < head+around {
		return line[:min(len(line), head+2*around)]
	}
	return strings.ToValidUTF8(line[:head]+" … "+line[at-around:min(len(line), at+around)], "")
}
