package planning

import (
	"context"
	"errors"
	"io"
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
	said, file, err := s.take(stream)
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

// take stores the file of a call and reads what is said of it.
func (s *resultServer) take(stream grpc.ClientStreamingServer[planningv1.AddEvidenceRequest, planningv1.Evidence]) (*planningv1.Evidence, upload.File, error) {
	ctx := stream.Context()
	var said *planningv1.Evidence
	stored, err := upload.Receive(ctx, s.host.Blobs, upload.Pieces(func() ([]byte, error) {
		message, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return nil, io.EOF
		case err != nil:
			return nil, err
		case message.GetEvidence() != nil:
			said = message.GetEvidence()
			return nil, io.EOF
		default:
			return message.GetChunk(), nil
		}
	}), "file")
	if err != nil {
		return nil, upload.File{}, err
	}
	if said == nil {
		return nil, upload.File{}, errs.New(errorsv1.Reason_UNREADABLE, "what", "evidence")
	}
	file, err := stored.Named(said.GetName())
	return said, file, err
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
