package approvals

import (
	"context"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"

	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
)

// view shows dossiers at a moment: how many working days of their terms have passed.
type view struct {
	calendar vn.Calendar
	now      time.Time
}

// shown is the view at a moment.
func (s *server) shown(ctx context.Context, at time.Time) (func(*dossier.Dossier) *approvalsv1.Dossier, error) {
	working, err := s.working(ctx, at)
	return view{calendar: working, now: at}.message, err
}

// moment is the one that a request is about: the past one it names, else now.
func (s *server) moment(asOf *timestamppb.Timestamp) time.Time {
	if asOf != nil {
		return asOf.AsTime()
	}
	return s.host.Now()
}

// dossierMessage shows a dossier on which no term runs.
func dossierMessage(d *dossier.Dossier) *approvalsv1.Dossier { return view{}.message(d) }

func (v view) message(d *dossier.Dossier) *approvalsv1.Dossier {
	m := &approvalsv1.Dossier{
		Id: d.ID, DocumentType: string(d.DocumentType), Document: d.Document, Edition: d.Edition, Title: d.Title, Agency: d.Agency, Unit: d.Unit,
		Authors: d.Authors, Hash: d.Hash, State: string(d.State), CurrentLevel: int32(d.Current()), Example: d.Example,
		OpenedAt: timestamppb.New(d.OpenedAt), UpdatedAt: timestamppb.New(d.UpdatedAt), Decisions: decisionMessages(d.Decisions),
		Bypassed: d.ByBypass(),
	}
	if d.Issue != nil {
		m.Number, m.IssueDate, m.Register, m.IssueRefused = d.Issue.Number, d.Issue.Date, d.Issue.Register, d.Issue.Refused
		m.Issuer = d.Issue.Order.Issuer
	}
	for _, level := range d.Open {
		m.CurrentLevels = append(m.CurrentLevels, int32(level))
	}
	for i := range d.Levels {
		m.Levels = append(m.Levels, v.level(d, i+1))
	}
	for _, b := range d.Bypasses {
		m.Bypasses = append(m.Bypasses, v.bypass(b))
	}
	for _, c := range d.Consultations {
		m.Consultations = append(m.Consultations, v.consultation(c))
	}
	for _, r := range d.Reminders {
		m.Reminders = append(m.Reminders, &approvalsv1.Reminder{
			Level: int32(r.Level), Percent: int32(r.Percent), People: r.People, DueAt: timestamppb.New(r.Due), At: timestamppb.New(r.At),
		})
	}
	for _, e := range d.Escalations {
		m.Escalations = append(m.Escalations, &approvalsv1.Escalation{Level: int32(e.Level), People: e.People, DueAt: timestamppb.New(e.Due), At: timestamppb.New(e.At)})
	}
	if due, runs := d.Due(); runs {
		soon, _ := d.SoonFrom()
		m.DueAt, m.Overdue = timestamppb.New(due), !v.now.Before(due)
		m.DueSoon = !m.Overdue && !v.now.Before(soon)
	}
	return m
}

func (v view) level(d *dossier.Dossier, level int) *approvalsv1.DossierLevel {
	l := d.Levels[level-1]
	needed, given := d.Needed(level)
	m := &approvalsv1.DossierLevel{
		Name: l.Name, Roles: l.Roles, Scope: l.Scope, State: levelState(d, level), Quorum: string(l.Quorum), Parallel: l.Parallel,
		Needed: int32(needed), Given: int32(given),
	}
	if e, runs := d.Running(level); runs {
		m.Candidates = e.Candidates
		m.Term = v.term(e.At, e.Due, e.Days)
		m.Term.RemindAt = []*timestamppb.Timestamp{timestamppb.New(e.Half), timestamppb.New(e.FourFifths)}
	}
	return m
}

// levelState is how a level shows: current, approved (it approved this hash), returned (it sent the dossier back and has not had it
// back), or waiting.
func levelState(d *dossier.Dossier, level int) string {
	_, approved := d.Standing(level)
	switch {
	case slices.Contains(d.Open, level):
		return "current"
	case approved:
		return "approved"
	}
	for _, sent := range d.Returns {
		if sent.From == level {
			return "returned"
		}
	}
	return "waiting"
}

func (v view) term(at, due time.Time, days int) *approvalsv1.Term {
	used := v.calendar.Days(at, v.now)
	return &approvalsv1.Term{
		Days: int32(days), EnteredAt: timestamppb.New(at), DueAt: timestamppb.New(due), DaysUsed: int32(min(used, days)), DaysLeft: int32(max(0, days-used)),
		Overdue: !v.now.Before(due), DaysOver: int32(max(0, used-days)),
	}
}

func (v view) bypass(b dossier.Bypass) *approvalsv1.BypassState {
	m := &approvalsv1.BypassState{
		Decision: decisionMessages([]dossier.Decision{b.Decision})[0], ReviewDueAt: timestamppb.New(b.ReviewDue), Review: "pending",
		ReviewOverdue: !v.now.Before(b.ReviewDue),
	}
	if r := b.Review; r.Outcome != "" {
		m.Review, m.ReviewOverdue, m.Reviewer, m.ReviewerName, m.ReviewerPosition = string(r.Outcome), false, r.Person, r.PersonName, r.Position
		m.Comment, m.ReviewedAt = r.Comment, timestamppb.New(r.At)
	}
	return m
}

func (v view) consultation(c dossier.Consultation) *approvalsv1.Consultation {
	m := &approvalsv1.Consultation{
		Number: int32(c.Number), Question: c.Question, AskedBy: c.By, AskedByName: c.ByName, AskedAt: timestamppb.New(c.At), Term: v.term(c.At, c.Due, c.Days),
	}
	for _, t := range c.Targets {
		o := &approvalsv1.Opinion{Agency: t.Agency, Unit: t.Unit, State: "awaited"}
		if c.Silent {
			o.State = "silent"
		}
		for _, given := range c.Opinions {
			if given.Target == t {
				o.State, o.Text, o.Person, o.PersonName, o.Position = string(given.Outcome), given.Text, given.Person, given.PersonName, given.Position
				o.PersonExample, o.At, o.Late, o.Hash = given.PersonExample, timestamppb.New(given.At), given.Late, given.Hash
			}
		}
		m.Opinions = append(m.Opinions, o)
	}
	return m
}
