package register

import (
	"fmt"
	"strconv"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
)

// Void marks a number that was given as void. It stays in the register with the reason and is never given again. Errors: NOT_FOUND,
// NUMBER_VOIDED.
func (r *Registry) Void(register string, number int, reason string) ([]any, error) {
	of, found := r.Find(register)
	switch {
	case !found:
		return nil, errs.New(errorsv1.Reason_NOT_FOUND, "what", register)
	case !of.Has(number):
		return nil, errs.New(errorsv1.Reason_NOT_FOUND, "what", fmt.Sprintf("%s/numbers/%d", register, number))
	case of.IsVoid(number):
		return nil, errs.New(errorsv1.Reason_NUMBER_VOIDED, "number", strconv.Itoa(number))
	default:
		return []any{Voided{Register: register, Number: number, Reason: reason}}, nil
	}
}
