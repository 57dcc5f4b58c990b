package result

import (
	"slices"
	"time"

	"github.com/loa-vn/loa/pkg/errs"
)

// ReviseResult replaces what is said of a result that is not confirmed; a questioned one waits for the lead agency again. Change makes
// the new one of the old and tells what is wrong with it. An edit that changes nothing records nothing.
func (s *Results) ReviseResult(id, person string, change func(Result) (Result, []errs.Field)) ([]any, error) {
	was, err := s.ready(Revise, id)
	if err != nil {
		return nil, err
	}
	r, wrong := change(was)
	if err := errs.Invalid(append(wrong, s.free(r)...)); err != nil {
		return nil, err
	}
	if sameWords(was, r) {
		return nil, nil
	}
	r.State, r.Reason, r.DecidedBy, r.DecidedAt = Recorded, "", "", time.Time{}
	r.Authors = with(was.Authors, person)
	r.Revision++
	return []any{ResultRevised{Result: r}}, nil
}

func sameWords(a, b Result) bool {
	return a.Quantity == b.Quantity && a.Unit == b.Unit && a.HappenedAt.Equal(b.HappenedAt) && a.Place == b.Place && a.Channel == b.Channel &&
		a.Note == b.Note && a.Example == b.Example && slices.Equal(a.Evidence, b.Evidence)
}
