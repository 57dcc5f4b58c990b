package dossier_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// world is the truth beside the dossier, kept by rules of its own: which text there is, who wrote it since when, and which approvals
// were given since the last edit.
type world struct {
	walk
	route  []route.Level
	people []dossier.Actor
	hash   string
	// revision counts the edits, from 1.
	revision int32
	authors  []string
	// given are the approvals since the last edit: level to the persons, the latest last.
	given map[int][]string
	// owed is who returned the dossier and to whom, and has not had it back.
	owed []dossier.Sent
	// acted is every level a person has decided at.
	acted map[string]map[int]bool
}

// TestApprovalHoldsForAnyWalk lets random people do random things on random routes and looks at each step whether the promises hold.
func TestApprovalHoldsForAnyWalk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := draw(t)
		t.Repeat(map[string]func(*rapid.T){
			"submit":  w.trySubmit,
			"edit":    w.tryEdit,
			"approve": w.tryApprove,
			"return":  w.tryReturn,
			"":        w.check,
		})
	})
}

func draw(t *rapid.T) *world {
	roles := []string{"head", "deputy", "leader", "officer"}
	agencies := []string{"H24.01", "H24.02"}
	units := []string{"một", "hai"}
	w := &world{hash: "text 0", revision: 1, given: map[int][]string{}, acted: map[string]map[int]bool{}}
	for i := range rapid.IntRange(1, 4).Draw(t, "levels") {
		w.route = append(w.route, route.Level{
			Name:  fmt.Sprint("cấp ", i+1),
			Roles: rapid.SliceOfNDistinct(rapid.SampledFrom(roles), 1, 3, rapid.ID[string]).Draw(t, "roles"),
			Scope: rapid.SampledFrom([]string{route.ScopeUnit, route.ScopeAgency, "H24.01"}).Draw(t, "scope"),
		})
	}
	for i := range rapid.IntRange(2, 7).Draw(t, "people") {
		w.people = append(w.people, actor(fmt.Sprint("p", i),
			rapid.SampledFrom(roles).Draw(t, "role"), rapid.SampledFrom(agencies).Draw(t, "agency"), rapid.SampledFrom(units).Draw(t, "unit")))
	}
	w.authors = []string{w.people[0].Person}
	return w
}

func (w *world) person(t *rapid.T) dossier.Actor {
	return rapid.SampledFrom(w.people).Draw(t, "person")
}

func (w *world) trySubmit(t *rapid.T) {
	if w.Exists() && w.State == dossier.InApproval {
		t.Skip("content refuses this")
	}
	before := w.Dossier
	s := dossier.Submission{DocumentType: route.Content, Document: "content_1", Agency: "H24.02", Unit: "một", Authors: slices.Clone(w.authors), Hash: w.hash, Revision: w.revision}
	if err := w.record(w.Open(s, &route.Route{Levels: w.route, Version: 1})); err != nil {
		t.Fatal(err)
	}
	if before.State == dossier.Returned {
		w.comesBack(t, 0)
	}
}

func (w *world) tryEdit(t *rapid.T) {
	author := w.person(t).Person
	// Back to an earlier text at times: its approvals must not come back with it.
	next := fmt.Sprint("text ", rapid.IntRange(0, 2).Draw(t, "text"))
	if next == w.hash {
		t.Skip("an edit that changes nothing writes nothing")
	}
	if !slices.Contains(w.authors, author) {
		w.authors = append(w.authors, author)
	}
	w.hash = next
	w.revision++
	w.given = map[int][]string{}
	if w.State != dossier.Returned {
		w.owed = nil
	}
	if err := w.record(w.Void(w.hash)); err != nil {
		t.Fatal(err)
	}
}

func (w *world) seen(t *rapid.T) string {
	return rapid.SampledFrom([]string{w.hash, w.hash, w.hash, "text 0", "text 1"}).Draw(t, "seen")
}

func (w *world) tryApprove(t *rapid.T) {
	a, hash, level := w.person(t), w.seen(t), w.Current
	if !w.Exists() {
		t.Skip("nothing is open")
	}
	if err := w.record(w.Approve(a, hash, "", noon)); err != nil {
		w.mustBeRefused(t, a, hash)
		return
	}
	w.mayHaveDecided(t, a, hash, level)
	w.given[level] = append(w.given[level], a.Person)
	if len(w.owed) > 0 {
		w.comesBack(t, level)
	}
}

