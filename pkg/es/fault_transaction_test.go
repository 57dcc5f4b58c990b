package es

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/id"
)

// opened is a transaction that somebody forgot.
func opened(t *testing.T, address string, o pgx.TxOptions, sql string) pgx.Tx {
	t.Helper()
	conn := must[*pgx.Conn](t)(pgx.Connect(t.Context(), address))
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	tx := must[pgx.Tx](t)(conn.BeginTx(t.Context(), o))
	if _, err := tx.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
	return tx
}

// buffers is how many pages a statement looked at: the work it takes, whatever else the machine does.
func buffers(t *testing.T, conn *pgxpool.Conn, sql string, args ...any) (pages float64) {
	t.Helper()
	var text []byte
	if err := conn.QueryRow(t.Context(), "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "+sql, args...).Scan(&text); err != nil {
		t.Fatal(err)
	}
	var plans []struct {
		Plan struct {
			Hit  float64 `json:"Shared Hit Blocks"`
			Read float64 `json:"Shared Read Blocks"`
		}
	}
	if err := json.Unmarshal(text, &plans); err != nil || len(plans) != 1 {
		t.Fatalf("%v: %s", err, text)
	}
	return plans[0].Plan.Hit + plans[0].Plan.Read
}

// appendWork is the mean work of an append of one event to a new stream.
func appendWork(t *testing.T, conn *pgxpool.Conn) (pages float64) {
	t.Helper()
	const calls = 24
	for i := range calls + 4 { // the first ones of a connection fill its caches
		key, stream := id.NewUUID(time.Now()), id.NewUUID(time.Now())
		body := fmt.Appendf(nil, `{"id":"%s","aggregate":"%s","happenedAt":"2026-01-01T00:00:00Z","data":{"text":"w","size":1}}`, eventID(key, 1),
			id.Format("note", stream))
		digest := Digest("test.line_written.v2", stream, 1, key, body)
		n := buffers(t, conn, callAppend, [][16]byte{key}, [][]byte{{1}}, [][16]byte{stream}, []int64{0}, []int32{1}, []int32{1}, []int32{1},
			[]string{"test.line_written.v2"}, [][]byte{digest[:]}, [][]byte{body})
		if i >= 4 {
			pages += n / calls
		}
	}
	return pages
}

// A snapshot is held open, and a transaction that has written, and another one in another database of the cluster, while a log is
// appended to and followed and projected. None of these waits for them, and an append takes no more work at the end than before: it
// touches no row that others have left versions of. That the measure would show such a row is checked by having one.
func TestFaultLongTransactionsOpen(t *testing.T) {
	t.Parallel()
	const lone, crowded = 1200, 1500
	w := database(t)
	l, repo := w.repo(t)
	with := accompany(t, l)
	address := w.owner.Config().ConnString()
	w.exec(t, "CREATE TABLE rots (n int, wide text)")
	w.exec(t, "INSERT INTO rots VALUES (0, repeat('x', 500))")
	conn := must[*pgxpool.Conn](t)(w.owner.Acquire(t.Context()))
	defer conn.Release()
	// Enough that the trees have their depth.
	random := seeded(t)
	c := gather(t, l, 16, random)
	c.more(t, 600, "the log is filled")
	operations := c.leave(t)

	_, elsewhere := engines.Database(t)
	forgotten := []pgx.Tx{
		opened(t, address, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, "SELECT count(*) FROM es.event"),
		opened(t, address, pgx.TxOptions{}, "CREATE TABLE forgotten (n int)"),
		opened(t, elsewhere, pgx.TxOptions{}, "CREATE TABLE forgotten (n int)"),
	}
	const touch = "UPDATE rots SET n = n + 1"
	before, row := appendWork(t, conn), buffers(t, conn, touch)
	const mark = "SELECT position FROM es.checkpoint WHERE name = 'lines' AND generation = 1 FOR UPDATE"
	checkpoint := buffers(t, conn, mark)
	for i := range lone { // each is a transaction of the projection's too
		must[Result[note]](t)(repo.Execute(t.Context(), newNote(), command(), write(fmt.Sprint(i))))
		if _, err := conn.Exec(t.Context(), touch); err != nil {
			t.Fatal(err)
		}
	}
	c = gather(t, l, 16, random)
	c.more(t, crowded, "appends go on")
	operations = append(operations, c.leave(t)...)
	after := appendWork(t, conn)
	t.Logf("pages an append: %.1f before, %.1f after %d; a row that is updated each time: %.0f, then %.0f; a projection's checkpoint: %.0f, then %.0f",
		before, after, w.count(t, "SELECT count(*) FROM es.command"), row, buffers(t, conn, touch), checkpoint, buffers(t, conn, mark))
	if after > 1.25*before {
		t.Errorf("an append looks at %.1f pages after a long transaction, %.1f before", after, before)
	}
	if rotten := buffers(t, conn, touch); rotten < 3*row {
		t.Errorf("the measure shows nothing: a row that was updated each time takes %.0f pages, %.0f before", rotten, row)
	}
	events := int64(w.count(t, "SELECT count(*) FROM es.event"))
	with.arrive(t, w, events)
	for _, tx := range forgotten { // they were open all the while
		if _, err := tx.Exec(t.Context(), "SELECT 1"); err != nil {
			t.Error(err)
		}
	}
	checkTables(t, w.owner)
	checkLinearizable(t, operations)
	checkPorcupine(t, operations, time.Minute)
}
