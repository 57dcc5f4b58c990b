package rpc

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// Problem is the refusal as it travels in a status detail.
func Problem(e *errs.Error) *errorsv1.Problem {
	p := &errorsv1.Problem{Reason: e.Reason, Args: e.Args}
	for _, f := range e.Fields {
		p.Errors = append(p.Errors, &errorsv1.FieldProblem{
			Field: f.Field, Row: int32(f.Row), Column: f.Column, Reason: f.Reason, Args: f.Args,
		})
	}
	return p
}

// refusal is the reverse of Problem; cause is the status it came in.
func refusal(p *errorsv1.Problem, cause error) *errs.Error {
	e := &errs.Error{Reason: p.GetReason(), Args: p.GetArgs()}
	for _, f := range p.GetErrors() {
		e.Fields = append(e.Fields, errs.Field{
			Field: f.GetField(), Row: int(f.GetRow()), Column: f.GetColumn(), Reason: f.GetReason(), Args: f.GetArgs(),
		})
	}
	return e.Because(cause)
}

// toStatus turns a refusal into the status that carries it. The cause stays here: a caller gets reason and arguments, nothing else.
func toStatus(e *errs.Error) error {
	s := status.New(code(errs.Status(e.Reason)), e.Reason.String())
	detailed, err := s.WithDetails(protoadapt.MessageV1Of(Problem(e)))
	if err != nil {
		return s.Err()
	}
	return detailed.Err()
}

// FromError gives the refusal behind an error: the one it wraps, else the one its status carries, else an internal one with the trace
// id as the only word. It returns nil for nil.
func FromError(ctx context.Context, err error) *errs.Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*errs.Error](err); ok {
		return e
	}
	if s, ok := status.FromError(err); ok {
		for _, detail := range s.Details() {
			if p, ok := detail.(*errorsv1.Problem); ok {
				return refusal(p, err)
			}
		}
	}
	return errs.New(errorsv1.Reason_REASON_UNSPECIFIED, "trace", TraceID(ctx)).Because(err)
}

// Passing says that waiting mends an error: a refusal for now, or a database that cannot be reached.
func Passing(err error) bool { return errs.Transient(err) || away(err, "") != nil }

// away recognises what waiting mends: the database that cannot be reached, or a context that ended before an answer.
func away(err error, service string) *errs.Error {
	var connect *pgconn.ConnectError
	var refused *pgconn.PgError
	var network *net.OpError
	switch {
	case errors.As(err, &connect), pgconn.SafeToRetry(err):
		return errs.New(errorsv1.Reason_UNAVAILABLE, "what", "PostgreSQL").Because(err)
	case errors.As(err, &refused) && (strings.HasPrefix(refused.Code, "08") || strings.HasPrefix(refused.Code, "57P") || refused.Code == "53300"):
		// Connection exceptions, operator intervention (shutting down, starting up), too many connections.
		return errs.New(errorsv1.Reason_UNAVAILABLE, "what", "PostgreSQL").Because(err)
	case errors.As(err, &network), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		// A connection that broke while it was read from. Calls of other services and of the identity provider end in refusals of
		// their own, so it is the database's.
		return errs.New(errorsv1.Reason_UNAVAILABLE, "what", "PostgreSQL").Because(err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return errs.New(errorsv1.Reason_UNAVAILABLE, "what", service).Because(err)
	default:
		return nil
	}
}

// TraceID is the trace's id in hex, else the request's id, so that an answer always names something the logs hold.
func TraceID(ctx context.Context) string {
	if s := trace.SpanContextFromContext(ctx); s.HasTraceID() {
		return s.TraceID().String()
	}
	return RequestID(ctx)
}

// code is the gRPC code nearest to a reason's HTTP status; the reason itself is in the detail.
func code(httpStatus int) codes.Code {
	switch httpStatus {
	case 400, 413, 415, 422:
		return codes.InvalidArgument
	case 401:
		return codes.Unauthenticated
	case 403:
		return codes.PermissionDenied
	case 404, 410:
		return codes.NotFound
	case 409, 412, 428:
		return codes.FailedPrecondition
	case 429:
		return codes.ResourceExhausted
	case 503:
		return codes.Unavailable
	default:
		return codes.Internal
	}
}
