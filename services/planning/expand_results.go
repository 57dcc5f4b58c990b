package planning

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
)

// follower is the name under which this service follows its own log to make the rows of files of history results.
const follower = "planning.expand_results"

// expansion is the command that makes a file's rows of one item results: on behalf of who brought the file in, and always the same.
func expansion(e es.Event, item string) es.Command {
	return es.Command{
		Key:        id.Derive(time.Time{}, follower, e.Aggregate, item),
		HappenedAt: e.HappenedAt, Actor: e.Actor, Agency: e.Agency, Correlation: e.Correlation, Causation: e.ID.String(),
	}
}

// expandFiles follows the log and completes every file whose rows are not all results yet: after a start from the first such file on.
func (s *resultServer) expandFiles(ctx context.Context) error {
	after, err := s.model.ImportsFrom(ctx)
	if err != nil {
		return err
	}
	return s.host.Log.Follow(ctx, follower, after, 200, func(ctx context.Context, events []es.Event) error {
		for _, e := range events {
			if _, _, err := s.expand(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
}

// byRow sorts places of a file by line.
func byRow(wrong []errs.Field) []errs.Field {
	slices.SortStableFunc(wrong, func(a, b errs.Field) int { return cmp.Compare(a.Row, b.Row) })
	return wrong
}
