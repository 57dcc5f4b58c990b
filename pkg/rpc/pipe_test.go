package rpc_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/rpc"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

type strayKey struct{}

// A call inside the process shares nothing with its caller but what would cross the network.
func TestPipeCopies(t *testing.T) {
	h := newHouse(t)
	var kept *contentv1.SubmitContentRequest
	answer := &contentv1.Content{Id: "content_1", Authors: []string{"cv.stttt"}}
	h.contents.submit = func(ctx context.Context, r *contentv1.SubmitContentRequest) (*contentv1.Content, error) {
		if ctx.Value(strayKey{}) != nil {
			t.Error("a value of the caller's context came with the call")
		}
		if md, _ := metadata.FromOutgoingContext(ctx); len(md) > 0 {
			t.Errorf("what the caller sends is what the handler would send: %v", md)
		}
		kept = r
		r.Content = "changed"
		return answer, h.authorize(ctx)
	}
	request := &contentv1.SubmitContentRequest{Content: "content_1"}
	ctx := context.WithValue(rpc.WithCaller(t.Context(), h.issuer.Token(t, "cv.stttt")), strayKey{}, true)
	got, err := contentv1.NewContentServiceClient(h.dial(t, rpc.ClientOptions{})).SubmitContent(ctx, request)
	if err != nil || request.GetContent() != "content_1" || kept == request {
		t.Fatalf("%v; the request is %v", err, request)
	}
	got.Authors[0] = "changed"
	if answer.GetAuthors()[0] != "cv.stttt" {
		t.Error("the answer is the handler's own")
	}
}

// What the network would not carry, a pipe does not carry.
func TestPipeRefusesWhatTheNetworkWould(t *testing.T) {
	h := newHouse(t)
	client := contentv1.NewContentServiceClient(h.dial(t, rpc.ClientOptions{}))
	ctx := rpc.WithCaller(t.Context(), h.issuer.Token(t, "cv.stttt"))
	h.contents.submit = func(ctx context.Context, r *contentv1.SubmitContentRequest) (*contentv1.Content, error) {
		return &contentv1.Content{Title: strings.Repeat(r.GetContent(), 5)}, h.authorize(ctx)
	}
	const megabyte = 1 << 20
	for name, c := range map[string]struct {
		ctx     context.Context //nolint:containedctx // a case's own
		content string
		refused bool
	}{
		"a message":       {ctx, "content_1", false},
		"a long request":  {ctx, strings.Repeat("x", 5*megabyte), true},
		"a long answer":   {ctx, strings.Repeat("x", megabyte), true},
		"no UTF-8":        {ctx, "\xff", true},
		"a header's line": {metadata.AppendToOutgoingContext(ctx, "x", "a\nb"), "content_1", true},
		"a binary header": {metadata.AppendToOutgoingContext(ctx, "x-bin", "a\nb"), "content_1", false},
	} {
		if _, err := client.SubmitContent(c.ctx, &contentv1.SubmitContentRequest{Content: c.content}); (err != nil) != c.refused {
			t.Errorf("%s: %v", name, err)
		}
	}
	var reply contentv1.Content
	if err := h.dial(t, rpc.ClientOptions{}).Invoke(ctx, "/loa.content.v1.ContentService/Nothing", &contentv1.SubmitContentRequest{}, &reply); err == nil {
		t.Error("a method that is not there answers")
	}
}

