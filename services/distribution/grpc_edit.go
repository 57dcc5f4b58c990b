package distribution

import (
	"context"

	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/rpc"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/distribution/internal/publication"
)

// What people do about a publication that is there.

func (s *server) ListVersions(ctx context.Context, r *distributionv1.ListVersionsRequest) (*distributionv1.ListVersionsResponse, error) {
	p, _, err := s.visible(ctx, "GetPublication", r.GetPublication())
	if err != nil {
		return nil, err
	}
	if err := s.host.Policies.Authorize(ctx, "ListVersions", resourceOf(r.GetPublication(), p.Snapshot.Agency, p.State)); err != nil {
		return nil, err
	}
	return &distributionv1.ListVersionsResponse{Versions: versionsOf(r.GetPublication(), p)}, nil
}

func (s *server) ReschedulePublication(ctx context.Context, r *distributionv1.ReschedulePublicationRequest) (*distributionv1.Publication, error) {
	if _, ok := rpc.IfMatch(ctx); !ok {
		if err := s.permitted(ctx, "ReschedulePublication", r.GetPublication()); err != nil {
			return nil, err
		}
		return nil, errs.New(errorsv1.Reason_ETAG_REQUIRED)
	}
	return s.act(ctx, "ReschedulePublication", r.GetPublication(), r, func(may may, command es.Command) (result, error) {
		times := publication.Times{PublishAt: moment(r.GetPublishAt()), ExpiresAt: moment(r.GetExpiresAt()), Forever: r.GetNeverExpires()}
		return s.desk.reschedule(ctx, r.GetPublication(), times, may, command)
	})
}

func (s *server) CancelPublication(ctx context.Context, r *distributionv1.CancelPublicationRequest) (*distributionv1.Publication, error) {
	return s.act(ctx, "CancelPublication", r.GetPublication(), r, func(may may, command es.Command) (result, error) {
		return s.desk.callOff(ctx, r.GetPublication(), may, command)
	})
}

func (s *server) CorrectPublication(ctx context.Context, r *distributionv1.CorrectPublicationRequest) (*distributionv1.Publication, error) {
	return s.act(ctx, "CorrectPublication", r.GetPublication(), r, func(may may, command es.Command) (result, error) {
		return s.desk.correct(ctx, r.GetPublication(), moment(r.GetPublishAt()), may, command)
	})
}

func (s *server) WithdrawPublication(ctx context.Context, r *distributionv1.WithdrawPublicationRequest) (*distributionv1.Publication, error) {
	return s.act(ctx, "WithdrawPublication", r.GetPublication(), r, func(may may, command es.Command) (result, error) {
		request := publication.Request{Publication: r.GetPublication(), Reason: r.GetReason(), Replacement: r.GetReplacement()}
		if author := auth.From(ctx).Person; author != nil {
			request.Author, request.Unit = author.ID, author.Unit
		}
		return s.desk.withdraw(ctx, request, may, command)
	})
}

// act runs a command on a publication that the caller sees and may do this about, as long as it is the version they saw where they say.
func (s *server) act(ctx context.Context, action, id string, r proto.Message, run func(may, es.Command) (result, error)) (*distributionv1.Publication, error) {
	if err := s.permitted(ctx, action, id); err != nil {
		return nil, err
	}
	command, err := rpc.Command(ctx, action, r)
	if err != nil {
		return nil, err
	}
	match, asked := rpc.IfMatch(ctx)
	result, err := run(func(version int64) error {
		if asked && match != etag(version) {
			return errs.New(errorsv1.Reason_ETAG_STALE)
		}
		return nil
	}, command)
	if err != nil {
		return nil, err
	}
	return s.answer(ctx, id, result)
}

// permitted refuses what the caller may not do; what they may not even see is not found.
func (s *server) permitted(ctx context.Context, action, id string) error {
	p, _, err := s.visible(ctx, "GetPublication", id)
	if err != nil {
		return err
	}
	return s.host.Policies.Authorize(ctx, action, resourceOf(id, p.Snapshot.Agency, p.State))
}
