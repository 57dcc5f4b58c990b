package dossier

import (
	"slices"
	"strings"
	"time"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// TargetsLimit is how many units one question may go to.
const TargetsLimit = 50

// The opinions, beside silence.
const (
	Agree             Outcome = "agree"
	AgreeWithComments Outcome = "agree_with_comments"
	Disagree          Outcome = "disagree"
)

// Opinions lists what may be said.
func Opinions() []Outcome { return []Outcome{Agree, AgreeWithComments, Disagree} }

// Target is a unit that is asked, or with no unit the whole agency.
type Target struct {
	Agency string `json:"agency"`
	Unit   string `json:"unit,omitempty"`
}

// Admits says whether a position speaks for the target.
func (t Target) Admits(p route.Position) bool {
	return p.Person != "" && p.Agency == t.Agency && (t.Unit == "" || p.Unit == t.Unit)
}

func (t Target) String() string {
	if t.Unit == "" {
		return t.Agency
	}
	return t.Unit + " (" + t.Agency + ")"
}

// Opinion is what one unit said.
type Opinion struct {
	Target        Target    `json:"target"`
	Outcome       Outcome   `json:"outcome"`
	Text          string    `json:"text,omitempty"`
	Person        string    `json:"person"`
	PersonName    string    `json:"personName"`
	Position      string    `json:"position"`
	PersonExample bool      `json:"personExample,omitempty"`
	Hash          string    `json:"hash"` // of the text it is about
	At            time.Time `json:"at"`
	Late          bool      `json:"late,omitempty"` // after the silence was recorded
}

// Consultation is one question to other units, all at once (lấy ý kiến phối hợp).
type Consultation struct {
	Number   int       `json:"number"`
	Question string    `json:"question"`
	By       string    `json:"by"`
	ByName   string    `json:"byName"`
	Targets  []Target  `json:"targets"`
	At       time.Time `json:"at"`
	Days     int       `json:"days"`
	Due      time.Time `json:"due"`
	Opinions []Opinion `json:"opinions,omitempty"`
	// Silent: the term is over, and who had said nothing by then is recorded as such.
	Silent bool `json:"silent,omitempty"`
}

// Awaited are the targets that have said nothing.
func (c Consultation) Awaited() []Target {
	var awaited []Target
	for _, t := range c.Targets {
		if !slices.ContainsFunc(c.Opinions, func(o Opinion) bool { return o.Target == t }) {
			awaited = append(awaited, t)
		}
	}
	return awaited
}

// OpinionsAsked: other units were asked for their opinion.
type OpinionsAsked struct {
	DocumentType route.DocumentType `json:"documentType"`
	Document     string             `json:"document"`
	Title        string             `json:"title"`
	Number       int                `json:"number"`
	Question     string             `json:"question"`
	By           string             `json:"by"`
	ByName       string             `json:"byName"`
	Targets      []Target           `json:"targets"`
	At           time.Time          `json:"at"`
	Days         int                `json:"days"`
	Due          time.Time          `json:"due"`
}

// OpinionGiven: a unit answered.
type OpinionGiven struct {
	Consultation int     `json:"consultation"`
	Opinion      Opinion `json:"opinion"`
}

// SilenceRecorded: the term is over, and these said nothing.
type SilenceRecorded struct {
	Consultation int      `json:"consultation"`
	Targets      []Target `json:"targets"`
}

// Consult asks other units. An author may, and who may decide at a level where the dossier waits.
func (d *Dossier) Consult(a Actor, targets []Target, question string, days int, o Office) ([]any, error) {
	if d.State != InApproval {
		return nil, errs.New(errorsv1.Reason_DOSSIER_STATE, "state", string(d.State), "allowed", string(InApproval))
	}
	if !slices.Contains(d.Authors, a.Person) && !d.WaitsFor(a, o.At) {
		return nil, errs.New(errorsv1.Reason_CONSULT_POSITION, "level", d.openNames())
	}
	if days == 0 {
		days = o.Terms.Opinion
	}
	return []any{OpinionsAsked{
		DocumentType: d.DocumentType, Document: d.Document, Title: d.Title, Number: len(d.Consultations) + 1, Question: question, By: a.Person, ByName: a.Name,
		Targets: targets, At: o.At.UTC(), Days: days, Due: o.Calendar.Due(o.At, days).UTC(),
	}}, nil
}

// GiveOpinion answers for the actor's unit: the consultation of that number, or (0) the latest that asks it. A unit answers once; after the
// silence was recorded its answer is kept as late.
func (d *Dossier) GiveOpinion(a Actor, number int, outcome Outcome, text string, at time.Time) ([]any, error) {
	if d.State != InApproval {
		return nil, errs.New(errorsv1.Reason_DOSSIER_STATE, "state", string(d.State), "allowed", string(InApproval))
	}
	if slices.Contains(d.Authors, a.Person) {
		return nil, errs.New(errorsv1.Reason_FOUR_EYES)
	}
	if outcome != Agree && text == "" {
		return nil, errs.New(errorsv1.Reason_OPINION_TEXT_REQUIRED)
	}
	var asked []string
	given := ""
	for _, c := range slices.Backward(d.Consultations) {
		if number != 0 && c.Number != number {
			continue
		}
		for _, t := range c.Targets {
			asked = append(asked, t.String())
			if !t.Admits(a.Position) {
				continue
			}
			if i := slices.IndexFunc(c.Opinions, func(o Opinion) bool { return o.Target == t }); i >= 0 {
				given = c.Opinions[i].PersonName
				continue
			}
			return []any{OpinionGiven{Consultation: c.Number, Opinion: Opinion{
				Target: t, Outcome: outcome, Text: text, Person: a.Person, PersonName: a.Name, Position: a.Title, PersonExample: a.Example,
				Hash: d.Hash, At: at.UTC(), Late: c.Silent,
			}}}, nil
		}
	}
	if given != "" {
		return nil, errs.New(errorsv1.Reason_OPINION_GIVEN, "person", given)
	}
	return nil, errs.New(errorsv1.Reason_OPINION_UNIT, "asked", strings.Join(asked, ", "))
}

// RecordSilence records once who said nothing within the term, and not before its end.
func (d *Dossier) RecordSilence(number int, at time.Time) ([]any, error) {
	i := slices.IndexFunc(d.Consultations, func(c Consultation) bool { return c.Number == number })
	if i < 0 || d.Consultations[i].Silent || len(d.Consultations[i].Awaited()) == 0 {
		return nil, errs.New(errorsv1.Reason_TERM_CLOSED, "state", string(d.State))
	}
	if c := d.Consultations[i]; at.Before(c.Due) {
		return nil, errs.New(errorsv1.Reason_TERM_EARLY, "at", local(c.Due))
	}
	return []any{SilenceRecorded{Consultation: number, Targets: d.Consultations[i].Awaited()}}, nil
}

// Asks says whether a position speaks for a unit that some consultation asks.
func (d *Dossier) Asks(p route.Position) bool {
	return slices.ContainsFunc(d.Consultations, func(c Consultation) bool {
		return slices.ContainsFunc(c.Targets, func(t Target) bool { return t.Admits(p) })
	})
}

// AwaitsOpinionOf says whether a position speaks for a unit that has not answered.
func (d *Dossier) AwaitsOpinionOf(p route.Position) bool {
	if d.State != InApproval || slices.Contains(d.Authors, p.Person) {
		return false
	}
	return slices.ContainsFunc(d.Consultations, func(c Consultation) bool {
		return slices.ContainsFunc(c.Awaited(), func(t Target) bool { return t.Admits(p) })
	})
}

// opinionsHeard refuses an approval while an opinion is awaited whose term has not ended.
func (d *Dossier) opinionsHeard(at time.Time) error {
	var waiting []string
	var due time.Time
	for _, c := range d.Consultations {
		if c.Silent || !at.Before(c.Due) {
			continue
		}
		for _, t := range c.Awaited() {
			waiting = append(waiting, t.String())
			if c.Due.After(due) {
				due = c.Due
			}
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	return errs.New(errorsv1.Reason_OPINIONS_OPEN, "waiting", strings.Join(waiting, ", "), "due", local(due))
}

func (d *Dossier) applyOpinion(e es.Event) {
	d.Consultations = slices.Clone(d.Consultations)
	at := func(number int) *Consultation {
		i := slices.IndexFunc(d.Consultations, func(c Consultation) bool { return c.Number == number })
		return &d.Consultations[i]
	}
	switch x := e.Data.(type) {
	case OpinionsAsked:
		d.Consultations = append(d.Consultations, Consultation{
			Number: x.Number, Question: x.Question, By: x.By, ByName: x.ByName, Targets: x.Targets, At: x.At, Days: x.Days, Due: x.Due,
		})
	case OpinionGiven:
		c := at(x.Consultation)
		c.Opinions = append(slices.Clone(c.Opinions), x.Opinion)
	case SilenceRecorded:
		at(x.Consultation).Silent = true
	}
}
