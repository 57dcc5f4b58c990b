package dossier_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/approvals/internal/delegation"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// approval is one that was given since the last edit, as the world saw it.
type approval struct {
	level          int
	person, behalf string
}

// world is the truth beside the dossier, kept by rules of its own: which text there is, who wrote it since when, which approvals were given
// since the last edit, what time it is, and who may act for whom.
type world struct {
	walk
	kind     route.DocumentType
	route    []route.Level
	people   []dossier.Actor
	grants   []delegation.Delegation
	now      time.Time
	calendar vn.Calendar

	hash string
	// revision counts the edits, from 1.
	revision int32
	authors  []string
	given    []approval
	// bypassed is who approved this text without its route; unreviewed is who did and has not been looked at, at any text.
	bypassed, unreviewed string
	// wrote are who had written the text that was bypassed last.
	wrote []string
	// owed is who returned the dossier and to whom, and has not had it back.
	owed []dossier.Sent
	// acted is every level a person has decided at, or somebody in their place.
	acted map[string]map[int]bool
	// entered are those who might act when a level was entered last.
	entered map[int][]string
	terms   map[int]dossier.Entry
	// asked are the opinions that are awaited: until when.
	asked map[string]time.Time
}

// TestApprovalHoldsForAnyWalk lets random people do random things on random routes, at random times, in their own right or in another's
// place, and looks at each step whether the promises hold.
func TestApprovalHoldsForAnyWalk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := draw(t)
		w.submitted(t)
		for range 3 { // a walk is long enough to come back from where it went
			t.Repeat(map[string]func(*rapid.T){
				"submit":   w.trySubmit,
				"submit2":  w.trySubmit,
				"edit":     w.tryEdit,
				"rewrite":  w.tryRewrite,
				"approve":  w.tryApprove,
				"approve2": w.tryApprove,
				"approve3": w.tryApprove,
				"approve4": w.tryApprove,
				"approve5": w.tryApprove,
				"return":   w.tryReturn,
				"return2":  w.tryReturn,
				"bypass":   w.tryBypass,
				"review":   w.tryReview,
				"delegate": w.delegate,
				"revoke":   w.revoke,
				"wait":     w.wait,
				"remind":   w.tryTerms,
				"holiday":  w.holiday,
				"move":     w.move,
				"consult":  w.tryConsult,
				"opinion":  w.tryOpinion,
				"":         w.check,
			})
		}
	})
}

func roles() []string { return []string{"head", "deputy", "leader", "officer"} }

func agencies() []string { return []string{"H24.01", "H24.02"} }

func units() []string { return []string{"một", "hai"} }

func draw(t *rapid.T) *world {
	w := &world{
		hash: "text 0", revision: 1, acted: map[string]map[int]bool{}, entered: map[int][]string{}, terms: map[int]dossier.Entry{}, asked: map[string]time.Time{},
		now:      time.Date(2022, 1, 24, 3, 0, 0, 0, time.UTC),
		calendar: vn.Calendar{Off: map[string]bool{"2022-01-31": true, "2022-02-01": true, "2022-02-02": true, "2022-02-03": true, "2022-02-04": true}, On: map[string]bool{}},
		kind:     rapid.SampledFrom([]route.DocumentType{route.Content, route.Content, route.Correction, route.Plan}).Draw(t, "kind"),
	}
	for i := range rapid.IntRange(1, 4).Draw(t, "levels") {
		w.route = append(w.route, route.Level{
			Name:     fmt.Sprint("cấp ", i+1),
			Roles:    rapid.SliceOfNDistinct(rapid.SampledFrom(roles()), 1, 3, rapid.ID[string]).Draw(t, "roles"),
			Scope:    rapid.SampledFrom([]string{route.ScopeUnit, route.ScopeAgency, route.ScopeAgency, route.ScopeAgency, "H24.01"}).Draw(t, "scope"),
			Quorum:   rapid.SampledFrom([]route.Quorum{route.One, route.One, route.Majority, route.All}).Draw(t, "quorum"),
			Parallel: i > 0 && rapid.IntRange(0, 2).Draw(t, "parallel") == 0,
			Term:     rapid.IntRange(0, 4).Draw(t, "term"),
		})
	}
	for i := range rapid.IntRange(3, 9).Draw(t, "people") {
		w.people = append(w.people, actor(fmt.Sprint("p", i),
			rapid.SampledFrom(roles()).Draw(t, "role"), rapid.SampledFrom([]string{"H24.02", "H24.02", "H24.02", "H24.01"}).Draw(t, "agency"), rapid.SampledFrom(units()).Draw(t, "unit")))
	}
	w.authors = []string{w.people[0].Person}
	return w
}

func (w *world) office() dossier.Office {
	o := dossier.Office{At: w.now, Calendar: w.calendar, Terms: route.Terms{Levels: []int{1, 1, 2, 3}, Opinion: 2, Review: 3}}
	for _, p := range w.people {
		o.Staff = append(o.Staff, p.Position)
	}
	return o
}

func (w *world) person(t *rapid.T) dossier.Actor {
	return rapid.SampledFrom(w.people).Draw(t, "person")
}

