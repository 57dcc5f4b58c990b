package dossier_test

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/approvals/internal/delegation"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

func (w *world) tryBypass(t *rapid.T) {
	if !w.Exists() {
		t.Skip("nothing is open")
	}
	if rapid.IntRange(0, 3).Draw(t, "emergency") > 0 {
		t.Skip("no emergency")
	}
	a, ask, state := w.person(t), w.ask(t), w.State
	events, err := w.Bypass(a, ask, w.office())
	if err := w.take(t, events, err); err != nil {
		return
	}
	led := a.Agency == "H24.02" && (a.Role == "leader" || a.Role == "deputy")
	switch {
	case w.kind == route.Plan:
		t.Fatal("a plan was bypassed")
	case ask.Hash != w.hash, state != dossier.InApproval:
		t.Fatalf("bypassed %q in state %s; the text is %q", ask.Hash, state, w.hash)
	case slices.Contains(w.authors, a.Person), !led && !w.route[len(w.route)-1].Admits(a.Position, "H24.02", "một"):
		t.Fatalf("%+v bypassed what %v wrote", a.Position, w.authors)
	case slices.ContainsFunc(w.given, func(g approval) bool { return g.person == a.Person || g.behalf == a.Person }):
		t.Fatalf("%s approved it as a level and bypassed it", a.Person)
	case w.unreviewed != "":
		t.Fatal("bypassed again before anybody looked at the last one")
	}
	if due := w.Bypasses[len(w.Bypasses)-1].ReviewDue; !w.worked(due) || !due.After(w.now) {
		t.Fatalf("the review is due %s", due)
	}
	w.bypassed, w.unreviewed, w.wrote, w.owed = a.Person, a.Person, slices.Clone(w.authors), nil
}

func (w *world) tryReview(t *rapid.T) {
	a := w.person(t)
	events, err := w.Review(a, rapid.SampledFrom([]dossier.Outcome{dossier.Upheld, dossier.Objected}).Draw(t, "outcome"), "lý do", w.now)
	if err := w.take(t, events, err); err != nil {
		return
	}
	if w.unreviewed == "" || w.unreviewed == a.Person || slices.Contains(w.wrote, a.Person) {
		t.Fatalf("%s reviewed what %q bypassed and %v wrote", a.Person, w.unreviewed, w.wrote)
	}
	w.unreviewed = ""
}

func (w *world) delegate(t *rapid.T) {
	from, to := w.person(t).Person, w.person(t).Person
	for _, level := range w.Open {
		if may := w.entered[level]; len(may) > 0 {
			from = rapid.SampledFrom(may).Draw(t, "who may act")
		}
	}
	if len(w.grants) > 0 && rapid.IntRange(0, 2).Draw(t, "on") == 0 {
		// What one holds by another's delegation is nothing to give, and must not be taken for it.
		from = rapid.SampledFrom(w.grants).Draw(t, "received").Delegate
	}
	begin := w.now.Add(time.Duration(rapid.IntRange(-24, 6).Draw(t, "from")) * time.Hour)
	g := delegation.Delegation{
		ID: fmt.Sprint("delegation_", len(w.grants)), Delegator: from, Delegate: to, Version: 1,
		From: begin, To: begin.Add(time.Duration(rapid.IntRange(1, 96).Draw(t, "hours")) * time.Hour),
		DocumentTypes: rapid.SampledFrom([][]route.DocumentType{nil, nil, {route.Content}, {route.Plan, route.Correction}}).Draw(t, "types"),
		Agencies:      rapid.SampledFrom([][]string{nil, nil, {"H24.02"}, {"H24.01"}}).Draw(t, "agencies"),
	}
	if from == to {
		t.Skip("nobody delegates to themselves")
	}
	w.grants = append(w.grants, g)
}

func (w *world) revoke(t *rapid.T) {
	if len(w.grants) == 0 {
		t.Skip("none")
	}
	i := rapid.IntRange(0, len(w.grants)-1).Draw(t, "which")
	if w.grants[i].RevokedAt.IsZero() {
		w.grants[i].RevokedAt = w.now
	}
}

