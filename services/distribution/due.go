package distribution

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/sync/errgroup"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/services/distribution/internal/publication"
	"github.com/loa-vn/loa/services/distribution/internal/readmodel"
)

const (
	// look is how often the next times are read; what is set for sooner than that may be late by it.
	look = 500 * time.Millisecond
	// dueAtOnce is how many times are read in one go, and dueAbreast how many are kept side by side: many are set for the full hour.
	dueAtOnce, dueAbreast = 200, 4
	// duePatience is how long one may take before the others are looked at again.
	duePatience = 10 * time.Second
)

// keepTimes does what the times of publications have come for, until ctx ends: becoming public, being corrected, ending. It watches the
// log's clock, so that a moment does not wait for the workflow engine, which may be away or have much else to do. Every process of the
// service does it, each by itself, since the log lets it happen once; the publication's workflow asks as well, and comes first when the
// lists have stopped.
func (d *desk) keepTimes(ctx context.Context, logger *slog.Logger) error {
	for {
		wait, err := d.keepDue(ctx, logger)
		if err != nil && ctx.Err() == nil {
			logger.WarnContext(ctx, "the times of publications are kept later", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// keepDue does what is due now, and tells how long it is until the next time is or has to be looked for.
func (d *desk) keepDue(ctx context.Context, logger *slog.Logger) (wait time.Duration, err error) {
	now, err := d.now(ctx)
	if err != nil {
		return look, err
	}
	rows, err := readmodel.Due(ctx, d.pool, now.Add(look), dueAtOnce)
	if err != nil {
		return look, err
	}
	var abreast errgroup.Group
	abreast.SetLimit(dueAbreast)
	wait = look
	for _, row := range rows {
		if left := row.State.NextAt().Sub(now); left > 0 {
			wait = left
			break
		}
		abreast.Go(func() error {
			// One that is refused was cancelled, withdrawn or set to another time since the lists were written.
			if err := d.keepTime(ctx, row, now); err != nil && errs.Status(errs.ReasonOf(err)) >= 500 && ctx.Err() == nil {
				logger.WarnContext(ctx, "the time of a publication is kept later", "publication", row.ID, "error", err)
			}
			return nil
		})
	}
	return wait, abreast.Wait()
}

// keepTime does what the time of one publication has come for. The command is of the version that was seen, so that it is the same one
// in every process.
func (d *desk) keepTime(ctx context.Context, row readmodel.Row, seen time.Time) error {
	ctx, span := otel.Tracer("loa/distribution").Start(ctx, "distribution.time", trace.WithAttributes(attribute.String("loa.aggregate", row.ID)))
	defer span.End()
	ctx, cancel := context.WithTimeout(ctx, duePatience)
	defer cancel()
	command := es.Command{
		Key:        id.Derive(time.Time{}, "distribution", "time", row.ID, strconv.FormatInt(row.Version, 10)),
		HappenedAt: seen, Actor: "service:distribution",
	}
	_, err := d.decide(ctx, row.ID, command, func(p *publication.Publication, _ int64, now time.Time) ([]any, error) {
		return p.KeepTime(now)
	})
	return err
}
