package dossier_test

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/approvals/internal/delegation"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// take records what the dossier answered, and looks at every term that begins or moves.
func (w *world) take(t *rapid.T, events []any, err error) error {
	before := w.acted
	if err := w.record(events, err); err != nil {
		return err
	}
	for _, e := range events {
		switch e := e.(type) {
		case dossier.LevelsEntered:
			for _, entry := range e.Entries {
				if !entry.At.Equal(w.now) {
					t.Fatalf("level %d entered at %s; it is %s", entry.Level, entry.At, w.now)
				}
				w.countedRightly(t, entry)
				w.terms[entry.Level], w.entered[entry.Level] = entry, entry.Candidates
				if want := w.mayActAt(entry.Level, before, events); !slices.Equal(entry.Candidates, want) {
					t.Fatalf("those who may act at level %d are %v, want %v", entry.Level, entry.Candidates, want)
				}
			}
		case dossier.TermsMoved:
			for _, entry := range e.Entries {
				w.countedRightly(t, entry)
				w.terms[entry.Level] = entry
			}
		}
	}
	return nil
}

// mayActAt is who the directory has at a level, and who has neither written the text nor decided at another level, this command's decision
// included.
func (w *world) mayActAt(level int, acted map[string]map[int]bool, events []any) []string {
	want := []string{}
	for _, p := range w.people {
		if !w.route[level-1].Admits(p.Position, "H24.02", "một") || slices.Contains(w.authors, p.Person) {
			continue
		}
		elsewhere := false
		for l := range acted[p.Person] {
			elsewhere = elsewhere || l != level
		}
		for _, e := range events {
			var x dossier.Decision
			switch e := e.(type) {
			case dossier.LevelApproved:
				x = e.Decision
			case dossier.SentBack:
				x = e.Decision
			default:
				continue
			}
			elsewhere = elsewhere || x.Level != level && (x.Person == p.Person || x.OnBehalfOf == p.Person)
		}
		if !elsewhere {
			want = append(want, p.Person)
		}
	}
	slices.Sort(want)
	return want
}

// worked says whether a day is worked, by the world's own reckoning.
func (w *world) worked(day time.Time) bool {
	d := day.In(vn.Location())
	name := d.Format(time.DateOnly)
	weekend := d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
	return !w.calendar.Off[name] && (!weekend || w.calendar.On[name])
}

// countedRightly asserts that a term has exactly its working days, and that nothing of it falls on another day.
func (w *world) countedRightly(t *rapid.T, e dossier.Entry) {
	for name, m := range map[string]time.Time{"half": e.Half, "four fifths": e.FourFifths, "the end": e.Due} {
		if !w.worked(m) {
			t.Fatalf("%s of the term is on %s, which is no working day", name, m.In(vn.Location()))
		}
	}
	days := 0
	last := e.Due.In(vn.Location()).Format(time.DateOnly)
	for day := e.At.In(vn.Location()); day.Format(time.DateOnly) < last; {
		if day = day.AddDate(0, 0, 1); w.worked(day) {
			days++
		}
	}
	want := w.route[e.Level-1].Term
	if want == 0 {
		want = []int{1, 1, 2, 3}[e.Level-1]
	}
	if days != want || e.Days != want {
		t.Fatalf("level %d has %d working days from %s to %s, want %d", e.Level, days, e.At, e.Due, want)
	}
	if e.Half.After(e.FourFifths) || e.FourFifths.After(e.Due) {
		t.Fatalf("%+v", e)
	}
}

// comesBack asserts that what a return asked of somebody goes to who returned it as soon as they have answered.
func (w *world) comesBack(t *rapid.T, from int) {
	last := w.owed[len(w.owed)-1]
	if last.To != from {
		t.Fatalf("level %d acted while level %d was asked to", from, last.To)
	}
	if !slices.Contains(w.Open, last.From) {
		t.Fatalf("returned by level %d, came back to the levels %v", last.From, w.Open)
	}
	w.owed = w.owed[:len(w.owed)-1]
}

