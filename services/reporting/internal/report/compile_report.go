package report

import (
	"time"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/vn"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// CheckPeriod refuses a period that lies wholly outside the days a plan runs, both inclusive and given by their first instants, and
// one that has not ended. Now is the log's clock.
func CheckPeriod(period vn.Period, from, to, now time.Time) error {
	switch {
	case !period.From().Before(to.AddDate(0, 0, 1)), !period.To().After(from):
		return errs.New(errorsv1.Reason_PLAN_PERIOD_OUTSIDE, "period", period.String())
	case now.Before(period.To()):
		return errs.New(errorsv1.Reason_PLAN_PERIOD_OPEN, "period", period.String(), "cutoff", vn.Date(period.LastDay()))
	default:
		return nil
	}
}

// Settled says that the figures are before approvers or approved, so that compiling again changes nothing.
func (r *Report) Settled() bool {
	return r.State == InApproval || r.State == Approved || r.State == Issued
}

// CompileReport records what the facts gave, when it differs from what was recorded last. What people wrote stays beside the new figures.
// A settled report stays as it is. Author is empty when a workflow compiles.
func (r *Report) CompileReport(s Sheet, author string) ([]any, error) {
	if r.Settled() {
		return nil, nil
	}
	words, err := r.Sheet.narrative()
	if err != nil {
		return nil, err
	}
	if !words.Empty() {
		if s, err = s.with(words); err != nil {
			return nil, err
		}
	}
	if r.Sheet.Hash == s.Hash {
		return nil, nil
	}
	return []any{ReportCompiled{Sheet: s, Author: author}}, nil
}
