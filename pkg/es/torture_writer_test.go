package es

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/id"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

var (
	tortureFor  = flag.Duration("torture", 12*time.Second, "how long the torture run writes")
	tortureSeed = flag.Uint64("torture.seed", 0, "seed of the torture run; 0: a new one")
	writerOrder = flag.String("torture.writer", "", "run as a writer process of the torture run, with this order")
)

// TestMain lets this binary be its own writer process: the torture run starts it again with an order.
func TestMain(m *testing.M) {
	flag.Parse()
	if *writerOrder != "" {
		if err := tortureWriter(*writerOrder); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if *benchAddress != "" {
		if err := benchWriterMain(*benchAddress); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// order is what a writer process is told.
type order struct {
	Address, Out string
	Writer       int
	Goroutines   int
	Seconds      float64 // 0: until standard input is closed
	Seed         uint64
	Note         string // set: instead of all this, every goroutine writes one line on this note
}

// operation is what a caller saw: a call between two moments and its answer.
type operation struct {
	Start, End int64 // nanoseconds of the machine's clock
	Key        id.UUID
	Stream     int
	Expected   int64
	N          int
	Outcome    outcome // withdrawnOutcome: nothing was recorded
	Version    int64
	Position   int64
	Doubted    bool // it took a second call to learn
}

const (
	withdrawnOutcome outcome = -1
	hotStreams       int     = 12
	coldStreams      int     = 5000
)

func tortureStream(i int) StreamID {
	u := StreamID{0: 7}
	binary.BigEndian.PutUint16(u[14:], uint16(i))
	return u
}

func tortureWriter(text string) error {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	// Goroutines end with the order's time; the rest is for a server that is just being started again.
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(o.Seconds*float64(time.Second))+5*time.Minute)
	defer cancel()
	until, stop := context.WithCancel(ctx)
	defer stop()
	if o.Seconds > 0 {
		until, stop = context.WithTimeout(ctx, time.Duration(o.Seconds*float64(time.Second)))
		defer stop()
	} else {
		go func() { _, _ = io.Copy(io.Discard, os.Stdin); stop() }()
	}
	config, err := pgxpool.ParseConfig(o.Address)
	if err != nil {
		return err
	}
	config.MaxConns = 4
	random := rand.New(rand.NewPCG(o.Seed, uint64(o.Writer)))
	drops := &faults{chance: func() bool { return random.IntN(25) == 0 }}
	config.ConnConfig.DialFunc = drops.dial
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	defer pool.Close()
	l, err := Open(ctx, pool, notes(), Options{Service: "torture", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer l.Close()
	if o.Note != "" {
		return issue(until, l, o)
	}
	file, err := os.Create(o.Out)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(file)
	var mu sync.Mutex
	var writing sync.WaitGroup
	broken := make(chan error, o.Goroutines)
	for g := range o.Goroutines {
		writing.Go(func() {
			w := &tortured{log: l, random: rand.New(rand.NewPCG(o.Seed+uint64(o.Writer), uint64(g))), known: map[int]int64{}}
			for until.Err() == nil {
				op, err := w.step(ctx)
				if err != nil {
					broken <- fmt.Errorf("writer %d.%d: %w", o.Writer, g, err)
					return
				}
				if op == nil {
					continue
				}
				line, err := json.Marshal(op)
				if err != nil {
					broken <- err
					return
				}
				mu.Lock()
				_, _ = out.Write(append(line, '\n'))
				mu.Unlock()
			}
		})
	}
	writing.Wait()
	close(broken)
	if err := <-broken; err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "writer %d: %d replies dropped after COMMIT\n", o.Writer, drops.count())
	if err := out.Flush(); err != nil {
		return err
	}
	return file.Close()
}

// issue has every goroutine write one line on the order's note, all at the same moment: each is to succeed within the order's time.
func issue(ctx context.Context, l *Log, o order) error {
	repo := NewRepo[note](l, "note")
	var issuing sync.WaitGroup
	failed := make(chan error, o.Goroutines)
	for g := range o.Goroutines {
		issuing.Go(func() {
			if _, err := repo.Execute(ctx, o.Note, command(), write(fmt.Sprintf("%d.%d", o.Writer, g))); err != nil {
				failed <- fmt.Errorf("issuer %d.%d: %w", o.Writer, g, err)
			}
		})
	}
	issuing.Wait()
	close(failed)
	return <-failed
}

// tortured is one goroutine that appends, mostly on streams that others want too.
type tortured struct {
	log    *Log
	random *rand.Rand
	known  map[int]int64 // what it believes of the versions
	last   *submission
	answer answer
}

// step does one thing. An error is a broken promise.
func (w *tortured) step(ctx context.Context) (*operation, error) {
	p := w.random.IntN(100)
	switch {
	case w.last != nil && p < 8:
		a, err := w.log.committer.submit(ctx, resubmit(w.last))
		if err == nil && (a.outcome != repeated || a.version != w.answer.version || a.position != w.answer.position) {
			err = fmt.Errorf("a repeat was answered %+v, first %+v", a, w.answer)
		}
		return nil, err
	case w.last != nil && p < 10:
		other := resubmit(w.last)
		other.digest = []byte("another request")
		a, err := w.log.committer.submit(ctx, other)
		if err == nil && a.outcome != reused {
			err = fmt.Errorf("a key used for another request was answered %+v", a)
		}
		return nil, err
	}
	stream := w.random.IntN(hotStreams)
	if w.random.IntN(100) < 30 {
		stream = hotStreams + w.random.IntN(coldStreams)
	}
	version, ok := w.known[stream]
	if !ok || p < 40 {
		if err := w.log.pool.QueryRow(ctx, "SELECT coalesce(max(version), 0) FROM es.event WHERE stream = $1",
			[16]byte(tortureStream(stream))).Scan(&version); err != nil {
			delete(w.known, stream)
			pause(ctx, 10*time.Millisecond)
			return nil, nil // the server is away
		}
	}
	s, err := w.command(stream, version, w.random.IntN(4))
	if err != nil {
		return nil, err
	}
	op := operation{Start: time.Now().UnixNano(), Key: s.key, Stream: stream, Expected: version, N: len(s.events)}
	impatient := ctx
	if p >= 95 {
		var cancel context.CancelFunc
		impatient, cancel = context.WithTimeout(ctx, time.Duration(w.random.IntN(4000))*time.Microsecond)
		defer cancel()
	}
	a, err := w.log.committer.submit(impatient, s)
	switch errs.ReasonOf(err) {
	case errorsv1.Reason_UNAVAILABLE:
		op.Outcome = withdrawnOutcome
		return &op, nil
	case errorsv1.Reason_IN_DOUBT: // the same command again, patiently
		op.Doubted = true
		if a, err = w.log.committer.submit(ctx, resubmit(s)); err != nil {
			return nil, err
		}
	default:
		if err != nil {
			return nil, err
		}
	}
	op.End, op.Outcome, op.Version, op.Position = time.Now().UnixNano(), a.outcome, a.version, a.position
	if a.outcome == reused {
		return nil, fmt.Errorf("a new key was answered %+v", a)
	}
	w.known[stream] = a.version
	if a.outcome != conflict {
		w.last, w.answer = s, a
	}
	return &op, nil
}

func resubmit(s *submission) *submission {
	return &submission{key: s.key, stream: s.stream, digest: s.digest, expected: s.expected, events: s.events, bytes: s.bytes}
}

func (w *tortured) command(stream int, version int64, n int) (*submission, error) {
	s := &submission{key: id.NewUUID(time.Now()), stream: tortureStream(stream), expected: version}
	digest := sha256.Sum256(s.key[:])
	s.digest = digest[:]
	for j := range n {
		name, raw, err := w.log.catalogue.Encode(lineWritten{strings.Repeat("x", 100), j})
		if err != nil {
			return nil, err
		}
		body, err := encodeBody(Meta{ID: eventID(s.key, j+1), Aggregate: id.Format("note", s.stream), HappenedAt: time.Now().UTC()}, raw)
		if err != nil {
			return nil, err
		}
		digest := Digest(name, s.stream, version+int64(j)+1, s.key, body)
		s.events = append(s.events, written{name, digest[:], body})
	}
	return s, nil
}
