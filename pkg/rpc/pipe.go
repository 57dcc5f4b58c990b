package rpc

import (
	"context"
	"fmt"
	"maps"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"
)

// Pipe is a connection inside the process: a Server serves it as a listener, clients dial it. Interceptors run and messages are copied as
// on the network. Streaming calls are gRPC over memory; a unary call runs on its caller's goroutine, without the transport.
type Pipe struct {
	*bufconn.Listener
	served *atomic.Pointer[Server]
}

// pipeBuffer is what one side may write before the other reads.
const pipeBuffer = 256 << 10

// NewPipe makes one.
func NewPipe() Pipe { return Pipe{bufconn.Listen(pipeBuffer), &atomic.Pointer[Server]{}} }

// Conn is a connection to one service.
type Conn interface {
	grpc.ClientConnInterface
	Close() error
}

// Dial connects to the server behind the pipe.
func (p Pipe) Dial(o ClientOptions) (Conn, error) {
	conn, err := dial("passthrough:///"+o.Service, clientCredentials(nil), o, grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
		return p.DialContext(ctx)
	}))
	if err != nil {
		return nil, err
	}
	return &pipeConn{ClientConn: conn, pipe: p, options: o, stats: clientStats()}, nil
}

// pipeConn is one client's end of a pipe.
type pipeConn struct {
	*grpc.ClientConn // for streaming calls, and for calls of a server that does not serve yet or any more
	pipe             Pipe
	options          ClientOptions
	stats            stats.Handler
}

// Invoke makes a unary call.
func (c *pipeConn) Invoke(ctx context.Context, method string, request, reply any, options ...grpc.CallOption) error {
	server := c.pipe.served.Load()
	if server == nil || !server.enter() {
		return c.ClientConn.Invoke(ctx, method, request, reply, options...)
	}
	defer server.inside.Done()
	return c.options.call(ctx, method, request, reply, nil,
		func(ctx context.Context, method string, request, reply any, _ *grpc.ClientConn, options ...grpc.CallOption) error {
			return c.invoke(ctx, server, method, request, reply, options)
		}, options...)
}

// invoke is what the client's half of the transport does: it tells telemetry, and takes what the answer's header says.
func (c *pipeConn) invoke(ctx context.Context, server *Server, method string, request, reply any, options []grpc.CallOption) error {
	begun := time.Now()
	ctx = c.stats.TagRPC(ctx, &stats.RPCTagInfo{FullMethodName: method, FailFast: true})
	c.stats.HandleRPC(ctx, &stats.Begin{Client: true, BeginTime: begun, FailFast: true})
	address := c.pipe.Addr()
	c.stats.HandleRPC(ctx, &stats.OutHeader{Client: true, FullMethod: method, RemoteAddr: address, LocalAddr: address})
	head, err := server.answerHere(ctx, address, method, request, reply)
	switch end := ended(ctx); {
	case err == nil:
	case end != nil: // on the network the answer would not have been waited for
		err = status.FromContextError(end).Err()
	case server.life.Err() != nil:
		err = status.Error(codes.Unavailable, "the server has stopped")
	}
	for _, option := range options {
		switch o := option.(type) {
		case grpc.HeaderCallOption:
			*o.HeaderAddr = head.header
		case grpc.TrailerCallOption:
			*o.TrailerAddr = head.trailer
		case grpc.PeerCallOption:
			*o.PeerAddr = peer.Peer{Addr: address, LocalAddr: address}
		}
	}
	c.stats.HandleRPC(ctx, &stats.End{Client: true, BeginTime: begun, EndTime: time.Now(), Error: err})
	return err
}

// ended says how a context ended. One whose time is over has ended, whether or not its own timer has told it yet.
func ended(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok && ctx.Err() == nil && !time.Now().Before(deadline) {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}

// Server is a gRPC server that answers unary calls over its Pipe without the transport.
type Server struct {
	*grpc.Server
	unary map[string]unary
	chain grpc.UnaryServerInterceptor
	stats stats.Handler

	life    context.Context //nolint:containedctx // the calls over pipes end with it, as those over the network do
	end     context.CancelFunc
	mutex   sync.RWMutex
	stopped bool
	inside  sync.WaitGroup // calls over pipes
}

type unary struct {
	service any
	handle  grpc.MethodHandler
}

// RegisterService is what generated code registers a service with, before the server serves.
func (s *Server) RegisterService(description *grpc.ServiceDesc, service any) {
	s.Server.RegisterService(description, service)
	for _, m := range description.Methods {
		s.unary["/"+description.ServiceName+"/"+m.MethodName] = unary{service: service, handle: m.Handler}
	}
}

// Serve serves a listener until it is closed or the server stops.
func (s *Server) Serve(l net.Listener) error {
	if p, ok := l.(Pipe); ok {
		p.served.Store(s)
	}
	return s.Server.Serve(l)
}

// GracefulStop takes no more calls and waits until those under way are answered.
func (s *Server) GracefulStop() {
	s.leave()
	s.Server.GracefulStop()
	s.inside.Wait()
}

// Stop takes no more calls and ends those under way.
func (s *Server) Stop() {
	s.leave()
	s.end()
	s.Server.Stop()
}

func (s *Server) enter() bool {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	if s.stopped {
		return false
	}
	s.inside.Add(1)
	return true
}

func (s *Server) leave() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.stopped = true
}

