package rpc

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// past lets a request that names a moment (as_of) be answered as of it: what its handler reads of the service's log is as it then was.
// Only requests that read have the field, so no command sees it, and who the caller is was settled before by today's directory.
func (e *edge) past(ctx context.Context, request any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	asked, ok := request.(interface{ GetAsOf() *timestamppb.Timestamp })
	if !ok || asked.GetAsOf() == nil {
		return next(ctx, request)
	}
	if err := asked.GetAsOf().CheckValid(); err != nil {
		return nil, errs.Invalid([]errs.Field{errs.At("asOf", errorsv1.Reason_BAD_FORMAT,
			"field", "asOf", "value", asked.GetAsOf().String(), "expected", "RFC 3339 (2026-01-31T08:00:00+07:00)")})
	}
	if e.AsOf == nil {
		return nil, fmt.Errorf("%s is asked about the past, and its server has none", info.FullMethod)
	}
	ctx, err := e.AsOf(ctx, asked.GetAsOf().AsTime())
	if err != nil {
		return nil, err
	}
	return next(ctx, request)
}
