package es

import (
	"context"
	"math"

	"github.com/jackc/pgx/v5"
)

// Epoch is one lineage of a log: it begins after a position of the one before.
type Epoch struct {
	Epoch int
	// After is the last position of the epoch before: later ones of that epoch are lost.
	After  int64
	Reason string
}

// Lineage is what a log says of itself: which events it ever had are still its own.
type Lineage struct {
	// Epochs are the log's, the earliest first.
	Epochs []Epoch
	// Last is the last position in the log, 0 when it is empty.
	Last int64
	// Open says that appends are let in. They are not after a restore or a promotion, until the log is adopted.
	Open bool
}

// Current is the latest epoch.
func (l Lineage) Current() int {
	if len(l.Epochs) == 0 {
		return 0
	}
	return l.Epochs[len(l.Epochs)-1].Epoch
}

// Kept is the last position of an epoch that later epochs have kept; math.MaxInt64 when none came later.
func (l Lineage) Kept(epoch int) int64 {
	kept := int64(math.MaxInt64)
	for _, e := range l.Epochs {
		if e.Epoch > epoch {
			kept = min(kept, e.After)
		}
	}
	return kept
}

// Lost says that the log had an event at this place and has it no more. For a log that is not Open, positions above Last are lost too.
func (l Lineage) Lost(epoch int, position int64) bool {
	return position > l.Kept(epoch) || !l.Open && position > l.Last
}

// Of is the epoch of a position.
func (l Lineage) Of(position int64) int {
	of := 0
	for _, e := range l.Epochs {
		if e.After < position || of == 0 {
			of = e.Epoch
		}
	}
	return of
}

// batcher is a pool, a connection or a transaction.
type batcher interface {
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// ReadLineage reads it from a log's database, as the service's role or the owner.
func ReadLineage(ctx context.Context, db batcher) (l Lineage, err error) {
	var b pgx.Batch
	b.Queue(`SELECT epoch, after, reason FROM es.epoch ORDER BY epoch`).Query(func(rows pgx.Rows) (err error) {
		l.Epochs, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Epoch])
		return err
	})
	b.Queue(`SELECT coalesce(max(position), 0) FROM es.event`).QueryRow(func(row pgx.Row) error { return row.Scan(&l.Last) })
	// A standby has no lineage of its own to compare, and takes no appends.
	b.Queue(`SELECT CASE WHEN pg_is_in_recovery() THEN false ELSE es.adopted() END`).QueryRow(func(row pgx.Row) error { return row.Scan(&l.Open) })
	err = db.SendBatch(ctx, &b).Close()
	return l, err
}

// Lineage reads the log's.
func (l *Log) Lineage(ctx context.Context) (Lineage, error) { return ReadLineage(ctx, l.pool) }

// AdoptAbove is Adopt with an epoch later than one that somebody outside has seen of this log.
func AdoptAbove(ctx context.Context, owner *pgx.Conn, reason string, seen int) (epoch int, err error) {
	err = owner.QueryRow(ctx, "SELECT es.adopt($1, $2)", reason, seen).Scan(&epoch)
	return epoch, err
}
