package distribution

import (
	"context"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/listing"
	"github.com/loa-vn/loa/pkg/rpc"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/distribution/internal/publication"
	"github.com/loa-vn/loa/services/distribution/internal/readmodel"
)

// server answers loa.distribution.v1.DistributionService.
type server struct {
	distributionv1.UnimplementedDistributionServiceServer
	host *app.Host
	desk *desk
}

func (s *server) PublishContent(ctx context.Context, r *distributionv1.PublishContentRequest) (*distributionv1.Publication, error) {
	if err := s.host.Policies.Authorize(ctx, "PublishContent", auth.Resource{Type: "Content", ID: r.GetContent()}); err != nil {
		return nil, err
	}
	command, err := rpc.Command(ctx, "PublishContent", r)
	if err != nil {
		return nil, err
	}
	id, result, err := s.desk.schedule(ctx, r.GetContent(), moment(r.GetPublishAt()), moment(r.GetExpiresAt()), command)
	if err != nil {
		return nil, err
	}
	return s.answer(ctx, id, result)
}

func (s *server) Release(ctx context.Context, r *distributionv1.ReleaseRequest) (*distributionv1.Publication, error) {
	if err := s.host.Policies.Authorize(ctx, "Release", auth.Resource{Type: "Publication", ID: r.GetPublication()}); err != nil {
		return nil, err
	}
	command, err := rpc.Command(ctx, "Release", r)
	if err != nil {
		return nil, err
	}
	result, err := s.desk.release(ctx, r.GetPublication(), command)
	if err != nil {
		return nil, err
	}
	return s.answer(ctx, r.GetPublication(), result)
}

func (s *server) Expire(ctx context.Context, r *distributionv1.ExpireRequest) (*distributionv1.Publication, error) {
	if err := s.host.Policies.Authorize(ctx, "Expire", auth.Resource{Type: "Publication", ID: r.GetPublication()}); err != nil {
		return nil, err
	}
	command, err := rpc.Command(ctx, "Expire", r)
	if err != nil {
		return nil, err
	}
	result, err := s.desk.expire(ctx, r.GetPublication(), command)
	if err != nil {
		return nil, err
	}
	return s.answer(ctx, r.GetPublication(), result)
}

func (s *server) RecordReceipt(ctx context.Context, r *distributionv1.RecordReceiptRequest) (*distributionv1.Publication, error) {
	if err := s.host.Policies.Authorize(ctx, "RecordReceipt", auth.Resource{Type: "Publication", ID: r.GetPublication()}); err != nil {
		return nil, err
	}
	command, err := rpc.Command(ctx, "RecordReceipt", r)
	if err != nil {
		return nil, err
	}
	result, err := s.desk.receive(ctx, r.GetPublication(), publication.Receipt{
		Channel: r.GetChannel(), Place: r.GetPlace(), Act: publication.Act(r.GetAct()), Number: r.GetNumber(),
	}, command)
	if err != nil {
		return nil, err
	}
	return s.answer(ctx, r.GetPublication(), result)
}

func (s *server) GetPublication(ctx context.Context, r *distributionv1.GetPublicationRequest) (*distributionv1.Publication, error) {
	p, version, err := s.visible(ctx, "GetPublication", r.GetPublication())
	if err != nil {
		return nil, err
	}
	inside, err := s.host.Policies.Allows(ctx, "GetPublication", resourceOf(r.GetPublication(), p.Snapshot.Agency, publication.Scheduled))
	if err != nil {
		return nil, err
	}
	return shown(r.GetPublication(), p, version, inside), rpc.SetETag(ctx, etag(version))
}

func (s *server) ListReceipts(ctx context.Context, r *distributionv1.ListReceiptsRequest) (*distributionv1.ListReceiptsResponse, error) {
	p, _, err := s.visible(ctx, "ListReceipts", r.GetPublication())
	if err != nil {
		return nil, err
	}
	out := &distributionv1.ListReceiptsResponse{}
	for _, receipt := range p.Receipts {
		out.Receipts = append(out.Receipts, &distributionv1.Receipt{
			Channel: receipt.Channel, Place: receipt.Place, Act: string(receipt.Act), Number: receipt.Number, At: timestamp(receipt.At),
		})
	}
	return out, nil
}

func (s *server) ListPublications(ctx context.Context, r *distributionv1.ListPublicationsRequest) (*distributionv1.ListPublicationsResponse, error) {
	if err := s.host.Policies.Authorize(ctx, "ListPublications", auth.Resource{Type: "Publications", ID: "all"}); err != nil {
		return nil, err
	}
	q, page, err := queryOf(r)
	if err != nil {
		return nil, err
	}
	// Whoever may see what is scheduled by an agency that is not theirs may see everything.
	if q.All, err = s.host.Policies.Allows(ctx, "GetPublication", resourceOf("", "", publication.Scheduled)); err != nil {
		return nil, err
	}
	q.Own = auth.From(ctx).Agency()
	rows, err := readmodel.List(ctx, s.host.Pool, q)
	if err != nil {
		return nil, err
	}
	rows, next := listing.Cut(page, rows, func(row readmodel.Row) listing.Place { return listing.Place{At: row.Sort(), ID: row.ID} })
	out := &distributionv1.ListPublicationsResponse{NextPageToken: next}
	for _, row := range rows {
		out.Publications = append(out.Publications, shown(row.ID, row.State, row.Version, q.All || row.State.Snapshot.Agency == q.Own))
	}
	return out, nil
}

// visible loads a publication that the caller may see; one they may not is not theirs to know.
func (s *server) visible(ctx context.Context, action, id string) (*publication.Publication, int64, error) {
	p, version, err := s.desk.publications.Load(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	err = s.host.Policies.Authorize(ctx, action, resourceOf(id, p.Snapshot.Agency, p.State))
	if errs.ReasonOf(err) == errorsv1.Reason_FORBIDDEN || err == nil && version == 0 {
		return nil, 0, errs.New(errorsv1.Reason_NOT_FOUND, "what", id)
	}
	return p, version, err
}

func resourceOf(id, agency string, state publication.State) auth.Resource {
	return auth.Resource{Type: "Publication", ID: id, Attributes: map[string]any{"agency": agency, "state": string(state)}}
}

// answer gives the publication as the command left it, and how far to read to see that.
func (s *server) answer(ctx context.Context, id string, r result) (*distributionv1.Publication, error) {
	if err := s.host.Answered(ctx, r.Position, r.Recorded); err != nil {
		return nil, err
	}
	return publicationOf(id, r.State, r.Version), rpc.SetETag(ctx, etag(r.Version))
}
