package planning

import (
	"context"
	"errors"
	"slices"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/rpc"
	"github.com/loa-vn/loa/pkg/upload"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/planning/internal/evidence"
	"github.com/loa-vn/loa/services/planning/internal/result"
)

// AddEvidence stores a file for a result that is recorded next. One that no result names takes room and does no harm.
func (s *resultServer) AddEvidence(stream grpc.ClientStreamingServer[planningv1.AddEvidenceRequest, planningv1.Evidence]) error {
	ctx := stream.Context()
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	under, err := s.under(ctx, first.GetTarget().GetPlan(), first.GetTarget().GetItem())
	if err != nil {
		return err
	}
	if err := s.host.Policies.Authorize(ctx, "AddEvidence", itemResource(under)); err != nil {
		return err
	}
	var said *planningv1.Evidence
	file, err := upload.Take(ctx, s.host.Blobs, "evidence", func() (upload.Piece, error) {
		message, err := stream.Recv()
		said = message.GetEvidence()
		return upload.Piece{Bytes: message.GetChunk(), Last: said != nil, Name: said.GetName()}, err
	})
	if err != nil {
		return err
	}
	if err := evidence.Keep(ctx, s.host.Pool, file, auth.From(ctx).Agency()); err != nil {
		return err
	}
	out := &planningv1.Evidence{
		Kind: result.File, Title: said.GetTitle(), Sha256: file.SHA256, Name: file.Name, MediaType: file.MediaType, Size: file.Size,
	}
	if upload.IsImage(file.MediaType) {
		out.Kind = result.Photograph
	}
	return stream.SendAndClose(out)
}

// GetEvidence sends the bytes of a file that a result names.
func (s *resultServer) GetEvidence(r *planningv1.GetEvidenceRequest, stream grpc.ServerStreamingServer[httpbody.HttpBody]) error {
	ctx := stream.Context()
	if err := s.host.Policies.Authorize(ctx, "GetEvidence", auth.Resource{Type: "Result", ID: r.GetResult()}); err != nil {
		return err
	}
	row, err := s.find(ctx, r.GetResult())
	if err != nil {
		return err
	}
	i := slices.IndexFunc(row.Result.Evidence, func(e result.Evidence) bool { return e.SHA256 != "" && e.SHA256 == r.GetEvidence() })
	if i < 0 {
		return errs.New(errorsv1.Reason_NOT_FOUND, "what", r.GetEvidence())
	}
	return s.send(ctx, row.Result.Evidence[i], stream)
}

func (s *resultServer) send(ctx context.Context, e result.Evidence, stream grpc.ServerStreamingServer[httpbody.HttpBody]) (err error) {
	file, _, err := s.host.Blobs.Open(ctx, e.SHA256)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := rpc.SetFileName(ctx, e.Name); err != nil {
		return err
	}
	return rpc.SendStored(stream, e.MediaType, file)
}
