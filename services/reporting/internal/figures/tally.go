package figures

import (
	"cmp"
	"slices"
)

// Tally counts facts as they come, one by one and each once, so that what it holds does not grow with them.
type Tally struct {
	plan     Plan
	span     Span
	register *Register
	lines    map[Dimension]*group
	total    *account
	// published counts publications of the span and from the plan's first day.
	published, publishedCumulative int64
	lastYear                       *lastYear
	units                          map[string]string // of items' lines, by code
}

// group is the lines of a dimension by code.
type group struct {
	accounts map[string]*account
	// strays are codes that only facts carry, in no order.
	strays []string
}

// account gathers what one line counts.
type account struct {
	units                       map[string]*sums
	published, recorded         int64 // of the headline, in the span
	withdrawn, events, lastYear int64
	example, counts             bool // counts: an item in it counts publications
}

// sums are what is counted in one unit.
type sums struct {
	target, planned, due                    int64
	actual, cumulative, yearly, unconfirmed int64
	hasTarget, hasFacts                     bool
}

// NewTally begins to count. Planned quantities are in it already.
func NewTally(plan Plan, span Span) *Tally {
	t := &Tally{plan: plan, span: span, register: NewRegister(plan), lines: map[Dimension]*group{}, total: newAccount(), units: map[string]string{}}
	for _, items := range [][]Item{plan.Former, plan.Items} {
		for _, item := range items {
			t.units[item.Code] = item.Unit
		}
	}
	for _, by := range Dimensions() {
		t.lines[by] = &group{accounts: map[string]*account{}}
	}
	for _, named := range []struct {
		by   Dimension
		list []Named
	}{{ByTheme, plan.Themes}, {ByAudience, plan.Audiences}, {ByChannel, plan.Channels}} {
		for _, n := range named.list {
			t.lines[named.by].planned(n.Code)
		}
	}
	for _, item := range plan.Items {
		t.planItem(item)
	}
	return t
}

func newAccount() *account { return &account{units: map[string]*sums{}} }

// planItem adds what one item plans.
func (t *Tally) planItem(item Item) {
	accounts := []*account{t.total, t.lines[ByItem].planned(item.Code), t.lines[ByAgency].planned(item.Lead)}
	if item.Theme != "" {
		accounts = append(accounts, t.lines[ByTheme].planned(item.Theme))
	}
	for _, code := range unique(item.Audiences) {
		accounts = append(accounts, t.lines[ByAudience].planned(code))
	}
	for _, code := range unique(item.Channels) {
		accounts = append(accounts, t.lines[ByChannel].planned(code))
	}
	for _, a := range accounts {
		a.example = a.example || item.Example
		a.counts = a.counts || item.Counts
		s := a.unit(item.Unit)
		s.hasTarget = true
		s.target += item.Target
		// The whole of its last day is the item's.
		if item.Deadline.IsZero() || item.Deadline.AddDate(0, 0, 1).After(t.span.To) {
			continue
		}
		s.due += item.Target
		if !item.Deadline.Before(t.span.From) {
			s.planned += item.Target
		}
	}
}

func (g *group) planned(code string) *account {
	a := g.accounts[code]
	if a == nil {
		a = newAccount()
		g.accounts[code] = a
	}
	return a
}

// of gives the line of a code that a fact carries; one that the plan does not name is a stray.
func (g *group) of(code string) *account {
	if a := g.accounts[code]; a != nil {
		return a
	}
	g.strays = append(g.strays, code)
	return g.planned(code)
}

func (a *account) unit(unit string) *sums {
	s := a.units[unit]
	if s == nil {
		s = &sums{}
		a.units[unit] = s
	}
	return s
}

// Add counts a fact, and says whether it is counted in the span, with its entry of the annex.
func (t *Tally) Add(f Fact) (e Entry, counted bool) {
	e = t.register.Entry(f)
	if f.At.Before(t.plan.From) || !f.At.Before(t.span.To) || f.Standing == Gone {
		return e, false
	}
	within := t.span.Contains(f.At)
	counted = f.Standing == Counts && within
	if f.Kind == Published && f.Standing == Counts {
		t.publishedCumulative++
		if within {
			t.published++
		}
	}
	t.each(e, func(a *account, own string) { t.post(a, own, f, e, within) })
	return e, counted
}

