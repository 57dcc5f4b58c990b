package publication

import (
	"context"
	"time"

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
// activity is tried again. Workflows begun before there were corrections call it.
func (a *Activities) Release(ctx context.Context, publication string) error {
	ctx = activity.WithKey(ctx, "publication", publication, "release")
	_, err := a.Distribution.Release(ctx, &distributionv1.ReleaseRequest{Publication: publication})
	return activity.Decided(err)
}

// MakePublic asks distribution to make public what waits, the publication or its correction. It waits the last moments out.
func (a *Activities) MakePublic(ctx context.Context, act Act) (Left, error) {
	ctx = activity.WithKey(ctx, "publication", act.Publication, "release", act.ETag)
	return onTime(ctx, func() error {
		_, err := a.Distribution.Release(ctx, &distributionv1.ReleaseRequest{Publication: act.Publication})
		return err
	})
}

// Expire asks distribution to end it. It waits the last moments out.
func (a *Activities) Expire(ctx context.Context, act Act) (Left, error) {
	ctx = activity.WithKey(ctx, "publication", act.Publication, "expire", act.ETag)
	return onTime(ctx, func() error {
		_, err := a.Distribution.Expire(ctx, &distributionv1.ExpireRequest{Publication: act.Publication})
		return err
	})
}

// onTime does it again at the moment that distribution names, when that is near; else it says how far it is. Distribution refuses what
// is early and keeps no such refusal, so the same key asks again.
func onTime(ctx context.Context, do func() error) (Left, error) {
	for {
		err := do()
		left, early := activity.Early(err)
		switch {
		case !early:
			return Left{}, activity.Decided(err)
		case left > 2*Lead:
			return Left{Left: left}, nil
		}
		select {
		case <-ctx.Done():
			return Left{}, ctx.Err()
		case <-time.After(left):
		}
	}
}

func standingOf(p *distributionv1.Publication) Standing {
	s := Standing{
		Title: p.GetTitle(), State: p.GetState(), PublishAt: p.GetPublishAt().AsTime(), Path: p.GetPath(), Verified: p.GetVerified(),
		Waiting: p.GetWaiting(), ETag: p.GetEtag(),
	}
	switch {
	case p.GetState() == "scheduled":
		s.DueAt = p.GetPublishAt().AsTime()
	case p.GetCorrection() != nil:
		s.DueAt = p.GetCorrection().GetPublishAt().AsTime()
	}
	if p.GetState() == "published" && p.GetExpiresAt() != nil {
		s.ExpiresAt = p.GetExpiresAt().AsTime()
	}
	return s
}
