package es

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/loa-vn/loa/pkg/id"
)

// querier is a pool, a connection or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// The epoch of an event is the last one that begins before it. Of nearly all rows that is the newest, which is looked up once a query.
const columns = `SELECT e.position, e.stream, e.version, e.command, e.type, e.recorded_at, e.body,
  CASE WHEN e.position > (SELECT max(x.after) FROM es.epoch x) THEN (SELECT max(x.epoch) FROM es.epoch x)
       ELSE (SELECT max(x.epoch) FROM es.epoch x WHERE x.after < e.position) END FROM es.event e `

const (
	// Position order is commit order and order of visibility (see migrations/00001_log.sql): a follower needs nothing else.
	selectLog    = columns + `WHERE e.position > $1 ORDER BY e.position LIMIT $2`
	selectStream = columns + `WHERE e.stream = $1 AND e.version > $2 AND e.position <= $3 ORDER BY e.version`
	// selectLogUntil is selectLog within a prefix of the log.
	selectLogUntil = columns + `WHERE e.position > $1 AND e.position <= $2 ORDER BY e.position LIMIT $3`
)

// collect reads rows whose data is still undecoded: a fault of the database is then told from a fault in an event.
func collect(rows pgx.Rows, err error) ([]Event, error) {
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanEvent)
}

// collectWithin keeps the first rows whose bodies have so many bytes together, and at least one. The others are let go unread.
func collectWithin(rows pgx.Rows, bytes int) (events []Event, err error) {
	defer rows.Close()
	for rows.Next() && (bytes > 0 || len(events) == 0) {
		e, err := scanEvent(rows)
		if err != nil {
			return nil, err
		}
		if len(events) == cap(events) {
			events = slices.Grow(events, max(4, len(events))) // twice as many: they are large, and append would copy them often
		}
		events = append(events, e)
		bytes -= len(e.Body)
	}
	rows.Close() // reads to the end, for the error
	return events, rows.Err()
}

func scanEvent(row pgx.CollectableRow) (e Event, err error) {
	err = row.Scan(&e.Position, (*[16]byte)(&e.Stream), &e.Version, (*[16]byte)(&e.Command), &e.Type, &e.RecordedAt, &e.Body, &e.Epoch)
	e.RecordedAt = e.RecordedAt.UTC()
	return e, err
}

func (c *Catalogue) openAll(events []Event) ([]Event, error) {
	for i := range events {
		if err := c.open(&events[i]); err != nil {
			return nil, err
		}
	}
	return events, nil
}

// Read gives up to limit events after a position, in position order.
func (l *Log) Read(ctx context.Context, after int64, limit int) ([]Event, error) {
	var events []Event
	err := reading(ctx, func() (err error) {
		events, err = collect(l.pool.Query(ctx, selectLog, after, limit))
		return err
	})
	if err != nil {
		return nil, err
	}
	return l.catalogue.openAll(events)
}

// ReadStream gives the events of a stream after a version, in version order; in a context of AsOf those that the log then had.
func (l *Log) ReadStream(ctx context.Context, s StreamID, afterVersion int64) ([]Event, error) {
	var events []Event
	err := reading(ctx, func() (err error) {
		events, err = collect(l.pool.Query(ctx, selectStream, [16]byte(s), afterVersion, l.until(ctx)))
		return err
	})
	if err != nil {
		return nil, err
	}
	return l.catalogue.openAll(events)
}

// Now is the database's clock, the one that RecordedAt is read from.
func (l *Log) Now(ctx context.Context) (time.Time, error) {
	var at time.Time
	err := reading(ctx, func() error { return l.pool.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&at) })
	return at.UTC(), err
}

// Head is the log's last position: what waits for a read model to have it waits for all that was recorded before the call.
func (l *Log) Head(ctx context.Context) (position int64, err error) {
	err = reading(ctx, func() error {
		return l.pool.QueryRow(ctx, "SELECT coalesce(max(position), 0) FROM es.event").Scan(&position)
	})
	return position, err
}

// recorded is a row of es.command: a command that was answered.
type recorded struct {
	digest            []byte
	stream            StreamID
	version, position int64
}

const selectCommand = `SELECT digest, stream, version, position FROM es.command WHERE key = $1`

func scanCommand(row pgx.Row) (*recorded, error) {
	var r recorded
	err := row.Scan(&r.digest, (*[16]byte)(&r.stream), &r.version, &r.position)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &r, nil
}

// lookUp gives the command answered under a key, or nil.
func (l *Log) lookUp(ctx context.Context, key id.UUID) (r *recorded, err error) {
	err = reading(ctx, func() (err error) {
		r, err = scanCommand(l.pool.QueryRow(ctx, selectCommand, [16]byte(key)))
		return err
	})
	return r, err
}

// readStored reads a stream's snapshot and what came after it.
func (l *Log) readStored(ctx context.Context, s StreamID) (from stored, err error) {
	err = l.loading(ctx, func() error {
		rows, err := l.pool.Query(ctx, selectStored, [16]byte(s))
		from, err = collectStored(s, rows, err)
		return err
	})
	return from, err
}

// lookUpAndRead looks a key up, then reads the stream, in one round trip. The order matters: a command that is recorded in between
// shows in the events and is found by the look-up that precedes every refusal.
func (l *Log) lookUpAndRead(ctx context.Context, key id.UUID, s StreamID) (r *recorded, from stored, err error) {
	err = l.loading(ctx, func() error {
		var both pgx.Batch
		both.Queue(selectCommand, [16]byte(key)).QueryRow(func(row pgx.Row) (err error) {
			r, err = scanCommand(row)
			return err
		})
		both.Queue(selectStored, [16]byte(s)).Query(func(rows pgx.Rows) (err error) {
			from, err = collectStored(s, rows, nil)
			return err
		})
		return l.pool.SendBatch(ctx, &both).Close()
	})
	return r, from, err
}

// loadsAtOnce is how many aggregates one process reads from one log at a time. More only make PostgreSQL switch between its processes:
// with sixteen callers on two processors a load took it 135 µs over sixteen connections and 90 over four.
func loadsAtOnce() int { return max(4, 2*runtime.GOMAXPROCS(0)) }

// loading is reading, in turn.
func (l *Log) loading(ctx context.Context, f func() error) error {
	select {
	case l.loads <- struct{}{}:
	case <-ctx.Done():
		return away(ctx.Err())
	}
	defer func() { <-l.loads }()
	return reading(ctx, f)
}
