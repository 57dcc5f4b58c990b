// Package estest tests an aggregate's rules without a database: given events, when a command decides, then events or a refusal. Events
// pass through the catalogue as they do through a log, so what cannot be stored fails here.
package estest

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
)

// Case is an aggregate with a past.
type Case[A any, P interface {
	*A
	es.Aggregate
}] struct {
	t         testing.TB
	catalogue *es.Catalogue
	past      []es.Event
}

// Start is when the first event of a Case is recorded and happened, unless it says otherwise; each next one is a minute later.
func Start() time.Time { return time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC) }

// Given makes a case of what has happened: values of the catalogue's types, or es.Event values whose Data is one, where it matters who
// did it, when, or on which aggregate.
func Given[A any, P interface {
	*A
	es.Aggregate
}](t testing.TB, catalogue *es.Catalogue, events ...any) *Case[A, P] {
	t.Helper()
	c := &Case[A, P]{t: t, catalogue: catalogue}
	for _, e := range events {
		c.past = append(c.past, c.record(e, int64(len(c.past)+1)))
	}
	return c
}

func (c *Case[A, P]) record(what any, version int64) es.Event {
	c.t.Helper()
	e, ok := what.(es.Event)
	if !ok {
		e.Data = what
	}
	name, raw, err := c.catalogue.Encode(e.Data)
	if err != nil {
		c.t.Fatal(err)
	}
	if e.Data, err = c.catalogue.Decode(name, raw); err != nil {
		c.t.Fatal(err)
	}
	at := Start().Add(time.Duration(version-1) * time.Minute)
	e.Type, e.Version, e.Position, e.Epoch = name, version, version, 1
	if e.RecordedAt.IsZero() {
		e.RecordedAt = at
	}
	if e.HappenedAt.IsZero() {
		e.HappenedAt = at
	}
	if e.ID.IsZero() {
		e.ID = id.Derive(at, name)
	}
	return e
}

func (c *Case[A, P]) fold() *A {
	a := new(A)
	for _, e := range c.past {
		P(a).Apply(e)
	}
	return a
}

// State is the aggregate as it is before the command.
func (c *Case[A, P]) State() *A { return c.fold() }

// When runs a decision. One that changes the aggregate itself, instead of returning events, fails the test.
func (c *Case[A, P]) When(decide func(a *A, version int64) ([]any, error)) *Outcome[A, P] {
	c.t.Helper()
	a := c.fold()
	events, err := decide(a, int64(len(c.past)))
	if !reflect.DeepEqual(a, c.fold()) {
		c.t.Error("the decision changed the aggregate; only Apply may")
	}
	return &Outcome[A, P]{c, events, err}
}

// Outcome is what a decision came to.
type Outcome[A any, P interface {
	*A
	es.Aggregate
}] struct {
	given  *Case[A, P]
	events []any
	err    error
}

// Then asserts exactly these events, in this order; none: that the command is accepted and changes nothing. It returns the case with
// them in its past, for what follows.
func (o *Outcome[A, P]) Then(want ...any) *Case[A, P] {
	t := o.given.t
	t.Helper()
	if o.err != nil {
		t.Fatalf("refused: %v", o.err)
	}
	if got, want := o.lines(o.events), o.lines(want); !reflect.DeepEqual(got, want) {
		t.Fatalf("events\ngot  %v\nwant %v", got, want)
	}
	return o.And()
}

// And accepts whatever events there are and goes on after them.
func (o *Outcome[A, P]) And() *Case[A, P] {
	o.given.t.Helper()
	if o.err != nil {
		o.given.t.Fatalf("refused: %v", o.err)
	}
	next := &Case[A, P]{o.given.t, o.given.catalogue, append([]es.Event(nil), o.given.past...)}
	for _, e := range o.events {
		next.past = append(next.past, next.record(e, int64(len(next.past)+1)))
	}
	return next
}

// ThenRefused asserts a refusal for a reason, with at least these arguments (name, value pairs) in its sentence.
func (o *Outcome[A, P]) ThenRefused(reason errs.Reason, args ...string) Refusal {
	t := o.given.t
	t.Helper()
	if o.err == nil {
		t.Fatalf("not refused: %v", o.lines(o.events))
	}
	if got := errs.ReasonOf(o.err); got != reason {
		t.Fatalf("refused for %s, want %s: %v", got, reason, o.err)
	}
	if len(o.events) > 0 {
		t.Errorf("a refusal came with events: %v", o.lines(o.events))
	}
	e, _ := errors.AsType[*errs.Error](o.err)
	for i := 0; i+1 < len(args); i += 2 {
		if e.Args[args[i]] != args[i+1] {
			t.Errorf("{%s} is %q, want %q", args[i], e.Args[args[i]], args[i+1])
		}
	}
	return Refusal{e.Args, e.Fields}
}

// Refusal is what a decision was refused with, for what ThenRefused itself does not ask.
type Refusal struct {
	Args   map[string]string
	Fields []errs.Field
}

// lines writes events as they are stored.
func (o *Outcome[A, P]) lines(events []any) []string {
	o.given.t.Helper()
	lines := []string{}
	for _, e := range events {
		name, raw, err := o.given.catalogue.Encode(e)
		if err != nil {
			o.given.t.Fatal(err)
		}
		var plain any // two values are the same event when their JSON is, whatever the order of its keys
		if err := json.Unmarshal(raw, &plain); err != nil {
			o.given.t.Fatal(err)
		}
		raw, err = json.Marshal(plain)
		if err != nil {
			o.given.t.Fatal(err)
		}
		lines = append(lines, name+" "+string(raw))
	}
	return lines
}
