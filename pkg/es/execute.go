package es

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/id"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"go.opentelemetry.io/otel/trace"
)

// Command is what Execute needs to know of a command.
type Command struct {
	// Key is what makes a repeat the same command: derived from caller, method and Idempotency-Key, or from a business key.
	Key id.UUID
	// Digest is a keyed hash of the request: the same key with another one is refused with IDEMPOTENCY_KEY_REUSED.
	Digest []byte
	// HappenedAt is the command's word for when it happened. Zero: now, by this process's clock. Kept in microseconds.
	HappenedAt time.Time
	// References only, no names or texts. The trace context is taken from ctx.
	Actor, Agency, Correlation, Causation string
}

// Result is the answer to a command, the same for every repeat of it.
type Result[A any] struct {
	// State is the aggregate at Version, which is its stream's version after the command.
	State   *A
	Version int64
	// Position is the log's last position after the command: its freshness token.
	Position int64
	// Repeated says that the command had been answered before.
	Repeated bool
	// Events is how many events it wrote; Recorded is those events.
	Events   int
	Recorded []Event
}

// Bounds of what one command may write.
const (
	maxEvents    = 10_000
	maxEventSize = 16 << 20
)

// executeWithin is the deadline of a command whose caller set none.
const executeWithin = 30 * time.Second

// Execute runs a command on an aggregate, once for its key. decide is given the aggregate and its version (0: new) and returns the
// events that follow, or the refusal; it must not change the aggregate, and runs again when another command came between.
//
// A key already answered gets its first answer, whatever the state is by now; it is looked up first, and again before a refusal of
// decide is returned, since a repeat would otherwise be told of its own effect. A command without events is recorded too.
//
// Errors: decide's; NOT_FOUND for an id of another form; IDEMPOTENCY_KEY_REUSED; LOG_CLOSED; UNAVAILABLE when nothing was recorded
// before the deadline; IN_DOUBT with the key when ctx ended after the command was sent and before it was answered or its answer read.
func (r *Repo[A, P]) Execute(ctx context.Context, aggregate string, cmd Command, decide func(a *A, version int64) ([]any, error)) (result Result[A], err error) {
	ctx, span := r.log.measure.tracer.Start(today(ctx), "es.append", trace.WithAttributes(r.log.measure.service))
	defer span.End()
	about := refs{aggregate: aggregate}
	defer func() {
		about.version, about.position, about.events = result.Version, result.Position, result.Events
		describe(span, about, err)
	}()
	stream, err := r.stream(aggregate)
	if err != nil {
		return result, err
	}
	if cmd.Key.IsZero() {
		return result, errors.New("a command needs a key")
	}
	if cmd.HappenedAt.IsZero() {
		cmd.HappenedAt = time.Now()
	}
	cmd.HappenedAt = cmd.HappenedAt.UTC().Truncate(time.Microsecond)
	if cmd.Digest == nil {
		cmd.Digest = []byte{}
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, executeWithin)
		defer cancel()
	}
	leave, err := r.log.streams.enter(ctx, stream)
	if err != nil {
		return result, away(err)
	}
	defer leave()
	for ; ; about.conflicts++ {
		var again bool
		result, again, err = r.attempt(ctx, aggregate, stream, cmd, decide)
		if !again {
			break
		}
	}
	about.outcome = appended.String()
	if result.Repeated {
		about.outcome = repeated.String()
	}
	return result, err
}

// attempt runs the command once. Again says that another process's command came between the load and the append.
func (r *Repo[A, P]) attempt(ctx context.Context, aggregate string, stream StreamID, cmd Command, decide func(a *A, version int64) ([]any, error)) (result Result[A], again bool, err error) {
	before, from, err := r.log.lookUpAndRead(ctx, cmd.Key, stream)
	if err != nil {
		return result, false, err
	}
	if before != nil {
		result, err = r.reload(ctx, aggregate, stream, cmd, before)
		return result, false, err
	}
	a, version, err := r.rebuild(ctx, aggregate, stream, from)
	if err != nil {
		return result, false, err
	}
	data, refusal := decide(a, version)
	if refusal != nil {
		before, err := r.log.lookUp(ctx, cmd.Key)
		if err != nil {
			return result, false, err
		}
		if before == nil {
			return result, false, refusal
		}
		result, err = r.reload(ctx, aggregate, stream, cmd, before)
		return result, false, err
	}
	s, err := r.submission(ctx, aggregate, stream, cmd, version, data)
	if err != nil {
		return result, false, err
	}
	since := time.Now()
	answer, err := r.log.committer.submit(ctx, s)
	if err != nil {
		r.log.measure.appended(ctx, since, errs.ReasonOf(err).String())
		return result, false, err
	}
	r.log.measure.appended(ctx, since, answer.outcome.String())
	switch answer.outcome {
	case appended:
		result, err = r.grown(a, s, answer)
		return result, false, err
	case repeated:
		result, err = r.reload(ctx, aggregate, stream, cmd, &recorded{cmd.Digest, stream, answer.version, answer.position})
		return result, false, err
	case reused:
		return result, false, errs.New(errorsv1.Reason_IDEMPOTENCY_KEY_REUSED)
	case conflict:
		return result, true, nil
	default:
		return result, false, fmt.Errorf("es.append answered with the outcome %d", answer.outcome)
	}
}

