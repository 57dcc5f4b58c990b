// Package figures says what was done of what was planned: a pure function of a plan, its items, what was published and a period.
// The same facts give the same bytes, in whatever order they came in.
package figures

import (
	"time"

	"github.com/loa-vn/loa/pkg/vn"
)

// Plan is what a report measures against, in the order the plan itself names its parts.
type Plan struct {
	ID, Number, Title string
	// From and To are the first instants of the first and last day it runs, in Vietnam.
	From, To time.Time
	// Lead is the code of the agency that leads the plan and reports; Coordinators those of the others.
	Lead         string
	Coordinators []string
	// Themes, Audiences and Channels are the plan's own lists.
	Themes, Audiences, Channels []Named
	Items                       []Item
	// Imported says that it was issued outside Loa; Example that the whole of it is invented.
	Imported, Example bool
}

// Named is a theme, an audience or a channel of a plan.
type Named struct {
	Code, Name string
	Example    bool
}

// Item is a row of the plan's annex.
type Item struct {
	ID, Code, Title, Theme string
	Audiences, Channels    []string
	Lead                   string
	// Deadline is the first instant of the last day, in Vietnam; zero for none.
	Deadline time.Time
	// Target is in whole units. Counts says that publications of Loa count towards it by themselves.
	Target  int64
	Unit    string
	Counts  bool
	Example bool
}

// Publication is one published event under a plan item.
type Publication struct {
	ID, Content, Item, Title, Theme string
	Audiences, Channels             []string
	At                              time.Time
	Path, Hash                      string
	// Event is where the log of its source holds it: "distribution/1.57".
	Event             string
	Imported, Example bool
}

// Counted is an event that a figure counts.
type Counted struct {
	Publication string `json:"publication"`
	Content     string `json:"content"`
	Title       string `json:"title"`
	PublishedAt string `json:"publishedAt"`
	Path        string `json:"path"`
	Hash        string `json:"hash"`
	Event       string `json:"event"`
	Imported    bool   `json:"imported"`
}

// Line is plan versus actual for one item, agency, theme, audience or channel, in publications.
type Line struct {
	Code string `json:"code"`
	Name string `json:"name"`
	// Planned is due in the period; absent when nothing in the line has a unit that Loa counts.
	Planned *int64 `json:"planned,omitempty"`
	// Actual was published in the period, Cumulative from the plan's first day to the period's end. Absent is missing, not nought.
	Actual     *int64 `json:"actual,omitempty"`
	Cumulative *int64 `json:"cumulative,omitempty"`
	// Target is of the whole plan.
	Target   int64     `json:"target"`
	Unit     string    `json:"unit"`
	State    State     `json:"state"`
	Deadline string    `json:"deadline,omitempty"`
	Example  bool      `json:"example"`
	Counted  []Counted `json:"counted"`
}

// State of a line at the end of the period.
type State string

// The states of a line. Overdue follows from the deadline and the cut-off alone, so a report does not depend on when a reminder ran.
const (
	Planned State = "planned"
	Done    State = "done"
	Overdue State = "overdue"
	Missing State = "missing"
)

// Figures are all lines of a report.
type Figures struct {
	Items               []Line `json:"items"`
	Agencies            []Line `json:"agencies"`
	Themes              []Line `json:"themes"`
	Audiences           []Line `json:"audiences"`
	Channels            []Line `json:"channels"`
	Published           int64  `json:"published"`
	PublishedCumulative int64  `json:"publishedCumulative"`
	ItemsTotal          int64  `json:"itemsTotal"`
	ItemsDone           int64  `json:"itemsDone"`
	ItemsOverdue        int64  `json:"itemsOverdue"`
}

// publications is what a sum over items of several units is counted in.
const publications = "tin, bài"

// Compute counts. Publications of other plans must not be among the facts; a repeated one counts once. Names are those of agencies
// by code.
func Compute(plan Plan, facts []Publication, period vn.Period, names map[string]string) Figures {
	c := counter{plan: plan, facts: collate(plan, facts, period), period: period}
	f := Figures{
		Items:      []Line{},
		Agencies:   c.agencies(names),
		Themes:     c.named(plan.Themes, themes()),
		Audiences:  c.named(plan.Audiences, audiences()),
		Channels:   c.named(plan.Channels, channels()),
		ItemsTotal: int64(len(plan.Items)),
	}
	for _, item := range plan.Items {
		line := c.item(item)
		switch line.State {
		case Done:
			f.ItemsDone++
		case Overdue:
			f.ItemsOverdue++
		case Planned, Missing:
		}
		f.Items = append(f.Items, line)
	}
	f.PublishedCumulative = int64(len(c.facts))
	for _, p := range c.facts {
		if period.Contains(p.At) {
			f.Published++
		}
	}
	return f
}
