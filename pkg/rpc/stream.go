package rpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/loa-vn/loa/pkg/auth"
)

// stream takes a streaming call through the same edge as a unary one: answer, recover, identify, gate. What is asked about the past
// (as_of) is asked by unary calls alone.
func (e *edge) stream(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	if isHealth(info.FullMethod) {
		return next(server, stream)
	}
	unary := &grpc.UnaryServerInfo{Server: server, FullMethod: info.FullMethod}
	serve := func(ctx context.Context, request any) (any, error) {
		return request, gate(ctx, info.FullMethod, server, stream, next)
	}
	chain := []grpc.UnaryServerInterceptor{e.answer, e.recover, e.identify}
	for _, layer := range slices.Backward(chain) {
		inner := serve
		serve = func(ctx context.Context, request any) (any, error) { return layer(ctx, request, unary, inner) }
	}
	_, err := serve(stream.Context(), nil)
	return err
}

// gate of a streaming call: its stream lets nothing out before somebody decided.
func gate(ctx context.Context, method string, server any, stream grpc.ServerStream, next grpc.StreamHandler) error {
	ctx, decision := auth.WithDecision(ctx)
	err := next(server, &gatedStream{ServerStream: stream, ctx: ctx, decision: decision})
	if decision.Made() || err != nil && !tellsState(err) {
		return err
	}
	return fmt.Errorf("%s answered without an authorization decision: %w", method, errors.Join(errUndecided, hide(err)))
}

// gatedStream carries the call's context and holds back every answer until the decision is made.
type gatedStream struct {
	grpc.ServerStream
	ctx      context.Context //nolint:containedctx // a grpc.ServerStream is how a handler gets its context
	decision *auth.Decision
}

func (s *gatedStream) Context() context.Context { return s.ctx }

func (s *gatedStream) SendMsg(m any) error {
	if !s.decision.Made() {
		return fmt.Errorf("an answer before an authorization decision: %w", errUndecided)
	}
	return s.ended(s.ServerStream.SendMsg(m))
}

func (s *gatedStream) RecvMsg(m any) error { return s.ended(s.ServerStream.RecvMsg(m)) }

// ended is the error of a stream that broke: of a caller who went away it is the context's.
func (s *gatedStream) ended(err error) error {
	if err != nil && s.ctx.Err() != nil {
		return s.ctx.Err()
	}
	return err
}

// stream adds identity and request id to a streaming call, as call does to a unary one, and turns the status it ends with back into a
// refusal.
func (o ClientOptions) stream(ctx context.Context, description *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, options ...grpc.CallOption) (grpc.ClientStream, error) {
	ctx, key, err := o.outgoing(ctx, method)
	if err != nil {
		return nil, err
	}
	s := &clientStream{options: o, key: key}
	s.ClientStream, err = open(ctx, description, conn, method, append(options, grpc.Peer(&s.reached))...)
	if err != nil {
		return nil, o.understand(err, key, false)
	}
	return s, nil
}

type clientStream struct {
	grpc.ClientStream
	options ClientOptions
	key     string
	reached peer.Peer
}

func (s *clientStream) Header() (metadata.MD, error) {
	md, err := s.ClientStream.Header()
	return md, s.understood(err)
}

func (s *clientStream) RecvMsg(m any) error { return s.understood(s.ClientStream.RecvMsg(m)) }

func (s *clientStream) understood(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return s.options.understand(err, s.key, true)
}