func involved(x dossier.Decision) []string {
	if x.OnBehalfOf == "" {
		return []string{x.Person}
	}
	return []string{x.Person, x.OnBehalfOf}
}

// mayHaveDecided asserts that a decision that was taken was one of a person who may.
func (w *world) mayHaveDecided(t *rapid.T, a dossier.Actor, ask dossier.Ask, x dossier.Decision, open []int) {
	if ask.Hash != w.hash || x.Hash != w.hash {
		t.Fatalf("a decision on %q was taken; the text is %q", ask.Hash, w.hash)
	}
	if !slices.Contains(open, x.Level) || ask.Level != 0 && ask.Level != x.Level {
		t.Fatalf("decided at level %d; it waited at %v", x.Level, open)
	}
	by := a.Position
	if a.For != nil {
		by = w.find(x.OnBehalfOf).Position
		if !w.lets(a.For.Delegation, a.Person, x.OnBehalfOf) {
			t.Fatalf("%s decided for %s by %+v at %s", a.Person, x.OnBehalfOf, a.For.Delegation, w.now)
		}
	}
	if !w.route[x.Level-1].Admits(by, "H24.02", "một") {
		t.Fatalf("%+v decided at %+v", by, w.route[x.Level-1])
	}
	for _, person := range involved(x) {
		if slices.Contains(w.authors, person) {
			t.Fatalf("%s wrote it and has a part in a decision on it", person)
		}
		if slices.ContainsFunc(w.given, func(g approval) bool { return g.person == person || g.behalf == person }) {
			t.Fatalf("%s decided twice on one text", person)
		}
		if w.acted[person] == nil {
			w.acted[person] = map[int]bool{}
		}
		w.acted[person][x.Level] = true
		if len(w.acted[person]) > 1 {
			t.Fatalf("%s decided at the levels %v", person, w.acted[person])
		}
	}
}

// lets is the world's own reading of a delegation: given to that person by that one, for this document, from a moment to another, not
// revoked. Nothing that the delegator holds by another's delegation is asked.
func (w *world) lets(g delegation.Delegation, delegate, delegator string) bool {
	return g.Delegate == delegate && g.Delegator == delegator && !w.now.Before(g.From) && w.now.Before(g.To) &&
		(g.RevokedAt.IsZero() || w.now.Before(g.RevokedAt)) &&
		(len(g.DocumentTypes) == 0 || slices.Contains(g.DocumentTypes, w.kind)) && (len(g.Agencies) == 0 || slices.Contains(g.Agencies, "H24.02"))
}

// mustBeRefused asserts that nobody who may decide is turned away.
func (w *world) mustBeRefused(t *rapid.T, a dossier.Actor, ask dossier.Ask) {
	if w.State != dossier.InApproval || ask.Hash != w.hash {
		return
	}
	people, by := []string{a.Person}, a.Position
	if a.For != nil {
		if !w.lets(a.For.Delegation, a.Person, a.For.Person) {
			return // nor may anybody by a second hop
		}
		people, by = append(people, a.For.Person), a.For.Position
	}
	for _, level := range w.Open {
		if ask.Level != 0 && ask.Level != level || !w.route[level-1].Admits(by, "H24.02", "một") {
			continue
		}
		may := true
		for _, person := range people {
			may = may && !slices.Contains(w.authors, person) && (len(w.acted[person]) == 0 || w.acted[person][level]) &&
				!slices.ContainsFunc(w.given, func(g approval) bool { return g.person == person || g.behalf == person })
		}
		if may {
			t.Fatalf("%v may decide at level %d and were refused", people, level)
		}
	}
}

func (w *world) opinionsAwaited() bool {
	for _, c := range w.Consultations {
		if _, awaited := w.asked[fmt.Sprint(c.Number)]; awaited && !c.Silent && w.now.Before(c.Due) {
			return true
		}
	}
	return false
}

