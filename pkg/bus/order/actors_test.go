package order

import (
	"errors"
	"fmt"
	"slices"
)

// decisions are those of this package, each of which a test may break.
type decisions struct {
	judge      func(Mark, Place, Entry) Verdict
	past       func(Mark, Place) Mark
	contiguous func([]Place, int) int
	held       func([]Place, Lineage) []Place
	beyond     func(Mark, Lineage) bool
	enters     func(Lineage, int) bool
	tail       func(Mark, Lineage, int64) (beyond, missing bool)
	read       func(Span, int64) (Span, bool)
	skipped    func(m Mark, read, now Lineage, until int64) (Mark, bool)
	link       func(*Chain, int64) (int64, bool)
	fit        func([]Place) int
}

func place(p Place) Place { return p }

func asBuilt() decisions {
	return decisions{
		judge: Mark.Judge, past: Mark.Past, beyond: Mark.Beyond, enters: Lineage.Enters, tail: Mark.Tail, read: Span.Read, skipped: Mark.Skipped, link: (*Chain).Link,
		contiguous: func(m []Place, limit int) int { return Contiguous(m, limit, place) },
		held:       func(m []Place, l Lineage) []Place { return Held(m, l, place) },
		fit:        func(m []Place) int { return Fit(m, 2, func(Place) int { return 1 }) },
	}
}

const (
	relayBatch   = 5
	produceGiven = 30 // steps before a relay gives a produce up and sends it again
	tailEvery    = 40
	fetchBatch   = 4
	effectBatch  = 3
	pageBatch    = 3
	pageScan     = 6 // a page may end between events
)

// relay is pkg/relay's pass: from the durable marks, one produce under way per partition.
func (w *world) relay(a *actor, step func(string)) {
	connected := func() bool { return a.restores == w.restores }
	step("reads what was looked at")
	if !connected() {
		return
	}
	after := w.db.scanned
	step("reads the marks")
	if !connected() {
		return
	}
	var chains [partitions]Chain
	for p, m := range w.db.marks {
		chains[p] = NewChain(m)
	}
	for {
		step("reads the log")
		if !connected() {
			return
		}
		var outgoing [partitions][]Place
		moved := map[int]int64{}
		last := after
		for ; last < int64(len(w.db.log)) && last < after+relayBatch; last++ {
			e := w.db.log[last]
			if e.partition < 0 {
				continue
			}
			if previous, news := w.decide.link(&chains[e.partition], last+1); news {
				outgoing[e.partition] = append(outgoing[e.partition], Place{e.epoch, last + 1, previous})
				moved[e.partition] = last + 1
			}
		}
		if last == after {
			continue
		}
		for p, places := range outgoing {
			for len(places) > 0 {
				n := w.decide.fit(places)
				w.produce(p, places[:n], step)
				places = places[n:]
			}
		}
		step("notes the marks")
		if !connected() {
			return
		}
		for p, position := range moved {
			w.db.marks[p] = max(w.db.marks[p], position)
		}
		w.db.scanned = max(w.db.scanned, last)
		after = last
	}
}

func (w *world) produce(partition int, places []Place, step func(string)) {
	for {
		r := &request{partition: partition, places: places}
		w.net = append(w.net, r)
		sent := w.now
		for r.state == pending {
			step(fmt.Sprintf("waits for %v in %d", places, partition))
			if r.state == pending && w.now > sent+produceGiven {
				r.state = failed
				if !w.misfortune(landsLate, 1) { // otherwise it stays on its way
					w.net = without(w.net, r)
				}
			}
		}
		if r.state == acknowledged {
			return
		}
	}
}

func without(net []*request, r *request) []*request {
	out := net[:0:0]
	for _, x := range net {
		if x != r {
			out = append(out, x)
		}
	}
	return out
}

// claim is pkg/bus's loop over one partition under one generation of the group.
type claim struct {
	*world
	*actor
	generation int
	lineage    Lineage // what the source said last
	step       func(string)
}

var errBeyond = errors.New("beyond the log")

// hole and turn are how a mark speaks to the loop.
type hole struct {
	mark Mark
	span Span
}

type turn struct {
	mark  Mark
	epoch int
}

func (hole) Error() string { return "hole" }
func (turn) Error() string { return "turn" }

func (c *claim) run(step func(string)) {
	c.step = step
	if err := c.follow(); err != nil {
		c.note("%s stops: %v", c.name, err)
		c.group.stopped = err
		c.group.stops++
	}
}

// heads asks the source; false when it does not answer.
func (c *claim) heads() (marks [partitions]int64, ok bool) {
	c.step("asks the source")
	if c.now < c.silent {
		return marks, false
	}
	c.lineage = c.db.copy().lineage
	return c.db.marks, true
}

