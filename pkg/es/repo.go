package es

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/id"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// Aggregate is implemented by *A. Apply makes no decision, reads no clock and no epoch, and cannot fail; it must not keep a reference to
// e.Body.
type Aggregate interface{ Apply(e Event) }

// Repo loads the aggregates of one kind from their streams, and runs commands on them.
type Repo[A any, P interface {
	*A
	Aggregate
}] struct {
	log    *Log
	prefix string
	unfit  atomic.Bool // for snapshots
}

// NewRepo makes the repository of the aggregates whose ids begin with prefix, such as "content" for content_01j….
func NewRepo[A any, P interface {
	*A
	Aggregate
}](l *Log, prefix string) *Repo[A, P] {
	return &Repo[A, P]{log: l, prefix: prefix}
}

// Load gives an aggregate and its version; in a context of AsOf as they then were. Version 0 is one that no event tells of.
func (r *Repo[A, P]) Load(ctx context.Context, aggregate string) (*A, int64, error) {
	stream, err := r.stream(aggregate)
	if err != nil {
		return nil, 0, err
	}
	if pastOf(ctx) != nil {
		events, err := r.log.ReadStream(ctx, stream, 0)
		if err != nil {
			return nil, 0, err
		}
		return r.fold(aggregate, events)
	}
	from, err := r.log.readStored(ctx, stream)
	if err != nil {
		return nil, 0, err
	}
	return r.rebuild(ctx, aggregate, stream, from)
}

// LoadAt gives an aggregate as it was at a version, which it must have reached: else NOT_FOUND.
func (r *Repo[A, P]) LoadAt(ctx context.Context, aggregate string, version int64) (*A, error) {
	stream, err := r.stream(aggregate)
	if err != nil {
		return nil, err
	}
	events, err := r.log.ReadStream(ctx, stream, 0)
	if err != nil {
		return nil, err
	}
	if version < 0 || version > int64(len(events)) {
		return nil, errs.New(errorsv1.Reason_NOT_FOUND, "what", fmt.Sprintf("%s@%d", aggregate, version))
	}
	a, _, err := r.fold(aggregate, events[:version])
	return a, err
}

func (r *Repo[A, P]) stream(aggregate string) (StreamID, error) {
	stream, err := id.Parse(r.prefix, aggregate)
	if err != nil {
		return stream, errs.New(errorsv1.Reason_NOT_FOUND, "what", aggregate).Because(err)
	}
	return stream, nil
}

// fold builds the aggregate from all its events up to some version.
func (r *Repo[A, P]) fold(aggregate string, events []Event) (*A, int64, error) {
	a := new(A)
	if err := r.apply(aggregate, a, events); err != nil {
		return nil, 0, err
	}
	return a, int64(len(events)), nil
}

func (r *Repo[A, P]) apply(aggregate string, a *A, events []Event) error {
	for _, e := range events {
		if e.Aggregate != aggregate { // the same UUID under another prefix
			return errs.New(errorsv1.Reason_NOT_FOUND, "what", aggregate)
		}
		P(a).Apply(e)
	}
	return nil
}
