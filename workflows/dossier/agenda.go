package dossier

import (
	"slices"
	"strings"
	"time"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
)

// agendaOf is what has still to be done about the terms that run.
func agendaOf(d *approvalsv1.Dossier) Agenda {
	a := Agenda{Title: d.GetTitle(), Steps: []Step{}}
	for _, level := range d.GetCurrentLevels() {
		a.Steps = append(a.Steps, levelSteps(d, level)...)
	}
	for _, c := range d.GetConsultations() {
		if slices.ContainsFunc(c.GetOpinions(), func(o *approvalsv1.Opinion) bool { return o.GetState() == "awaited" }) {
			a.Steps = append(a.Steps, Step{
				At: c.GetTerm().GetDueAt().AsTime(), Kind: RecordSilence, Consultation: c.GetNumber(), Began: c.GetTerm().GetEnteredAt().AsTime(),
			})
		}
	}
	if n := len(d.GetBypasses()); n > 0 && d.GetBypasses()[n-1].GetReview() == "pending" {
		b := d.GetBypasses()[n-1]
		if began := b.GetDecision().GetAt().AsTime(); !escalated(d, 0, began) {
			a.Steps = append(a.Steps, Step{At: b.GetReviewDueAt().AsTime(), Kind: Escalate, Began: began})
		}
	}
	slices.SortStableFunc(a.Steps, func(x, y Step) int {
		if by := x.At.Compare(y.At); by != 0 {
			return by
		}
		return strings.Compare(string(x.Kind), string(y.Kind))
	})
	return a
}

func levelSteps(d *approvalsv1.Dossier, level int32) []Step {
	term := d.GetLevels()[level-1].GetTerm()
	if term == nil {
		return nil
	}
	began, due := term.GetEnteredAt().AsTime(), term.GetDueAt().AsTime()
	var steps []Step
	for i, percent := range []int32{50, 80} {
		reminded := slices.ContainsFunc(d.GetReminders(), func(r *approvalsv1.Reminder) bool {
			return r.GetLevel() == level && r.GetPercent() == percent && !r.GetAt().AsTime().Before(began)
		})
		if !reminded && i < len(term.GetRemindAt()) {
			steps = append(steps, Step{At: term.GetRemindAt()[i].AsTime(), Kind: Remind, Level: level, Percent: percent, Began: began})
		}
	}
	if !escalated(d, level, began) {
		steps = append(steps, Step{At: due, Kind: Escalate, Level: level, Began: began})
	}
	return steps
}

// escalated says that the end of a term that began then has been told one level up.
func escalated(d *approvalsv1.Dossier, level int32, began time.Time) bool {
	return slices.ContainsFunc(d.GetEscalations(), func(e *approvalsv1.Escalation) bool {
		return e.GetLevel() == level && !e.GetAt().AsTime().Before(began)
	})
}
