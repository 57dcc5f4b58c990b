package proof

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/pkg/id"
)

// lose is a restore to an earlier moment: the log and its proofs end there, and the log is adopted.
func (w *world) lose(t *testing.T, after int64) {
	t.Helper()
	w.asSuperuser(t, func(tx pgx.Tx) {
		for _, sql := range []string{
			"DELETE FROM es.event WHERE position > $1", "DELETE FROM proof.checkpoint WHERE size > $1",
			"DELETE FROM proof.node WHERE (n + 1) << level > $1",
		} {
			if _, err := tx.Exec(t.Context(), sql, after); err != nil {
				t.Fatal(err)
			}
		}
	})
	if _, err := w.owner.Exec(t.Context(), "SELECT es.adopt('a restore')"); err != nil {
		t.Fatal(err)
	}
	w.versions, w.streams = map[id.UUID]int64{}, nil
}

// After a restore that lost sealed positions the new epoch is a line of its own: it says after which position it goes on, and what
// was lost is told and is no alteration.
func TestAnEpochThatLostPositions(t *testing.T) {
	w := newWorld(t)
	w.write(t, 300)
	w.seal(t)
	w.write(t, 100)
	old := w.seal(t)
	w.lose(t, 300)
	w.write(t, 150)
	c := w.seal(t)
	if c.Epoch != 2 || c.After != 300 || c.Size != 450 || !strings.HasPrefix(string(c.Note), "loa.example/test/2\n450\n") {
		t.Fatalf("%s", c.Note)
	}
	r, err := w.verify(t)
	if want := []Lost{{Epoch: 1, Next: 2, From: 301, To: 400}}; err != nil || !slices.Equal(r.Lost, want) || r.Covered.Epoch != 2 || r.Covered.Size != 450 {
		t.Errorf("%+v %v", r, err)
	}
	if _, err := Verify(t.Context(), w.pool, "test", w.signer.Verifier(), nil, []Checkpoint{old, c}); err != nil {
		t.Errorf("%v", err)
	}
	// What the epochs have in common is still held against both.
	w.asSuperuser(t, func(tx pgx.Tx) {
		if _, err := tx.Exec(t.Context(), `UPDATE es.event SET body = '{}' WHERE position = 299`); err != nil {
			t.Fatal(err)
		}
		if err := recompute(t.Context(), tx, "test"); err != nil {
			t.Fatal(err)
		}
	})
	if position, altered := AlteredAt(w.sealing(t)); !altered || position != 299 {
		t.Errorf("named %d", position)
	}
}

// Who restores and, before the first checkpoint of the new epoch, alters what the old one sealed, is caught by the old line.
func TestAnEpochThatIsNoContinuation(t *testing.T) {
	w := newWorld(t)
	w.write(t, 400)
	w.seal(t)
	w.lose(t, 350)
	w.asSuperuser(t, func(tx pgx.Tx) {
		if _, err := tx.Exec(t.Context(), `UPDATE es.event SET body = '{}' WHERE position = 17`); err != nil {
			t.Fatal(err)
		}
		if err := recompute(t.Context(), tx, "test"); err != nil {
			t.Fatal(err)
		}
	})
	if position, altered := AlteredAt(w.sealing(t)); !altered || position != 17 {
		t.Errorf("named %d", position)
	}
	if size, err := w.place.latest(t.Context(), "test", 2); err != nil || size != 0 {
		t.Errorf("the sealer signed size %d of epoch 2: %v", size, err)
	}
}

// A made-up later beginning of an epoch does not agree with its checkpoints.
func TestAnEpochsBeginningIsSigned(t *testing.T) {
	w := newWorld(t)
	w.write(t, 50)
	w.seal(t)
	w.lose(t, 40)
	w.write(t, 20)
	w.seal(t)
	w.asSuperuser(t, func(tx pgx.Tx) {
		if _, err := tx.Exec(t.Context(), `UPDATE es.epoch SET after = 55 WHERE epoch = 2`); err != nil {
			t.Fatal(err)
		}
	})
	if _, err := w.verify(t); !isAltered(err) {
		t.Errorf("%v", err)
	}
	if err := w.sealing(t); !isAltered(err) {
		t.Errorf("the sealer: %v", err)
	}
}
