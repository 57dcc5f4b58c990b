package proof

import (
	"bytes"
	"flag"
	"runtime"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

var benchEvents = flag.Int("events", 1_000_000, "events of the log that BenchmarkVerify checks")

// generate writes a log by SQL: streams of twenty events, bodies of about 550 bytes.
const generate = `INSERT INTO es.event (position, stream, version, command, type, recorded_at, digest, leaf, body)
	SELECT e.position, e.stream, e.version, e.command, e.type, e.recorded_at, d.digest,
	  sha256('\x00'::bytea || int8send(e.position) || int8send((extract(epoch FROM e.recorded_at) * 1000000)::bigint) || d.digest), e.body
	FROM (SELECT i AS position, md5('s' || i / 20)::uuid AS stream, (i % 20) + 1 AS version, md5('c' || i)::uuid AS command,
	    'content.item_revised.v1' AS type, timestamptz '2026-01-01' + i * interval '1 ms' AS recorded_at,
	    convert_to('{"id":"' || i || '","aggregate":"content_01j","data":{"title":"' || repeat('x', 480) || '"}}', 'UTF8') AS body
	  FROM generate_series(1, $1::bigint) AS i) e,
	LATERAL (SELECT sha256(int4send(octet_length(e.type)) || convert_to(e.type, 'UTF8') || uuid_send(e.stream) || int8send(e.version) ||
	    uuid_send(e.command) || e.body) AS digest) d`

// BenchmarkVerify seals a large log, and checks it and an export of it. The aim is a million events in five seconds on two processors.
//
//	go test ./pkg/proof -run - -bench Verify -benchtime 3x [-events 1000000]
func BenchmarkVerify(b *testing.B) {
	w := newWorld(b)
	// The first stream lacks its version 1, since positions begin at 1: it is begun one higher.
	w.asSuperuser(b, func(tx pgx.Tx) {
		if _, err := tx.Exec(b.Context(), generate, *benchEvents); err != nil {
			b.Fatal(err)
		}
		for _, sql := range []string{
			"UPDATE es.event SET version = version - 1 WHERE stream = md5('s0')::uuid",
			"UPDATE es.event SET digest = " + digestInSQL + " WHERE stream = md5('s0')::uuid",
			"UPDATE es.event SET leaf = " + leafInSQL + " WHERE stream = md5('s0')::uuid",
		} {
			if _, err := tx.Exec(b.Context(), sql); err != nil {
				b.Fatal(err)
			}
		}
	})
	if _, err := w.owner.Exec(b.Context(), "VACUUM ANALYZE es.event"); err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	w.seal(b)
	b.Logf("sealed %d events in %.1f s on %d processors", *benchEvents, time.Since(began).Seconds(), runtime.GOMAXPROCS(0))
	b.Run("log", func(b *testing.B) {
		for b.Loop() {
			if r, err := w.verify(b); err != nil || r.Covered.Size != int64(*benchEvents) {
				b.Fatalf("%+v %v", r, err)
			}
		}
		perSecond(b)
	})
	b.Run("segment", func(b *testing.B) {
		var segment bytes.Buffer
		if _, err := Export(b.Context(), w.pool, "test", w.signer.Verifier(), 1, 0, &segment); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if r, err := VerifySegment(b.Context(), bytes.NewReader(segment.Bytes()), w.signer.Verifier(), w.place); err != nil || r.Last != int64(*benchEvents) {
				b.Fatalf("%+v %v", r, err)
			}
		}
		perSecond(b)
	})
}

func perSecond(b *testing.B) {
	seconds := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(float64(*benchEvents)/seconds, "events/s")
	b.ReportMetric(seconds*1e6/float64(*benchEvents), "s/million")
}
