package proof

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"
)

// querier is a pool, a connection or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// store is the tree as the database has it.
type store struct{ db querier }

// absentError says that the database lacks hashes it should have.
type absentError struct {
	level       int
	first, want int64
}

func (a absentError) Error() string {
	return fmt.Sprintf("the database lacks hashes of level %d from %d on", a.level, a.first)
}

func (s store) row(ctx context.Context, level int, first, n int64) ([]tlog.Hash, error) {
	sql, args := `SELECT hash FROM proof.node WHERE level = $1 AND n >= $2 AND n < $3 ORDER BY n`, []any{level, first, first + n}
	if level == 0 {
		sql, args = `SELECT leaf FROM es.event WHERE position > $1 AND position <= $2 ORDER BY position`, []any{first, first + n}
	}
	rows, err := s.db.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (h tlog.Hash, err error) {
		var raw []byte
		err = row.Scan(&raw)
		copy(h[:], raw)
		return h, err
	})
	if err == nil && int64(len(all)) != n {
		err = absentError{level, first, n}
	}
	return all, err
}

// epoch is a lineage of the log.
type epoch struct {
	number int
	after  int64
}

// epochs are in order.
func (s store) epochs(ctx context.Context) ([]epoch, error) {
	rows, err := s.db.Query(ctx, "SELECT epoch, after FROM es.epoch ORDER BY epoch")
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (e epoch, err error) {
		err = row.Scan(&e.number, &e.after)
		return e, err
	})
}

// lastNote is the note with the largest size of an epoch, nil when there is none. An epoch of 0 is the last that has any.
func (s store) lastNote(ctx context.Context, epoch int) ([]byte, error) {
	var text []byte
	err := s.db.QueryRow(ctx, `SELECT note FROM proof.checkpoint WHERE epoch = $1 OR $1 = 0 ORDER BY epoch DESC, size DESC LIMIT 1`, epoch).Scan(&text)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return text, err
}

// noteAt is the note of a size in the last epoch that has one.
func (s store) noteAt(ctx context.Context, size int64) ([]byte, error) {
	var text []byte
	err := s.db.QueryRow(ctx, `SELECT note FROM proof.checkpoint WHERE size = $1 ORDER BY epoch DESC LIMIT 1`, size).Scan(&text)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return text, err
}

// last is the log's last position.
func (s store) last(ctx context.Context) (position int64, err error) {
	err = s.db.QueryRow(ctx, "SELECT coalesce(max(position), 0) FROM es.event").Scan(&position)
	return position, err
}
