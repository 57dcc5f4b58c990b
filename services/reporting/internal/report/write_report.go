package report

import (
	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/reporting/internal/figures"
	"github.com/loa-vn/loa/services/reporting/internal/narrative"
)

// WriteReport changes what people say in a report that is not before its approvers, by the change that its author asks for. It makes a new
// hash: an approval is of the words and of the figures together.
func (r *Report) WriteReport(author string, change func(narrative.Narrative) (narrative.Narrative, []errs.Field)) ([]any, error) {
	if r.State != Compiled && r.State != Returned {
		return nil, errs.New(errorsv1.Reason_REPORT_STATE, "state", string(r.State), "allowed", string(Compiled)+", "+string(Returned))
	}
	was, err := r.Sheet.narrative()
	if err != nil {
		return nil, err
	}
	is, wrong := change(was)
	is = is.Normalise()
	if err := errs.Invalid(append(wrong, is.Check()...)); err != nil {
		return nil, err
	}
	if is == was {
		return nil, nil
	}
	sheet, err := r.Sheet.with(is)
	if err != nil {
		return nil, err
	}
	return []any{ReportWritten{Sheet: sheet, Author: author}}, nil
}

// narrative is what was written in the sheet; nothing before it is compiled.
func (s Sheet) narrative() (narrative.Narrative, error) {
	if s.Canonical == "" {
		return narrative.Narrative{}, nil
	}
	document, err := figures.Read(s.Canonical)
	if err != nil || document.Narrative == nil {
		return narrative.Narrative{}, err
	}
	return *document.Narrative, nil
}

// with is the sheet with other words beside the same figures.
func (s Sheet) with(words narrative.Narrative) (Sheet, error) {
	document, err := figures.Read(s.Canonical)
	if err != nil {
		return Sheet{}, err
	}
	document.Narrative = nil
	if !words.Empty() {
		document.Narrative = &words
	}
	s.Canonical, s.Hash, err = document.Canonical()
	return s, err
}
