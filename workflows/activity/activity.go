// Package activity is what every workflow's activities share: the key of a business act, and what a service's answer means to the
// engine. A refusal ends the attempt, since asking again changes nothing; everything else is tried again.
package activity

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/rpc"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// WithKey makes the call's idempotency key of the business it does, never of a run or an attempt.
func WithKey(ctx context.Context, parts ...string) context.Context {
	return rpc.WithIdempotencyKey(ctx, strings.Join(parts, "/"))
}

// Decided turns the answer to a command into the engine's terms.
func Decided(err error) error {
	if err == nil {
		return nil
	}
	reason := errs.ReasonOf(err)
	switch status := errs.Status(reason); {
	case status >= 500, status == 401, status == 429, reason == errorsv1.Reason_NOT_FOUND,
		reason == errorsv1.Reason_EMBARGO_EARLY, reason == errorsv1.Reason_PLAN_PERIOD_OPEN:
		// Away, not signed in yet, not read yet, or a clock that differs by a moment: later it may be answered.
		return err
	default:
		return temporal.NewNonRetryableApplicationError(err.Error(), reason.String(), err)
	}
}

// Waiting turns the answer to a query into the engine's terms: a read is always tried again, since what it asks for is known to exist.
func Waiting(err error) error { return err }

// Early tells the refusal of what has its time later, and how long that is by the clock that decides.
func Early(err error) (left time.Duration, early bool) {
	refusal, ok := errors.AsType[*errs.Error](err)
	if !ok || refusal.Reason != errorsv1.Reason_EMBARGO_EARLY && refusal.Reason != errorsv1.Reason_EXPIRY_EARLY {
		return 0, false
	}
	ms, err := strconv.ParseInt(refusal.Args["remainingMilliseconds"], 10, 64)
	return time.Duration(max(ms, 1)) * time.Millisecond, err == nil
}
