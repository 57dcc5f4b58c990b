package bus

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Outcome is what became of a parked message that was asked for again.
type Outcome string

// Outcomes.
const (
	// Replayed: it had its effect and is parked no more.
	Replayed Outcome = "replayed"
	// FailedAgain: it was tried and stays parked, with the new error.
	FailedAgain Outcome = "failed again"
	// StillBehind: it was not tried, since one before it of its key failed again.
	StillBehind Outcome = "waits behind another of its key"
	// NotTried: nobody has tried it. No consumer runs, or it waits for something that is away. The request stands.
	NotTried Outcome = "not tried yet"
)

// Tried is a parked message as it was when it was asked for again, and what became of it.
type Tried struct {
	Parked
	Outcome Outcome
	// Again is the error of the last try, when it failed again.
	Again string
}

// outcomeLook is how often ReplayAndWait looks.
const outcomeLook = 100 * time.Millisecond

// ReplayAndWait does what Replay does and waits until the running consumer has tried each message or given it up, or ctx ends. Then it
// tells what became of them, in the order of the log.
func ReplayAndWait(ctx context.Context, pool *pgxpool.Pool, consumer, key string) ([]Tried, error) {
	rows, err := pool.Query(ctx, `WITH asked AS (
		  UPDATE bus.parked SET replay = true WHERE consumer = $1 AND ($2 = '' OR key = $2) RETURNING `+parkedColumns+`)
		SELECT * FROM asked ORDER BY source, epoch, position`, consumer, key)
	if err != nil {
		return nil, err
	}
	asked, err := pgx.CollectRows(rows, scanParked)
	if err != nil || len(asked) == 0 {
		return nil, err
	}
	tried := make([]Tried, len(asked))
	for i, p := range asked {
		tried[i] = Tried{Parked: p, Outcome: NotTried}
	}
	ticker := time.NewTicker(outcomeLook)
	defer ticker.Stop()
	for {
		// The last look is made after ctx has ended, so that what was done in time is told.
		ended := ctx.Err() != nil
		left, err := seeOutcomes(context.WithoutCancel(ctx), pool, consumer, tried)
		if err != nil || left == 0 || ended {
			return tried, err
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}

// seeOutcomes fills in what is known now and tells how many are open.
func seeOutcomes(ctx context.Context, pool *pgxpool.Pool, consumer string, tried []Tried) (open int, err error) {
	parked, err := ListParked(ctx, pool, consumer)
	if err != nil {
		return 0, err
	}
	type at struct {
		source   string
		epoch    int
		position int64
	}
	still := map[at]Parked{}
	for _, p := range parked {
		still[at{p.Source, p.Epoch, p.Position}] = p
	}
	for i := range tried {
		now, isParked := still[at{tried[i].Source, tried[i].Epoch, tried[i].Position}]
		switch {
		case !isParked:
			tried[i].Outcome = Replayed
		case now.Attempts > tried[i].Attempts:
			tried[i].Outcome, tried[i].Again = FailedAgain, now.Error
		case !now.Replay:
			tried[i].Outcome = StillBehind
		default:
			open++
		}
	}
	return open, nil
}
