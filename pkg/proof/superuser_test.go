package proof

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// deed is what a superuser does to a log.
type deed struct {
	name string
	sql  []string
	// first is the first altered position, of a log of 700.
	first int64
	// asIs: nothing is recomputed afterwards.
	asIs bool
}

// renumber makes positions gapless again.
const renumber = `UPDATE es.event e SET position = x.p FROM (SELECT position, row_number() OVER (ORDER BY position) p FROM es.event) x
	WHERE x.position = e.position AND x.p <> e.position`

func deeds() []deed {
	return []deed{
		{name: "a body is updated", sql: []string{`UPDATE es.event SET body = '{"id":"1","data":{}}' WHERE position = 57`}, first: 57},
		{name: "a type is updated", sql: []string{`UPDATE es.event SET type = 'test.other_happened.v1' WHERE position = 300`}, first: 300},
		{name: "a command is updated", sql: []string{`UPDATE es.event SET command = gen_random_uuid() WHERE position = 256`}, first: 256},
		{name: "a time is updated", sql: []string{`UPDATE es.event SET recorded_at = recorded_at + interval '1 microsecond' WHERE position = 700`}, first: 700},
		{name: "a row is deleted", sql: []string{`DELETE FROM es.event WHERE position = 400`}, first: 400},
		{name: "a row is deleted and the rest renumbered", sql: []string{`DELETE FROM es.event WHERE position = 513`, renumber}, first: 513},
		{name: "two rows are swapped", sql: []string{
			`UPDATE es.event SET position = -position WHERE position IN (12, 600)`, `UPDATE es.event SET position = 612 + position WHERE position < 0`,
		}, first: 12},
		{name: "the tail is cut off", sql: []string{`DELETE FROM es.event WHERE position > 650`}, first: 651},
		{name: "everything is cut off", sql: []string{`TRUNCATE es.event`}, first: 1},
		{name: "a row is inserted between", sql: []string{
			`UPDATE es.event SET position = -position - 1 WHERE position >= 256`, `UPDATE es.event SET position = -position WHERE position < 0`,
			`INSERT INTO es.event SELECT 256, gen_random_uuid(), 1, command, type, recorded_at, digest, leaf, body FROM es.event WHERE position = 255`,
		}, first: 256},
		{name: "a body is updated and nothing else", sql: []string{`UPDATE es.event SET body = '{}' WHERE position = 57`}, first: 57, asIs: true},
		{name: "a type is updated and nothing else", sql: []string{`UPDATE es.event SET type = type || 'x' WHERE position = 58`}, first: 58, asIs: true},
		{name: "a leaf is updated and nothing else", sql: []string{`UPDATE es.event SET leaf = sha256('x') WHERE position = 59`}, first: 59, asIs: true},
		{name: "a version is updated and nothing else", sql: []string{`UPDATE es.event SET version = version + 5000 WHERE position = 699`}, first: 699, asIs: true},
	}
}

// A superuser stops the triggers, does what they like and recomputes all they can: versions, digests, leaves, the stored tree, and
// the checkpoints noted in the database. What they cannot reach is outside.
func TestASuperuserIsCaught(t *testing.T) {
	for _, d := range deeds() {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.write(t, 300)
			w.seal(t)
			w.write(t, 400)
			c := w.seal(t)
			if c.Size != 700 {
				t.Fatalf("sealed %d", c.Size)
			}
			if r, err := w.verify(t); err != nil || r.Last != 700 || r.Covered.Size != 700 {
				t.Fatalf("before: %+v %v", r, err)
			}
			w.asSuperuser(t, func(tx pgx.Tx) {
				for _, sql := range d.sql {
					if _, err := tx.Exec(t.Context(), sql); err != nil {
						t.Fatal(err)
					}
				}
				if !d.asIs {
					if err := recompute(t.Context(), tx, "test"); err != nil {
						t.Fatal(err)
					}
				}
			})
			_, err := w.verify(t)
			t.Log(err)
			if position, altered := AlteredAt(err); !altered || position != d.first {
				t.Errorf("the first altered position is %d, named %d: %v", d.first, position, err)
			}
			// Nor does a sealer sign what was altered: it stops, and says where.
			if d.asIs {
				return
			}
			if position, altered := AlteredAt(w.sealing(t)); !altered || position != d.first {
				t.Errorf("the sealer named %d", position)
			}
			if size, err := w.place.latest(t.Context(), "test", 1); err != nil || size != 700 {
				t.Errorf("the last checkpoint is of size %d: %v", size, err)
			}
		})
	}
}

