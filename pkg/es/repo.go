package es

import (
	"context"
	"time"

	"github.com/loa-vn/loa/pkg/id"
)

// Aggregate is implemented by *A. Apply makes no decision, reads no clock and cannot fail.
type Aggregate interface{ Apply(e Event) }

// Command is what Execute needs to know of a command.
type Command struct {
	Key                                   id.UUID
	Digest                                []byte
	HappenedAt                            time.Time
	Actor, Agency, Correlation, Causation string
}

// Result is the answer to a command.
type Result[A any] struct {
	State    *A
	Version  int64
	Position int64
	Repeated bool
	Events   int
	Recorded []Event
}

type Repo[A any, P interface {
	*A
	Aggregate
}] struct{}

func NewRepo[A any, P interface {
	*A
	Aggregate
}](l *Log, prefix string) *Repo[A, P] {
	return nil
}

func (r *Repo[A, P]) Execute(ctx context.Context, aggregate string, cmd Command, decide func(a *A, version int64) ([]any, error)) (Result[A], error) {
	return Result[A]{}, nil
}
func (r *Repo[A, P]) Load(ctx context.Context, aggregate string) (*A, int64, error) {
	return nil, 0, nil
}
func (r *Repo[A, P]) LoadAt(ctx context.Context, aggregate string, version int64) (*A, error) {
	return nil, nil
}
