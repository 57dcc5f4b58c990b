package result

import (
	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// RecordResult records what a person of an agency in charge says was done. The result has been checked.
func (s *Results) RecordResult(r Result, person string) ([]any, error) {
	if err := errs.Invalid(s.free(r)); err != nil {
		return nil, err
	}
	r.State, r.Authors, r.Revision = Recorded, []string{person}, 1
	return []any{ResultRecorded{Result: r}}, nil
}

// free tells which evidence belongs to another result of the item.
func (s *Results) free(r Result) []errs.Field {
	var wrong []errs.Field
	for i, e := range r.Evidence {
		for _, key := range e.keys() {
			if other, taken := s.Taken[key]; taken && other != r.ID {
				wrong = append(wrong, used(i, e, other))
				break
			}
		}
	}
	return wrong
}

func used(i int, e Evidence, other string) errs.Field {
	return errs.At(place(i), errorsv1.Reason_EVIDENCE_USED, "evidence", e.name(), "result", other)
}

// find gives a result and refuses what is not there.
func (s *Results) find(id string) (Result, error) {
	r, ok := s.Entries[id]
	if !ok {
		return r, errs.New(errorsv1.Reason_NOT_FOUND, "what", id)
	}
	return r, nil
}