// messageLimit is the longest message in bytes, as gRPC's own.
const messageLimit = 4 << 20

// answerHere is what the server's half of the transport does. Nothing of the caller's context comes with the call but its end and its
// outgoing metadata, and no message is shared.
func (s *Server) answerHere(caller context.Context, address net.Addr, method string, request, reply any) (*callHead, error) {
	head := &callHead{method: method}
	out, _ := metadata.FromOutgoingContext(caller)
	if err := sendable(out); err != nil {
		return head, err
	}
	sent, err := wire(request)
	if err != nil {
		return head, err
	}
	ctx, cancel := during(s.life, caller)
	defer cancel()
	defer context.AfterFunc(caller, cancel)()
	ctx = peer.NewContext(metadata.NewIncomingContext(ctx, out), &peer.Peer{Addr: address, LocalAddr: address})
	// Nothing more of the caller's context comes with the call.
	return head, s.serveHere(ctx, head, address, sent, reply)
}

// during is a context of its own with the end of another.
func during(life, caller context.Context) (context.Context, context.CancelFunc) {
	if deadline, ok := caller.Deadline(); ok {
		return context.WithDeadline(life, deadline)
	}
	return context.WithCancel(life)
}

// serveHere tells telemetry of the call.
func (s *Server) serveHere(ctx context.Context, head *callHead, address net.Addr, sent []byte, reply any) error {
	ctx = s.stats.TagRPC(ctx, &stats.RPCTagInfo{FullMethodName: head.method})
	s.stats.HandleRPC(ctx, &stats.InHeader{FullMethod: head.method, RemoteAddr: address, LocalAddr: address})
	begun := time.Now()
	s.stats.HandleRPC(ctx, &stats.Begin{BeginTime: begun})
	err := s.handleHere(grpc.NewContextWithServerTransportStream(ctx, head), head.method, sent, reply)
	s.stats.HandleRPC(ctx, &stats.End{BeginTime: begun, EndTime: time.Now(), Error: err})
	return err
}

func (s *Server) handleHere(ctx context.Context, method string, sent []byte, reply any) error {
	m, ok := s.unary[method]
	if !ok {
		return status.Errorf(codes.Unimplemented, "unknown method %s", method)
	}
	answer, err := m.handle(m.service, ctx, func(to any) error { return unwire(sent, to) }, s.chain)
	if err != nil {
		told, ok := status.FromError(err)
		if !ok {
			told = status.FromContextError(err)
		}
		return told.Err()
	}
	answered, err := wire(answer)
	if err != nil {
		return err
	}
	return unwire(answered, reply)
}

// wire and unwire copy a message the way the network does, with its limits.
func wire(message any) ([]byte, error) {
	m, ok := message.(proto.Message)
	if !ok {
		return nil, status.Errorf(codes.Internal, "%T is no message", message)
	}
	raw, err := proto.Marshal(m)
	switch {
	case err != nil:
		return nil, status.Errorf(codes.Internal, "grpc: error while marshaling: %v", err)
	case len(raw) > messageLimit:
		return nil, status.Errorf(codes.ResourceExhausted, "a message of %d bytes; at most %d", len(raw), messageLimit)
	}
	return raw, nil
}

func unwire(raw []byte, message any) error {
	m, ok := message.(proto.Message)
	if !ok {
		return status.Errorf(codes.Internal, "%T is no message", message)
	}
	if err := proto.Unmarshal(raw, m); err != nil {
		return status.Errorf(codes.Internal, "grpc: failed to unmarshal: %v", err)
	}
	return nil
}

// sendable refuses metadata that HTTP/2 could not carry.
func sendable(md metadata.MD) error {
	for name, values := range md {
		if strings.HasSuffix(name, "-bin") {
			continue
		}
		for _, value := range values {
			for i := range len(value) {
				if value[i] < 0x20 || value[i] > 0x7e {
					return status.Errorf(codes.Internal, "header key %q contains value with non-printable ASCII characters", name)
				}
			}
		}
	}
	return nil
}

// callHead collects what a handler tells beside its answer.
type callHead struct {
	method          string
	mutex           sync.Mutex
	sent            bool
	header, trailer metadata.MD
}

func (h *callHead) Method() string { return h.method }

func (h *callHead) SetHeader(md metadata.MD) error {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.sent {
		return fmt.Errorf("a header of %s after it was sent", h.method)
	}
	h.header = joined(h.header, md)
	return nil
}

func (h *callHead) SendHeader(md metadata.MD) error {
	if err := h.SetHeader(md); err != nil {
		return err
	}
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.sent = true
	return nil
}

func (h *callHead) SetTrailer(md metadata.MD) error {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.trailer = joined(h.trailer, md)
	return nil
}

func joined(to, more metadata.MD) metadata.MD {
	if to == nil {
		return maps.Clone(more)
	}
	for name, values := range more {
		to[name] = append(to[name], values...)
	}
	return to
}
