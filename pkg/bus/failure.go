package bus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/loa-vn/loa/pkg/bus/order"
	"github.com/loa-vn/loa/pkg/errs"
)

// ErrBeyondLog stops a consumer that has seen more than the source's log holds: the log was restored or another server took its place.
// What the consumer did about the lost events has to be looked at by people.
var ErrBeyondLog = errors.New("bus: the consumer is beyond its source's log")

// hole says that messages between the mark and a message are missing.
type hole struct {
	mark order.Mark
	span order.Span
}

func (h *hole) Error() string {
	return fmt.Sprintf("positions above %d and up to %d did not come", h.span.After, h.span.Until)
}

// turn says that a message is of a later epoch than the mark.
type turn struct {
	mark  order.Mark
	epoch int
}

func (t *turn) Error() string {
	return fmt.Sprintf("the mark is in epoch %d and the message in %d", t.mark.Epoch, t.epoch)
}

// isControl tells the errors by which the mark speaks to the partition's loop; no step in between may act on them.
func isControl(err error) bool {
	_, isHole := errors.AsType[*hole](err)
	_, isTurn := errors.AsType[*turn](err)
	return isHole || isTurn || errors.Is(err, ErrBeyondLog)
}

// lost marks an error after which the transaction's connection was dead.
type lost struct{ error }

func (l lost) Unwrap() error { return l.error }

// transient tells the errors that go away without anyone changing the message or the program.
func transient(err error) bool {
	if errs.Transient(err) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return true
	}
	if _, ok := errors.AsType[lost](err); ok {
		return true
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return transientState(pg.Code)
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if pgconn.SafeToRetry(err) || pgconn.Timeout(err) || errors.Is(err, pgx.ErrTxClosed) {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) {
		return true
	}
	if s, ok := status.FromError(err); ok {
		switch s.Code() {
		case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Aborted, codes.Canceled:
			return true
		default:
		}
	}
	return false
}

// transientState tells PostgreSQL's SQLSTATEs (its manual, appendix A) of a server or a moment, not of a statement.
func transientState(code string) bool {
	for _, class := range []string{"08", "40", "53", "57", "58"} { // connection, rollback, resources, operator, system
		if strings.HasPrefix(code, class) {
			return true
		}
	}
	return code == "55P03" || code == "25006" // lock not available; read-only, as after a fail-over
}
