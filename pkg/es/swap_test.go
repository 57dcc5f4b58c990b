package es

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// cutter is a process's way to PostgreSQL that ends at a chosen message, as if the process had been killed: all its connections at
// once, just after the message is sent, so that the server acts on it and nobody hears of it. (Killed before a message is the same to
// the server as after the one before.)
type cutter struct {
	mu    sync.Mutex
	left  int // messages until the cut, this one included; 0: never
	dead  bool
	conns []net.Conn
}

func (c *cutter) arm(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left = n
}

func (c *cutter) cut() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dead
}

func (c *cutter) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead {
		_ = conn.Close()
		return nil, net.ErrClosed
	}
	c.conns = append(c.conns, conn)
	return &cuttable{conn, c}, nil
}

type cuttable struct {
	net.Conn
	cutter *cutter
}

func (c *cuttable) Write(p []byte) (int, error) {
	c.cutter.mu.Lock()
	defer c.cutter.mu.Unlock()
	if c.cutter.dead {
		return 0, net.ErrClosed
	}
	if c.cutter.left > 0 {
		c.cutter.left--
		if c.cutter.left == 0 {
			_, _ = c.Conn.Write(p)
			c.cutter.dead = true
			for _, conn := range c.cutter.conns {
				_ = conn.Close()
			}
			return 0, net.ErrClosed
		}
	}
	return c.Conn.Write(p)
}

