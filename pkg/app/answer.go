package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/rpc"
)

// Answered tells the caller of a write how far it has to read to see it (the header Loa-Position): the log's position after the
// command, and, for other services, the places of what the command published. A repeat of a command knows only the position.
func (h *Host) Answered(ctx context.Context, position int64, recorded []es.Event) error {
	reached := es.Reached{Epoch: h.Log.Epoch(), Position: position}
	for _, e := range recorded {
		if h.Module.Publish == nil {
			break
		}
		published, err := h.Module.Publish(e)
		if err != nil {
			return err
		}
		if published == nil {
			continue
		}
		if reached.Published == nil {
			reached.Published = map[int]int64{}
		}
		reached.Published[bus.Partition(e.Aggregate)] = e.Position
	}
	return rpc.SetPosition(ctx, es.Token{h.Module.Name: reached})
}

// atLeast waits until the module's read models and replicas have seen what a token names: its own log by position, other services by
// the marks of the consumers that follow them.
func (p *part) atLeast(ctx context.Context, token es.Token) error {
	for service, reached := range token {
		if service == p.module.Name {
			for _, projection := range p.module.Projections {
				if err := p.host.Log.WaitForReached(ctx, projection.Name, reached); err != nil {
					return err
				}
			}
		}
		for _, c := range p.consumers {
			if !follows(c, service) {
				continue
			}
			for partition, position := range reached.Published {
				if err := p.waitForMark(ctx, c.Name, service, partition, reached.Epoch, position); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// asOf is the context of a request about the past: the module's own log, and what follows it, as they were at a moment. What other
// services told is as it is today.
func (p *part) asOf(ctx context.Context, at time.Time) (context.Context, error) {
	if p.host.Log == nil {
		return ctx, fmt.Errorf("%s has no log to ask about the past", p.module.Name)
	}
	return p.host.Log.AsOf(ctx, at, p.module.Projections)
}

func follows(c bus.Consumer, service string) bool {
	return slices.Contains(c.Sources, service)
}
