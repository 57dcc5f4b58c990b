package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loa-vn/loa/pkg/bus/kafka"
	"github.com/loa-vn/loa/pkg/bus/order"
)

// SourceLog is what a source's log holds: every epoch, and its last position.
type SourceLog struct {
	Lineage order.Lineage
	Last    int64
}

// Holds tells whether the log has what it had at a place.
func (s SourceLog) Holds(epoch int, position int64) bool {
	return position <= s.kept(epoch)
}

// kept is the last position of an epoch that the log still has.
func (s SourceLog) kept(epoch int) int64 {
	kept := s.Last
	for _, e := range s.Lineage {
		if e.Epoch > epoch {
			kept = min(kept, e.After)
		}
	}
	return kept
}

// Standing is a consumer's mark.
type Standing struct {
	Consumer, Source string
	Partition        int
	Epoch            int
	Position         int64
	MovedAt          time.Time
}

// Standings gives the marks of a database.
func Standings(ctx context.Context, db *pgx.Conn) ([]Standing, error) {
	rows, err := db.Query(ctx, `SELECT consumer, source, partition, epoch, position, moved_at FROM bus.mark ORDER BY consumer, source, partition`)
	if err != nil {
		return nil, fmt.Errorf("bus: reading the marks: %w", err)
	}
	marks, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Standing])
	if err != nil {
		return nil, fmt.Errorf("bus: reading the marks: %w", err)
	}
	return marks, nil
}

// Ahead is a mark beyond its source's log: the consumer acted on events that the log has lost.
type Ahead struct {
	Standing
	// KeptEpoch and Kept are the last place that the mark and the log have in common.
	KeptEpoch int
	Kept      int64
}

// Beyond holds marks against the logs of their sources; those of sources that logs does not name are left out. The logs must have been
// read after the marks, or a mark that moved meanwhile looks as if it were beyond.
func Beyond(marks []Standing, logs map[string]SourceLog) []Ahead {
	var beyond []Ahead
	for _, m := range marks {
		log, known := logs[m.Source]
		if !known || log.Holds(m.Epoch, m.Position) {
			continue
		}
		kept := log.kept(m.Epoch)
		beyond = append(beyond, Ahead{Standing: m, Kept: kept, KeptEpoch: log.Lineage.At(kept)})
	}
	return beyond
}

// ErrMoved says that a mark is not where it was seen: its consumer runs, or somebody else has reconciled it.
var ErrMoved = errors.New("bus: the mark has moved")

// Accept lets consumers go on that had seen more than their source's log holds: what they did about the lost events stands, and each
// mark goes back to the last place that it has in common with the log. It is recorded, all marks together or none. ErrMoved when one
// of them is not where it was seen. A consumer that stopped because of it goes on within seconds.
func Accept(ctx context.Context, owner *pgx.Conn, marks []Ahead, reason string) error {
	return pgx.BeginFunc(ctx, owner, func(tx pgx.Tx) error {
		for _, m := range marks {
			tag, err := tx.Exec(ctx, `UPDATE bus.mark SET epoch = $6, position = $7, moved_at = now()
				WHERE consumer = $1 AND source = $2 AND partition = $3 AND epoch = $4 AND position = $5`,
				m.Consumer, m.Source, m.Partition, m.Epoch, m.Position, m.KeptEpoch, m.Kept)
			if err != nil {
				return err
			}
			if tag.RowsAffected() != 1 {
				return fmt.Errorf("%w: %s of %s/%d", ErrMoved, m.Consumer, m.Source, m.Partition)
			}
			if _, err := tx.Exec(ctx, `INSERT INTO bus.reconciled (consumer, source, partition, epoch, position, kept_epoch, kept_position, reason)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, m.Consumer, m.Source, m.Partition, m.Epoch, m.Position, m.KeptEpoch, m.Kept, reason); err != nil {
				return err
			}
		}
		return nil
	})
}

const reconcileLook = 2 * time.Second

// AwaitReconciled waits, after a consumer's ErrBeyondLog, until an operator has accepted what it saw. It returns ctx's error when that
// ends first. before is what Reconciled counted when the consumer was started.
func AwaitReconciled(ctx context.Context, pool *pgxpool.Pool, consumer string, before int64) error {
	ticker := time.NewTicker(reconcileLook)
	defer ticker.Stop()
	for {
		if n, err := Reconciled(ctx, pool, consumer); err == nil && n > before {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// Reconciled counts the marks of a consumer that operators have moved back.
func Reconciled(ctx context.Context, pool *pgxpool.Pool, consumer string) (n int64, err error) {
	err = pool.QueryRow(ctx, `SELECT count(*) FROM bus.reconciled WHERE consumer = $1`, consumer).Scan(&n)
	return n, err
}

// LostIn gives the events of a source that Kafka still holds and the log does not, in the order of each partition. Records that were
// written before since are not looked at. The log is read before, to keep few of them in memory, and again when all records have been,
// so that it is never older than they are. The payloads are not kept.
func LostIn(ctx context.Context, client *kafka.Client, source string, since time.Time, read func(ctx context.Context) (SourceLog, error)) ([]Message, error) {
	log, err := read(ctx)
	if err != nil {
		return nil, err
	}
	var found []Message
	for partition := range Partitions {
		err := client.Scan(ctx, Topic(source), partition, since, func(r kafka.Record) error {
			m, err := fromRecord(r)
			if err != nil {
				return nil //nolint:nilerr // Nobody but the relay writes events here; what is none tells nothing of one.
			}
			if m.data = nil; !log.Holds(m.Epoch, m.Position) {
				found = append(found, m)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("bus: looking through %s/%d: %w", Topic(source), partition, err)
		}
	}
	if log, err = read(ctx); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(found, func(m Message) bool { return log.Holds(m.Epoch, m.Position) }), nil
}

// LatestEpoch is the latest epoch of a source that Kafka has seen: 0 when it has no event of it.
func LatestEpoch(ctx context.Context, client *kafka.Client, source string) (int, error) {
	latest := 0
	for partition := range Partitions {
		r, ok, err := client.LastRecord(ctx, Topic(source), partition)
		if err != nil {
			return 0, fmt.Errorf("bus: looking at the end of %s/%d: %w", Topic(source), partition, err)
		}
		if !ok {
			continue
		}
		if m, err := fromRecord(r); err == nil {
			latest = max(latest, m.Epoch)
		}
	}
	return latest, nil
}
