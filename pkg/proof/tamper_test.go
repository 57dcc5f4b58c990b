package proof

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"
)

// inside lets a verifier look at what a transaction has done so far.
type inside struct{ pgx.Tx }

func (i inside) BeginTx(ctx context.Context, _ pgx.TxOptions) (pgx.Tx, error) { return i.Begin(ctx) }

// deedAt draws something to do to a log of so many events.
func deedAt(t *rapid.T, size int64) []string {
	p := rapid.Int64Range(1, size).Draw(t, "position")
	q := rapid.Int64Range(1, size).Draw(t, "other")
	switch rapid.SampledFrom([]string{"body", "type", "command", "stream", "time", "delete", "close", "swap", "tail", "insert", "leaf", "digest"}).Draw(t, "deed") {
	case "body":
		return []string{fmt.Sprintf(`UPDATE es.event SET body = body || ' ' WHERE position = %d`, p)}
	case "type":
		return []string{fmt.Sprintf(`UPDATE es.event SET type = type || '.v2' WHERE position BETWEEN %d AND %d`, min(p, q), max(p, q))}
	case "command":
		return []string{fmt.Sprintf(`UPDATE es.event SET command = gen_random_uuid() WHERE position = %d`, p)}
	case "stream":
		return []string{fmt.Sprintf(`UPDATE es.event SET stream = gen_random_uuid(), version = 1 WHERE position = %d`, p)}
	case "time":
		return []string{fmt.Sprintf(`UPDATE es.event SET recorded_at = recorded_at + interval '1 us' WHERE position >= %d`, p)}
	case "delete":
		return []string{fmt.Sprintf(`DELETE FROM es.event WHERE position = %d`, p)}
	case "close":
		return []string{fmt.Sprintf(`DELETE FROM es.event WHERE position BETWEEN %d AND %d`, min(p, q), max(p, q)), renumber}
	case "swap":
		return []string{
			fmt.Sprintf(`UPDATE es.event SET position = -position WHERE position IN (%d, %d)`, p, q),
			fmt.Sprintf(`UPDATE es.event SET position = %d + position WHERE position < 0`, p+q),
		}
	case "tail":
		return []string{fmt.Sprintf(`DELETE FROM es.event WHERE position >= %d`, p)}
	case "insert":
		return []string{
			fmt.Sprintf(`UPDATE es.event SET position = -position - 1 WHERE position >= %d`, p), `UPDATE es.event SET position = -position WHERE position < 0`,
			fmt.Sprintf(`INSERT INTO es.event SELECT %d, gen_random_uuid(), 1, command, type, recorded_at, digest, leaf, body FROM es.event WHERE position = %d`, p, p+1),
		}
	case "leaf":
		return []string{fmt.Sprintf(`UPDATE es.event SET leaf = sha256(leaf) WHERE position = %d`, p)}
	default:
		return []string{fmt.Sprintf(`UPDATE es.event SET digest = sha256(digest) WHERE position = %d`, p)}
	}
}

// Whatever is done to a sealed log of whatever size, once or more, made to agree with itself afterwards or not: the first position
// that is not as it was is named, and a log that is as it was passes.
func TestWhateverIsDoneIsNamed(t *testing.T) {
	var logs []*world
	for _, size := range []int{1, 2, 9, 255, 256, 257, 600} {
		w := newWorld(t)
		w.write(t, size)
		w.seal(t)
		logs = append(logs, w)
	}
	undo := errors.New("undo")
	rapid.Check(t, func(t *rapid.T) {
		w := rapid.SampledFrom(logs).Draw(t, "log")
		err := pgx.BeginFunc(t.Context(), w.owner, func(tx pgx.Tx) error {
			if _, err := tx.Exec(t.Context(), "SET LOCAL session_replication_role = replica"); err != nil {
				return err
			}
			was, err := contents(t.Context(), tx)
			if err != nil {
				return err
			}
			for range rapid.IntRange(0, 3).Draw(t, "deeds") {
				for _, sql := range deedAt(t, int64(len(was))) {
					if _, err := tx.Exec(t.Context(), sql); err != nil {
						return fmt.Errorf("%s: %w", sql, err)
					}
				}
			}
			if rapid.Bool().Draw(t, "recompute") {
				if err := recompute(t.Context(), tx, "test"); err != nil {
					return err
				}
			}
			is, err := contents(t.Context(), tx)
			if err != nil {
				return err
			}
			_, found := Verify(t.Context(), inside{tx}, "test", w.signer.Verifier(), w.place, nil)
			position, altered := AlteredAt(found)
			if want := firstChange(was, is); altered != (want > 0) || position != want {
				t.Fatalf("the first change is at %d, named %d: %v", want, position, found)
			}
			if !altered && found != nil {
				return found
			}
			return undo
		})
		if !errors.Is(err, undo) {
			t.Fatal(err)
		}
	})
}
