package es

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/id"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// A note is the aggregate of these tests: lines are written on it until it is closed.
type note struct {
	Lines  []string
	Closed bool
	Last   time.Time
	Hands  []string
}

type lineWritten struct {
	Text string `json:"text"`
	Size int    `json:"size"`
}

type noteClosed struct{}

func (n *note) Apply(e Event) {
	n.Last, n.Hands = e.RecordedAt, append(n.Hands, e.Actor)
	switch d := e.Data.(type) {
	case lineWritten:
		n.Lines = append(n.Lines, d.Text)
	case noteClosed:
		n.Closed = true
	}
}

func notes() *Catalogue {
	return NewCatalogue(
		EventType[lineWritten]("test.line_written.v2", Upcast{"test.line_written.v1", func(raw json.RawMessage) (json.RawMessage, error) {
			var old struct {
				Text string `json:"text"`
			}
			if err := json.Unmarshal(raw, &old); err != nil {
				return nil, err
			}
			return json.Marshal(lineWritten{old.Text, len(old.Text)})
		}}),
		EventType[noteClosed]("test.note_closed.v1"),
	)
}

// write adds lines to an open note; anything on a closed one is refused.
func write(lines ...string) func(*note, int64) ([]any, error) {
	return func(n *note, _ int64) ([]any, error) {
		if n.Closed {
			return nil, errs.New(errorsv1.Reason_CONTENT_STATE, "state", "closed", "allowed", "open")
		}
		var events []any
		for _, l := range lines {
			events = append(events, lineWritten{l, len(l)})
		}
		return events, nil
	}
}

func closeNote(n *note, _ int64) ([]any, error) {
	if n.Closed {
		return nil, errs.New(errorsv1.Reason_CONTENT_STATE, "state", "closed", "allowed", "open")
	}
	return []any{noteClosed{}}, nil
}

func newNote() string { return id.Format("note", id.NewUUID(time.Now())) }

func command() Command {
	return Command{Key: id.NewUUID(time.Now()), Digest: []byte("request"), Actor: "cv.stttt", Agency: "H38.17", Correlation: "c", Causation: "d"}
}

// lines is the read model of these tests: one row a line, and one row a note.
func lines() Projection {
	return Projection{
		Name: "lines",
		Schema: `CREATE TABLE line (position bigint PRIMARY KEY, note uuid NOT NULL, text text NOT NULL, at timestamptz NOT NULL);
			CREATE TABLE note (note uuid PRIMARY KEY, lines int NOT NULL, closed boolean NOT NULL)`,
		Apply: func(ctx context.Context, tx pgx.Tx, events []Event) error {
			var b pgx.Batch
			for _, e := range events {
				written, closed := 0, false
				switch d := e.Data.(type) {
				case lineWritten:
					b.Queue("INSERT INTO line VALUES ($1, $2, $3, $4)", e.Position, [16]byte(e.Stream), d.Text, e.RecordedAt)
					written = 1
				case noteClosed:
					closed = true
				}
				b.Queue(`INSERT INTO note VALUES ($1, $2, $3) ON CONFLICT (note) DO UPDATE SET lines = note.lines + $2, closed = note.closed OR $3`,
					[16]byte(e.Stream), written, closed)
			}
			return tx.SendBatch(ctx, &b).Close()
		},
	}
}

const role, rolePassword = "loa_test", "of this test"

func prepare(ctx context.Context, owner *pgx.Conn) error {
	if _, err := owner.Exec(ctx, "CREATE ROLE "+role+" LOGIN PASSWORD '"+rolePassword+"'"); err != nil && !hasCode(err, "42710") {
		return err
	}
	return Migrate(ctx, owner, role, []Projection{lines()})
}

// bench is a migrated database with its owner's and its service's pools.
type workbench struct {
	owner, pool *pgxpool.Pool
	address     string // the service's
	faults      *faults
	log         *records
}

func database(t *testing.T) *workbench {
	t.Helper()
	owner, address := engines.Clone(t, "es", prepare)
	return service(t, owner, address)
}

func service(t *testing.T, owner *pgxpool.Pool, address string) *workbench {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(role, rolePassword)
	w := &workbench{owner: owner, address: u.String(), faults: &faults{}, log: &records{}}
	w.pool = w.connect(t)
	return w
}