func (w *world) check(t *rapid.T) {
	if !w.Exists() {
		return
	}
	if w.State == dossier.Approved {
		w.approvedRightly(t)
	}
	for level := range w.route {
		given := slices.ContainsFunc(w.given, func(g approval) bool { return g.level == level+1 })
		if x, ok := w.Standing(level + 1); ok && !given {
			t.Fatalf("an approval outlived an edit: %+v", x)
		}
	}
	if (w.State == dossier.InApproval) != (len(w.Open) > 0) {
		t.Fatalf("%s at the levels %v", w.State, w.Open)
	}
	for _, level := range w.Open {
		if _, runs := w.Running(level); !runs {
			t.Fatalf("no term runs at level %d", level)
		}
	}
	for _, p := range w.people {
		_, err := w.Return(p, dossier.Ask{Hash: w.Hash, Comment: "x"}, 0, w.office())
		if w.WaitsFor(p, w.now) != (err == nil) {
			t.Fatalf("it waits for %s: %v; their decision is answered %v", p.Person, w.WaitsFor(p, w.now), err)
		}
	}
	w.sameAsFolded(t)
}

// approvedRightly asserts that a text that is approved has at each level what its quorum asks for, by distinct people who wrote none of it,
// or was bypassed and says so.
func (w *world) approvedRightly(t *rapid.T) {
	var completed dossier.Completed
	for _, e := range w.events {
		if c, ok := e.(dossier.Completed); ok {
			completed = c
		}
	}
	if completed.Revision != w.revision || completed.Hash != w.hash {
		t.Fatalf("revision %d of %q is approved, and the text is revision %d of %q", completed.Revision, completed.Hash, w.revision, w.hash)
	}
	if completed.Bypassed != (w.bypassed != "") || w.ByBypass() != completed.Bypassed {
		t.Fatalf("bypassed by %q: %+v", w.bypassed, completed)
	}
	people := map[string]bool{}
	count := map[int]int{}
	for _, x := range completed.Decisions {
		for _, person := range involved(x) {
			if people[person] || slices.Contains(w.authors, person) {
				t.Fatalf("%s has a part in two decisions or wrote the text: %+v", person, completed.Decisions)
			}
			people[person] = true
		}
		if !x.Bypass && !slices.Contains(w.given, approval{x.Level, x.Person, x.OnBehalfOf}) {
			t.Fatalf("nobody gave %+v since the last edit", x)
		}
		count[x.Level]++
	}
	if completed.Bypassed {
		if last := completed.Decisions[len(completed.Decisions)-1]; !last.Bypass || last.Person != w.bypassed {
			t.Fatalf("the last decision is %+v", last)
		}
		return
	}
	for i, l := range w.route {
		if count[i+1] == 0 {
			t.Fatalf("approved without an approval of %q at level %d", w.hash, i+1)
		}
		w.quorumHeld(t, l.Quorum, i+1)
	}
}

// quorumHeld counts by the world's own books.
func (w *world) quorumHeld(t *rapid.T, q route.Quorum, level int) {
	var here []approval
	for _, g := range w.given {
		if g.level == level {
			here = append(here, g)
		}
	}
	seats, without := 0, ""
	taken := map[string]bool{}
	for _, g := range here {
		taken[g.person], taken[g.behalf] = true, true
		if slices.Contains(w.entered[level], g.person) && slices.Contains(w.entered[level], g.behalf) {
			seats--
		}
	}
	for _, person := range w.entered[level] {
		if len(w.acted[person]) > 0 && !w.acted[person][level] {
			continue // decided at another level since
		}
		seats++
		if !taken[person] {
			without = person
		}
	}
	if q == route.All && without != "" {
		t.Fatalf("all of %v have to approve at level %d; %s has not", w.entered[level], level, without)
	}
	if q == route.Majority && 2*len(here) <= seats {
		t.Fatalf("%d approvals at level %d are no majority of %v", len(here), level, w.entered[level])
	}
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