// each gives every line that an entry is in; own is the unit of an item's line, "" for an item that the plan never had.
func (t *Tally) each(e Entry, post func(a *account, own string)) {
	post(t.total, "")
	if e.Item != "" {
		post(t.lines[ByItem].of(e.Item), t.units[e.Item])
	}
	if e.Agency != "" {
		post(t.lines[ByAgency].of(e.Agency), "")
	}
	if e.Theme != "" {
		post(t.lines[ByTheme].of(e.Theme), "")
	}
	for i, code := range e.Audiences {
		if code != "" && !slices.Contains(e.Audiences[:i], code) {
			post(t.lines[ByAudience].of(code), "")
		}
	}
	for i, code := range e.Channels {
		if code != "" && !slices.Contains(e.Channels[:i], code) {
			post(t.lines[ByChannel].of(code), "")
		}
	}
}

// post adds a fact to one line. Its headline is the item's own unit, or all units that publications count in.
func (t *Tally) post(a *account, own string, f Fact, e Entry, within bool) {
	s := a.unit(e.Unit)
	switch f.Standing {
	case Unconfirmed:
		if within {
			s.unconfirmed += e.Quantity
		}
		return
	case Withdrawn:
		if within {
			a.withdrawn++
		}
		return
	case Counts, Gone:
	}
	s.hasFacts = true
	s.cumulative += e.Quantity
	if !t.span.YearFrom.IsZero() && !f.At.Before(t.span.YearFrom) {
		s.yearly += e.Quantity
	}
	if !within {
		return
	}
	s.actual += e.Quantity
	a.events++
	a.example = a.example || e.Example
	if t.inHeadline(own, e.Unit) {
		if f.Kind == Published {
			a.published += e.Quantity
		} else {
			a.recorded += e.Quantity
		}
	}
}

func (t *Tally) inHeadline(own, unit string) bool {
	if own != "" {
		return unit == own
	}
	return t.register.units[unit]
}

// lastYear is what is known of the same span a year before.
type lastYear struct {
	registers map[string]*Register
	known     map[string]bool // names of lines that its plans have
}

// LastYear says which plans of the same issuer and lead ran in the same span a year before; without one LastYear stays missing.
func (t *Tally) LastYear(plans []Plan) {
	if len(plans) == 0 {
		return
	}
	t.lastYear = &lastYear{registers: map[string]*Register{}, known: map[string]bool{TotalLine: true}}
	for _, plan := range plans {
		t.lastYear.registers[plan.ID] = NewRegister(plan)
		for _, n := range plan.Themes {
			t.lastYear.known[LineName(ByTheme, n.Code)] = true
		}
		for _, n := range plan.Audiences {
			t.lastYear.known[LineName(ByAudience, n.Code)] = true
		}
		for _, n := range plan.Channels {
			t.lastYear.known[LineName(ByChannel, n.Code)] = true
		}
		for _, item := range plan.Items {
			t.lastYear.known[LineName(ByAgency, item.Lead)] = true
			if plan.ID == t.plan.ID {
				t.lastYear.known[LineName(ByItem, item.Code)] = true
			}
		}
	}
}

// AddLastYear counts a fact of the same span a year before under one of those plans.
func (t *Tally) AddLastYear(plan string, f Fact) {
	register := t.lastYear.registers[plan]
	if register == nil || f.Standing != Counts {
		return
	}
	e := register.Entry(f)
	if f.Kind == Result && !t.register.units[e.Unit] && plan != t.plan.ID {
		return // another unit than any of this plan's publications
	}
	t.each(e, func(a *account, own string) {
		if own != "" && plan != t.plan.ID || own != "" && e.Unit != own || own == "" && f.Kind == Result && !t.register.units[e.Unit] {
			return
		}
		a.lastYear += e.Quantity
	})
}

// Compute counts facts in whatever order and however often they come. Facts of other plans must not be among them.
func Compute(plan Plan, facts []Fact, span Span, names map[string]string) Figures {
	t := NewTally(plan, span)
	for _, f := range Collate(facts) {
		t.Add(f)
	}
	return t.Figures(names)
}

// Collate keeps facts once each, in the order of the annex: by time, then by identifier.
func Collate(facts []Fact) []Fact {
	kept := slices.Clone(facts)
	slices.SortStableFunc(kept, func(a, b Fact) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return slices.CompactFunc(kept, func(a, b Fact) bool { return a.ID == b.ID })
}

// unique keeps the first of equal texts, in order.
func unique(texts []string) []string {
	var kept []string
	for _, s := range texts {
		if !slices.Contains(kept, s) {
			kept = append(kept, s)
		}
	}
	return kept
}