func (w *world) wait(t *rapid.T) {
	if len(w.grants) > 0 && rapid.Bool().Draw(t, "to an end") {
		if to := rapid.SampledFrom(w.grants).Draw(t, "of which").To; to.After(w.now) {
			w.now = to
			return
		}
	}
	w.now = w.now.Add(time.Duration(rapid.IntRange(1, 40).Draw(t, "hours")) * time.Hour)
}

// tryTerms asks for reminders and escalations at whatever time it is: before their moment they are refused.
func (w *world) tryTerms(t *rapid.T) {
	level := rapid.IntRange(1, len(w.route)).Draw(t, "level")
	e, runs := w.terms[level]
	runs = runs && slices.Contains(w.Open, level)
	for percent, moment := range map[int]time.Time{50: e.Half, 80: e.FourFifths, 100: e.Due} {
		var events []any
		var err error
		if percent == 100 {
			events, err = w.Escalate(level, w.office())
		} else {
			events, err = w.Remind(level, percent, w.office())
		}
		if wanted := runs && !w.now.Before(moment); wanted != (err == nil) {
			t.Fatalf("%d%% of level %d (open %v, at %s) asked for at %s: %v", percent, level, w.Open, moment, w.now, err)
		}
		if err := w.take(t, events, err); err == nil && len(events) > 0 {
			again, err := w.Remind(level, 50, w.office())
			if percent == 50 && (err != nil || len(again) > 0) {
				t.Fatalf("reminded twice: %v, %v", again, err)
			}
		}
	}
}

// holiday changes the calendar, and every term that runs is counted anew.
func (w *world) holiday(t *rapid.T) {
	day := w.now.AddDate(0, 0, rapid.IntRange(0, 8).Draw(t, "day")).In(vn.Location()).Format(time.DateOnly)
	if w.calendar.Off[day] {
		delete(w.calendar.Off, day)
	} else {
		w.calendar.Off[day] = true
	}
	if err := w.take(t, w.Recount(w.office()), nil); err != nil {
		t.Fatal(err)
	}
	for _, level := range w.Open {
		w.countedRightly(t, w.terms[level])
	}
	if again := w.Recount(w.office()); len(again) > 0 {
		t.Fatalf("counted anew twice: %v", again)
	}
}

// move gives somebody another position.
func (w *world) move(t *rapid.T) {
	w.find(w.person(t).Person).Role = rapid.SampledFrom(roles()).Draw(t, "role")
}

func (w *world) tryConsult(t *rapid.T) {
	target := dossier.Target{Agency: rapid.SampledFrom(agencies()).Draw(t, "agency"), Unit: rapid.SampledFrom([]string{"", "một", "hai"}).Draw(t, "unit")}
	a, days := w.person(t), rapid.IntRange(1, 3).Draw(t, "days")
	events, err := w.Consult(a, []dossier.Target{target}, "Có ý kiến gì không?", days, w.office())
	if err := w.take(t, events, err); err != nil {
		return
	}
	c := w.Consultations[len(w.Consultations)-1]
	if !w.worked(c.Due) {
		t.Fatalf("opinions are due %s", c.Due)
	}
	w.asked[fmt.Sprint(c.Number)] = c.Due
}

func (w *world) tryOpinion(t *rapid.T) {
	if len(w.Consultations) == 0 {
		t.Skip("nobody is asked")
	}
	c := rapid.SampledFrom(w.Consultations).Draw(t, "consultation")
	if rapid.Bool().Draw(t, "silence") {
		events, err := w.RecordSilence(c.Number, w.now)
		if w.take(t, events, err) == nil && w.now.Before(w.Consultations[c.Number-1].Due) {
			t.Fatal("silence was recorded before the end of the term")
		}
		return
	}
	a := w.person(t)
	events, err := w.GiveOpinion(a, c.Number, dossier.Disagree, "Không đồng ý.", w.now)
	if err := w.take(t, events, err); err != nil {
		return
	}
	if slices.Contains(w.authors, a.Person) || a.Agency != c.Targets[0].Agency || c.Targets[0].Unit != "" && c.Targets[0].Unit != a.Unit {
		t.Fatalf("%+v answered for %v", a.Position, c.Targets)
	}
	delete(w.asked, fmt.Sprint(c.Number))
}
