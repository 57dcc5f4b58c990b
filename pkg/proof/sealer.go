package proof

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/leader"
)

// Deps is what a sealer runs on.
type Deps struct {
	// Service owns the log; Pool is its database, with the schema proof.
	Service string
	Pool    *pgxpool.Pool
	// Signer signs the checkpoints, and Place keeps them outside the database.
	Signer *Signer
	Place  *Place
	// Verifier opens the earlier ones; nil for those that Signer signed.
	Verifier *Verifier
	// Every is how often a checkpoint is made while the log grows.
	Every  time.Duration
	Logger *slog.Logger
}

const (
	// leaderLock is the advisory lock, in the log's database, of the sealer that seals it. Two sealers that both believe they lead write
	// the same bytes.
	leaderLock = 1163084121
	// sealAfter is how many events are taken into one checkpoint at most, which bounds what the sealer holds.
	sealAfter = 1 << 16
	// look is how often the log is looked at.
	look = time.Second
	// lastSeal is what a stopping sealer may take to seal what is there.
	lastSeal     = 3 * time.Second
	firstBackoff = 100 * time.Millisecond
	lastBackoff  = 10 * time.Second
)

// Run seals the log until ctx ends, and once more then, and returns nil. What is away is waited for. It never signs what is not the
// continuation of the last checkpoint kept outside: then it returns an AlteredError, which is an alarm.
func Run(ctx context.Context, deps Deps) error {
	if deps.Pool == nil || deps.Signer == nil || deps.Place == nil || deps.Service == "" || deps.Every <= 0 {
		return errors.New("proof: a service, its pool, a signer, a place and an interval are needed")
	}
	if deps.Logger == nil {
		deps.Logger = slog.New(slog.DiscardHandler)
	}
	if deps.Verifier == nil {
		deps.Verifier = deps.Signer.Verifier()
	}
	measure, err := newInstruments(deps.Service)
	if err != nil {
		return err
	}
	defer func() { _ = measure.watch.Unregister() }() // its error says that it is gone
	backoff := firstBackoff
	for {
		began := time.Now()
		err := leader.Lead(ctx, deps.Pool.Config().ConnConfig.Copy(), leaderLock, func(ctx context.Context) error {
			s := &sealer{Deps: deps, measure: measure, store: store{deps.Pool}}
			return s.seal(ctx)
		})
		if time.Since(began) > lastBackoff {
			backoff = firstBackoff
		}
		if altered, ok := errors.AsType[*AlteredError](err); ok {
			measure.alarm(context.WithoutCancel(ctx))
			deps.Logger.ErrorContext(ctx, "the log is not what was signed", "alarm", true, "position", altered.Position, "why", altered.Why)
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
		deps.Logger.WarnContext(ctx, "the sealer begins again from the last checkpoint", "error", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(backoff):
		}
		backoff = min(2*backoff, lastBackoff)
	}
}

// sealer is one leader's work on a log.
type sealer struct {
	Deps
	measure *instruments
	store   store

	epoch epoch
	edge  edge
	// at is when the last event of the edge was recorded.
	at time.Time
	// last is the last checkpoint kept outside; Size 0: none of this epoch.
	last Checkpoint
	// tiles were filled, and are not kept outside yet; nodes were completed, and are not in the database yet.
	tiles []tile
	nodes []tile
	// earlier is the line of the epoch before, while its leaves are compared; nil otherwise.
	earlier *leaves
	until   int64 // the last position that earlier must agree on
}

// seal resumes and then seals at the interval.
func (s *sealer) seal(ctx context.Context) error {
	if err := s.resume(ctx); err != nil {
		return err
	}
	tick := time.NewTicker(min(look, s.Every))
	defer tick.Stop()
	var sealed time.Time
	for {
		// What is found when a leader begins is sealed at once: it may have waited long.
		if err := s.grow(ctx); err != nil {
			return s.ending(ctx, err)
		}
		if full := s.edge.size-s.last.Size >= sealAfter; s.edge.size > s.last.Size && (full || time.Since(sealed) >= s.Every) {
			if err := s.checkpoint(ctx); err != nil {
				return s.ending(ctx, err)
			}
			sealed = time.Now()
			if full {
				continue
			}
		}
		select {
		case <-ctx.Done():
			return s.ending(ctx, nil)
		case <-tick.C:
		}
	}
}

// ending seals what is there when the process stops, so that nothing waits unsealed while nobody runs.
func (s *sealer) ending(ctx context.Context, err error) error {
	if _, altered := AlteredAt(err); altered || !errors.Is(context.Cause(ctx), context.Canceled) {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastSeal)
	defer cancel()
	if err := s.grow(ctx); err != nil {
		return err
	}
	if s.edge.size == s.last.Size {
		return nil
	}
	return s.checkpoint(ctx)
}

// resume begins at the last checkpoint, and holds the database against what is kept outside.
func (s *sealer) resume(ctx context.Context) error {
	if err := s.Pool.QueryRow(ctx, "SELECT es.open()").Scan(&s.epoch.number); err != nil {
		return err // a log that waits to be adopted too
	}
	lines, err := s.store.epochs(ctx)
	if err != nil {
		return err
	}
	for _, l := range lines {
		if l.number == s.epoch.number {
			s.epoch.after = l.after
		}
	}
	outside, kept, err := s.Place.Checkpoint(ctx, s.Verifier, s.Service, s.epoch.number)
	if err != nil {
		return err
	}
	inside, err := s.inside(ctx)
	if err != nil {
		return err
	}
	if kept && outside.After != s.epoch.after {
		return s.altered(0, "epoch %d is said to begin after position %d, and its checkpoint says %d", s.epoch.number, s.epoch.after, outside.After)
	}
	s.edge.filled = func(t tile) {
		s.tiles, s.nodes = append(s.tiles, t), append(s.nodes, t)
	}
	if inside.Size > 0 {
		if err := s.restore(ctx, inside); err != nil {
			return err
		}
	}
	if err := s.goOn(ctx, lines, outside.Size); err != nil || !kept {
		return err
	}
	// A leader may have ended after it had kept a checkpoint and before it had noted it here. Or somebody removed the note.
	if err := s.catchUp(ctx, outside); err != nil {
		return err
	}
	s.last = outside
	s.measure.size.Store(outside.Size)
	return nil
}

// inside is the last checkpoint that the database has of this epoch; it must be kept outside too, since that came first.
func (s *sealer) inside(ctx context.Context) (Checkpoint, error) {
	raw, err := s.store.lastNote(ctx, s.epoch.number)
	if err != nil || raw == nil {
		return Checkpoint{}, err
	}
	c, err := s.Verifier.Open(raw)
	if err != nil {
		return c, s.altered(0, "a checkpoint in the database: %v", err)
	}
	return c, s.stillKept(ctx, c)
}

// stillKept says that a checkpoint is outside as it was written.
func (s *sealer) stillKept(ctx context.Context, c Checkpoint) error {
	there, ok, err := s.Place.checkpointAt(ctx, s.Verifier, s.Service, c.Epoch, c.Size)
	if err != nil {
		return err
	}
	if !ok || string(there.Note) != string(c.Note) {
		return s.altered(0, "the checkpoint of epoch %d and size %d is no longer kept outside: what is there was rolled back or replaced", c.Epoch, c.Size)
	}
	return nil
}

// restore takes the tree's edge from the database, as it was at a checkpoint.
func (s *sealer) restore(ctx context.Context, c Checkpoint) error {
	for level := 0; c.Size>>(tileHeight*level) > 0; level++ {
		n := c.Size >> (tileHeight * level)
		row, err := s.store.row(ctx, level*tileHeight, n&^(tileWidth-1), n&(tileWidth-1))
		if _, absent := errors.AsType[absentError](err); absent {
			return s.locate(ctx, c)
		}
		if err != nil {
			return err
		}
		s.edge.levels = append(s.edge.levels, append(make([]tlog.Hash, 0, tileWidth), row...))
	}
	s.edge.size, s.at = c.Size, c.RecordedAt
	if s.edge.root() != c.Root {
		return s.locate(ctx, c)
	}
	return nil
}

// goOn finds the line of the epoch before, which this one has to go on from: its leaves are compared while the tree of this epoch is
// built anew from the first event.
func (s *sealer) goOn(ctx context.Context, lines []epoch, size int64) error {
	kept, err := s.Place.epochsOf(ctx, s.Service)
	if err != nil {
		return err
	}
	for _, number := range kept {
		if number > s.epoch.number {
			return s.altered(0, "checkpoints of epoch %d are kept outside, and the log is at epoch %d", number, s.epoch.number)
		}
		before, ok, err := s.Place.Checkpoint(ctx, s.Verifier, s.Service, number)
		if err != nil {
			return err
		}
		until := min(before.Size, endOf(number, lines))
		if !ok || number == s.epoch.number || until <= size {
			continue
		}
		s.earlier, s.until = s.Place.leaves(before), until
		if until < before.Size {
			s.Logger.WarnContext(ctx, "the log goes on without events that were sealed", "epoch", s.epoch.number, "after", s.epoch.after,
				"lost_from", until+1, "lost_to", before.Size)
		}
	}
	return nil
}

// endOf is the last position of an epoch's own line that the next one keeps.
func endOf(number int, lines []epoch) int64 {
	end := int64(1) << 62
	for _, l := range lines {
		if l.number > number {
			end = min(end, l.after)
		}
	}
	return end
}

// catchUp takes the tree to a checkpoint that is kept outside and holds it against that.
func (s *sealer) catchUp(ctx context.Context, c Checkpoint) error {
	for s.edge.size < c.Size {
		before := s.edge.size
		err := s.take(ctx, min(c.Size, before+sealAfter))
		if _, altered := AlteredAt(err); altered || err == nil && s.edge.size == before {
			return s.locate(ctx, c) // an earlier event may agree with itself and not be what was sealed
		}
		if err != nil {
			return err
		}
		s.tiles = nil // kept outside already
	}
	if s.edge.size > c.Size || s.edge.root() != c.Root {
		return s.locate(ctx, c)
	}
	return s.note(ctx, c)
}

// grow takes what was appended, up to what one checkpoint may hold.
func (s *sealer) grow(ctx context.Context) error {
	before := s.edge.size
	if err := s.take(ctx, s.last.Size+sealAfter); err != nil {
		return err
	}
	if s.edge.size > before || s.edge.size == 0 {
		return nil
	}
	// Nothing new: is what was taken still there?
	last, err := s.store.last(ctx)
	if err == nil && last < s.edge.size {
		err = s.altered(last+1, "the log ends before it, and ended at %d before", s.edge.size)
	}
	return err
}

// take adds the leaves of the log's next events, after it has computed them from what the rows say.
func (s *sealer) take(ctx context.Context, until int64) error {
	err := es.Records(ctx, s.Pool, s.edge.size, until, func(r *es.Record) error {
		leaf, why := check(r, s.edge.size+1, s.at)
		if why == "" && s.earlier != nil && r.Position <= s.until {
			was, err := s.earlier.at(ctx, r.Position)
			if err != nil {
				return err
			}
			if was != leaf {
				why = fmt.Sprintf("epoch %d sealed another event there", s.earlier.of.Epoch)
			}
		}
		if why != "" {
			return s.altered(min(r.Position, s.edge.size+1), "%s", why)
		}
		if s.edge.size == s.last.Size {
			s.measure.waiting.Store(r.RecordedAt.UnixMicro())
		}
		s.edge.add(leaf)
		s.at = r.RecordedAt
		return nil
	})
	if err != nil {
		return err
	}
	return s.keepNodes(ctx)
}

// check computes the leaf of a row, which must be at a position, not earlier than a time, and say of itself what is true. The words
// are empty when it does.
func check(r *es.Record, position int64, notBefore time.Time) (leaf tlog.Hash, why string) {
	digest := es.Digest(r.Type, r.Stream, r.Version, r.Command, r.Body)
	leaf = es.Leaf(r.Position, r.RecordedAt, digest)
	switch {
	case r.Position != position:
		why = fmt.Sprintf("there is no event; the next stands at %d", r.Position)
	case digest != r.Digest:
		why = "its digest is not that of its type, stream, version, command and body"
	case leaf != tlog.Hash(r.Leaf):
		why = "its leaf is not that of its position, time and digest"
	case r.RecordedAt.Before(notBefore):
		why = "it says that it was recorded before the one before it"
	}
	return leaf, why
}

// keepNodes writes the completed nodes; what is there already must be the same.
func (s *sealer) keepNodes(ctx context.Context) error {
	if len(s.nodes) == 0 {
		return nil
	}
	var levels []int32
	var places []int64
	var values [][]byte
	for _, t := range s.nodes {
		root := t.root()
		levels, places, values = append(levels, int32((t.level+1)*tileHeight)), append(places, t.n), append(values, root[:])
	}
	const given = `unnest($1::int[], $2::bigint[], $3::bytea[]) AS u(level, n, hash)`
	var same int
	var both pgx.Batch
	both.Queue(`INSERT INTO proof.node SELECT * FROM `+given+` ON CONFLICT DO NOTHING`, levels, places, values)
	both.Queue(`SELECT count(*) FROM `+given+` JOIN proof.node USING (level, n, hash)`, levels, places, values).QueryRow(func(row pgx.Row) error {
		return row.Scan(&same)
	})
	if err := s.Pool.SendBatch(ctx, &both).Close(); err != nil {
		return err
	}
	if same != len(s.nodes) {
		return s.altered(0, "the database holds other hashes of the tree than its events give")
	}
	s.nodes = nil
	return nil
}

// checkpoint signs the tree as it is, keeps it outside, and only then notes it in the database.
func (s *sealer) checkpoint(ctx context.Context) error {
	if err := s.stillTrue(ctx); err != nil {
		return err
	}
	c, err := s.Signer.sign(Checkpoint{
		Service: s.Service, Epoch: s.epoch.number, After: s.epoch.after, Size: s.edge.size, Root: s.edge.root(), RecordedAt: s.at,
	})
	if err != nil {
		return err
	}
	partial := s.edge.partial()
	for _, t := range append(s.tiles, partial...) {
		if err := s.keep(ctx, t.key(s.Service, c.Epoch), t.bytes()); err != nil {
			return err
		}
	}
	if err := s.keep(ctx, noteKey(s.Service, c.Epoch, c.Size), c.Note); err != nil {
		return err
	}
	if err := s.note(ctx, c); err != nil {
		return err
	}
	s.last, s.tiles = c, nil
	s.measure.size.Store(c.Size)
	s.measure.waiting.Store(0)
	if s.earlier != nil && c.Size >= s.until {
		s.earlier = nil
	}
	s.Logger.DebugContext(ctx, "sealed", "epoch", c.Epoch, "size", c.Size, "root", c.Root.String())
	return nil
}

// stillTrue holds what was sealed against what is kept outside and what the database gives by now, before more is signed.
func (s *sealer) stillTrue(ctx context.Context) error {
	lines, err := s.store.epochs(ctx)
	if err != nil {
		return err
	}
	if n := len(lines); n == 0 || lines[n-1] != s.epoch {
		return fmt.Errorf("the log has another epoch than %d by now", s.epoch.number)
	}
	if s.last.Size == 0 {
		return nil
	}
	if err := s.stillKept(ctx, s.last); err != nil {
		return err
	}
	root, err := tlog.TreeHash(s.last.Size, reader{ctx, s.store})
	_, absent := errors.AsType[absentError](err)
	switch {
	case absent, err == nil && root != s.last.Root:
		return s.locate(ctx, s.last)
	default:
		return err
	}
}

func (s *sealer) keep(ctx context.Context, key string, content []byte) error {
	err := s.Place.write(ctx, key, content)
	if conflict, ok := errors.AsType[conflictError](err); ok {
		return s.altered(0, "another tree of this epoch was sealed: %v", conflict)
	}
	return err
}

func (s *sealer) note(ctx context.Context, c Checkpoint) error {
	_, err := s.Pool.Exec(ctx, `INSERT INTO proof.checkpoint (epoch, size, note) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		c.Epoch, c.Size, string(c.Note))
	return err
}

// locate names the first position where the database differs from what a checkpoint kept outside covers.
func (s *sealer) locate(ctx context.Context, c Checkpoint) error {
	_, err := Verify(ctx, s.Pool, s.Service, s.Verifier, s.Place, nil)
	if err != nil {
		return err
	}
	return s.altered(0, "the events are those of the checkpoint of size %d, and the hashes of the tree in the database (proof.node, es.event.leaf) are not", c.Size)
}

func (s *sealer) altered(position int64, format string, args ...any) error {
	return &AlteredError{Service: s.Service, Position: position, Why: fmt.Sprintf(format, args...)}
}
