package es

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// Bounds of asking about the past. A single aggregate costs what it always costs; a read model is built anew for each question.
const (
	// asOfWithin is how long a read model as of a moment may take to build, the wait for its turn included.
	asOfWithin = 10 * time.Second
	// asOfAtOnce is how many a process builds at a time.
	asOfAtOnce = 2
)

type pastKey struct{}

// past is a moment of a log: what had been recorded by then is the log's prefix up to a position.
type past struct {
	log         *Log
	position    int64
	projections []Projection
}

// AsOf gives a context in which this log is as it was at a moment: Repo.Load, LoadAt and ReadStream see the events recorded until
// then, and Query the projections folded from them. All that is read in the context is of the same prefix of the log, and the answer
// for a moment stays the same for ever. Commands run in it see the log as it is.
//
// A moment that the log's clock has not reached is refused with AS_OF_FUTURE. Before the first event everything is empty. Query in
// such a context is refused with AS_OF_TOO_LONG when the read model cannot be built within ten seconds, the wait for one of two
// turns included.
func (l *Log) AsOf(ctx context.Context, at time.Time, projections []Projection) (context.Context, error) {
	p := &past{log: l, projections: projections}
	var now time.Time
	var last *time.Time
	err := reading(ctx, func() error {
		return l.pool.QueryRow(ctx, "SELECT clock_timestamp(), (SELECT e.recorded_at FROM es.event e ORDER BY e.position DESC LIMIT 1)").Scan(&now, &last)
	})
	if err != nil {
		return ctx, err
	}
	if at.After(now) {
		return ctx, errs.New(errorsv1.Reason_AS_OF_FUTURE, "at", at.Format(time.RFC3339))
	}
	within, cancel := context.WithTimeout(ctx, l.pastWithin)
	defer cancel()
	err = reading(within, func() error {
		if last == nil || !last.After(at) {
			// An append under way may have read its clock before that moment and not be visible yet. Appends that begin after it
			// lets go of the log's lock read the clock later.
			if _, err := l.pool.Exec(within, "SELECT pg_advisory_xact_lock_shared(1163084097, 0)"); err != nil {
				return err
			}
		}
		return l.pool.QueryRow(within, "SELECT es.position_at($1)", at.UTC().Truncate(time.Microsecond)).Scan(&p.position)
	})
	if err != nil {
		return ctx, err
	}
	return context.WithValue(ctx, pastKey{}, p), nil
}

// pastOf is the moment that a context is about; nil is the present.
func pastOf(ctx context.Context) *past {
	p, _ := ctx.Value(pastKey{}).(*past)
	return p
}

// today is the context without its moment: a command decides by what is, never by what was.
func today(ctx context.Context) context.Context {
	if pastOf(ctx) == nil {
		return ctx
	}
	return context.WithValue(ctx, pastKey{}, (*past)(nil))
}

// until is the last position that a context sees of the log.
func (l *Log) until(ctx context.Context) int64 {
	if p := pastOf(ctx); p != nil && p.log == l {
		return p.position
	}
	const always = 1<<63 - 1
	return always
}

// query reads a projection as of the moment. It folds the log's prefix into temporary tables, which nobody else sees and which go
// with the transaction; f can only read, as in every query.
func (p *past) query(ctx context.Context, pool *pgxpool.Pool, projection string, f func(tx pgx.Tx) error) error {
	building, cancel := context.WithTimeoutCause(ctx, p.log.pastWithin, errAsOfTooLong)
	defer cancel()
	refuse := func(err error) error {
		if errors.Is(context.Cause(building), errAsOfTooLong) {
			return errs.New(errorsv1.Reason_AS_OF_TOO_LONG, "seconds", strconv.Itoa(int(p.log.pastWithin.Seconds()))).Because(err)
		}
		return unreached(err)
	}
	select {
	case p.log.pasts <- struct{}{}:
		defer func() { <-p.log.pasts }()
	case <-building.Done():
		return refuse(building.Err())
	}
	tx, err := pool.BeginTx(building, pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	if err != nil {
		return refuse(err)
	}
	defer rollback(ctx, tx)
	if err := p.build(building, tx, projection); err != nil {
		return refuse(err)
	}
	return f(tx)
}

var errAsOfTooLong = errors.New("the read model as of a moment was not built in time")

func (p *past) build(ctx context.Context, tx pgx.Tx, name string) error {
	var of *Projection
	for i := range p.projections {
		if p.projections[i].Name == name {
			of = &p.projections[i]
		}
	}
	if of == nil {
		return missingError(name)
	}
	if _, err := tx.Exec(ctx, "SET LOCAL search_path = pg_temp"); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, of.Schema); err != nil {
		return fmt.Errorf("the schema of the projection %s: %w", name, err)
	}
	// Of all tables only temporary ones can be written from here on.
	if _, err := tx.Exec(ctx, "SET TRANSACTION READ ONLY"); err != nil {
		return err
	}
	for after := int64(0); after < p.position; {
		events, err := collect(tx.Query(ctx, selectLogUntil, after, p.position, projectAtOnce))
		if err != nil {
			return err
		}
		if len(events) == 0 {
			return fmt.Errorf("the log ends at position %d, before %d", after, p.position)
		}
		if events, err = p.log.catalogue.openAll(events); err != nil {
			return applyError{err}
		}
		if err := of.Apply(ctx, tx, events); err != nil {
			return err
		}
		after = events[len(events)-1].Position
	}
	return nil
}
