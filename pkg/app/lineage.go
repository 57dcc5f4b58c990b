package app

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/loa-vn/loa/pkg/bus"

	busv1 "github.com/loa-vn/loa/proto/gen/loa/bus/v1"
)

// How often a log is asked whether it takes appends: seldom while it does, and soon after it was adopted.
const (
	lookOpen   = 5 * time.Second
	lookClosed = time.Second
)

// watchLog makes the module not ready, here and to others, while its log is closed after a restore or a promotion. Reads go on.
func (p *part) watchLog(ctx context.Context, group *errgroup.Group) {
	if p.host.Log == nil {
		return
	}
	var closed atomic.Bool
	p.checks = append(p.checks, func() string {
		if closed.Load() {
			return p.module.Name + ": its database was restored or promoted and its log takes no writes; see docs/recovery.md, then: loa log adopt " +
				p.module.Name + " --reason …"
		}
		return ""
	})
	group.Go(func() error {
		for wait := time.Duration(0); ; {
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(wait):
			}
			lineage, err := p.host.Log.Lineage(ctx)
			if err != nil {
				wait = lookClosed // the database is away, which is told elsewhere
				continue
			}
			if wait = lookOpen; !lineage.Open {
				wait = lookClosed
			}
			if closed.Swap(!lineage.Open) == !lineage.Open {
				continue
			}
			status := healthv1.HealthCheckResponse_SERVING
			if lineage.Open {
				p.host.Logger.InfoContext(ctx, "the log is open", "epoch", lineage.Current())
			} else {
				status = healthv1.HealthCheckResponse_NOT_SERVING
				p.host.Logger.ErrorContext(ctx, "the log is closed until it is adopted", "alarm", true, "last", lineage.Last)
			}
			if p.health != nil {
				p.health.SetServingStatus("", status)
			}
		}
	})
}

// consume runs a consumer. One that is beyond its source's log stops, which the caller tells by stopped, and goes on when an operator
// has accepted what it saw.
func (p *part) consume(ctx context.Context, deps bus.Deps, c bus.Consumer, stopped func(error), goesOn func()) error {
	for {
		before, err := bus.Reconciled(ctx, p.host.Pool, c.Name)
		if err != nil {
			before = 0 // the database is away; Run waits for it
		}
		err = bus.Run(ctx, deps, c)
		if !errors.Is(err, bus.ErrBeyondLog) {
			return err
		}
		stopped(err)
		if bus.AwaitReconciled(ctx, p.host.Pool, c.Name, before) != nil {
			return nil //nolint:nilerr // The module stops, which is the wanted end.
		}
		goesOn()
	}
}

// kept is how much of what a token names is still in a source's log, and published: after a restore the rest will never come. The
// position itself when the source does not tell.
func (p *part) kept(ctx context.Context, r *runner, source string, partition, epoch int, position int64) int64 {
	answer, err := busv1.NewPublishedServiceClient(r.dial(p, source)).GetHeads(ctx, &busv1.GetHeadsRequest{Source: source})
	if err != nil {
		return position
	}
	kept := position
	for _, e := range answer.GetLineage() {
		if int(e.GetEpoch()) > epoch {
			kept = min(kept, e.GetAfter())
		}
	}
	if kept == position {
		return position
	}
	for _, h := range answer.GetHeads() {
		if int(h.GetPartition()) == partition {
			kept = min(kept, h.GetPosition()) // what stands between was not published in this partition
		}
	}
	return kept
}
