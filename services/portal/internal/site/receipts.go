package site

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/loa-vn/loa/pkg/rpc"
	"github.com/loa-vn/loa/services/portal/internal/facts"

	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
)

// SendReceipts tells distribution what the portal did about a publication: that its page stands, once one process serves it; that it was
// corrected, withdrawn or has expired, once no process shows anything else. What could not be told is told again later, under the same
// key.
func (s *Site) SendReceipts(ctx context.Context) error {
	w := &watch{}
	for {
		waits, err := s.sendReceipts(ctx, w)
		if err != nil && ctx.Err() == nil {
			s.Logger.WarnContext(ctx, "receipts of the portal wait", "error", err)
		}
		pause := slowPoll
		if waits {
			pause = s.Lease / 50 // the others do not say when they are ready
		}
		if !waitFor(ctx, s.shown, pause) {
			return nil
		}
	}
}

// toldAtOnce is how many receipts are given in one go.
const toldAtOnce = 200

// sendReceipts says whether some wait for other processes.
func (s *Site) sendReceipts(ctx context.Context, w *watch) (waits bool, err error) {
	// What is untold is read before the processes: one that joins after that finds it.
	list, err := s.facts.Untold(ctx, s.applied.Load(), toldAtOnce)
	if err != nil {
		return false, err
	}
	everywhere, err := w.applied(ctx, s)
	if err != nil {
		return false, err
	}
	var absent []error
	for _, a := range list {
		if a.Act != facts.ActPublished && a.Seq > everywhere {
			waits = true
			continue
		}
		err := s.tell(ctx, a)
		if errors.Is(err, errAbsent) { // it holds up no other
			absent = append(absent, err)
			continue
		}
		if err != nil {
			return waits, err
		}
	}
	return waits, errors.Join(absent...)
}

func (s *Site) tell(ctx context.Context, a facts.Act) error {
	// Its page is made before that is said.
	if err := s.stands(ctx, a.Place); err != nil {
		return err
	}
	// The first receipt says it as it was said before there were others: a repeat has to be the same, to the letter.
	key, act := "portal/receipt/"+a.Publication, ""
	if a.Act != facts.ActPublished {
		act = a.Act
		key += "/" + act + "/" + strconv.Itoa(a.Number)
	}
	_, err := s.Distribution.RecordReceipt(rpc.WithIdempotencyKey(ctx, key), &distributionv1.RecordReceiptRequest{
		Publication: a.Publication, Channel: channelPortal, Place: a.Place, Act: act, Number: int32(a.Number), //nolint:gosec // counts corrections
	})
	if err != nil {
		return err
	}
	return s.facts.Told(ctx, a)
}

// channelPortal is what distribution calls the portal.
const channelPortal = "portal"

// stands makes sure that a page can be served.
func (s *Site) stands(ctx context.Context, path string) error {
	found, ok := s.route(path, nil)
	if !ok {
		return fmt.Errorf("%s: %w", path, errAbsent)
	}
	response, err := s.memory.Fill(ctx, found.key, found.make)
	if err == nil && response == nil {
		err = errAbsent
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// waitFor a loop to be woken, or for a while; false when ctx has ended.
func waitFor(ctx context.Context, loop chan struct{}, while time.Duration) bool {
	timer := time.NewTimer(while)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-loop:
	case <-timer.C:
	}
	return ctx.Err() == nil
}
