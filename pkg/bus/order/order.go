// Package order holds the decisions that keep published events in order and each effect once: what a relay sends, what a consumer's mark
// makes of a message, what is read again from the log. It does no input or output, so that a simulation can drive the very decisions
// that run in production through any schedule of crashes and losses.
package order

import "slices"

// Place is where a published event stands: in an epoch of its source's log, at a position, after the published event before it in its
// partition. Previous is 0 for the first.
type Place struct {
	Epoch              int
	Position, Previous int64
}

// Mark is how far a consumer is in one partition of a source. Everything published up to it had its effect. It is zero before the first.
type Mark struct {
	Epoch    int
	Position int64
}

// Verdict is what a mark makes of a message.
type Verdict int

// Verdicts.
const (
	// Repeat: it had its effect, or the log has given its lineage up; it is dropped.
	Repeat Verdict = iota
	// Next: nothing is missing before it; it has its effect now.
	Next
	// Hole: published events between the mark and it are missing; they are read from the log first.
	Hole
	// Turn: it is the first of a later epoch; the mark may go on to it if the log still holds what the mark saw last.
	Turn
)

// Entry says that a mark may go on in a later epoch (see Enters). The mark stays in its own until a message takes it there: what a mark
// says is always the place of an event.
type Entry struct {
	From  Mark
	Epoch int
}

// Judge decides about a message. A hole is named before a turn: the span before the first message of a later epoch may hold events of
// the mark's own epoch, and they would be taken for repeats once the mark is in the later one.
func (m Mark) Judge(e Place, allowed Entry) Verdict {
	switch {
	case e.Epoch < m.Epoch, e.Epoch == m.Epoch && e.Position <= m.Position:
		return Repeat
	case e.Previous > m.Position:
		return Hole
	case m.Epoch > 0 && e.Epoch > m.Epoch && allowed != Entry{m, e.Epoch}:
		return Turn
	}
	return Next
}

// Past is the mark after a message has had its effect.
func (m Mark) Past(e Place) Mark { return Mark{e.Epoch, e.Position} }

// Skipped is the mark after a span that was read to its end and in which the log holds no published event any more. It never moves back.
// Read is the lineage of the log when the span was read, now the one that was asked for afterwards: when the log was restored meanwhile,
// what the span held then says nothing.
func (m Mark) Skipped(read, now Lineage, until int64) (Mark, bool) {
	if m.Position >= until || !slices.Equal(read, now) || m.Beyond(now) {
		return m, false
	}
	return Mark{now.At(until), until}, true
}

// Contiguous is how many of some messages follow one another without a hole or a new epoch between them, at most limit: as many as can
// share a transaction. It is at least 1 when there is one.
func Contiguous[M any](messages []M, limit int, place func(M) Place) int {
	if len(messages) == 0 {
		return 0
	}
	last := place(messages[0])
	for i, m := range messages {
		p := place(m)
		if i == limit || p.Epoch != last.Epoch || p.Previous > last.Position {
			return i
		}
		if p.Position > last.Position {
			last = p
		}
	}
	return len(messages)
}

// Epoch is a lineage of a log: it began after the last position of the one before.
type Epoch struct {
	Epoch int
	After int64
}

// Lineage is every epoch of a log, oldest first.
type Lineage []Epoch

// Current is the last epoch, 0 when none is known.
func (l Lineage) Current() int {
	if len(l) == 0 {
		return 0
	}
	return l[len(l)-1].Epoch
}

// Holds tells whether the log still has what it had at a position in an epoch. If not, the log was restored to an earlier moment and the
// position belongs, or will belong, to another epoch. An epoch later than those known is not judged.
func (l Lineage) Holds(epoch int, position int64) bool {
	return epoch > l.Current() || l.At(position) == epoch
}

// At is the epoch of a position.
func (l Lineage) At(position int64) int {
	at := 0
	for _, e := range l {
		if e.After < position {
			at = e.Epoch
		}
	}
	return at
}

// Held leaves out the messages that the log no longer has, as far as the lineage tells. They are in Kafka only, and nobody who has not
// acted on them already may begin to.
func Held[M any](messages []M, l Lineage, place func(M) Place) []M {
	for i, m := range messages {
		if p := place(m); l.Holds(p.Epoch, p.Position) {
			continue
		}
		held := messages[:i:i]
		for _, m := range messages[i+1:] {
			if p := place(m); l.Holds(p.Epoch, p.Position) {
				held = append(held, m)
			}
		}
		return held
	}
	return messages
}

// Beyond tells whether a mark has seen what the log has lost. Such a consumer has to stop: what it did about it is for people to judge.
func (m Mark) Beyond(l Lineage) bool { return m.Epoch > 0 && !l.Holds(m.Epoch, m.Position) }

// Tail decides what a consumer does that has read a partition to its end, when the source had seen the broker acknowledge a position
// before that: beyond, the mark has seen what the log has lost; missing, the broker has lost what it acknowledged.
func (m Mark) Tail(l Lineage, acknowledged int64) (beyond, missing bool) {
	return m.Beyond(l), acknowledged > m.Position
}

// Enters decides whether a mark that is not beyond the log may go on in a later epoch: the log, whose lineage was asked after the message
// came, has that epoch. Otherwise it was restored to a moment before the epoch began.
func (l Lineage) Enters(epoch int) bool { return l.Current() >= epoch }

// Span is what is read from a log to fill a hole: positions above After, up to Until.
type Span struct{ After, Until int64 }

// Read is the span that is left when a page has been read up to a position. Ended says that the log ends before the span does.
func (s Span) Read(until int64) (left Span, ended bool) {
	return Span{until, s.Until}, until <= s.After && until < s.Until
}

// Done says that nothing is left to read.
func (s Span) Done() bool { return s.After >= s.Until }

// Chain links the published events of one partition: each after the one before.
type Chain struct{ last int64 }

// NewChain goes on after a position: the last acknowledged one, or the place that a reader holds.
func NewChain(after int64) Chain { return Chain{after} }

// Link takes the partition's next published event. It gives its predecessor, and false when the event is not after the chain's end:
// the broker has acknowledged it already.
func (c *Chain) Link(position int64) (previous int64, fresh bool) {
	if position <= c.last {
		return 0, false
	}
	previous, c.last = c.last, position
	return previous, true
}

// Fit is how many records go into one produce: as many as fit, and at least one.
func Fit[R any](records []R, limit int, size func(R) int) int {
	n, total := 0, 0
	for n < len(records) && (n == 0 || total+size(records[n]) <= limit) {
		total += size(records[n])
		n++
	}
	return n
}
