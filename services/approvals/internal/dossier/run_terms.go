package dossier

import (
	"slices"
	"strconv"
	"time"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// The parts of a term at which whoever it waits for is reminded, in percent of its working time.
const (
	HalfPercent       = 50
	FourFifthsPercent = 80
)

// Reminder is one that was sent: it is the event.
type Reminder struct {
	Level   int       `json:"level"`
	Percent int       `json:"percent"`
	People  []string  `json:"people"`
	Entered time.Time `json:"entered"` // when the term began
	Due     time.Time `json:"due"`
	At      time.Time `json:"at"`
}

// Escalation tells one level up that a term has run out. Level 0 is the review of a bypass.
type Escalation struct {
	Level   int       `json:"level"`
	People  []string  `json:"people"`
	Entered time.Time `json:"entered"`
	Due     time.Time `json:"due"`
	At      time.Time `json:"at"`
}

// Reminded: who may decide was told that half or four fifths of the term have passed.
type Reminded struct {
	DocumentType route.DocumentType `json:"documentType"`
	Document     string             `json:"document"`
	Title        string             `json:"title"`
	LevelName    string             `json:"levelName"`
	Reminder     Reminder           `json:"reminder"`
}

// Escalated: a term has run out.
type Escalated struct {
	DocumentType route.DocumentType `json:"documentType"`
	Document     string             `json:"document"`
	Title        string             `json:"title"`
	LevelName    string             `json:"levelName"`
	Escalation   Escalation         `json:"escalation"`
}

// TermsMoved: the calendar changed, and with it when open terms end.
type TermsMoved struct {
	DocumentType  route.DocumentType `json:"documentType"`
	Document      string             `json:"document"`
	Entries       []Entry            `json:"entries"`
	Consultations []ConsultationTerm `json:"consultations"`
	// ReviewDue of a bypass that waits for its review.
	ReviewDue time.Time `json:"reviewDue,omitzero"`
}

// ConsultationTerm is when the term of a consultation ends now.
type ConsultationTerm struct {
	Number int       `json:"number"`
	Due    time.Time `json:"due"`
}

// Remind records a reminder of an open term, once, and not before its moment.
func (d *Dossier) Remind(level, percent int, o Office) ([]any, error) {
	e, running := d.Running(level)
	if !running {
		return nil, errs.New(errorsv1.Reason_TERM_CLOSED, "state", string(d.State))
	}
	var moment time.Time
	switch percent {
	case HalfPercent:
		moment = e.Half
	case FourFifthsPercent:
		moment = e.FourFifths
	default:
		return nil, errs.New(errorsv1.Reason_BAD_FORMAT, "field", "percent", "value", strconv.Itoa(percent), "expected", "50, 80")
	}
	if o.At.Before(moment) {
		return nil, errs.New(errorsv1.Reason_TERM_EARLY, "at", local(moment))
	}
	if d.reminded(e, percent) {
		return nil, nil
	}
	return []any{Reminded{
		DocumentType: d.DocumentType, Document: d.Document, Title: d.Title, LevelName: d.LevelName(level),
		Reminder: Reminder{Level: level, Percent: percent, People: d.awaited(level, o), Entered: e.At, Due: e.Due, At: o.At.UTC()},
	}}, nil
}

// Escalate records once that the term of a level has run out, or (level 0) that of a bypass's review, and not before.
func (d *Dossier) Escalate(level int, o Office) ([]any, error) {
	escalation := Escalation{Level: level, At: o.At.UTC()}
	if level == 0 {
		b, pending := d.PendingReview()
		if !pending {
			return nil, errs.New(errorsv1.Reason_TERM_CLOSED, "state", string(d.State))
		}
		escalation.Entered, escalation.Due, escalation.People = b.Decision.At, b.ReviewDue, d.heads(d.Agency, o)
	} else {
		e, running := d.Running(level)
		if !running {
			return nil, errs.New(errorsv1.Reason_TERM_CLOSED, "state", string(d.State))
		}
		escalation.Entered, escalation.Due, escalation.People = e.At, e.Due, d.oneUp(level, o)
	}
	if o.At.Before(escalation.Due) {
		return nil, errs.New(errorsv1.Reason_TERM_EARLY, "at", local(escalation.Due))
	}
	if d.escalated(level, escalation.Entered) {
		return nil, nil
	}
	return []any{Escalated{
		DocumentType: d.DocumentType, Document: d.Document, Title: d.Title, LevelName: d.LevelName(level), Escalation: escalation,
	}}, nil
}

func (d *Dossier) reminded(e Entry, percent int) bool {
	return slices.ContainsFunc(d.Reminders, func(r Reminder) bool {
		return r.Level == e.Level && r.Percent == percent && r.Entered.Equal(e.At)
	})
}

func (d *Dossier) escalated(level int, entered time.Time) bool {
	return slices.ContainsFunc(d.Escalations, func(x Escalation) bool { return x.Level == level && x.Entered.Equal(entered) })
}

// awaited are who may still decide at a level: nothing by them stands.
func (d *Dossier) awaited(level int, o Office) []string {
	return slices.DeleteFunc(d.candidates(level, d.Authors, o), func(person string) bool {
		_, approved := d.hasApproved(person)
		return approved
	})
}

// oneUp are who act at the next level; after the last one, or where nobody does, the head of the agency that acts at this one.
func (d *Dossier) oneUp(level int, o Office) []string {
	if _, last := route.Group(d.Levels, level); last < len(d.Levels) {
		people := []string{}
		first, end := route.Group(d.Levels, last+1)
		for next := first; next <= end; next++ {
			people = append(people, d.candidates(next, d.Authors, o)...)
		}
		slices.Sort(people)
		if people = slices.Compact(people); len(people) > 0 {
			return people
		}
	}
	return d.heads(d.Levels[level-1].Agency(d.Agency), o)
}

func (d *Dossier) heads(agency string, o Office) []string {
	people := []string{}
	for _, p := range o.Staff {
		if p.Agency == agency && (p.Role == "leader" || p.Role == "head_of_office") && !slices.Contains(people, p.Person) {
			people = append(people, p.Person)
		}
	}
	slices.Sort(people)
	return people
}

// Recount counts every open term anew, by the calendar as it is now. A level that was entered before levels had terms enters its own.
func (d *Dossier) Recount(o Office) []any {
	var events []any
	if d.State == InApproval {
		var without []int
		for _, level := range d.Open {
			if _, has := d.entry(level); !has {
				without = append(without, level)
			}
		}
		events = d.enter(nil, without, d.Authors, o)
	}
	moved := TermsMoved{DocumentType: d.DocumentType, Document: d.Document}
	for _, level := range d.Open {
		if e, has := d.entry(level); has {
			if now := e.run(o.Calendar); !now.Due.Equal(e.Due) || !now.Half.Equal(e.Half) || !now.FourFifths.Equal(e.FourFifths) {
				moved.Entries = append(moved.Entries, now)
			}
		}
	}
	for _, c := range d.Consultations {
		if due := o.Calendar.Due(c.At, c.Days).UTC(); len(c.Awaited()) > 0 && !c.Silent && !due.Equal(c.Due) {
			moved.Consultations = append(moved.Consultations, ConsultationTerm{Number: c.Number, Due: due})
		}
	}
	if b, pending := d.PendingReview(); pending {
		if due := o.Calendar.Due(b.Decision.At, b.Days).UTC(); !due.Equal(b.ReviewDue) {
			moved.ReviewDue = due
		}
	}
	if len(moved.Entries)+len(moved.Consultations) > 0 || !moved.ReviewDue.IsZero() {
		events = append(events, moved)
	}
	return events
}

func (d *Dossier) applyTerm(e es.Event) {
	switch x := e.Data.(type) {
	case Reminded:
		d.Reminders = append(slices.Clone(d.Reminders), x.Reminder)
	case Escalated:
		d.Escalations = append(slices.Clone(d.Escalations), x.Escalation)
	case TermsMoved:
		d.setEntries(x.Entries)
		d.Consultations = slices.Clone(d.Consultations)
		for _, moved := range x.Consultations {
			for i := range d.Consultations {
				if d.Consultations[i].Number == moved.Number {
					d.Consultations[i].Due = moved.Due
				}
			}
		}
		if n := len(d.Bypasses); n > 0 && !x.ReviewDue.IsZero() {
			d.Bypasses = slices.Clone(d.Bypasses)
			d.Bypasses[n-1].ReviewDue = x.ReviewDue
		}
	}
}

// Due is the earliest end of a term that runs: of a level, of a consultation, of a review.
func (d *Dossier) Due() (due time.Time, running bool) {
	for _, end := range d.ends() {
		if due.IsZero() || end.due.Before(due) {
			due = end.due
		}
	}
	return due, !due.IsZero()
}

// SoonFrom is the earliest moment at which less than a fifth of a running term is left.
func (d *Dossier) SoonFrom() (soon time.Time, running bool) {
	for _, end := range d.ends() {
		if soon.IsZero() || end.soon.Before(soon) {
			soon = end.soon
		}
	}
	return soon, !soon.IsZero()
}

type end struct{ soon, due time.Time }

func (d *Dossier) ends() []end {
	var all []end
	for _, level := range d.Open {
		if e, has := d.entry(level); has {
			all = append(all, end{soon: e.FourFifths, due: e.Due})
		}
	}
	if b, pending := d.PendingReview(); pending {
		all = append(all, end{soon: b.ReviewDue, due: b.ReviewDue})
	}
	return all
}

// Waiting says that a term has still to be seen to: a reminder, an escalation, a silence to record, or a level that was entered before
// levels had terms.
func (d *Dossier) Waiting() bool {
	for _, level := range d.Open {
		if e, has := d.entry(level); !has || !d.escalated(level, e.At) {
			return true
		}
	}
	if b, pending := d.PendingReview(); pending && !d.escalated(0, b.Decision.At) {
		return true
	}
	return slices.ContainsFunc(d.Consultations, func(c Consultation) bool { return len(c.Awaited()) > 0 && !c.Silent })
}

// local writes a moment as refusals name it: by the clock of Vietnam.
func local(t time.Time) string { return t.In(vn.Location()).Format(time.RFC3339) }
