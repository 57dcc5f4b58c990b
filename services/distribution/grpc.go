package distribution

import (
	"context"
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

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
	id, result, err := s.desk.schedule(ctx, r.GetContent(), moment(r.GetPublishAt()), command)
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

func (s *server) RecordReceipt(ctx context.Context, r *distributionv1.RecordReceiptRequest) (*distributionv1.Publication, error) {
	if err := s.host.Policies.Authorize(ctx, "RecordReceipt", auth.Resource{Type: "Publication", ID: r.GetPublication()}); err != nil {
		return nil, err
	}
	command, err := rpc.Command(ctx, "RecordReceipt", r)
	if err != nil {
		return nil, err
	}
	result, err := s.desk.receive(ctx, r.GetPublication(), r.GetChannel(), r.GetPlace(), command)
	if err != nil {
		return nil, err
	}
	return s.answer(ctx, r.GetPublication(), result)
}

func (s *server) GetPublication(ctx context.Context, r *distributionv1.GetPublicationRequest) (*distributionv1.Publication, error) {
	p, err := s.visible(ctx, "GetPublication", r.GetPublication())
	if err != nil {
		return nil, err
	}
	return publicationOf(r.GetPublication(), p), nil
}

func (s *server) ListReceipts(ctx context.Context, r *distributionv1.ListReceiptsRequest) (*distributionv1.ListReceiptsResponse, error) {
	p, err := s.visible(ctx, "ListReceipts", r.GetPublication())
	if err != nil {
		return nil, err
	}
	out := &distributionv1.ListReceiptsResponse{}
	for _, receipt := range p.Receipts {
		out.Receipts = append(out.Receipts, &distributionv1.Receipt{Channel: receipt.Channel, Place: receipt.Place, At: timestamppb.New(receipt.At)})
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
	q.Agency = auth.From(ctx).Agency()
	rows, err := readmodel.List(ctx, s.host.Pool, q)
	if err != nil {
		return nil, err
	}
	rows, next := listing.Cut(page, rows, func(row readmodel.Row) listing.Place { return listing.Place{At: row.Sort(), ID: row.ID} })
	out := &distributionv1.ListPublicationsResponse{NextPageToken: next}
	for _, row := range rows {
		out.Publications = append(out.Publications, publicationOfRow(row))
	}
	return out, nil
}

// visible loads a publication that the caller may see; one they may not is not theirs to know.
func (s *server) visible(ctx context.Context, action, id string) (*publication.Publication, error) {
	p, version, err := s.desk.publications.Load(ctx, id)
	if err != nil {
		return nil, err
	}
	err = s.host.Policies.Authorize(ctx, action, resourceOf(id, p.Snapshot.Agency, p.State))
	if errs.ReasonOf(err) == errorsv1.Reason_FORBIDDEN || err == nil && version == 0 {
		return nil, errs.New(errorsv1.Reason_NOT_FOUND, "what", id)
	}
	return p, err
}

func resourceOf(id, agency string, state publication.State) auth.Resource {
	return auth.Resource{Type: "Publication", ID: id, Attributes: map[string]any{"agency": agency, "state": string(state)}}
}

// answer gives the publication as the command left it, and how far to read to see that.
func (s *server) answer(ctx context.Context, id string, r result) (*distributionv1.Publication, error) {
	if err := s.host.Answered(ctx, r.Position, r.Recorded); err != nil {
		return nil, err
	}
	return publicationOf(id, r.State), nil
}

func publicationOf(id string, p *publication.Publication) *distributionv1.Publication {
	out := publicationOfRow(readmodel.Row{
		ID: id, Content: p.Snapshot.Content, Plan: p.Snapshot.Plan, PlanItem: p.Snapshot.PlanItem, Agency: p.Snapshot.Agency,
		Title: p.Snapshot.Title, Hash: p.Snapshot.Hash, Slug: p.Slug, State: string(p.State), PublishAt: p.PublishAt,
		Channels: p.Snapshot.Channels, Imported: p.Imported, Example: p.Snapshot.Example, Verified: p.Verified,
	})
	if !p.PublishedAt.IsZero() {
		out.PublishedAt = timestamppb.New(p.PublishedAt)
	}
	return out
}

func publicationOfRow(r readmodel.Row) *distributionv1.Publication {
	out := &distributionv1.Publication{
		Id: r.ID, Content: r.Content, Plan: r.Plan, PlanItem: r.PlanItem, Agency: r.Agency, Title: r.Title, Hash: r.Hash, Slug: r.Slug,
		Path: publication.Path(r.Slug), State: r.State, PublishAt: timestamppb.New(r.PublishAt), Channels: slices.Clone(r.Channels),
		Imported: r.Imported, Example: r.Example, Verified: r.Verified,
	}
	if r.PublishedAt != nil {
		out.PublishedAt = timestamppb.New(*r.PublishedAt)
	}
	return out
}

// queryOf reads what a list request asks for; the query takes one row more than the page, which tells whether another page follows.
func queryOf(r *distributionv1.ListPublicationsRequest) (readmodel.Query, listing.Page, error) {
	page, wrong := listing.Read(r.GetPageSize(), r.GetPageToken())
	switch publication.State(r.GetState()) {
	case publication.None, publication.Scheduled, publication.Published, publication.Cancelled:
	default:
		wrong = append(wrong, errs.At("state", errorsv1.Reason_BAD_FORMAT,
			"value", r.GetState(), "field", "state", "expected", "scheduled, published, cancelled"))
	}
	q := readmodel.Query{Content: r.GetContent(), State: r.GetState(), Before: page.After.At, BeforeID: page.After.ID, Limit: page.Size + 1}
	return q, page, errs.Invalid(wrong)
}