// A caller that goes away ends the call. One whose time is over does not know whether a command was recorded, whatever the handler says.
func TestPipeEndsWithItsCaller(t *testing.T) {
	h := newHouse(t)
	entered := make(chan struct{}, 1)
	h.contents.submit = func(ctx context.Context, _ *contentv1.SubmitContentRequest) (*contentv1.Content, error) {
		entered <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	}
	for name, c := range map[string]struct {
		change func(context.Context) context.Context
		want   errs.Reason
	}{
		"a read":    {func(ctx context.Context) context.Context { return ctx }, errorsv1.Reason_UNAVAILABLE},
		"a command": {func(ctx context.Context) context.Context { return rpc.WithIdempotencyKey(ctx, "k") }, errorsv1.Reason_IN_DOUBT},
	} {
		_, _, err := h.submit(t, "cv.stttt", c.change, func(ctx context.Context) context.Context {
			ctx, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
			t.Cleanup(cancel)
			return ctx
		})
		<-entered
		if errs.ReasonOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	gone, leave := context.WithCancel(t.Context())
	go func() { <-entered; leave() }()
	if _, _, err := h.submit(t, "cv.stttt", func(ctx context.Context) context.Context {
		ctx, cancel := context.WithCancel(ctx)
		context.AfterFunc(gone, cancel)
		return ctx
	}); err == nil {
		t.Error("an answer for nobody")
	}
}

// A server that stops lets calls inside the process end, or ends them, and takes no more.
func TestPipeStopsWithItsServer(t *testing.T) {
	for name, c := range map[string]struct {
		stop func(s *rpc.Server, let func())
		want errs.Reason
	}{
		"gracefully": {func(s *rpc.Server, let func()) {
			stopped := make(chan struct{})
			go func() { defer close(stopped); s.GracefulStop() }()
			let()
			<-stopped
		}, errorsv1.Reason_REASON_UNSPECIFIED},
		"at once": {func(s *rpc.Server, _ func()) { s.Stop() }, errorsv1.Reason_UNAVAILABLE},
	} {
		h := newHouse(t)
		entered, may := make(chan struct{}), make(chan struct{})
		h.contents.submit = func(ctx context.Context, _ *contentv1.SubmitContentRequest) (*contentv1.Content, error) {
			close(entered)
			select {
			case <-may:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			return &contentv1.Content{}, h.authorize(ctx)
		}
		ended := make(chan error, 1)
		client := contentv1.NewContentServiceClient(h.dial(t, rpc.ClientOptions{}))
		ctx := rpc.WithCaller(t.Context(), h.issuer.Token(t, "cv.stttt"))
		go func() {
			_, err := client.SubmitContent(ctx, &contentv1.SubmitContentRequest{Content: "c"})
			ended <- err
		}()
		<-entered
		c.stop(h.server, func() { close(may) })
		if err := <-ended; errs.ReasonOf(err) != c.want || (err == nil) != (c.want == errorsv1.Reason_REASON_UNSPECIFIED) {
			t.Errorf("%s: %v", name, err)
		}
		soon, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		if _, err := client.SubmitContent(soon, &contentv1.SubmitContentRequest{Content: "c"}); errs.ReasonOf(err) != errorsv1.Reason_UNAVAILABLE {
			t.Errorf("%s: a call after the end: %v", name, err)
		}
	}
}

// What a handler tells beside its answer comes in the order it was told, also when it ends in a refusal.
func TestPipeCarriesHeadAndTrailer(t *testing.T) {
	h := newHouse(t)
	h.contents.submit = func(ctx context.Context, _ *contentv1.SubmitContentRequest) (*contentv1.Content, error) {
		for _, err := range []error{
			grpc.SetHeader(ctx, metadata.Pairs("x", "1")), grpc.SetHeader(ctx, metadata.Pairs("x", "2")), grpc.SetTrailer(ctx, metadata.Pairs("y", "3")),
			grpc.SendHeader(ctx, metadata.Pairs("x", "4")),
		} {
			if err != nil {
				t.Error(err)
			}
		}
		if grpc.SetHeader(ctx, metadata.Pairs("x", "5")) == nil {
			t.Error("a header after the header was sent")
		}
		return nil, errs.New(errorsv1.Reason_NOT_FOUND, "what", "c")
	}
	var head, trailer metadata.MD
	_, err := contentv1.NewContentServiceClient(h.dial(t, rpc.ClientOptions{})).SubmitContent(rpc.WithCaller(t.Context(), h.issuer.Token(t, "cv.stttt")),
		&contentv1.SubmitContentRequest{}, grpc.Header(&head), grpc.Trailer(&trailer))
	if errs.ReasonOf(err) != errorsv1.Reason_NOT_FOUND || strings.Join(head.Get("x"), "") != "124" || strings.Join(trailer.Get("y"), "") != "3" {
		t.Errorf("%v; %v; %v", head, trailer, err)
	}
}
