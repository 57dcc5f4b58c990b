// Package figures says what was done of what was planned: a pure function of a plan, its items, what was published and recorded, and a
// span of time. The same facts give the same bytes, in whatever order they came in.
package figures

import (
	"time"
)

// Plan is what a report measures against, in the order the plan itself names its parts.
type Plan struct {
	ID, Number, Title string
	// From and To are the first instants of the first and last day it runs, in Vietnam.
	From, To time.Time
	// Issuer is the code of the authority whose plan it is, Lead that of the agency that leads it and reports; Coordinators those of the
	// others.
	Issuer, Lead string
	Coordinators []string
	// Themes, Audiences and Channels are the plan's own lists.
	Themes, Audiences, Channels []Named
	Items                       []Item
	// Former are items that an amendment took out: what was done under them stays counted.
	Former []Item
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

// Kind of a fact.
type Kind string

// The kinds of facts.
const (
	Published Kind = "publication"
	Result    Kind = "result"
)

// Standing of a fact.
type Standing string

// How a fact stands: only what is counted is in a figure; the others are shown beside it.
const (
	Counts      Standing = "counted"
	Unconfirmed Standing = "unconfirmed"
	Withdrawn   Standing = "withdrawn"
	// Gone is a result that was retracted: it is shown nowhere.
	Gone Standing = "gone"
)

// Fact is something done under a plan item: a publication of Loa, or a result recorded outside it.
type Fact struct {
	Kind     Kind
	ID       string
	Standing Standing
	// Content is a publication's.
	Content, Item, Title string
	// Theme and Audiences are a publication's own; a result has those of its item.
	Theme               string
	Audiences, Channels []string
	// Agency wrote or recorded it.
	Agency string
	// Quantity is in whole units: of a publication 1. Unit is a result's.
	Quantity int64
	Unit     string
	At       time.Time
	// Path leads to the page or to the evidence; Hash is what was approved, or the SHA-256 of the evidence.
	Path, Hash string
	// Event is where the log of its source holds it: "distribution/1.57".
	Event             string
	Imported, Example bool
	// Bypassed: what is shown was approved in an emergency, past its route.
	Bypassed bool
}

// Span is the time that figures are of.
type Span struct {
	// From and To bound what is actual, half-open. YearFrom is the start of the reporting year, zero for none.
	From, To, YearFrom time.Time
}

// Contains says whether an instant lies in the span.
func (s Span) Contains(at time.Time) bool { return !at.Before(s.From) && at.Before(s.To) }

// State of a line at the end of the span.
type State string

// The states of a line. Overdue follows from the deadline and the cut-off alone, so a report does not depend on when a reminder ran.
const (
	Planned State = "planned"
	Done    State = "done"
	Overdue State = "overdue"
	Missing State = "missing"
)

// Line is plan versus actual for one item, agency, theme, audience or channel, or for the whole plan.
type Line struct {
	Code string `json:"code"`
	Name string `json:"name"`
	// Planned is due in the span; absent when nothing in the line has a unit that anything was counted in.
	Planned *int64 `json:"planned,omitempty"`
	// Actual was done in the span, Cumulative from the plan's first day to the span's end. Absent is missing, not nought.
	Actual     *int64 `json:"actual,omitempty"`
	Cumulative *int64 `json:"cumulative,omitempty"`
	// YearCumulative was done from the start of the reporting year; LastYear in the same span a year before, under the plans of the
	// same issuer and lead that ran then, absent when none did.
	YearCumulative *int64 `json:"yearCumulative,omitempty"`
	LastYear       *int64 `json:"lastYear,omitempty"`
	// Target is of the whole plan.
	Target   int64  `json:"target"`
	Unit     string `json:"unit"`
	State    State  `json:"state"`
	Deadline string `json:"deadline,omitempty"`
	Example  bool   `json:"example"`
	// Of Actual, what Loa published and what confirmed results say.
	ByPublications int64 `json:"byPublications,omitempty"`
	ByResults      int64 `json:"byResults,omitempty"`
	// Unconfirmed is what is recorded in the span in the line's unit and not confirmed, or questioned. Withdrawn counts publications of
	// the span that were withdrawn since. Neither is in any figure.
	Unconfirmed int64    `json:"unconfirmed,omitempty"`
	Withdrawn   int64    `json:"withdrawn,omitempty"`
	Besides     []Beside `json:"besides,omitempty"`
	// Events is how many facts of the span the line counts, in whatever unit.
	Events int64 `json:"events,omitempty"`
	// Counted lists them in reports of the first form; later ones have an annex.
	Counted []Counted `json:"counted,omitzero"`
}

// Beside is what was done in a unit other than the line's own.
type Beside struct {
	Unit           string `json:"unit"`
	Planned        *int64 `json:"planned,omitempty"`
	Actual         *int64 `json:"actual,omitempty"`
	Cumulative     *int64 `json:"cumulative,omitempty"`
	YearCumulative *int64 `json:"yearCumulative,omitempty"`
	Target         int64  `json:"target,omitempty"`
	Unconfirmed    int64  `json:"unconfirmed,omitempty"`
}

// Counted is an event that a figure counts, in reports of the first form.
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
	// Total is the whole plan in one line; absent in reports of the first form.
	Total *Line `json:"total,omitempty"`
}

// Publications is what publications are counted in where no item says it, and a sum over items of several units.
const Publications = "tin, bài"
