package roles

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loa-vn/loa/e2e/probe"
	"github.com/loa-vn/loa/e2e/system"
)

// Every route answers everybody as the table says, and asking changes nothing.
func TestEveryRouteAsEverybody(t *testing.T) {
	s := system.Start(t, system.Options{Shape: system.One, Example: true, Environment: []string{"LOA_RATE_PER_SECOND=100000"}})
	p := probe.New(s)
	cases := read(t, "testdata/expected.txt")
	t.Run("the table and the API have the same routes", func(t *testing.T) { sameRoutes(t, p, cases) })

	all := callers(t, p)
	f := prepare(t, p)
	requests := f.requests(t)
	before, written := f.states(t, p), p.Written(t)
	for _, e := range cases {
		t.Run(e.name(), func(t *testing.T) {
			request, ok := requests[e.name()]
			if !ok {
				t.Fatalf("line %d of the table: no request is made for it", e.line)
			}
			walk(t, p, request, e, all, f)
			delete(requests, e.name())
		})
	}
	for name := range requests {
		t.Errorf("a request without an expectation: %s", name)
	}
	t.Run("nothing changed", func(t *testing.T) {
		if after := p.Written(t); !maps.Equal(written, after) {
			t.Errorf("events that people wrote: before %v, after %v", written, after)
		}
		after := f.states(t, p)
		for path, was := range before {
			if !reflect.DeepEqual(was, after[path]) {
				t.Errorf("%s was %v and is %v", path, was, after[path])
			}
		}
	})
	t.Run("a list shows what one may read", func(t *testing.T) { lists(t, p, all) })
	t.Run("what everybody may read tells nothing that not everybody may know", func(t *testing.T) { secrets(t, p, all, f) })
	t.Run("what is hidden is told like what is not there", func(t *testing.T) { hidden(t, p, f) })
	t.Run("a list shows a delegate what they may read", func(t *testing.T) { delegates(t, p) })
}

// sameRoutes compares the table with the document that the system serves.
func sameRoutes(t *testing.T, p *probe.Probe, cases []expectation) {
	t.Helper()
	raw := p.Send(t, probe.Call{Method: http.MethodGet, Path: "/openapi.json"}).Body
	var document struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(raw, &document); err != nil {
		t.Fatal(err)
	}
	served := map[string]bool{}
	for path, methods := range document.Paths {
		for method := range methods {
			served[strings.ToUpper(method)+" "+path] = true
		}
	}
	if len(served) == 0 {
		t.Fatalf("the document has no routes: %.300s", raw)
	}
	expected := map[string]bool{}
	for _, e := range cases {
		expected[e.route] = true
		if !served[e.route] {
			t.Errorf("line %d of the table: the API has no route %s", e.line, e.route)
		}
	}
	for _, route := range slices.Sorted(maps.Keys(served)) {
		if !expected[route] {
			t.Errorf("the table has no expectation for %s", route)
		}
	}
}

// walk sends one request as everybody.
func walk(t *testing.T, p *probe.Probe, request probe.Call, e expectation, all map[string][]caller, f fixture) {
	t.Helper()
	for _, row := range rows() {
		for i, who := range all[row] {
			want := e.cells[row][i]
			if want.status == 0 {
				continue
			}
			c := request
			c.Token = who.token
			answer := p.Send(t, c)
			problem := answer.Problem()
			if answer.Status != want.status || problem.Reason != want.reason {
				t.Errorf("line %d, %s, %s: %d %s, expected %d %s: %.300s", e.line, row, who.name, answer.Status, problem.Reason, want.status, want.reason, answer.Body)
			}
			if answer.Status == http.StatusUnauthorized && answer.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("line %d, %s: 401 without WWW-Authenticate", e.line, who.name)
			}
			if answer.Status >= 400 {
				tellsNothing(t, e, who, answer, f)
			}
		}
	}
}

// tellsNothing asserts that a refusal holds no words of what was not shown.
func tellsNothing(t *testing.T, e expectation, who caller, answer probe.Answer, f fixture) {
	t.Helper()
	for state, c := range f.contents {
		if strings.Contains(string(answer.Body), c.Title) {
			t.Errorf("%s as %s: the refusal tells the title of what is %s: %s", e.name(), who.name, state, answer.Body)
		}
	}
}

