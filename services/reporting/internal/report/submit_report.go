package report

import (
	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// SubmitReport sends the report up its route, on behalf of a person and their unit.
func (r *Report) SubmitReport(person, unit string) ([]any, error) {
	if r.State != Compiled && r.State != Returned {
		return nil, errs.New(errorsv1.Reason_REPORT_STATE, "state", string(r.State), "allowed", string(Compiled)+", "+string(Returned))
	}
	return []any{ReportSubmitted{Sheet: r.Sheet, SubmittedBy: person, Unit: unit, Authors: with(r.Authors, person)}}, nil
}
