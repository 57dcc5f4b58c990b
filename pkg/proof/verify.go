package proof

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
)

// Report is what a check of a log found in order.
type Report struct {
	Service string
	// First and Last are the positions that were checked; Last is 0 for an empty log.
	First, Last int64
	// Covered is the checkpoint that everything up to its size was held against; Size 0 when there is none.
	Covered Checkpoint
	// Lost are positions that were sealed, and that a later epoch goes on without.
	Lost []Lost
}

// Lost is a run of sealed positions that a restore or the promotion of a standby lost.
type Lost struct {
	Epoch, Next int
	From, To    int64
}

func (l Lost) String() string {
	return fmt.Sprintf("%d.%d to %d.%d were sealed, and epoch %d goes on without them", l.Epoch, l.From, l.Epoch, l.To, l.Next)
}

// beginner begins a transaction: a pool or a connection.
type beginner interface {
	BeginTx(ctx context.Context, o pgx.TxOptions) (pgx.Tx, error)
}

// Verify checks a service's log: that positions and each stream's versions have no gaps, that times never decrease, that each row's
// digest and leaf are those of what it says, and that all of it is what the checkpoints cover, those kept at a place and those held
// elsewhere. It reads one snapshot and writes nothing. Without a place, or without its tiles, it can tell that something was altered
// and often not where.
//
// Errors: AlteredError with the first altered position.
func Verify(ctx context.Context, db beginner, service string, v *Verifier, place *Place, held []Checkpoint) (Report, error) {
	tx, err := db.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return Report{}, err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	c := newChecker(service)
	if err := c.collect(ctx, store{tx}, v, place, held); err != nil {
		return c.report, err
	}
	read := func(ctx context.Context, give func(*es.Record) error) error {
		return es.Records(ctx, tx, 0, 1<<62, give)
	}
	if err := inOrder(ctx, read, (*hashed).hash, func(h *hashed) error { return c.next(ctx, h) }); err != nil {
		return c.report, err
	}
	return c.report, c.end()
}

// checker holds a log against what is known of it.
type checker struct {
	service string
	report  Report
	edge    edge
	at      time.Time
	// versions are each stream's last; loose: a stream first seen may be at any version.
	versions map[id.UUID]int64
	loose    bool
	// roots are what the tree must have been at certain sizes.
	roots map[int64][]Checkpoint
	// lines give the leaves kept outside, each up to a position.
	lines []line
	// wanted is the largest size that is known of the log's present line.
	wanted Checkpoint
	// agreed is the largest size whose root was right.
	agreed int64
}

// line is what is kept outside of an epoch, as far as the log still has it.
type line struct {
	leaves *leaves
	until  int64
}

func newChecker(service string) *checker {
	return &checker{service: service, report: Report{Service: service, First: 1}, versions: map[id.UUID]int64{}, roots: map[int64][]Checkpoint{}}
}

func (c *checker) altered(position int64, format string, args ...any) error {
	return &AlteredError{Service: c.service, Position: position, Why: fmt.Sprintf(format, args...)}
}

