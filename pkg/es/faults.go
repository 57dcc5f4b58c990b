package es

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// Codes the log's functions raise, beside PostgreSQL's own.
const (
	codeClosed    = "LO001" // restored or promoted, not yet adopted
	codeUnique    = "23505"
	classesToWait = "08 25 40 53 55 57 58" // connection, read only, rollback, resources, not in state, intervention, system
)

// passing says that PostgreSQL, or the way to it, is away for now: the same call may succeed later. What is neither an answer of the
// server nor a fault found here counts as the way to it.
func passing(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true // also a database that is not there: it may be on its way back from a restore
	}
	if p, ok := errors.AsType[*pgconn.PgError](err); ok {
		if p.SeverityUnlocalized == "PANIC" || p.SeverityUnlocalized == "FATAL" {
			return true // its last word on this connection, whatever the code: a disk's fault may be an internal error
		}
		return len(p.Code) == 5 && strings.Contains(classesToWait, p.Code[:2])
	}
	_, lost := errors.AsType[lostError](err)
	_, unfit := errors.AsType[applyError](err)
	_, missing := errors.AsType[missingError](err)
	_, other := errors.AsType[schemaError](err)
	return !lost && !unfit && !missing && !other
}

// Lost says that a follower or a read model has seen events that the log, since a restore or a promotion, does not have: what it made of
// them is to be reconciled (docs/recovery.md).
func Lost(err error) bool {
	_, lost := errors.AsType[lostError](err)
	return lost
}

// unrecorded says that the server answered that it could not do it: the transaction was undone. A server that is told to end, or to
// cancel, may say so after the commit, and one that ends a connection says nothing of it.
func unrecorded(err error) bool {
	p, ok := errors.AsType[*pgconn.PgError](err)
	return ok && p.SeverityUnlocalized == "ERROR" && !strings.HasPrefix(p.Code, "57")
}

func isServers(err error) bool {
	_, ok := errors.AsType[*pgconn.PgError](err)
	return ok
}

func hasCode(err error, code string) bool {
	p, ok := errors.AsType[*pgconn.PgError](err)
	return ok && p.Code == code
}

// away is the refusal for a log that cannot be reached: nothing was recorded.
func away(cause error) error {
	return errs.New(errorsv1.Reason_UNAVAILABLE, "what", "PostgreSQL").Because(cause)
}

// patience is how long a read waits for a PostgreSQL that is away before it says so.
const patience = 2 * time.Second

// reading tries a read again while PostgreSQL is away. f must be repeatable.
func reading(ctx context.Context, f func() error) error {
	end := time.Now().Add(patience)
	var pause backoff
	for {
		err := f()
		switch {
		case err == nil || !passing(err):
			return err
		case ctx.Err() != nil || time.Now().After(end) || !pause.wait(ctx):
			return away(err)
		}
	}
}

// over says that the work of ctx has ended, which is how a loop that runs until then ends well.
func over(ctx context.Context) bool { return ctx.Err() != nil }

// backoff is the pause between tries: 5 ms, doubling to a second.
type backoff struct{ last time.Duration }

// wait says false when the context ended first.
func (b *backoff) wait(ctx context.Context) bool {
	b.last = min(max(2*b.last, 5*time.Millisecond), time.Second)
	return pause(ctx, b.last)
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