// pool connects by the cutter.
func (c *cutter) pool(t *testing.T, config *pgxpool.Config) *pgxpool.Pool {
	t.Helper()
	config.ConnConfig.DialFunc = c.dial
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// swapped is a log with a live projection that is replayed and killed.
type swapped struct {
	*workbench
	t    *testing.T
	log  *Log
	repo *Repo[note, *note]
	n    int
}

func newSwapped(t *testing.T) *swapped {
	w := database(t)
	l, repo := w.repo(t)
	s := &swapped{workbench: w, t: t, log: l, repo: repo}
	// More than a page of a replay.
	must[Result[note]](t)(repo.Execute(t.Context(), newNote(), command(), write(slices.Repeat([]string{"trang"}, projectAtOnce+9)...)))
	return s
}

// grow records another note of two events.
func (s *swapped) grow() (last int64) {
	s.t.Helper()
	s.n++
	n := newNote()
	must[Result[note]](s.t)(s.repo.Execute(s.t.Context(), n, command(), write(fmt.Sprint("dòng ", s.n))))
	return must[Result[note]](s.t)(s.repo.Execute(s.t.Context(), n, command(), closeNote)).Position
}

// whole asserts that the live generation has caught up and is the fold of the whole log.
func (s *swapped) whole(when string) {
	s.t.Helper()
	events := must[[]Event](s.t)(s.log.Read(s.t.Context(), 0, 1_000_000))
	head := events[len(events)-1].Position
	eventually(s.t, "the live generation has caught up "+when, func() bool {
		return s.log.WaitFor(s.t.Context(), "lines", head) == nil
	})
	rows, err := linesIn(s.t.Context(), s.workbench)
	if want := foldOf(events).rows; err != nil || !slices.Equal(rows, want) {
		s.t.Fatalf("%s: %d rows, want %d; %v", when, len(rows), len(want), err)
	}
}

// replay replays from a process that is not killed. The killed one's session may not have noticed its end yet.
func (s *swapped) replay(when string) {
	s.t.Helper()
	eventually(s.t, "a replay "+when, func() bool {
		err := Replay(s.t.Context(), s.owner, notes(), lines())
		if err != nil && !strings.Contains(err.Error(), "already") {
			s.t.Fatalf("%s: %v", when, err)
		}
		return err == nil
	})
	if n := s.count(s.t, `SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'rm\_%'`); n != 1 {
		s.t.Fatalf("%s: %d generations are left", when, n)
	}
	if n := s.count(s.t, `SELECT count(*) FROM es.checkpoint`); n != 1 {
		s.t.Fatalf("%s: %d checkpoints are left", when, n)
	}
	if n := s.count(s.t, `SELECT count(*) FROM es.checkpoint c JOIN es.projection p ON p.name = c.name AND p.live = c.generation
		JOIN pg_namespace n ON n.nspname = 'rm_' || p.name || '_' || p.live`); n != 1 {
		s.t.Fatalf("%s: the pointer leads nowhere", when)
	}
}

// A replayer is killed at every message it sends to PostgreSQL, while events come in: the live
// generation answers, another replay succeeds and clears away what was left, and the rows are the fold of the log.
func TestReplayerKilledAtEveryPoint(t *testing.T) {
	s := newSwapped(t)
	running(t, s.log, lines())
	for n := 1; ; n++ {
		when := fmt.Sprintf("killed at message %d", n)
		s.grow()
		c := &cutter{}
		c.arm(n)
		pool := c.pool(t, s.owner.Config())
		err := Replay(t.Context(), pool, notes(), lines())
		pool.Close()
		if !c.cut() {
			if err != nil {
				t.Fatal(err)
			}
			if n < 20 {
				t.Errorf("only %d kills: a replay sends more messages than that", n-1)
			}
			return
		}
		if _, err := linesIn(t.Context(), s.workbench); err != nil {
			t.Fatalf("%s: the live generation does not answer: %v", when, err)
		}
		s.grow()
		s.whole(when)
		s.replay(when)
		s.whole("after the next replay, " + when)
	}
}

// A projector is killed at every message of its step while a replay swaps the generation under it: nothing is applied twice or skipped.
func TestProjectorKilledAtEveryPointOfASwap(t *testing.T) {
	s := newSwapped(t)
	for n := 1; n <= 14; n++ { // a step has eight; what follows is of the next one
		when := fmt.Sprintf("killed at message %d", n)
		config := must[*pgxpool.Config](t)(pgxpool.ParseConfig(s.address))
		c := &cutter{}
		dying := s.open(t, c.pool(t, config))
		s.grow()
		ctx, stop := context.WithCancel(t.Context())
		var both sync.WaitGroup
		c.arm(n)
		both.Go(func() {
			if err := dying.Run(ctx, lines()); err != nil {
				t.Errorf("%s: %v", when, err)
			}
		})
		both.Go(func() { s.replay(when) })
		eventually(t, "the projector is "+when, func() bool {
			s.grow()
			return c.cut()
		})
		stop()
		both.Wait()
		end := running(t, s.log, lines())
		s.whole(when)
		end()
		dying.Close()
	}
	s.replay("at the end")
	s.whole("at the end")
}

// A query that began on the old generation keeps it while it is replaced, killed replayers or not.
func TestQueryKeepsItsGenerationWhileTheReplayerIsKilled(t *testing.T) {
	s := newSwapped(t)
	s.replay("at first")
	before := s.count(t, "SELECT live FROM es.projection")
	err := Query(t.Context(), s.pool, "lines", func(tx pgx.Tx) error {
		ended := make(chan error, 1)
		go func() { ended <- Replay(t.Context(), s.owner, notes(), lines()) }()
		eventually(t, "the end of the old generation waits for the query", func() bool {
			return s.count(t, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 1163084098 AND NOT granted") == 1
		})
		var rows int
		if err := tx.QueryRow(t.Context(), "SELECT count(*) FROM line").Scan(&rows); err != nil || rows < projectAtOnce {
			return fmt.Errorf("%d rows: %w", rows, err)
		}
		s.exec(t, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = 1163084098 AND NOT granted")
		if err := <-ended; err == nil {
			return fmt.Errorf("the replayer was not killed")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if now := s.count(t, "SELECT live FROM es.projection"); now != before+1 {
		t.Errorf("generation %d is live", now)
	}
	running(t, s.log, lines())
	s.whole("after the kill")
	s.replay("after the kill")
	s.whole("at the end")
}