// collect finds everything that was signed about the log.
func (c *checker) collect(ctx context.Context, s store, v *Verifier, place *Place, held []Checkpoint) error {
	lines, err := s.epochs(ctx)
	if err != nil {
		return err
	}
	if len(lines) == 0 {
		return c.altered(0, "the log has no epoch")
	}
	if place != nil {
		if err := c.collectKept(ctx, s, v, place, lines); err != nil {
			return err
		}
	}
	for _, h := range held {
		if h.Service != c.service {
			continue
		}
		if err := c.expect(h, lines); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) collectKept(ctx context.Context, s store, v *Verifier, place *Place, lines []epoch) error {
	kept, err := place.epochsOf(ctx, c.service)
	if err != nil {
		return err
	}
	largest := map[int]int64{}
	for _, number := range kept {
		of, ok, err := place.Checkpoint(ctx, v, c.service, number)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if err := c.expect(of, lines); err != nil {
			return err
		}
		largest[number] = of.Size
		c.lines = append(c.lines, line{place.leaves(of), min(of.Size, endOf(number, lines))})
	}
	// What the database noted was kept outside before.
	for _, l := range lines {
		raw, err := s.lastNote(ctx, l.number)
		if err != nil {
			return err
		}
		if raw == nil {
			continue
		}
		noted, err := v.Open(raw)
		if err != nil {
			return c.altered(0, "a checkpoint in the database: %v", err)
		}
		if noted.Service != c.service || noted.Epoch != l.number {
			return c.altered(0, "a checkpoint in the database is that of %s, epoch %d", noted.Service, noted.Epoch)
		}
		if noted.Size > largest[l.number] {
			return c.altered(0, "the checkpoint of epoch %d and size %d is no longer kept outside: what is there was rolled back", l.number, noted.Size)
		}
		if err := c.expect(noted, lines); err != nil {
			return err
		}
	}
	return nil
}

// expect takes a checkpoint that the log has to agree with.
func (c *checker) expect(of Checkpoint, lines []epoch) error {
	for i, l := range lines {
		if l.number != of.Epoch {
			continue
		}
		if l.after != of.After {
			return c.altered(0, "epoch %d is said to begin after position %d, and its checkpoint says %d", l.number, l.after, of.After)
		}
		if end := endOf(of.Epoch, lines); of.Size > end {
			c.lose(Lost{Epoch: of.Epoch, Next: lines[i+1].number, From: end + 1, To: of.Size})
			return nil // its root is of a tree that the log no longer has; its leaves are compared as far as they go
		}
		c.roots[of.Size] = append(c.roots[of.Size], of)
		if of.Size > c.wanted.Size || of.Size == c.wanted.Size && of.Epoch > c.wanted.Epoch {
			c.wanted = of
		}
		return nil
	}
	return c.altered(0, "a checkpoint of epoch %d is known, and the log has only %d", of.Epoch, lines[len(lines)-1].number)
}

func (c *checker) lose(l Lost) {
	for i, known := range c.report.Lost {
		if known.Epoch == l.Epoch {
			c.report.Lost[i].To = max(known.To, l.To)
			return
		}
	}
	c.report.Lost = append(c.report.Lost, l)
}

// next checks the next event.
func (c *checker) next(ctx context.Context, h *hashed) error {
	position := c.report.Last + 1
	if c.report.Last == 0 {
		position = c.report.First
	}
	if err := c.row(h, position); err != nil {
		return err
	}
	for _, l := range c.lines {
		if position > l.until {
			continue
		}
		was, err := l.leaves.at(ctx, position)
		if err != nil {
			return c.tiles(err)
		}
		if was != h.leaf {
			return c.altered(position, "it is not the event that was sealed in epoch %d", l.leaves.of.Epoch)
		}
	}
	c.report.Last, c.at = position, h.RecordedAt
	c.edge.add(h.leaf)
	for _, of := range c.roots[position] {
		if c.edge.root() != of.Root {
			return c.altered(0, "one of the positions %d to %d is not what the checkpoint of epoch %d and size %d covers; which one can be told only with the tiles kept beside it",
				c.agreed+1, of.Size, of.Epoch, of.Size)
		}
		c.agreed = position
	}
	return nil
}

// row checks what an event says of itself and of its place.
func (c *checker) row(h *hashed, position int64) error {
	before, seen := c.versions[h.Stream]
	switch {
	case h.broken != nil:
		return c.altered(position, "it cannot be read: %v", h.broken)
	case h.Position != position:
		return c.altered(position, "there is no event; the next stands at %d", h.Position)
	case h.digest != h.Digest:
		return c.altered(position, "its digest is not that of its type, stream, version, command and body")
	case h.leaf != tlog.Hash(h.Leaf):
		return c.altered(position, "its leaf is not that of its position, time and digest")
	case h.RecordedAt.Before(c.at):
		return c.altered(position, "it says that it was recorded before the one before it")
	case h.Version != before+1 && (seen || !c.loose):
		return c.altered(position, "it is version %d of its stream, after version %d", h.Version, before)
	}
	c.versions[h.Stream] = h.Version
	return nil
}

// tiles tells tiles that are wrong from a place that is away.
func (c *checker) tiles(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return c.altered(0, "%v", err)
}

// end checks that nothing is missing after the last event.
func (c *checker) end() error {
	if c.report.Last < c.wanted.Size {
		return c.altered(c.report.Last+1, "the log ends before it, and a checkpoint of epoch %d covers %d events", c.wanted.Epoch, c.wanted.Size)
	}
	c.report.Covered = c.wanted
	return nil
}
