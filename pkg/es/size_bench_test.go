package es

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/engines/measure"
	"github.com/loa-vn/loa/pkg/id"
)

var largeLog = flag.Int("events", 1_000_000, "events of BenchmarkSize's large log")

const (
	smallLog     = 10_000
	streamEvents = 10    // of a generated stream
	inUse        = 1_000 // streams that commands go to
	sizeCallers  = 16
)

// BenchmarkSize compares appends to streams in use in a log of ten thousand events with those in a large one, and tells how fast the
// large one is generated, replayed into a read model, and how much disk it takes. Ten million take six minutes and 8 GB:
//
//	go test ./pkg/es -run '^$' -bench '^BenchmarkSize$' -benchtime=1x -timeout 2h -events 10000000
func BenchmarkSize(b *testing.B) {
	cluster := engines.Durable(b)
	small, large := newSized(b, cluster, smallLog), newSized(b, cluster, *largeLog)
	results := benchRun().Interleave(b, "events", 1,
		measure.Variant{Name: fmt.Sprintf("log of %d", smallLog), Measure: small.measure},
		measure.Variant{Name: fmt.Sprintf("log of %d", *largeLog), Measure: large.measure},
	)
	var ratio []float64
	for r := range results[0] {
		ratio = append(ratio, float64(results[1][r].P50)/float64(results[0][r].P50))
	}
	b.Logf("an append to a stream in use takes %.2f× in the log of %d (median of the rounds' p50, %.2f to %.2f)", measure.Median(ratio), *largeLog,
		slices.Min(ratio), slices.Max(ratio))
	large.replay(b)
}

// sized is a log of so many events, and the streams of it that are in use.
type sized struct {
	owner   *pgxpool.Pool
	log     *Log
	events  int
	streams chan *inUseStream // each with one caller at a time, so that none conflicts
}

type inUseStream struct {
	id      StreamID
	name    string
	version int64
}