// decider is somebody, at times by a delegation, whoever's it is and whatever it is for.
func (w *world) decider(t *rapid.T) dossier.Actor {
	a := w.person(t)
	if len(w.Open) > 0 && rapid.IntRange(0, 3).Draw(t, "anybody") > 0 {
		if may := w.entered[rapid.SampledFrom(w.Open).Draw(t, "of level")]; len(may) > 0 {
			a = *w.find(rapid.SampledFrom(may).Draw(t, "one who may"))
		}
	}
	if len(w.grants) == 0 || rapid.IntRange(0, 2).Draw(t, "own right") > 0 {
		return a
	}
	among := w.grants
	if good := slices.DeleteFunc(slices.Clone(w.grants), func(g delegation.Delegation) bool { return !w.lets(g, g.Delegate, g.Delegator) }); len(good) > 0 && rapid.Bool().Draw(t, "one that holds") {
		among = good
	}
	g := rapid.SampledFrom(among).Draw(t, "delegation")
	if rapid.IntRange(0, 4).Draw(t, "the delegate") > 0 {
		a = *w.find(g.Delegate)
	}
	a = w.inPlace(a, g)
	for _, before := range w.grants {
		// A second hop: in the place of one who had delegated to the delegator.
		if before.Delegate == g.Delegator && before.Delegator != a.Person && rapid.Bool().Draw(t, "second hop") {
			second := w.inPlace(a, before)
			second.For.Delegation = g
			return second
		}
	}
	return a
}

func (w *world) inPlace(a dossier.Actor, g delegation.Delegation) dossier.Actor {
	from := w.find(g.Delegator)
	a.For = &dossier.Delegator{Position: from.Position, Name: from.Name, Title: from.Title, Delegation: g}
	return a
}

func (w *world) find(person string) *dossier.Actor {
	i := slices.IndexFunc(w.people, func(a dossier.Actor) bool { return a.Person == person })
	return &w.people[i]
}

func (w *world) trySubmit(t *rapid.T) {
	if w.Exists() && w.State == dossier.InApproval {
		t.Skip("content refuses this")
	}
	w.submitted(t)
}

// tryRewrite edits the text, perhaps back to what it was, and submits it before the dossier has heard of the edits.
func (w *world) tryRewrite(t *rapid.T) {
	if !w.Exists() {
		t.Skip("nothing is open")
	}
	if rapid.Bool().Draw(t, "by more hands") {
		// The same text: what is new is who has a part in it, which may be who approved it.
		if author := w.person(t).Person; !slices.Contains(w.authors, author) {
			w.authors = append(w.authors, author)
			w.given, w.bypassed = nil, ""
		}
	} else {
		w.hash = fmt.Sprint("text ", rapid.IntRange(0, 2).Draw(t, "text"))
		w.revision += 2
		w.given, w.bypassed = nil, ""
	}
	if w.State != dossier.Returned {
		w.owed = nil
	}
	w.submitted(t)
}

func (w *world) submitted(t *rapid.T) {
	before := w.Dossier
	s := dossier.Submission{DocumentType: w.kind, Document: "content_1", Agency: "H24.02", Unit: "một", Authors: slices.Clone(w.authors), Hash: w.hash, Revision: w.revision}
	events, err := w.Submit(s, &route.Route{Levels: w.route, Version: 1}, w.office())
	if err := w.take(t, events, err); err != nil {
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
	w.given, w.bypassed = nil, ""
	if w.State != dossier.Returned {
		w.owed = nil
	}
	events, err := w.Void(w.hash)
	if err := w.take(t, events, err); err != nil {
		t.Fatal(err)
	}
}

func (w *world) ask(t *rapid.T) dossier.Ask {
	return dossier.Ask{
		Hash:    rapid.SampledFrom([]string{w.hash, w.hash, w.hash, w.hash, w.hash, w.hash, "text 0"}).Draw(t, "seen"),
		Level:   rapid.SampledFrom([]int{0, 0, 0, 0, 0, 1, 2, 3}).Draw(t, "level"),
		Comment: "lý do",
	}
}

func (w *world) tryApprove(t *rapid.T) {
	if !w.Exists() {
		t.Skip("nothing is open")
	}
	a, ask := w.decider(t), w.ask(t)
	before := slices.Clone(w.Open)
	events, err := w.Approve(a, ask, w.office())
	if err := w.take(t, events, err); err != nil {
		if !w.opinionsAwaited() {
			w.mustBeRefused(t, a, ask)
		}
		return
	}
	if w.opinionsAwaited() {
		t.Fatal("approved while an opinion is awaited whose term runs")
	}
	x := w.Decisions[len(w.Decisions)-1]
	w.mayHaveDecided(t, a, ask, x, before)
	w.given = append(w.given, approval{x.Level, x.Person, x.OnBehalfOf})
	if len(w.owed) > 0 && !slices.Contains(w.Open, x.Level) {
		w.comesBack(t, x.Level)
	}
}

func (w *world) tryReturn(t *rapid.T) {
	if !w.Exists() {
		t.Skip("nothing is open")
	}
	a, ask := w.decider(t), w.ask(t)
	to := rapid.SampledFrom([]int{0, 0, 1, 2, 3}).Draw(t, "to level")
	before := slices.Clone(w.Open)
	events, err := w.Return(a, ask, to, w.office())
	if err := w.take(t, events, err); err != nil {
		if to == 0 {
			w.mustBeRefused(t, a, ask)
		}
		return
	}
	x := w.Decisions[len(w.Decisions)-1]
	w.mayHaveDecided(t, a, ask, x, before)
	if to >= x.Level || to > 0 && slices.Contains(before, to) {
		t.Fatalf("returned from level %d to level %d", x.Level, to)
	}
	w.owed = append(w.owed, dossier.Sent{From: x.Level, To: to})
	w.given = slices.DeleteFunc(w.given, func(g approval) bool { return g.level == to })
}