// What a superuser does while a sealer runs is seen before the next checkpoint.
func TestARunningSealerStops(t *testing.T) {
	w := newWorld(t)
	w.write(t, 600)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, w.deps(t)) }()
	eventually(t, func() bool {
		size, err := w.place.latest(t.Context(), "test", 1)
		return err == nil && size == 600
	})
	w.asSuperuser(t, func(tx pgx.Tx) {
		if _, err := tx.Exec(t.Context(), `UPDATE es.event SET body = '{}' WHERE position = 20`); err != nil {
			t.Fatal(err)
		}
		if err := recompute(t.Context(), tx, "test"); err != nil {
			t.Fatal(err)
		}
	})
	w.write(t, 1)
	select {
	case err := <-ended:
		if position, altered := AlteredAt(err); !altered || position != 20 {
			t.Errorf("the sealer named %d: %v", position, err)
		}
	case <-time.After(30 * time.Second):
		t.Error("the sealer goes on")
	}
	if size, err := w.place.latest(t.Context(), "test", 1); err != nil || size != 600 {
		t.Errorf("the last checkpoint is of size %d: %v", size, err)
	}
}

// The tree in the database alone is altered: the log is right, and the sealer says so and stops.
func TestAlteredNodesStopTheSealer(t *testing.T) {
	w := newWorld(t)
	w.write(t, 600)
	w.seal(t)
	w.asSuperuser(t, func(tx pgx.Tx) {
		if _, err := tx.Exec(t.Context(), `UPDATE proof.node SET hash = sha256('x') WHERE n = 1`); err != nil {
			t.Fatal(err)
		}
	})
	if r, err := w.verify(t); err != nil || r.Covered.Size != 600 {
		t.Errorf("%+v %v", r, err)
	}
	if position, altered := AlteredAt(w.sealing(t)); !altered || position != 0 {
		t.Errorf("the sealer named %d", position)
	}
	// Removed, they are computed again.
	w.asSuperuser(t, func(tx pgx.Tx) {
		if _, err := tx.Exec(t.Context(), `DELETE FROM proof.node; DELETE FROM proof.checkpoint`, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatal(err)
		}
	})
	w.write(t, 100)
	if c := w.seal(t); c.Size != 700 {
		t.Errorf("sealed %d", c.Size)
	}
	if n := w.count(t, "SELECT count(*) FROM proof.node"); n != 2 {
		t.Errorf("%d nodes", n)
	}
}

// The service's role cannot do any of it.
func TestTheServiceAddsAndNothingElse(t *testing.T) {
	w := newWorld(t)
	w.write(t, 300)
	w.seal(t)
	for _, sql := range []string{
		"UPDATE proof.node SET n = n + 1", "DELETE FROM proof.node", "TRUNCATE proof.node", "UPDATE proof.checkpoint SET size = 1",
		"DELETE FROM proof.checkpoint", "TRUNCATE proof.checkpoint", "ALTER TABLE proof.node DISABLE TRIGGER ALL",
	} {
		if _, err := w.pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("the service's role may %s", sql)
		}
		if _, err := w.owner.Exec(t.Context(), sql); err == nil && sql[:5] != "ALTER" {
			t.Errorf("the owner may %s without stopping the triggers", sql)
		}
	}
}
