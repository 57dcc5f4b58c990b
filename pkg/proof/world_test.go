package proof

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
)

const role, rolePassword = "loa_proof_test", "of this test"

func prepare(ctx context.Context, owner *pgx.Conn) error {
	_, err := owner.Exec(ctx, "CREATE ROLE "+role+" LOGIN PASSWORD '"+rolePassword+"'")
	if e, ok := errors.AsType[*pgconn.PgError](err); err != nil && (!ok || e.Code != "42710") {
		return err
	}
	if err := es.Migrate(ctx, owner, role, nil); err != nil {
		return err
	}
	return Migrate(ctx, owner, role)
}

// world is a log with its sealer's key and place.
type world struct {
	owner, pool *pgxpool.Pool
	signer      *Signer
	folder      string
	place       *Place
	streams     []id.UUID
	versions    map[id.UUID]int64
	random      *rand.Rand
}

func newWorld(t testing.TB) *world {
	t.Helper()
	owner, address := engines.Clone(t, "proof", prepare)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(role, rolePassword)
	pool, err := pgxpool.New(t.Context(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	// As a service does before it appends: a copy of a database that holds events already would count as restored.
	if _, err := pool.Exec(t.Context(), "SELECT es.open()"); err != nil {
		t.Fatal(err)
	}
	private, _, err := KeyFromSeed("loa.example", bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{owner: owner, pool: pool, signer: signer, folder: t.TempDir(), versions: map[id.UUID]int64{}, random: rand.New(rand.NewPCG(1, 2))}
	w.place = w.open(t, w.folder)
	return w
}

func (w *world) open(t testing.TB, folder string) *Place {
	t.Helper()
	p, err := OpenPlace(t.Context(), "file://"+folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func (w *world) uuid() (u id.UUID) {
	for i := range u {
		u[i] = byte(w.random.Uint32())
	}
	return u
}

// write appends so many events by es.append, as the service's role, a few commands a call.
func (w *world) write(t testing.TB, events int) {
	t.Helper()
	for events > 0 {
		var keys, streams [][16]byte
		var digests, eventDigests, bodies [][]byte
		var expected []int64
		var counts, command, nth []int32
		var types []string
		used := map[id.UUID]bool{}
		for range 50 {
			if events == 0 {
				break
			}
			stream := w.uuid()
			if len(w.streams) > 0 && w.random.IntN(3) > 0 {
				stream = w.streams[w.random.IntN(len(w.streams))]
			} else {
				w.streams = append(w.streams, stream)
			}
			if used[stream] {
				continue
			}
			used[stream] = true
			n, key := min(events, 1+w.random.IntN(4)), w.uuid()
			events -= n
			keys, streams, digests = append(keys, key), append(streams, stream), append(digests, []byte{})
			expected, counts = append(expected, w.versions[stream]), append(counts, int32(n))
			for i := range n {
				w.versions[stream]++
				name := fmt.Sprintf("test.thing_%d_happened.v1", w.random.IntN(3))
				body := fmt.Appendf(nil, `{"id":"%d","data":{"text":"việc %d"}}`, w.random.Uint64(), w.random.IntN(100))
				digest := es.Digest(name, stream, w.versions[stream], key, body)
				command, nth, types = append(command, int32(len(keys))), append(nth, int32(i+1)), append(types, name)
				eventDigests, bodies = append(eventDigests, digest[:]), append(bodies, body)
			}
		}
		var outcomes []int16
		err := w.pool.QueryRow(t.Context(), `SELECT outcomes FROM es.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			keys, digests, streams, expected, counts, command, nth, types, eventDigests, bodies).Scan(&outcomes)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range outcomes {
			if o != 0 {
				t.Fatalf("outcomes %v", outcomes)
			}
		}
	}
}

func (w *world) deps(t testing.TB) Deps {
	return Deps{
		Service: "test", Pool: w.pool, Signer: w.signer, Place: w.place, Every: 20 * time.Millisecond,
		Logger: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
}

// seal runs a sealer until everything is sealed, and stops it.
func (w *world) seal(t testing.TB) Checkpoint {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, w.deps(t)) }()
	want := w.count(t, "SELECT coalesce(max(position), 0) FROM es.event")
	epoch := int(w.count(t, "SELECT max(epoch) FROM es.epoch"))
	for deadline := time.Now().Add(30 * time.Second); ; {
		size, err := w.place.latest(t.Context(), "test", epoch)
		if err != nil {
			t.Fatal(err)
		}
		if size == want {
			break
		}
		select {
		case err := <-ended:
			t.Fatalf("the sealer ended: %v", err)
		case <-time.After(5 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("sealed %d of %d", size, want)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	c, _, err := w.place.Checkpoint(t.Context(), w.signer.Verifier(), "test", epoch)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sealing runs a sealer that has to end by itself, with the error it returns.
func (w *world) sealing(t testing.TB) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	return Run(ctx, w.deps(t))
}

func (w *world) verify(t testing.TB) (Report, error) {
	t.Helper()
	return Verify(t.Context(), w.pool, "test", w.signer.Verifier(), w.place, nil)
}

func (w *world) count(t testing.TB, sql string, args ...any) (n int64) {
	t.Helper()
	if err := w.owner.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// execer is a pool or a transaction.
type execer interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// asSuperuser does things in one transaction in which no trigger stops anybody.
func (w *world) asSuperuser(t testing.TB, f func(tx pgx.Tx)) {
	t.Helper()
	err := pgx.BeginFunc(t.Context(), w.owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), "SET LOCAL session_replication_role = replica"); err != nil {
			return err
		}
		f(tx)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

const (
	digestInSQL = `sha256(int4send(octet_length(type)) || convert_to(type, 'UTF8') || uuid_send(stream) || int8send(version) || uuid_send(command) || body)`
	leafInSQL   = `sha256('\x00'::bytea || int8send(position) || int8send((extract(epoch FROM recorded_at) * 1000000)::bigint) || digest)`
)

// recompute makes the whole log agree with itself again: versions, digests, leaves and the tree's nodes.
func recompute(ctx context.Context, tx execer, service string) error {
	for _, sql := range []string{
		"UPDATE es.event SET version = version + 1000000",
		`UPDATE es.event e SET version = x.v FROM (SELECT position, row_number() OVER (PARTITION BY stream ORDER BY position) v FROM es.event) x
			WHERE x.position = e.position`,
		"UPDATE es.event SET digest = " + digestInSQL,
		"UPDATE es.event SET leaf = " + leafInSQL,
		"DELETE FROM proof.node", "DELETE FROM proof.checkpoint",
	} {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	var full []tile
	e := edge{filled: func(t tile) { full = append(full, t) }}
	if err := es.Records(ctx, tx, 0, 1<<62, func(r *es.Record) error { e.add(r.Leaf); return nil }); err != nil {
		return err
	}
	for _, t := range full {
		root := t.root()
		if _, err := tx.Exec(ctx, "INSERT INTO proof.node VALUES ($1, $2, $3)", (t.level+1)*tileHeight, t.n, root[:]); err != nil {
			return err
		}
	}
	return nil
}

// contents is what each position says, for telling apart two moments of a log.
func contents(ctx context.Context, db execer) (map[int64][sha256.Size]byte, error) {
	all := map[int64][sha256.Size]byte{}
	err := es.Records(ctx, db, 0, 1<<62, func(r *es.Record) error {
		h := sha256.New()
		fmt.Fprintf(h, "%s|%d|%s|%s|%d|%x|%x|%s", r.Stream, r.Version, r.Command, r.Type, r.RecordedAt.UnixMicro(), r.Digest, r.Leaf, r.Body)
		all[r.Position] = [sha256.Size]byte(h.Sum(nil))
		return nil
	})
	return all, err
}

// firstChange is the first position up to the end of what was that is not as it was; 0 for none.
func firstChange(was, is map[int64][sha256.Size]byte) int64 {
	for p := int64(1); p <= int64(len(was)); p++ {
		if is[p] != was[p] {
			return p
		}
	}
	return 0
}
