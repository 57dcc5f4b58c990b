package es

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/engines/measure"
	"github.com/loa-vn/loa/pkg/id"
)

var (
	rounds    = flag.Int("rounds", 5, "rounds of a benchmark, whose median counts")
	roundFor  = flag.Duration("round", 2*time.Second, "how long a variant runs in a round")
	inFlight  = flag.String("inflight", "1,16,64,512", "callers at a time")
	busyShare = flag.Float64("busy", 0.2, "a round is discarded when other programs use a greater part of the CPUs during it")
)

func benchRun() measure.Run { return measure.Run{Rounds: *rounds, Busy: *busyShare} }

// BenchmarkAppend compares the log with a raw pgx INSERT of the same row and indexes, and with an INSERT that makes the same checks, on
// a server with fsync on. “transaction” is what event stores on PostgreSQL usually do to save one event: a transaction that reads the
// stream's version, inserts and commits. The variants take turns within a round; ratios are of the same round. It measures itself:
//
//	go test ./pkg/es -run '^$' -bench '^BenchmarkAppend$' -benchtime=1x
func BenchmarkAppend(b *testing.B) {
	pool, address := benchDatabase(b)
	variants := []measure.Variant{
		{Name: "insert", Measure: nil}, {Name: "insert with checks"}, {Name: "transaction"}, {Name: "append"}, {Name: "execute"}, {Name: "append, three processes"},
	}
	once := []func(context.Context) error{
		insert(pool, `INSERT INTO raw.event (stream, version, command, type, digest, body) VALUES ($1, 1, $2, 'content.item_revised.v1', $3, $4)`),
		insert(pool, `WITH c AS (INSERT INTO raw.command (key, digest, stream, version) VALUES ($2, $3, $1, 1))
			INSERT INTO raw.event (stream, version, command, type, digest, body) SELECT $1, 1, $2, 'content.item_revised.v1', $3, $4
			WHERE NOT EXISTS (SELECT FROM raw.event WHERE stream = $1 AND version >= 1)`),
		transaction(pool), benchAppend(benchLog(b, address)), benchExecute(benchLog(b, address)),
	}
	three := startBenchWriters(b, address, 3)
	for text := range strings.SplitSeq(*inFlight, ",") {
		callers, err := strconv.Atoi(text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(text+"-in-flight", func(b *testing.B) {
			for i, f := range once {
				variants[i].Measure = func(b *testing.B) measure.Figures {
					return measure.Callers(b, callers, *roundFor, func(b *testing.B) error { return f(b.Context()) })
				}
			}
			variants[len(once)].Measure = func(b *testing.B) measure.Figures { return three.measure(b, callers) }
			results := benchRun().Interleave(b, "events", 2, variants...)
			var more []float64
			for r := range results[0] {
				more = append(more, float64((results[3][r].P50-results[0][r].P50).Microseconds())/1000)
			}
			b.Logf("an append takes %+.2f ms more than an insert (median of the rounds' p50)", measure.Median(more))
		})
	}
}

// benchDatabase is a migrated log on a server with fsync on, with the tables of the raw variants beside it.
func benchDatabase(b *testing.B) (pool *pgxpool.Pool, address string) {
	b.Helper()
	address, err := engines.Durable(b).Database(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	pool = openPool(b, address, 64)
	conn, err := pool.Acquire(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Release()
	if err := prepare(b.Context(), conn.Conn()); err != nil {
		b.Fatal(err)
	}
	if _, err := conn.Exec(b.Context(), `CREATE SCHEMA raw;
		CREATE TABLE raw.event (position bigserial PRIMARY KEY, stream uuid NOT NULL, version bigint NOT NULL, command uuid NOT NULL, type text NOT NULL,
			recorded_at timestamptz NOT NULL DEFAULT now(), digest bytea NOT NULL, body bytea NOT NULL, UNIQUE (stream, version), UNIQUE (command));
		CREATE TABLE raw.command (key uuid PRIMARY KEY, digest bytea NOT NULL, stream uuid NOT NULL, version bigint NOT NULL,
			recorded_at timestamptz NOT NULL DEFAULT now())`); err != nil {
		b.Fatal(err)
	}
	return pool, address
}

func openPool(b *testing.B, address string, conns int32) *pgxpool.Pool {
	b.Helper()
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		b.Fatal(err)
	}
	config.MaxConns, config.MinConns = conns, conns
	pool, err := pgxpool.NewWithConfig(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	return pool
}

func sample() (body, digest []byte) {
	body = []byte(`{"title":"` + strings.Repeat("x", 180) + `"}`)
	d := sha256.Sum256(body)
	return body, d[:]
}

func insert(pool *pgxpool.Pool, sql string) func(context.Context) error {
	return func(ctx context.Context) error {
		body, digest := sample()
		_, err := pool.Exec(ctx, sql, [16]byte(id.NewUUID(time.Now())), [16]byte(id.NewUUID(time.Now())), digest, body)
		return err
	}
}

func transaction(pool *pgxpool.Pool) func(context.Context) error {
	return func(ctx context.Context) error {
		body, digest := sample()
		stream := id.NewUUID(time.Now())
		return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			var version int64
			if err := tx.QueryRow(ctx, "SELECT coalesce(max(version), 0) FROM raw.event WHERE stream = $1", [16]byte(stream)).Scan(&version); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `INSERT INTO raw.event (stream, version, command, type, digest, body) VALUES ($1, $2, $3, 'content.item_revised.v1', $4, $5)`,
				[16]byte(stream), version+1, [16]byte(id.NewUUID(time.Now())), digest, body)
			return err
		})
	}
}

// benchAppend is the committer and es.append, without the look-up, the load and the fold of a whole command.
func benchAppend(l *Log) func(context.Context) error {
	return func(ctx context.Context) error {
		body, digest := sample()
		a, err := l.committer.submit(ctx, &submission{
			key: id.NewUUID(time.Now()), stream: id.NewUUID(time.Now()), digest: digest,
			events: []written{{"content.item_revised.v1", digest, body}}, bytes: len(body),
		})
		if err == nil && a.outcome != appended {
			err = fmt.Errorf("the outcome was %s", a.outcome)
		}
		return err
	}
}

// benchExecute is a whole command: key looked up, stream loaded, decided, encoded, appended, folded.
func benchExecute(l *Log) func(context.Context) error {
	repo := NewRepo[note](l, "note")
	text := strings.Repeat("x", 30)
	return func(ctx context.Context) error {
		_, err := repo.Execute(ctx, newNote(), command(), write(text))
		return err
	}
}

func benchLog(b *testing.B, address string) *Log {
	b.Helper()
	l, err := Open(b.Context(), openPool(b, address, 8), notes(), Options{Service: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(l.Close)
	return l
}
