package app

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// A loop begins again while what it needs is away, told as a refusal or by PostgreSQL itself, and ends with any other error, or with its
// context.
func TestALoopWaitsForWhatIsAway(t *testing.T) {
	p := &part{host: &Host{Logger: slog.New(slog.DiscardHandler)}}
	broken := errors.New("broken")
	answers := []error{errs.New(errorsv1.Reason_UNAVAILABLE, "what", "PostgreSQL"), &pgconn.PgError{Code: "57P01"}, broken}
	runs := 0
	err := p.again(t.Context(), loopOf{name: "a loop", run: func(context.Context) error { runs++; return answers[runs-1] }})
	if !errors.Is(err, broken) || runs != len(answers) {
		t.Errorf("%v after %d runs", err, runs)
	}
	ctx, end := context.WithCancel(t.Context())
	runs = 0
	err = p.again(ctx, loopOf{name: "a loop", run: func(context.Context) error { runs++; end(); return ctx.Err() }})
	if !errors.Is(err, context.Canceled) || runs != 1 {
		t.Errorf("%v after %d runs", err, runs)
	}
}
