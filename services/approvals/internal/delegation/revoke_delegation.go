package delegation

import (
	"time"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
)

// Revoke ends the delegation at a moment.
func (d *Delegation) Revoke(by, reason string, at time.Time) ([]any, error) {
	switch d.StateAt(at) {
	case Over, Revoked:
		return nil, errs.New(errorsv1.Reason_DELEGATION_OVER)
	default:
		return []any{TakenBack{At: at.UTC(), By: by, Reason: reason}}, nil
	}
}