// connect opens a pool of the service's role, as a process of its own would.
func (w *workbench) connect(t *testing.T) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(w.address)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 8
	config.ConnConfig.DialFunc = w.faults.dial
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func (w *workbench) open(t *testing.T, pool *pgxpool.Pool) *Log {
	t.Helper()
	l, err := Open(t.Context(), pool, notes(), Options{Service: "test", Logger: slog.New(w.log)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

func (w *workbench) repo(t *testing.T) (*Log, *Repo[note, *note]) {
	t.Helper()
	l := w.open(t, w.pool)
	return l, NewRepo[note](l, "note")
}

// other is another process on the same log.
func (w *workbench) other(t *testing.T) (*Log, *Repo[note, *note]) {
	t.Helper()
	l := w.open(t, w.connect(t))
	return l, NewRepo[note](l, "note")
}

func (w *workbench) count(t *testing.T, sql string, args ...any) (n int) {
	t.Helper()
	if err := w.owner.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func (w *workbench) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := w.owner.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

// hold keeps the log's lock, so that appends are sent and not answered, until the returned function is called.
func (w *workbench) hold(t *testing.T) (release func()) {
	t.Helper()
	tx, err := w.owner.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "SELECT pg_advisory_xact_lock(1163084097, 0)"); err != nil {
		t.Fatal(err)
	}
	once := sync.OnceFunc(func() { rollback(t.Context(), tx) })
	t.Cleanup(once)
	return once
}

// blocked waits until so many appends wait for the log's lock.
func (w *workbench) blocked(t *testing.T, n int) {
	t.Helper()
	eventually(t, "appends wait for the lock", func() bool {
		return w.count(t, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 1163084097 AND NOT granted") == n
	})
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func refused(t *testing.T, err error, want errs.Reason) {
	t.Helper()
	if got := errs.ReasonOf(err); got != want || err == nil {
		t.Fatalf("got %v, want %s", err, want)
	}
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(20 * time.Second)
	for !done() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("still not: %s", what)
		}
	}
}

// faults breaks connections on demand.
type faults struct {
	mu     sync.Mutex
	lose   int         // so many replies of appends are dropped after their COMMIT
	chance func() bool // says whether the next one is dropped, when set
	lost   int
}

// drop says whether this reply is lost.
func (f *faults) drop() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lose == 0 && (f.chance == nil || !f.chance()) {
		return false
	}
	f.lose = max(f.lose-1, 0)
	f.lost++
	return true
}

func (f *faults) set(lose int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lose, f.lost = lose, 0
}

func (f *faults) chanced(chance func() bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.chance = chance
}

func (f *faults) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lost
}

func (f *faults) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &faulty{Conn: conn, faults: f}, nil
}

type faulty struct {
	net.Conn
	faults    *faults
	appending atomic.Bool // pgx reads in the background while it writes much
}

func (c *faulty) Write(p []byte) (int, error) {
	// A call of es.append begins by parsing it, or binds the statement that was prepared before: either way the body's JSON passes.
	c.appending.Store(strings.Contains(string(p), `"happenedAt"`))
	return c.Conn.Write(p)
}

// readyForQuery, idle: the server sends it after the autocommitted call's COMMIT.
const readyForQuery = "Z\x00\x00\x00\x05I"

func (c *faulty) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil || !c.appending.Load() || !strings.HasSuffix(string(p[:n]), readyForQuery) || !strings.Contains(string(p[:n]), "D\x00") {
		return n, err
	}
	if !c.faults.drop() {
		return n, nil
	}
	_ = c.Close()
	return 0, net.ErrClosed
}

// records keeps what was logged.
type records struct {
	mu   sync.Mutex
	kept []string
}

func (r *records) Enabled(context.Context, slog.Level) bool { return true }
func (r *records) WithAttrs([]slog.Attr) slog.Handler       { return r }
func (r *records) WithGroup(string) slog.Handler            { return r }
func (r *records) Handle(_ context.Context, record slog.Record) error {
	text := record.Level.String() + " " + record.Message
	record.Attrs(func(a slog.Attr) bool { text += " " + a.String(); return true })
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept = append(r.kept, text)
	return nil
}

func (r *records) has(words ...string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.kept, func(s string) bool {
		return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(s, w) })
	})
}