func (r *Repo[A, P]) submission(ctx context.Context, aggregate string, stream StreamID, cmd Command, version int64, data []any) (*submission, error) {
	if len(data) > maxEvents {
		return nil, errs.New(errorsv1.Reason_TOO_LARGE, "limit", fmt.Sprintf("%d events", maxEvents))
	}
	s := &submission{key: cmd.Key, stream: stream, digest: cmd.Digest, expected: version, events: make([]written, len(data))}
	m := Meta{
		Aggregate: aggregate, HappenedAt: cmd.HappenedAt, Actor: cmd.Actor, Agency: cmd.Agency, Correlation: cmd.Correlation,
		Causation: cmd.Causation,
	}
	m.Traceparent, m.Tracestate = traceContext(ctx)
	for i, d := range data {
		name, raw, err := r.log.catalogue.Encode(d)
		if err != nil {
			return nil, err
		}
		m.ID = eventID(cmd.Key, i+1)
		body, err := encodeBody(m, raw)
		if err != nil {
			return nil, err
		}
		if len(body) > maxEventSize {
			return nil, errs.New(errorsv1.Reason_TOO_LARGE, "limit", fmt.Sprintf("%d MB", maxEventSize>>20))
		}
		digest := Digest(name, stream, version+int64(i)+1, cmd.Key, body)
		s.events[i] = written{name, digest[:], body}
		s.bytes += len(body)
	}
	return s, nil
}

// grown is the answer after the first append. The events are read back from what was stored, so that it equals every later load.
func (r *Repo[A, P]) grown(a *A, s *submission, answer answer) (Result[A], error) {
	result := Result[A]{State: a, Version: answer.version, Position: answer.position, Events: len(s.events)}
	epoch := r.log.Epoch()
	for i, w := range s.events {
		n := int64(len(s.events) - 1 - i) // how many follow
		e := Event{
			Epoch: epoch, Position: answer.position - n, Stream: s.stream, Version: answer.version - n, Command: s.key, Type: w.name,
			RecordedAt: answer.at, Body: w.body,
		}
		if err := r.log.catalogue.open(&e); err != nil {
			return result, err
		}
		P(a).Apply(e)
		result.Recorded = append(result.Recorded, e)
	}
	return result, nil
}

// reload gives the first answer of a command that was recorded after the stream was read.
func (r *Repo[A, P]) reload(ctx context.Context, aggregate string, stream StreamID, cmd Command, before *recorded) (Result[A], error) {
	events, err := r.log.ReadStream(ctx, stream, 0)
	if errs.ReasonOf(err) == errorsv1.Reason_UNAVAILABLE { // which would say that nothing was recorded
		return Result[A]{}, errs.New(errorsv1.Reason_IN_DOUBT, "key", cmd.Key.String()).Because(err)
	}
	if err != nil {
		return Result[A]{}, err
	}
	return r.first(aggregate, stream, cmd, before, events)
}

// first gives the first answer of a recorded command: the aggregate at the version it had then.
func (r *Repo[A, P]) first(aggregate string, stream StreamID, cmd Command, before *recorded, events []Event) (Result[A], error) {
	if before.stream != stream || !bytes.Equal(before.digest, cmd.Digest) {
		return Result[A]{}, errs.New(errorsv1.Reason_IDEMPOTENCY_KEY_REUSED)
	}
	if int64(len(events)) < before.version {
		return Result[A]{}, fmt.Errorf("the stream of %s ends at version %d, before that of a recorded command, %d", aggregate, len(events), before.version)
	}
	a, version, err := r.fold(aggregate, events[:before.version])
	if err != nil {
		return Result[A]{}, err
	}
	result := Result[A]{State: a, Version: version, Position: before.position, Repeated: true}
	for _, e := range events[:before.version] {
		if e.Command == cmd.Key {
			result.Recorded = append(result.Recorded, e)
		}
	}
	result.Events = len(result.Recorded)
	return result, nil
}
