package es

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/id"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// Bounds of a batch. More commands than maxBatch gain nothing; more bytes make one call long for those who wait for the next.
const (
	maxBatch      = 512
	maxBatchBytes = 4 << 20
)

// committer writes to the log for the whole process: one batch in flight, on a connection and a context of its own. A batch has at
// most one command per stream and one per key, so its commands cannot affect each other. After a lost reply the same batch is sent
// again, under the same keys, until it is answered.
type committer struct {
	config   *pgx.ConnConfig
	logger   *slog.Logger
	measure  *instruments
	advanced func(position int64) // called after every answered batch with the last position it saw
	opened   func(epoch int)

	in      chan *submission
	closing chan struct{}
	ended   chan struct{} // closed when run has returned

	conn        *pgx.Conn
	doubtful    bool      // the server warned that it did not wait for its standby
	closedUntil time.Time // the log was closed (LO001); do not ask again before
}

// submission is one command on its way to es.append.
type submission struct {
	key, stream id.UUID
	digest      []byte
	expected    int64
	events      []written
	bytes       int

	state atomic.Int32
	reply chan answer // takes one
}

// written is one event as it is stored.
type written struct {
	name         string
	digest, body []byte
}

// States of a submission. A caller who gives up withdraws what was not sent; what was sent is in doubt until it is answered.
const (
	queued int32 = iota
	sent
	withdrawn
)

type outcome int16

// Outcomes of es.append.
const (
	appended outcome = iota
	repeated
	conflict
	reused
)

func (o outcome) String() string {
	names := [...]string{"appended", "repeated", "conflict", "reused"}
	if o < 0 || int(o) >= len(names) {
		return "unknown"
	}
	return names[o]
}

type answer struct {
	outcome           outcome
	version, position int64
	at                time.Time
	err               error
}

func newCommitter(config *pgx.ConnConfig, logger *slog.Logger, measure *instruments) *committer {
	return &committer{
		config: config, logger: logger, measure: measure,
		in: make(chan *submission, 4*maxBatch), closing: make(chan struct{}), ended: make(chan struct{}),
	}
}

// submit waits for the answer. An error says that nothing was recorded, unless it is IN_DOUBT.
func (c *committer) submit(ctx context.Context, s *submission) (answer, error) {
	s.reply = make(chan answer, 1)
	select {
	case c.in <- s:
	case <-c.closing:
		return answer{}, away(errClosed)
	case <-ctx.Done():
		return answer{}, away(ctx.Err())
	}
	select {
	case a := <-s.reply:
		return a, a.err
	case <-ctx.Done():
		return s.giveUp(ctx.Err())
	case <-c.ended:
		return s.giveUp(errClosed)
	}
}

func (s *submission) giveUp(cause error) (answer, error) {
	if s.state.CompareAndSwap(queued, withdrawn) {
		s.events = nil // it stays in the queue while PostgreSQL is away, and is to take no room there
		return answer{}, away(cause)
	}
	select {
	case a := <-s.reply: // the answer came at the same moment
		return a, a.err
	default:
		return answer{}, s.inDoubt(cause)
	}
}

func (s *submission) inDoubt(cause error) error {
	return errs.New(errorsv1.Reason_IN_DOUBT, "key", s.key.String()).Because(cause)
}

// run commits until closing is closed and nobody waits, or ctx ends.
func (c *committer) run(ctx context.Context) {
	defer close(c.ended)
	defer c.hangUp(ctx)
	var waiting []*submission
	for ctx.Err() == nil {
		if len(waiting) == 0 {
			select {
			case s := <-c.in:
				waiting = append(waiting, s)
			case <-c.closing:
				if len(c.in) == 0 {
					return
				}
				continue
			case <-ctx.Done():
				return
			}
		}
		waiting = c.drain(waiting)
		var batch []*submission
		batch, waiting = pick(waiting)
		waiting = c.commit(ctx, batch, waiting)
	}
}

// drain takes what has come meanwhile, without waiting for more: a lone writer waits for nobody.
func (c *committer) drain(waiting []*submission) []*submission {
	for len(waiting) < 2*maxBatch {
		select {
		case s := <-c.in:
			waiting = append(waiting, s)
		default:
			return waiting
		}
	}
	return waiting
}

