package keys

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/pkg/personal"
)

// Erasure is what an operator says when erasing somebody.
type Erasure struct {
	Person personal.Person
	// Reason is a file number or the like; it is kept for ever, so it must tell nothing of the person.
	Reason string
	// By is who erases.
	By string
	// Unseen erases also somebody of whom no key was ever made, so that none ever is.
	Unseen bool
}

// ErrUnseen says that no key was ever made for the person: the id may be mistyped.
var ErrUnseen = errors.New("no key was ever made for this person")

// Erase deletes a person's key for ever and leaves the fact of it: when, by whom, why. It returns when that was, which is earlier when
// the person was erased before. Processes that hold the key give it up within personal.KeyLife. The connection is the owner's to the
// module's database, so that erasing needs no running service and no envelope key.
func Erase(ctx context.Context, owner *pgx.Conn, e Erasure) (at time.Time, before bool, err error) {
	if err := e.Person.Check(); err != nil {
		return at, false, err
	}
	if e.Reason == "" || e.By == "" {
		return at, false, errors.New("an erasure needs a reason and who erases")
	}
	err = pgx.BeginFunc(ctx, owner, func(tx pgx.Tx) error {
		if e.Unseen {
			err := tx.QueryRow(ctx, `INSERT INTO keys.person (person, owner, erased_at, erased_by, reason) VALUES ($1, '', now(), $2, $3)
				ON CONFLICT (person) DO NOTHING RETURNING erased_at`, e.Person, e.By, e.Reason).Scan(&at)
			if !errors.Is(err, pgx.ErrNoRows) {
				return err
			}
		}
		var erasedAt *time.Time
		err := tx.QueryRow(ctx, `SELECT erased_at FROM keys.person WHERE person = $1 FOR UPDATE`, e.Person).Scan(&erasedAt)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return fmt.Errorf("%s: %w", e.Person, ErrUnseen)
		case err != nil:
			return err
		case erasedAt != nil:
			at, before = *erasedAt, true
			return nil
		}
		return tx.QueryRow(ctx, `UPDATE keys.person SET wrapped = NULL, envelope = NULL, erased_at = now(), erased_by = $2, reason = $3
			WHERE person = $1 RETURNING erased_at`, e.Person, e.By, e.Reason).Scan(&at)
	})
	return at, before, err
}

// Erased lists who was erased, in the order of time, for a list outside the database: a restore brings deleted keys back.
func Erased(ctx context.Context, owner *pgx.Conn) ([]Tombstone, error) {
	rows, err := owner.Query(ctx, `SELECT person, erased_at, erased_by, reason FROM keys.person WHERE erased_at IS NOT NULL ORDER BY erased_at, person`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Tombstone])
}

// Tombstone is the fact of an erasure.
type Tombstone struct {
	Person     personal.Person
	At         time.Time
	By, Reason string
}

// snapshotPatience is how long Scrub waits for transactions that can still see the deleted keys.
const snapshotPatience = 30 * time.Second

// Scrub takes deleted keys out of PostgreSQL's files: the table is written anew, the old file given back, and the write-ahead log
// begun anew, so that segments which hold a wrapped key are let go as soon as nothing needs them. It tells what it could not do: log is
// nil when PostgreSQL closed the log's segment, else why not (another role than a superuser may not). A table written anew is locked
// meanwhile, a second or so for a million people.
func Scrub(ctx context.Context, owner *pgx.Conn) (log, err error) {
	if err := unseen(ctx, owner); err != nil {
		return nil, err
	}
	// FULL: a plain VACUUM frees the room of a deleted key and leaves its bytes in it.
	if _, err := owner.Exec(ctx, "VACUUM (FULL) keys.person"); err != nil {
		return nil, err
	}
	for _, sql := range []string{"CHECKPOINT", "SELECT pg_switch_wal()", "CHECKPOINT"} {
		if _, err := owner.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			return fmt.Errorf("%s: %w", sql, err), nil
		}
	}
	return nil, nil
}

// unseen waits until no transaction in this database is older than now: VACUUM keeps what one can still see.
func unseen(ctx context.Context, owner *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, snapshotPatience)
	defer cancel()
	var next string
	if err := owner.QueryRow(ctx, `SELECT pg_snapshot_xmax(pg_current_snapshot())::text`).Scan(&next); err != nil {
		return err
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var pids []int32
	for {
		err := owner.QueryRow(ctx, `SELECT array_agg(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
			AND backend_xmin IS NOT NULL AND age(backend_xmin) > age(($1::xid8)::xid)`, next).Scan(&pids)
		switch {
		case err != nil && ctx.Err() == nil:
			return err
		case err == nil && len(pids) == 0:
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("transactions of the processes %v can still see what was deleted: the keys are deleted, and their wrapped bytes stay in the files until this is run again", pids)
		}
	}
}