// lists asserts, for everybody and every list, that it holds exactly the resources that the reader may get one by one.
func lists(t *testing.T, p *probe.Probe, all map[string][]caller) {
	t.Helper()
	for _, of := range []string{"contents", "dossiers", "publications", "reports", "plans", "registers", "delegations"} {
		everything := listed(t, p, p.System.Token("thanh.tra"), of)
		if len(everything) == 0 {
			t.Fatalf("the auditor sees no %s", of)
		}
		for _, row := range rows() {
			for _, who := range all[row] {
				if !who.person {
					continue
				}
				agrees(t, p, who, of, everything)
			}
		}
	}
}

// agrees asserts of one list and one reader that it holds what they may get, and gives how many they may get.
func agrees(t *testing.T, p *probe.Probe, who caller, of string, everything []string) (may int) {
	t.Helper()
	shown := listed(t, p, who.token, of)
	for _, id := range everything {
		answer := p.Send(t, probe.Call{Token: who.token, Method: http.MethodGet, Path: "/v1/" + of + "/" + id})
		if answer.Status == http.StatusOK {
			may++
		}
		if got := answer.Status == http.StatusOK; got != slices.Contains(shown, id) {
			t.Errorf("%s, %s of %s: may read it %t, is in the list %t", who.name, id, of, got, !got)
		}
	}
	for _, id := range shown {
		if !slices.Contains(everything, id) {
			t.Errorf("%s sees %s, which the auditor does not", who.name, id)
		}
	}
	return may
}

// delegates asserts that who decides in the place of somebody in another agency finds in the lists what they may read by that, and not
// when it is over.
func delegates(t *testing.T, p *probe.Probe) {
	t.Helper()
	of := func(name string) []string { return listed(t, p, p.System.Token("thanh.tra"), name) }
	who := caller{name: "ct.hongbang", token: p.System.Token("ct.hongbang"), person: true}
	contents, dossiers := agrees(t, p, who, "contents", of("contents")), agrees(t, p, who, "dossiers", of("dossiers"))
	var given struct{ ID string }
	p.Post(t, "gd.stttt", "/v1/delegations", map[string]any{
		"delegate": "ct.hongbang", "documentTypes": []string{"content"}, "to": time.Now().Add(time.Hour).UTC().Format(time.RFC3339), "paper": "13/GUQ-STTTT",
	}, &given)
	if n := agrees(t, p, who, "contents", of("contents")); n <= contents {
		t.Errorf("the delegate reads %d items, and %d before", n, contents)
	}
	if n := agrees(t, p, who, "dossiers", of("dossiers")); n <= dossiers {
		t.Errorf("the delegate reads %d dossiers, and %d before", n, dossiers)
	}
	p.Post(t, "gd.stttt", "/v1/delegations/"+given.ID+":revoke", map[string]string{"reason": "Đã về."}, nil)
	if n := agrees(t, p, who, "contents", of("contents")); n != contents {
		t.Errorf("after the delegation was revoked %d items are read, and %d before it", n, contents)
	}
}

// listed reads a list to its end, in small pages.
func listed(t *testing.T, p *probe.Probe, token, of string) []string {
	t.Helper()
	var ids []string
	for next := ""; ; {
		answer := p.Send(t, probe.Call{Token: token, Method: http.MethodGet, Path: "/v1/" + of + "?pageSize=5&pageToken=" + next})
		if answer.Status != http.StatusOK {
			t.Fatalf("%s: %d %s", of, answer.Status, answer.Body)
		}
		page := map[string]json.RawMessage{}
		var list []struct{ ID string }
		if err := json.Unmarshal(answer.Body, &page); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(page[of], &list); err != nil {
			t.Fatal(err)
		}
		for _, x := range list {
			ids = append(ids, x.ID)
		}
		next = ""
		if err := json.Unmarshal(page["nextPageToken"], &next); err != nil || next == "" {
			return ids
		}
	}
}