func newSized(b *testing.B, cluster *engines.Cluster, events int) *sized {
	b.Helper()
	address, err := cluster.Database(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	s := &sized{owner: openPool(b, address, 4), events: events, streams: make(chan *inUseStream, inUse)}
	conn, err := s.owner.Acquire(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Release()
	if err := Migrate(b.Context(), conn.Conn(), "postgres", []Projection{counts()}); err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	s.generate(b, conn.Conn())
	took := time.Since(start)
	if _, err := conn.Exec(b.Context(), "VACUUM ANALYZE es.event, es.command"); err != nil {
		b.Fatal(err)
	}
	var size int64
	if err := conn.QueryRow(b.Context(), "SELECT pg_database_size(current_database())").Scan(&size); err != nil {
		b.Fatal(err)
	}
	b.Logf("%d events in %d streams generated through es.append in %.0f s (%.0f/s); the database takes %d MB", events, events/streamEvents,
		took.Seconds(), float64(events)/took.Seconds(), size>>20)
	s.log = benchLog(b, address)
	return s
}

// generate appends a thousand commands of one event at a time. Streams grow together, so that a stream's events lie far apart. The
// streams in use are spread over all.
func (s *sized) generate(b *testing.B, conn *pgx.Conn) {
	b.Helper()
	const atOnce = 1000
	total := max(s.events/streamEvents, inUse)
	streams := make([]*inUseStream, total)
	for i := range streams {
		u := id.NewUUID(time.Now())
		streams[i] = &inUseStream{id: u, name: id.Format("note", u)}
	}
	data, err := json.Marshal(lineWritten{strings.Repeat("x", 30), 30})
	if err != nil {
		b.Fatal(err)
	}
	for done := 0; done < s.events; done += atOnce {
		var batch []*submission
		for i := done; i < min(done+atOnce, s.events); i++ {
			stream, key := streams[i%total], id.NewUUID(time.Now())
			body, err := encodeBody(Meta{
				ID: eventID(key, 1), Aggregate: stream.name, HappenedAt: time.Now().UTC().Truncate(time.Microsecond), Actor: "cv.stttt",
				Agency: "H38.17", Correlation: key.String(),
			}, data)
			if err != nil {
				b.Fatal(err)
			}
			batch = append(batch, &submission{
				key: key, stream: stream.id, digest: key[:], expected: stream.version, events: []written{{"test.line_written.v2", key[:], body}},
			})
			stream.version++
		}
		c := committer{conn: conn}
		answers, err := c.append(b.Context(), batch)
		if err != nil {
			b.Fatal(err)
		}
		for _, a := range answers {
			if a.outcome != appended {
				b.Fatalf("the outcome was %s", a.outcome)
			}
		}
	}
	for i := range inUse {
		s.streams <- streams[i*total/inUse]
	}
}

func (s *sized) measure(b *testing.B) measure.Figures {
	b.Helper()
	_, digest := sample()
	data, err := json.Marshal(lineWritten{strings.Repeat("y", 30), 30})
	if err != nil {
		b.Fatal(err)
	}
	body, err := encodeBody(Meta{Aggregate: "note", HappenedAt: time.Unix(0, 0).UTC(), Actor: "cv.stttt", Agency: "H38.17", Correlation: "c"}, data)
	if err != nil {
		b.Fatal(err)
	}
	return measure.Callers(b, sizeCallers, *roundFor, func(b *testing.B) error {
		stream := <-s.streams
		defer func() { s.streams <- stream }()
		a, err := s.log.committer.submit(b.Context(), &submission{
			key: id.NewUUID(time.Now()), stream: stream.id, digest: digest, expected: stream.version,
			events: []written{{"test.line_written.v2", digest, body}}, bytes: len(body),
		})
		if err == nil && a.outcome != appended {
			err = fmt.Errorf("the outcome was %s", a.outcome)
		}
		stream.version++
		return err
	})
}

// replay builds a read model from the whole log.
func (s *sized) replay(b *testing.B) {
	b.Helper()
	var events int
	if err := s.owner.QueryRow(b.Context(), "SELECT max(position) FROM es.event").Scan(&events); err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	if err := Replay(b.Context(), s.owner, notes(), counts()); err != nil {
		b.Fatal(err)
	}
	took := time.Since(start)
	var sum int
	if err := Query(b.Context(), s.owner, "counts", func(tx pgx.Tx) error {
		return tx.QueryRow(b.Context(), "SELECT sum(lines) FROM note").Scan(&sum)
	}); err != nil || sum != events {
		b.Fatalf("the read model counts %d: %v", sum, err)
	}
	b.Logf("%d events are replayed in %.1f s (%.0f/s)", events, took.Seconds(), float64(events)/took.Seconds())
}

// counts is a read model of one row a note.
func counts() Projection {
	return Projection{
		Name:   "counts",
		Schema: "CREATE TABLE note (note uuid PRIMARY KEY, lines int NOT NULL, last timestamptz NOT NULL)",
		Apply: func(ctx context.Context, tx pgx.Tx, events []Event) error {
			lines, last := map[StreamID]int32{}, map[StreamID]time.Time{}
			for _, e := range events {
				lines[e.Stream]++
				last[e.Stream] = e.RecordedAt
			}
			streams, numbers, times := make([][16]byte, 0, len(lines)), make([]int32, 0, len(lines)), make([]time.Time, 0, len(lines))
			for s, n := range lines {
				streams, numbers, times = append(streams, s), append(numbers, n), append(times, last[s])
			}
			_, err := tx.Exec(ctx, `INSERT INTO note SELECT * FROM unnest($1::uuid[], $2::int[], $3::timestamptz[])
				ON CONFLICT (note) DO UPDATE SET lines = note.lines + excluded.lines, last = excluded.last`, streams, numbers, times)
			return err
		},
	}
}
