package gateway

import (
	"context"
	"slices"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	proofv1 "github.com/loa-vn/loa/proto/gen/loa/proof/v1"
)

// proofs begin the paths that anybody may read: what proves a log to outsiders, and tells hashes, places and times.
const proofs = "/v1/proof/"

func isPublic(path string) bool { return strings.HasPrefix(path, proofs) }

// proofService is served by every service that has a log; a request names the one it asks.
func proofService() service {
	return service{"", []protoreflect.FileDescriptor{proofv1.File_loa_proof_v1_proof_proto}, func(ctx context.Context, mux *runtime.ServeMux, conn grpc.ClientConnInterface) error {
		return proofv1.RegisterProofServiceHandlerClient(ctx, mux, proofv1.NewProofServiceClient(conn))
	}}
}

// named calls the service that a request names.
type named struct {
	dial func(service string) grpc.ClientConnInterface
}

func (n named) Invoke(ctx context.Context, method string, request, reply any, options ...grpc.CallOption) error {
	conn, err := n.conn(request)
	if err != nil {
		return err
	}
	return conn.Invoke(ctx, method, request, reply, options...)
}

func (n named) NewStream(ctx context.Context, description *grpc.StreamDesc, method string, options ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, errs.New(errorsv1.Reason_NOT_FOUND, "what", method) // no method of ours streams
}

func (n named) conn(request any) (grpc.ClientConnInterface, error) {
	r, ok := request.(interface{ GetService() string })
	if !ok || !slices.ContainsFunc(services(), func(s service) bool { return s.name == r.GetService() }) {
		what := ""
		if ok {
			what = r.GetService()
		}
		return nil, errs.New(errorsv1.Reason_NOT_FOUND, "what", what)
	}
	return n.dial(r.GetService()), nil
}