func (w *world) tryReturn(t *rapid.T) {
	a, hash, level := w.person(t), w.seen(t), w.Current
	to := rapid.IntRange(0, 3).Draw(t, "to level")
	if !w.Exists() {
		t.Skip("nothing is open")
	}
	if err := w.record(w.Return(a, hash, to, "lý do", noon)); err != nil {
		if to < level {
			w.mustBeRefused(t, a, hash)
		}
		return
	}
	w.mayHaveDecided(t, a, hash, level)
	if to >= level {
		t.Fatalf("returned from level %d to level %d", level, to)
	}
	w.owed = append(w.owed, dossier.Sent{From: level, To: to})
	if to > 0 {
		delete(w.given, to)
	}
}

// comesBack asserts that what a return asked of somebody goes to who returned it as soon as they have answered.
func (w *world) comesBack(t *rapid.T, from int) {
	last := w.owed[len(w.owed)-1]
	if last.To != from {
		t.Fatalf("level %d acted while level %d was asked to", from, last.To)
	}
	if w.Current != last.From {
		t.Fatalf("returned by level %d, came back to level %d", last.From, w.Current)
	}
	w.owed = w.owed[:len(w.owed)-1]
}

// mayHaveDecided asserts that a decision that was taken was one of a person who may.
func (w *world) mayHaveDecided(t *rapid.T, a dossier.Actor, hash string, level int) {
	if hash != w.hash {
		t.Fatalf("a decision on %q was taken; the text is %q", hash, w.hash)
	}
	if slices.Contains(w.authors, a.Person) {
		t.Fatalf("%s wrote it and decided on it", a.Person)
	}
	if !w.route[level-1].Admits(a.Position, "H24.02", "một") {
		t.Fatalf("%+v decided at %+v", a.Position, w.route[level-1])
	}
	if w.acted[a.Person] == nil {
		w.acted[a.Person] = map[int]bool{}
	}
	w.acted[a.Person][level] = true
	if len(w.acted[a.Person]) > 1 {
		t.Fatalf("%s decided at the levels %v", a.Person, w.acted[a.Person])
	}
}

// mustBeRefused asserts that nobody who may decide is turned away.
func (w *world) mustBeRefused(t *rapid.T, a dossier.Actor, hash string) {
	if w.State != dossier.InApproval || hash != w.hash || slices.Contains(w.authors, a.Person) {
		return
	}
	for level := range w.acted[a.Person] {
		if level != w.Current {
			return
		}
	}
	if w.route[w.Current-1].Admits(a.Position, "H24.02", "một") {
		t.Fatalf("%s may decide at level %d and was refused", a.Person, w.Current)
	}
}

func (w *world) check(t *rapid.T) {
	if !w.Exists() {
		return
	}
	if w.State == dossier.Approved {
		if completed, ok := w.events[len(w.events)-1].(dossier.Completed); ok && completed.Revision != w.revision {
			t.Fatalf("revision %d is approved, and the text is of revision %d", completed.Revision, w.revision)
		}
		people := map[string]bool{}
		for level := range w.route {
			given := w.given[level+1]
			if len(given) == 0 {
				t.Fatalf("approved without an approval of %q at level %d", w.hash, level+1)
			}
			x, ok := w.Standing(level + 1)
			if !ok || x.Person != given[len(given)-1] || x.Hash != w.hash {
				t.Fatalf("what stands at level %d is %+v, given was by %v", level+1, x, given)
			}
			if people[x.Person] || slices.Contains(w.authors, x.Person) {
				t.Fatalf("%s fills two levels or wrote the text", x.Person)
			}
			people[x.Person] = true
		}
	}
	for level := range w.route {
		if x, ok := w.Standing(level + 1); ok && len(w.given[level+1]) == 0 {
			t.Fatalf("an approval outlived an edit: %+v", x)
		}
	}
	if (w.State == dossier.InApproval) != (w.Current > 0) {
		t.Fatalf("%s at level %d", w.State, w.Current)
	}
	for _, p := range w.people {
		_, err := w.Approve(p, w.Hash, "", noon)
		if w.WaitsFor(p.Position) != (err == nil) {
			t.Fatalf("it waits for %s: %v; their approval is answered %v", p.Person, w.WaitsFor(p.Position), err)
		}
	}
	w.sameAsFolded(t)
}

// sameAsFolded asserts that the events alone make the state.
func (w *world) sameAsFolded(t *rapid.T) {
	var again dossier.Dossier
	for i, e := range w.events {
		again.Apply(es.Event{Version: int64(i + 1), RecordedAt: noon, Data: e, Meta: es.Meta{Aggregate: "dossier_x"}})
	}
	if fmt.Sprintf("%+v", again) != fmt.Sprintf("%+v", w.Dossier) {
		t.Fatalf("folded again: %+v\nwas: %+v", again, w.Dossier)
	}
}
