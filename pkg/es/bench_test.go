package es

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/id"
)

var (
	rounds    = flag.Int("rounds", 5, "rounds of a benchmark, whose median counts")
	roundFor  = flag.Duration("round", 2*time.Second, "how long a variant runs in a round")
	inFlight  = flag.String("inflight", "1,16,64,512", "callers at a time")
	busyShare = flag.Float64("busy", 0.3, "a round is discarded when other processes use a greater part of the CPUs just before it")
)

// BenchmarkAppend compares the log with a raw pgx INSERT of the same row, and with an INSERT that makes the same checks, on a server
// with fsync on. The variants take turns within a round; ratios are of the same round. It measures itself:
//
//	go test ./pkg/es -run '^$' -bench '^BenchmarkAppend$'
func BenchmarkAppend(b *testing.B) {
	cluster := engines.Durable(b)
	address, err := cluster.Database(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	pool := openPool(b, address, 64)
	conn, err := pool.Acquire(b.Context())
	if err != nil {
		b.Fatal(err)
	}
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
	conn.Release()
	variants := []variant{
		{"insert", insert(pool, `INSERT INTO raw.event (stream, version, command, type, digest, body) VALUES ($1, 1, $2, 'content.item_revised.v1', $3, $4)`)},
		{"insert with checks", insert(pool, `WITH c AS (INSERT INTO raw.command (key, digest, stream, version) VALUES ($2, $3, $1, 1))
			INSERT INTO raw.event (stream, version, command, type, digest, body) SELECT $1, 1, $2, 'content.item_revised.v1', $3, $4
			WHERE NOT EXISTS (SELECT FROM raw.event WHERE stream = $1 AND version >= 1)`)},
		{"append", benchAppend(b, address)},
		{"execute", benchExecute(b, address)},
	}
	for text := range strings.SplitSeq(*inFlight, ",") {
		callers, err := strconv.Atoi(text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(text+"-in-flight", func(b *testing.B) { compare(b, variants, callers) })
	}
}

// compare runs the variants in turns and prints their medians.
func compare(b *testing.B, variants []variant, callers int) {
	b.Helper()
	b.Logf("fsync rate of this disk: %.0f/s", fsyncRate(b))
	b.ReportMetric(0, "ns/op") // of all of it: means nothing
	results := make([][]figures, len(variants))
	for range *rounds {
		quiet(b)
		for i, v := range variants {
			results[i] = append(results[i], v.measure(b, callers))
		}
	}
	for i, v := range variants {
		var rates, p50, p99, ratio, checked []float64
		for r := range results[i] {
			f := results[i][r]
			rates, p50, p99 = append(rates, f.rate), append(p50, f.p50), append(p99, f.p99)
			ratio, checked = append(ratio, f.rate/results[0][r].rate), append(checked, f.rate/results[1][r].rate)
		}
		b.Logf("%-18s %8.0f/s  p50 %7.2f ms  p99 %7.2f ms  %5.2f× insert (%.2f to %.2f)  %5.2f× insert with checks", v.name,
			median(rates), median(p50), median(p99), median(ratio), slices.Min(ratio), slices.Max(ratio), median(checked))
	}
}

type variant struct {
	name string
	once func(ctx context.Context) error
}

// figures of a round: per second, and milliseconds.
type figures struct{ rate, p50, p99 float64 }

func (v variant) measure(b *testing.B, callers int) figures {
	b.Helper()
	for range 20 {
		if err := v.once(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	var mu sync.Mutex
	var all []float64
	var calling sync.WaitGroup
	start := time.Now()
	for range callers {
		calling.Go(func() {
			var mine []float64
			for time.Since(start) < *roundFor {
				s := time.Now()
				if err := v.once(b.Context()); err != nil {
					b.Error(err)
					return
				}
				mine = append(mine, float64(time.Since(s).Microseconds())/1000)
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, mine...)
		})
	}
	calling.Wait()
	if len(all) == 0 {
		b.Fatalf("%s: nothing was done", v.name)
	}
	took := time.Since(start).Seconds()
	slices.Sort(all)
	return figures{float64(len(all)) / took, all[len(all)/2], all[len(all)*99/100]}
}

func median(all []float64) float64 {
	s := slices.Sorted(slices.Values(all))
	return s[len(s)/2]
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

// benchAppend is the committer and es.append: what the prototype measured.
func benchAppend(b *testing.B, address string) func(context.Context) error {
	l := benchLog(b, address)
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
func benchExecute(b *testing.B, address string) func(context.Context) error {
	repo := NewRepo[note](benchLog(b, address), "note")
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

// quiet waits until the machine is, or ends the benchmark: figures of a busy machine mean nothing.
func quiet(b *testing.B) {
	b.Helper()
	var share float64
	for range 20 {
		if share = cpuShare(b); share <= *busyShare {
			return
		}
	}
	b.Fatalf("discarded: other processes use %.0f %% of the CPUs; try again on a quiet machine, or allow more by -busy", 100*share)
}

// cpuShare is the part of all CPUs that was in use during half a second.
func cpuShare(b *testing.B) float64 {
	b.Helper()
	read := func() (busy, all float64) {
		raw, err := os.ReadFile("/proc/stat")
		if err != nil {
			b.Fatal(err)
		}
		first, _, _ := strings.Cut(string(raw), "\n")
		for i, word := range strings.Fields(first)[1:9] {
			n, err := strconv.ParseFloat(word, 64)
			if err != nil {
				b.Fatal(err)
			}
			all += n
			if i != 3 && i != 4 { // idle, waiting for a disk
				busy += n
			}
		}
		return busy, all
	}
	busy, all := read()
	<-time.After(500 * time.Millisecond)
	busy2, all2 := read()
	return (busy2 - busy) / max(all2-all, 1)
}

// fsyncRate writes and syncs pages in a file beside the server's for a second.
func fsyncRate(b *testing.B) float64 {
	b.Helper()
	f, err := os.CreateTemp(b.TempDir(), "fsync")
	if err != nil {
		b.Fatal(err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	page := make([]byte, 8192)
	n, start := 0, time.Now()
	for time.Since(start) < time.Second {
		if _, err := f.WriteAt(page, 0); err != nil {
			b.Fatal(err)
		}
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			b.Fatal(err)
		}
		n++
	}
	return float64(n) / time.Since(start).Seconds()
}
