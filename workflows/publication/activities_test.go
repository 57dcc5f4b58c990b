package publication

import (
	"context"
	"strconv"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/loa-vn/loa/pkg/errs"

	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// clerk is distribution as the activities meet it: it refuses until a moment, by its own clock.
type clerk struct {
	distributionv1.DistributionServiceClient
	at      time.Time
	refusal error
	asked   int
	keys    map[string]bool
}

func (c *clerk) Release(ctx context.Context, _ *distributionv1.ReleaseRequest, _ ...grpc.CallOption) (*distributionv1.Publication, error) {
	c.asked++
	sent, _ := metadata.FromOutgoingContext(ctx)
	for _, key := range sent.Get("idempotency-key") {
		c.keys[key] = true
	}
	if left := time.Until(c.at); left > 0 {
		return nil, errs.New(errorsv1.Reason_EMBARGO_EARLY, "at", "09:00 02/03/2026", "remainingMilliseconds", strconv.FormatInt(left.Milliseconds()+1, 10))
	}
	return &distributionv1.Publication{}, c.refusal
}

func (c *clerk) makePublic(t *testing.T) (Left, error) {
	t.Helper()
	c.keys = map[string]bool{}
	acts := &Activities{Distribution: c}
	return acts.MakePublic(t.Context(), Act{Publication: "publication_1", ETag: `"7"`})
}

// The last moments are waited out beside the clock that decides, so that it is public at its moment, asked for under one key.
func TestTheLastMomentsAreWaitedOut(t *testing.T) {
	c := &clerk{at: time.Now().Add(150 * time.Millisecond)}
	left, err := c.makePublic(t)
	if err != nil || left.Left != 0 || c.asked < 2 || c.asked > 4 || len(c.keys) != 1 || !c.keys[`publication/publication_1/release/"7"`] {
		t.Errorf("%v, %v after %d times under %v", left, err, c.asked, c.keys)
	}
	if late := time.Since(c.at); late < 0 || late > time.Second {
		t.Errorf("%v after its moment", late)
	}
}

// What is far is the workflow's to wait for, since it may be told of a change meanwhile.
func TestWhatIsFarIsNotWaitedForHere(t *testing.T) {
	c := &clerk{at: time.Now().Add(time.Hour)}
	left, err := c.makePublic(t)
	if err != nil || left.Left < 59*time.Minute || c.asked != 1 {
		t.Errorf("%v, %v after %d times", left, err, c.asked)
	}
}

// What the service refuses for good is not tried again, and says why.
func TestRefusalEndsTheActivity(t *testing.T) {
	c := &clerk{refusal: errs.New(errorsv1.Reason_PUBLICATION_STATE, "state", "withdrawn", "allowed", "scheduled")}
	_, err := c.makePublic(t)
	refusal, ok := err.(*temporal.ApplicationError) //nolint:errorlint // what the engine gets, unwrapped
	if !ok || !refusal.NonRetryable() || refusal.Type() != "PUBLICATION_STATE" || c.asked != 1 {
		t.Errorf("%v after %d times", err, c.asked)
	}
}
