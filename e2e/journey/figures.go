package journey

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loa-vn/loa/pkg/vn"

	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

// Figures counts a report's figures anew, from nothing but what planning and distribution have published, and fails where the report
// says something else.
func (j *Journey) Figures(r *reportingv1.Report) {
	t := j.t
	t.Helper()
	s := sums{from: j.day(r.GetFrom()), to: j.day(r.GetTo()).AddDate(0, 0, 1)}
	for _, e := range j.System.Published(t, "planning") {
		if issued, ok := e.Payload.(*planningv1.PlanIssued); ok && issued.GetPlan().GetId() == r.GetPlan() {
			s.plan, s.items = issued.GetPlan(), issued.GetItems()
		}
	}
	// What was corrected counts as it was corrected, and what was withdrawn counts no more. The broker may hold a record twice.
	public := map[string]fact{}
	for _, e := range j.System.Published(t, "distribution") {
		event := fmt.Sprintf("distribution/%d.%d", e.Epoch, e.Position)
		switch p := e.Payload.(type) {
		case *distributionv1.PublicationPublished:
			if _, seen := public[p.GetPublication()]; !seen {
				public[p.GetPublication()] = fact{p, event}
			}
		case *distributionv1.PublicationCorrected:
			public[p.GetPublication()] = fact{&distributionv1.PublicationPublished{Publication: p.GetPublication(), Content: p.GetContent(), PublishedAt: p.GetPublishedAt()}, event}
		case *distributionv1.PublicationWithdrawn:
			public[p.GetPublication()] = fact{}
		}
	}
	for _, p := range public {
		if at := p.GetPublishedAt().AsTime(); p.GetContent().GetPlan() == r.GetPlan() && !at.Before(j.day(s.plan.GetFrom())) && at.Before(s.to) {
			s.facts = append(s.facts, p)
		}
	}
	slices.SortFunc(s.facts, func(a, b fact) int { return a.GetPublishedAt().AsTime().Compare(b.GetPublishedAt().AsTime()) })
	f := r.GetFigures()
	var want, got []string
	for _, i := range s.items {
		want = append(want, s.line("item", i.GetCode(), func(x *planningv1.PlanItem) bool { return x == i }, func(p fact) bool { return p.GetContent().GetPlanItem() == i.GetId() }, !i.GetTarget().GetCountsPublications()))
	}
	leads := map[string]string{}
	for _, i := range s.items {
		leads[i.GetId()] = i.GetLead()
	}
	for _, line := range f.GetAgencies() {
		code := line.GetCode()
		want = append(want, s.line("agency", code, func(i *planningv1.PlanItem) bool { return i.GetLead() == code }, func(p fact) bool { return leads[p.GetContent().GetPlanItem()] == code }, false))
	}
	for _, theme := range s.plan.GetThemes() {
		code := theme.GetCode()
		want = append(want, s.line("theme", code, func(i *planningv1.PlanItem) bool { return i.GetTheme() == code }, func(p fact) bool { return p.GetContent().GetTheme() == code }, false))
	}
	for _, audience := range s.plan.GetAudiences() {
		code := audience.GetCode()
		want = append(want, s.line("audience", code, func(i *planningv1.PlanItem) bool { return slices.Contains(i.GetAudiences(), code) }, func(p fact) bool { return slices.Contains(p.GetContent().GetAudiences(), code) }, false))
	}
	for _, channel := range s.plan.GetChannels() {
		code := channel.GetCode()
		want = append(want, s.line("channel", code, func(i *planningv1.PlanItem) bool { return slices.Contains(i.GetChannels(), code) }, func(p fact) bool { return slices.Contains(p.GetContent().GetChannels(), code) }, false))
	}
	for _, lines := range []struct {
		name  string
		lines []*reportingv1.Line
	}{{"item", f.GetItems()}, {"agency", f.GetAgencies()}, {"theme", f.GetThemes()}, {"audience", f.GetAudiences()}, {"channel", f.GetChannels()}} {
		for _, l := range lines.lines {
			got = append(got, reported(lines.name, l))
		}
	}
	if len(s.items) == 0 || !slices.Equal(got, want) {
		t.Fatalf("report %s says\n%s\nthe published events say\n%s", r.GetPeriod(), strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	var agencies []string
	for _, i := range s.items {
		if !slices.Contains(agencies, i.GetLead()) {
			agencies = append(agencies, i.GetLead())
		}
	}
	check(t, "agencies of the report", len(f.GetAgencies()), len(agencies))
	check(t, "published in the period", f.GetPublished(), int64(len(s.in())))
	check(t, "published since the plan began", f.GetPublishedCumulative(), int64(len(s.facts)))
	check(t, "items", int(f.GetItemsTotal()), len(s.items))
}

type fact struct {
	*distributionv1.PublicationPublished
	event string
}

// sums counts within a period that ends before to.
type sums struct {
	from, to time.Time
	plan     *planningv1.Plan
	items    []*planningv1.PlanItem
	facts    []fact
}

func (s sums) in() []fact {
	return slices.DeleteFunc(slices.Clone(s.facts), func(p fact) bool { return p.GetPublishedAt().AsTime().Before(s.from) })
}

// line is one line in words: what was due in the period, what was published in it and since the plan began, the target, and the events
// that are counted. What is in a unit that Loa does not count is missing.
func (s sums) line(kind, code string, planned func(*planningv1.PlanItem) bool, counts func(fact) bool, missing bool) string {
	var due, target, cumulative int64
	counted := false
	for _, i := range s.items {
		if !planned(i) || !i.GetTarget().GetCountsPublications() {
			continue
		}
		counted = true
		target += i.GetTarget().GetQuantity()
		deadline, err := time.ParseInLocation(time.DateOnly, i.GetDeadline(), vn.Location())
		if err == nil && !deadline.Before(s.from) && deadline.Before(s.to) {
			due += i.GetTarget().GetQuantity()
		}
	}
	for _, p := range s.facts {
		if counts(p) {
			cumulative++
		}
	}
	events := []string{}
	for _, p := range s.in() {
		if counts(p) {
			events = append(events, p.GetPublication()+" "+p.event+" "+p.GetContent().GetHash())
		}
	}
	if missing {
		for _, i := range s.items {
			if planned(i) {
				target = i.GetTarget().GetQuantity()
			}
		}
	}
	return describe(kind, code, counted, due, !missing && (counted || cumulative > 0), int64(len(events)), cumulative, target, events)
}

func reported(kind string, l *reportingv1.Line) string {
	events := []string{}
	for _, c := range l.GetCounted() {
		events = append(events, c.GetPublication()+" "+c.GetEvent()+" "+c.GetHash())
	}
	return describe(kind, l.GetCode(), l.Planned != nil, l.GetPlanned(), l.Actual != nil && l.Cumulative != nil, l.GetActual(), l.GetCumulative(), l.GetTarget(), events)
}

func describe(kind, code string, hasPlan bool, planned int64, hasActual bool, actual, cumulative, target int64, events []string) string {
	number := func(has bool, n int64) string {
		if !has {
			return "missing"
		}
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s %s: planned %s, actual %s, cumulative %s, target %d, counted %v",
		kind, code, number(hasPlan, planned), number(hasActual, actual), number(hasActual, cumulative), target, events)
}

func (j *Journey) day(s string) time.Time {
	j.t.Helper()
	d, err := time.ParseInLocation(time.DateOnly, s, vn.Location())
	if err != nil {
		j.t.Fatal(err)
	}
	return d
}
