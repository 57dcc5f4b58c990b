package worker

import (
	"github.com/loa-vn/loa/pkg/errs"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// away says that the engine did not answer, so that the event is tried again and never parked.
func away(cause error) error {
	return errs.New(errorsv1.Reason_UNAVAILABLE, "what", "Temporal").Because(cause)
}
