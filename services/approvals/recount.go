package approvals

import (
	"context"
	"fmt"
	"time"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/pkg/listing"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/readmodel"
)

// How often terms are counted anew without being asked to, for a calendar that was set by a process that then ended.
const (
	recountEvery = 10 * time.Minute
	// recountAgain is when they are counted once more after the calendar changed, since a command that had read the calendar before may have
	// been recorded after, and how long a count that failed waits to be tried again.
	recountAgain = 5 * time.Second
)

// changed says that terms may have to be counted anew.
func (s *server) changed() {
	select {
	case s.recounts <- struct{}{}:
	default: // it will be done already
	}
}

// keepTerms counts open terms anew at the start, whenever the calendar changes, and now and then, until ctx ends. Every process may do so:
// what is counted already writes nothing.
func (s *server) keepTerms(ctx context.Context) error {
	again := recountEvery
	for {
		if err := s.recount(ctx); err != nil && ctx.Err() == nil {
			s.host.Logger.ErrorContext(ctx, "terms were not counted anew", "error", err)
			again = recountAgain
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.recounts:
			again = recountAgain
		case <-time.After(again):
			again = recountEvery
		}
	}
}

// recount counts every open term by the calendar as it is, those of the dossiers that were opened a moment ago too.
func (s *server) recount(ctx context.Context) error {
	head, err := s.host.Log.Head(ctx)
	if err != nil {
		return err
	}
	if err := s.caughtUp(ctx, head); err != nil {
		return err
	}
	var after listing.Place
	for {
		some, err := readmodel.List(ctx, s.host.Pool, readmodel.Filter{All: true, Running: true}, after, listing.Largest)
		if err != nil {
			return err
		}
		for _, listed := range some {
			if err := s.recountOne(ctx, listed.ID); err != nil {
				return fmt.Errorf("%s: %w", listed.ID, err)
			}
			after = placeOf(listed)
		}
		if len(some) < listing.Largest {
			return nil
		}
	}
}

func (s *server) recountOne(ctx context.Context, of string) error {
	seen, _, err := s.dossiers.Load(ctx, of)
	if err != nil {
		return err
	}
	o, err := s.officeNow(ctx, seen)
	if err != nil || len(seen.Recount(o)) == 0 {
		return err
	}
	// Its key is its own: what it writes depends on the state alone.
	command := es.Command{Key: id.NewUUID(o.At), HappenedAt: o.At, Actor: "service:" + s.host.Module.Name}
	_, err = s.dossiers.Execute(ctx, of, command, func(d *dossier.Dossier, _ int64) ([]any, error) { return d.Recount(o), nil })
	return err
}
