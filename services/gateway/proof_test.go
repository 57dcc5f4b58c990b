package gateway_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	proofv1 "github.com/loa-vn/loa/proto/gen/loa/proof/v1"
	"github.com/loa-vn/loa/services/gateway"
)

// witness answers for the service that is asked.
type witness struct {
	proofv1.UnimplementedProofServiceServer
}

func (witness) GetCheckpoint(_ context.Context, r *proofv1.GetCheckpointRequest) (*proofv1.Checkpoint, error) {
	if r.GetService() == "approvals" {
		return nil, errs.New(errorsv1.Reason_NOT_SEALED, "service", r.GetService(), "position", "1", "size", "0")
	}
	return &proofv1.Checkpoint{Service: r.GetService(), Size: 3}, nil
}

// Proofs are anybody's: without a token they are answered, within the rate of an address; a token that is no good is still refused.
func TestProofsAreAnybodys(t *testing.T) {
	now := time.Now()
	h := newHouse(t, func(o *gateway.Options) { o.RatePerSecond, o.Clock = 0.75, func() time.Time { return now } })
	a := h.call(t, "GET", "/v1/proof/planning/checkpoint", "", "Authorization", "")
	var c struct{ Service, Size string }
	if err := json.Unmarshal(a.body, &c); a.status != 200 || err != nil || c.Service != "planning" || c.Size != "3" {
		t.Errorf("%d %s", a.status, a.body)
	}
	h.refused(t, "no checkpoint yet", h.call(t, "GET", "/v1/proof/approvals/checkpoint", "", "Authorization", ""), 409, "NOT_SEALED")
	h.refused(t, "no such log", h.call(t, "GET", "/v1/proof/portal/checkpoint", "", "Authorization", ""), 404, "NOT_FOUND")
	h.refused(t, "too often", h.call(t, "GET", "/v1/proof/planning/checkpoint", "", "Authorization", ""), 429, "RATE_LIMITED")
	now = now.Add(time.Minute)
	h.refused(t, "a spoilt token", h.call(t, "GET", "/v1/proof/planning/checkpoint", "", "Authorization", "Bearer x"), 401, "UNAUTHENTICATED")
	if a := h.call(t, "GET", "/v1/proof/planning/checkpoint", ""); a.status != 200 {
		t.Errorf("signed in: %d %s", a.status, a.body)
	}
	// Nothing else is.
	h.refused(t, "another path", h.call(t, "GET", "/v1/contents/c", "", "Authorization", ""), 401, "UNAUTHENTICATED")
	if a := h.call(t, "GET", "/v1/proof/../contents/c", "", "Authorization", ""); a.status == 200 {
		t.Errorf("a path that only looks like it: %s", a.body)
	}
}
