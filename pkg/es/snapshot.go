package es

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// snapshotEvery is after how many folded events an aggregate's state is kept, so that a load never folds many more.
const snapshotEvery = 500

// Bounds of keeping a snapshot: it is best effort, and nobody waits for it.
const (
	snapshotWithin = 10 * time.Second
	maxSnapshot    = 16 << 20
)

const (
	// One statement sees the snapshot and the events after it at one moment. It gives one row at least, with version 0 for no event; the
	// state comes with the first one alone. Folding asks for no epoch, which would be a third of what the statement costs.
	selectStored = `SELECT coalesce(e.position, 0), coalesce(e.version, 0), coalesce(e.command, $1), coalesce(e.type, ''),
		coalesce(e.recorded_at, 'epoch'), e.body, coalesce(s.version, 0), s.program, CASE WHEN e.version IS NULL OR e.version = s.version + 1 THEN s.state END
		FROM (SELECT) one LEFT JOIN es.snapshot s ON s.stream = $1 LEFT JOIN es.event e ON e.stream = $1 AND e.version > coalesce(s.version, 0)
		ORDER BY e.version`
	keepSnapshot = `INSERT INTO es.snapshot (stream, version, program, state) VALUES ($1, $2, $3, $4)
		ON CONFLICT (stream) DO UPDATE SET version = excluded.version, program = excluded.program, state = excluded.state
		WHERE es.snapshot.version < excluded.version OR es.snapshot.program <> excluded.program`
)

// stored is what there is of a stream: a snapshot, and the events after it.
type stored struct {
	version        int64 // of the snapshot; 0: none
	program, state []byte
	events         []Event // undecoded, and without their epoch
}

// snapshots keeps the snapshots of one log.
type snapshots struct {
	busy    atomic.Bool
	program func() ([]byte, error) // SHA-256 of this process's executable; read at the first need
}

func newSnapshots() *snapshots {
	return &snapshots{program: sync.OnceValues(executable)}
}

// executable identifies the code that folds: a state folded by other code is not this code's state, whatever their types say.
func executable() ([]byte, error) {
	f, err := os.Open("/proc/self/exe") // the running one, also when its file was replaced
	if err != nil {
		path, missing := os.Executable()
		if missing != nil {
			return nil, errors.Join(err, missing)
		}
		if f, err = os.Open(path); err != nil {
			return nil, err
		}
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return nil, err
	}
	return h.Sum(nil), nil
}

// collectStored reads what selectStored gave of a stream.
func collectStored(s StreamID, rows pgx.Rows, err error) (from stored, _ error) {
	if err != nil {
		return from, err
	}
	defer rows.Close()
	for rows.Next() {
		e := Event{Stream: s}
		var state []byte
		err := rows.Scan(&e.Position, &e.Version, (*[16]byte)(&e.Command), &e.Type, &e.RecordedAt, &e.Body, &from.version, &from.program, &state)
		if err != nil {
			return stored{}, err
		}
		if len(state) > 0 {
			from.state = state
		}
		if e.Version > 0 {
			e.RecordedAt = e.RecordedAt.UTC()
			from.events = append(from.events, e)
		}
	}
	return from, rows.Err()
}

// programOf is the mark of the snapshots that this program may use for states of type A under a prefix.
func (r *Repo[A, P]) programOf() ([]byte, error) {
	code, err := r.log.snapshots.program()
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	fmt.Fprintf(h, "%x %s %s", code, r.prefix, reflect.TypeFor[A]())
	return h.Sum(nil), nil
}

// rebuild folds what is stored of an aggregate. Where the snapshot is not this program's, it folds the whole stream.
func (r *Repo[A, P]) rebuild(ctx context.Context, aggregate string, s StreamID, from stored) (*A, int64, error) {
	a := new(A)
	if from.version > 0 {
		var ok bool
		if a, ok = r.restore(ctx, from); !ok {
			whole, err := r.log.ReadStream(today(ctx), s, 0)
			if err != nil {
				return nil, 0, err
			}
			return r.foldAndKeep(ctx, aggregate, s, new(A), 0, whole)
		}
	}
	events, err := r.log.catalogue.openAll(from.events)
	if err != nil {
		return nil, 0, err
	}
	return r.foldAndKeep(ctx, aggregate, s, a, from.version, events)
}

func (r *Repo[A, P]) restore(ctx context.Context, from stored) (*A, bool) {
	a := new(A)
	program, err := r.programOf()
	if err != nil {
		r.log.logger.WarnContext(ctx, "snapshots are not used", "error", err)
		return a, false
	}
	return a, string(program) == string(from.program) && json.Unmarshal(from.state, a) == nil
}

func (r *Repo[A, P]) foldAndKeep(ctx context.Context, aggregate string, s StreamID, a *A, version int64, events []Event) (*A, int64, error) {
	if err := r.apply(aggregate, a, events); err != nil {
		return nil, 0, err
	}
	version += int64(len(events))
	if len(events) >= snapshotEvery {
		r.keep(ctx, s, version, a)
	}
	return a, version, nil
}

// keep writes a snapshot behind the caller's back, one at a time. A state that JSON would not give back as it is gets none.
func (r *Repo[A, P]) keep(ctx context.Context, s StreamID, version int64, a *A) {
	if r.unfit.Load() || !r.log.snapshots.busy.CompareAndSwap(false, true) {
		return
	}
	state, err := marshal(a)
	again := new(A)
	if err == nil {
		err = json.Unmarshal(state, again)
	}
	if err != nil || !reflect.DeepEqual(a, again) {
		r.unfit.Store(true)
		r.log.snapshots.busy.Store(false)
		r.log.logger.WarnContext(ctx, "aggregates of this kind get no snapshots: their state is not the same when it is read back from JSON",
			"prefix", r.prefix, "error", err)
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), snapshotWithin)
	go func() {
		defer cancel()
		defer r.log.snapshots.busy.Store(false)
		program, err := r.programOf()
		if err == nil && len(state) <= maxSnapshot {
			_, err = r.log.pool.Exec(ctx, keepSnapshot, [16]byte(s), version, program, []byte(state))
		}
		if err != nil {
			r.log.logger.DebugContext(ctx, "a snapshot was not kept", "error", err)
		}
	}()
}
