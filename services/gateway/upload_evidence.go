package gateway

import (
	"context"
	"net/http"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
)

// evidenceRoute takes a file as evidence of a result.
func evidenceRoute() uploadRoute {
	return uploadRoute{
		pattern: "POST /v1/plans/{plan}/items/{item}/evidence", service: "planning",
		fields: []string{"title"},
		begin: func(ctx context.Context, conn grpc.ClientConnInterface, r *http.Request) (uploadCall, error) {
			stream, err := planningv1.NewResultServiceClient(conn).AddEvidence(ctx)
			if err != nil {
				return nil, err
			}
			e := evidenceCall{stream}
			return e, e.send(&planningv1.AddEvidenceRequest{Piece: &planningv1.AddEvidenceRequest_Target{
				Target: &planningv1.EvidenceTarget{Plan: r.PathValue("plan"), Item: r.PathValue("item")},
			}})
		},
	}
}

type evidenceCall struct {
	grpc.ClientStreamingClient[planningv1.AddEvidenceRequest, planningv1.Evidence]
}

// send passes over that the service has answered already: the next piece, or finish, tells.
func (e evidenceCall) send(m *planningv1.AddEvidenceRequest) error { return ignoreEnd(e.Send(m)) }

func (e evidenceCall) chunk(piece []byte) error {
	return e.Send(&planningv1.AddEvidenceRequest{Piece: &planningv1.AddEvidenceRequest_Chunk{Chunk: piece}})
}

func (e evidenceCall) finish(name string, said map[string]string) (proto.Message, error) {
	err := e.send(&planningv1.AddEvidenceRequest{Piece: &planningv1.AddEvidenceRequest_Evidence{
		Evidence: &planningv1.Evidence{Name: name, Title: said["title"]},
	}})
	if err != nil {
		return nil, err
	}
	return e.CloseAndRecv()
}
