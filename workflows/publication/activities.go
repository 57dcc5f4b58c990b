package publication

import (
	"context"

	"github.com/loa-vn/loa/workflows/activity"

	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
)

// Activities call distribution under keys that name the business, so that a repeat changes nothing.
type Activities struct {
	Distribution distributionv1.DistributionServiceClient
}

// ReadPublication reads the publication as it stands.
func (a *Activities) ReadPublication(ctx context.Context, publication string) (Standing, error) {
	p, err := a.Distribution.GetPublication(ctx, &distributionv1.GetPublicationRequest{Publication: publication})
	if err != nil {
		return Standing{}, activity.Waiting(err)
	}
	return standingOf(p), nil
}

// Release asks distribution to make it public. When the clocks differ by a moment, distribution says that it is early, and the
// activity is tried again.
func (a *Activities) Release(ctx context.Context, publication string) error {
	ctx = activity.WithKey(ctx, "publication", publication, "release")
	_, err := a.Distribution.Release(ctx, &distributionv1.ReleaseRequest{Publication: publication})
	return activity.Decided(err)
}

func standingOf(p *distributionv1.Publication) Standing {
	return Standing{
		Title: p.GetTitle(), State: p.GetState(), PublishAt: p.GetPublishAt().AsTime(), Path: p.GetPath(), Verified: p.GetVerified(),
	}
}