// pick takes the next batch in order of arrival, and leaves the rest in that order.
func pick(waiting []*submission) (batch, rest []*submission) {
	if len(waiting) == 1 {
		return waiting, nil
	}
	streams, keys := make(map[id.UUID]bool, len(waiting)), make(map[id.UUID]bool, len(waiting))
	bytes := 0
	for _, s := range waiting {
		full := len(batch) == maxBatch || len(batch) > 0 && bytes+s.bytes > maxBatchBytes
		if full || streams[s.stream] || keys[s.key] {
			// Its stream counts as taken even so: what comes later on the same stream must not overtake it.
			streams[s.stream] = true
			rest = append(rest, s)
			continue
		}
		streams[s.stream], keys[s.key] = true, true
		bytes += s.bytes
		batch = append(batch, s)
	}
	return batch, rest
}

// commit answers a batch. It returns those still waiting for a later one.
func (c *committer) commit(ctx context.Context, batch, waiting []*submission) []*submission {
	var wait backoff
	asked, doubt := false, false // the batch has left us; and at least once without an answer
	for try := 1; ; try++ {
		err := c.connect(ctx)
		if err == nil {
			if !asked {
				if batch = claim(batch); len(batch) == 0 {
					return waiting
				}
				asked = true
			}
			var answers []answer
			if answers, err = c.append(ctx, batch); err == nil {
				c.deliver(ctx, batch, answers)
				return waiting
			}
			if !passing(err) {
				c.fail(ctx, batch, doubt, err)
				return waiting
			}
			if !doubt && unrecorded(err) { // on a full disk, say: whoever gives up now is told that nothing was recorded
				asked = false
				for _, s := range batch {
					s.state.CompareAndSwap(sent, queued)
				}
			}
			doubt = doubt || asked
			c.hangUp(ctx)
		} else if hasCode(err, codeClosed) {
			// Adopting it is an operator's work: nobody is kept waiting. What was sent before is told apart when it is asked again.
			refusal := errs.New(errorsv1.Reason_LOG_CLOSED).Because(err)
			for _, s := range batch {
				if asked {
					s.reply <- answer{err: s.inDoubt(refusal)}
				}
			}
			refuse(append(batch, c.drain(waiting)...), refusal)
			return nil
		}
		if !asked {
			if batch = present(batch); len(batch) == 0 {
				return waiting
			}
		}
		if try&(try-1) == 0 { // at tries 1, 2, 4, 8 …
			c.logger.WarnContext(ctx, "the log cannot be reached", "try", try, "commands", len(batch), "in_doubt", doubt, "error", err)
		}
		if !wait.wait(ctx) {
			return waiting // whoever still waits is told by ended
		}
	}
}

// claim marks the submissions as sent and leaves out those withdrawn before.
func claim(batch []*submission) []*submission {
	kept := batch[:0:0]
	for _, s := range batch {
		if s.state.CompareAndSwap(queued, sent) {
			kept = append(kept, s)
		}
	}
	return kept
}

func present(batch []*submission) []*submission {
	kept := batch[:0:0]
	for _, s := range batch {
		if s.state.Load() != withdrawn {
			kept = append(kept, s)
		}
	}
	return kept
}

// refuse answers submissions that were never sent.
func refuse(batch []*submission, err error) {
	for _, s := range claim(batch) {
		s.reply <- answer{err: err}
	}
}

func (c *committer) deliver(ctx context.Context, batch []*submission, answers []answer) {
	last := int64(0)
	for i, s := range batch {
		last = max(last, answers[i].position)
		s.reply <- answers[i]
	}
	c.measure.batch.Record(ctx, int64(len(batch)))
	c.advanced(last)
}

// fail answers a batch that the server refused in a way that must not happen. Nothing of it was recorded, unless an earlier try was.
func (c *committer) fail(ctx context.Context, batch []*submission, doubt bool, err error) {
	c.measure.alarms.Add(ctx, 1)
	with := []any{"alarm", true, "commands", len(batch), "in_doubt", doubt, "error", err}
	if hasCode(err, codeUnique) {
		c.logger.ErrorContext(ctx, "a unique constraint of the log fired: es.append has a fault or someone wrote past it", with...)
	} else {
		c.logger.ErrorContext(ctx, "the log refused a batch", with...)
	}
	for _, s := range batch {
		if doubt {
			s.reply <- answer{err: s.inDoubt(err)}
		} else {
			s.reply <- answer{err: errors.Join(errRefused, err)}
		}
	}
}

var (
	errClosed  = errors.New("the log of this process is closed")
	errRefused = errors.New("the log refused the batch")
)
