package es

import (
	"bufio"
	"cmp"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/loa-vn/loa/pkg/id"
)

func readOperations(t *testing.T, files []string) (operations []operation) {
	t.Helper()
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		for s := bufio.NewScanner(f); s.Scan(); {
			var o operation
			if err := json.Unmarshal(s.Bytes(), &o); err != nil {
				t.Fatal(err)
			}
			operations = append(operations, o)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return operations
}

// place is where an event stands.
type place struct {
	stream  StreamID
	version int64
	command id.UUID
}

// checkTables holds the log's own promises against its tables.
func checkTables(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	for what, sql := range map[string]string{
		"gaps":          "SELECT coalesce(max(position), 0) - count(*) FROM es.event",
		"forks":         "SELECT count(*) FROM (SELECT FROM es.event GROUP BY stream, version HAVING count(*) > 1) x",
		"version holes": "SELECT count(*) FROM (SELECT max(version) m, count(*) k FROM es.event GROUP BY stream) x WHERE m <> k",
		"times that run backwards": `SELECT count(*) FROM (SELECT recorded_at < lag(recorded_at) OVER (ORDER BY position) b FROM es.event) x
			WHERE b`,
		"wrong leaves or digests": `SELECT count(*) FROM es.event WHERE digest <> sha256(int4send(octet_length(type)) || convert_to(type, 'UTF8') ||
			uuid_send(stream) || int8send(version) || uuid_send(command) || body) OR
			leaf <> sha256('\x00'::bytea || int8send(position) || int8send((extract(epoch FROM recorded_at) * 1000000)::bigint) || digest)`,
		"events whose command is not recorded": `SELECT count(*) FROM es.event e LEFT JOIN es.command c ON c.key = e.command
			WHERE c.key IS NULL OR e.version > c.version OR e.position > c.position`,
	} {
		var n int64
		if err := pool.QueryRow(t.Context(), sql).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n != 0 {
			t.Errorf("%d %s", n, what)
		}
	}
}

// checkLog holds the log's own promises against its tables, and what callers were told against the log.
func checkLog(t *testing.T, pool *pgxpool.Pool, operations []operation) (events int64) {
	t.Helper()
	checkTables(t, pool)
	rows, err := pool.Query(t.Context(), "SELECT position, stream, version, command FROM es.event")
	if err != nil {
		t.Fatal(err)
	}
	at := map[int64]place{}
	for rows.Next() {
		var position int64
		var p place
		if err := rows.Scan(&position, (*[16]byte)(&p.stream), &p.version, (*[16]byte)(&p.command)); err != nil {
			t.Fatal(err)
		}
		at[position] = p
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	rows, err = pool.Query(t.Context(), "SELECT key FROM es.command")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := pgx.CollectRows(rows, pgx.RowTo[[16]byte])
	if err != nil {
		t.Fatal(err)
	}
	recorded := map[id.UUID]bool{}
	for _, k := range keys {
		recorded[k] = true
	}
	lost, phantoms, told := 0, 0, map[id.UUID]bool{}
	for _, o := range operations {
		switch o.Outcome {
		case appended, repeated:
			told[o.Key] = true
			if !recorded[o.Key] {
				lost++
			}
			for j := range int64(o.N) {
				if (at[o.Position-j] != place{tortureStream(o.Stream), o.Version - j, o.Key}) {
					lost++
				}
			}
		case withdrawnOutcome, conflict, reused:
			if recorded[o.Key] {
				phantoms++
			}
		}
	}
	if lost > 0 {
		t.Errorf("%d acknowledged events or commands are not in the log as they were answered", lost)
	}
	if phantoms > 0 {
		t.Errorf("%d commands are recorded whose callers were told that they are not", phantoms)
	}
	for k := range recorded {
		if !told[k] {
			t.Errorf("the command %s is in the log, and nobody was told", k)
		}
	}
	return int64(len(at))
}

// transition is a successful append that wrote something; it happened at some moment from lo to hi.
type transition struct{ from, to, lo, hi int64 }

// checkLinearizable is exact and takes linear time: versions of a stream are totally ordered, so its history is linearizable if and
// only if moments can be chosen for its transitions, one after the other, each within its call; what read a version (a conflict, an
// append of nothing) narrows the transitions around that version.
func checkLinearizable(t *testing.T, operations []operation) (checked int) {
	t.Helper()
	streams := map[int][]operation{}
	for _, o := range operations {
		if o.Outcome != withdrawnOutcome {
			streams[o.Stream] = append(streams[o.Stream], o)
		}
	}
	for stream, history := range streams {
		into := map[int64]*transition{}
		for _, o := range history {
			if o.Outcome == conflict || o.N == 0 {
				continue
			}
			if into[o.Version] != nil || o.Version != o.Expected+int64(o.N) {
				t.Errorf("stream %d: two winners of version %d", stream, o.Version)
			}
			into[o.Version] = &transition{o.Expected, o.Version, o.Start, o.End}
		}
		order := slices.SortedFunc(maps.Values(into), func(a, b *transition) int { return cmp.Compare(a.to, b.to) })
		from := map[int64]*transition{}
		for i, x := range order {
			if before := int64(0); i > 0 && x.from != order[i-1].to || i == 0 && x.from != before {
				t.Errorf("stream %d: nothing leads to version %d", stream, x.from)
			}
			from[x.from] = x
		}
		for _, o := range history {
			if o.Outcome != conflict && o.N > 0 {
				continue
			}
			if o.Outcome == conflict && o.Version == o.Expected {
				t.Errorf("stream %d: a conflict at the expected version %d", stream, o.Version)
			}
			if x := into[o.Version]; x != nil {
				x.hi = min(x.hi, o.End)
			} else if o.Version != 0 {
				t.Errorf("stream %d: version %d was read, and nobody wrote it", stream, o.Version)
			}
			if x := from[o.Version]; x != nil {
				x.lo = max(x.lo, o.Start)
			}
			checked++
		}
		now := int64(0)
		for _, x := range order {
			if now = max(now, x.lo); now > x.hi {
				t.Errorf("stream %d: version %d came too late or too early for what was seen of it", stream, x.to)
			}
			checked++
		}
	}
	return checked
}

// The check must be able to find what it looks for.
func TestLinearizabilityCheckFindsFaults(t *testing.T) {
	op := func(start, end, expected int64, n int, o outcome, version int64) operation {
		return operation{Start: start, End: end, Expected: expected, N: n, Outcome: o, Version: version}
	}
	for name, c := range map[string]struct {
		history []operation
		good    bool
	}{
		"good":                  {[]operation{op(1, 5, 0, 1, appended, 1), op(2, 6, 1, 2, repeated, 3), op(7, 8, 0, 1, conflict, 3)}, true},
		"two winners":           {[]operation{op(1, 5, 0, 1, appended, 1), op(2, 6, 0, 1, appended, 1)}, false},
		"lost":                  {[]operation{op(1, 5, 0, 1, appended, 1), op(7, 8, 2, 1, appended, 3)}, false},
		"stale read":            {[]operation{op(1, 2, 0, 1, appended, 1), op(3, 4, 1, 1, appended, 2), op(5, 6, 9, 1, conflict, 1)}, false},
		"read before written":   {[]operation{op(5, 6, 0, 1, appended, 1), op(1, 2, 9, 1, conflict, 1)}, false},
		"read of nobody's":      {[]operation{op(1, 2, 0, 0, appended, 4)}, false},
		"order against time":    {[]operation{op(5, 6, 0, 1, appended, 1), op(1, 2, 1, 1, appended, 2)}, false},
		"conflict without need": {[]operation{op(1, 2, 0, 1, conflict, 0)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			exact, searched := &testing.T{}, &testing.T{}
			checkLinearizable(exact, c.history)
			checkPorcupine(searched, c.history, 10*time.Second)
			if exact.Failed() == c.good || searched.Failed() == c.good {
				t.Errorf("found a fault: %v, and Porcupine: %v", exact.Failed(), searched.Failed())
			}
		})
	}
}