func (c *claim) follow() error {
	if _, ok := c.heads(); !ok {
		c.group.ignorant = true
	}
	c.step("takes the committed offset")
	offset := c.group.committed[c.partition]
	var head *tailSaid
	reached, ask := false, 0
	for {
		if c.now >= ask && reached && head == nil {
			if marks, ok := c.heads(); ok {
				head = &tailSaid{c.lineage, marks[c.partition]}
			} else {
				ask = c.now + tailEvery/4
			}
		}
		c.step("fetches")
		if c.now < c.away {
			continue
		}
		t := &c.topics[c.partition]
		if offset < t.base || offset > t.end {
			offset = t.base
			continue
		}
		var messages []Place
		to := t.end
		for _, r := range t.records {
			if r.offset < offset {
				continue
			}
			if len(messages) == fetchBatch {
				to = r.offset
				break
			}
			messages = append(messages, r.Place)
		}
		offset, reached = to, to == t.end
		if err := c.process(messages); err != nil {
			return err
		}
		if len(messages) > 0 {
			c.step("commits its offset")
			if c.now >= c.away && c.group.owners[c.partition] == c.generation {
				c.group.committed[c.partition] = offset
			}
		}
		if head != nil && reached {
			if err := c.checkTail(*head); err != nil {
				return err
			}
			head, ask = nil, c.now+tailEvery
		}
	}
}

func (c *claim) process(messages []Place) error {
	var allowed Entry
	for {
		messages = c.decide.held(messages, c.lineage)
		if len(messages) == 0 {
			return nil
		}
		n := c.decide.contiguous(messages, effectBatch)
		err := c.transaction(messages[:n], allowed)
		if err == nil {
			messages = messages[n:]
			continue
		}
		if messages, allowed, err = c.mend(messages, err); err != nil {
			return err
		}
	}
}

// transaction has the effect and moves the mark. Its member may be told that it failed, and then does it again.
func (c *claim) transaction(messages []Place, allowed Entry) error {
	for {
		c.step("handles")
		at := c.group.marks[c.partition]
		var news []Place
		for _, m := range messages {
			switch c.decide.judge(at, m, allowed) {
			case Repeat:
				continue
			case Hole:
				return hole{at, Span{at.Position, m.Previous}}
			case Turn:
				return turn{at, m.Epoch}
			case Next:
				news = append(news, m)
				at = c.decide.past(at, m)
			}
		}
		for _, m := range news {
			key := [3]int64{int64(c.partition), int64(m.Epoch), m.Position}
			if c.group.had[key] {
				panic(violated("%s has the effect of %d.%d twice", c.group.name, m.Epoch, m.Position))
			}
			c.group.had[key] = true
			c.group.effects[c.partition] = append(c.group.effects[c.partition], m)
		}
		c.group.marks[c.partition] = at
		if len(news) > 0 {
			c.note("%s has the effect of %v", c.name, news)
		}
		if !c.misfortune(commitInDoubt, 8) {
			return nil
		}
	}
}

func (c *claim) mend(messages []Place, why error) (left []Place, allowed Entry, err error) {
	c.learn()
	if held := c.decide.held(messages, c.lineage); len(held) < len(messages) {
		return held, allowed, nil
	}
	if h, ok := errors.AsType[hole](why); ok {
		if c.decide.beyond(h.mark, c.lineage) {
			return nil, allowed, errBeyond
		}
		return messages, allowed, c.heal(h, c.lineage)
	}
	t, _ := errors.AsType[turn](why)
	if c.decide.beyond(t.mark, c.lineage) || !c.decide.enters(c.lineage, t.epoch) {
		return nil, allowed, errBeyond
	}
	return messages, Entry{t.mark, t.epoch}, nil
}

func (c *claim) heal(h hole, lineage Lineage) error {
	c.note("%s heals %v", c.name, h.span)
	c.heals++
	chain := NewChain(h.span.After)
	for span := h.span; !span.Done(); {
		c.step("reads the log")
		if c.now < c.silent {
			continue
		}
		events, until := c.page(span)
		c.learn()
		if !slices.Equal(c.lineage, lineage) {
			return nil
		}
		for i := range events {
			events[i].Previous, _ = c.decide.link(&chain, events[i].Position)
		}
		if err := c.process(events); err != nil {
			return err
		}
		left, ended := c.decide.read(span, until)
		if ended {
			return errBeyond
		}
		span = left
	}
	c.step("reads its mark")
	if c.group.marks[c.partition].Position >= h.span.Until {
		return nil
	}
	c.learn()
	c.step("skips")
	if to, moves := c.decide.skipped(c.group.marks[c.partition], lineage, c.lineage, h.span.Until); moves {
		c.group.marks[c.partition] = to
	}
	return nil
}

func (c *claim) learn() {
	for ok := false; !ok; {
		_, ok = c.heads()
	}
}

// page is pkg/relay's ReadPublished.
func (c *claim) page(span Span) (events []Place, until int64) {
	chain := NewChain(span.After)
	until = span.After
	for n := 0; n < pageScan && until < int64(len(c.db.log)) && until < span.Until && len(events) < pageBatch; n++ {
		e := c.db.log[until]
		until++
		if e.partition == c.partition {
			previous, _ := c.decide.link(&chain, until)
			events = append(events, Place{e.epoch, until, previous})
		}
	}
	return events, until
}

// tailSaid is one answer of the source.
type tailSaid struct {
	lineage      Lineage
	acknowledged int64
}

func (c *claim) checkTail(said tailSaid) error {
	c.step("compares the tail")
	at := c.group.marks[c.partition]
	beyond, missing := c.decide.tail(at, said.lineage, said.acknowledged)
	switch {
	case beyond:
		return errBeyond
	case missing:
		return c.heal(hole{at, Span{at.Position, said.acknowledged}}, said.lineage)
	}
	return nil
}
