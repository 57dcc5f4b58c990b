package rpc_test

import (
	"strings"
	"testing"

	"google.golang.org/grpc"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/rpc"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// talk is a streaming service of this test; it answers as the test says.
type talk struct {
	reflectionv1.UnimplementedServerReflectionServer
	answer func(stream reflectionv1.ServerReflection_ServerReflectionInfoServer) error
}

func (s *talk) ServerReflectionInfo(stream reflectionv1.ServerReflection_ServerReflectionInfoServer) error {
	return s.answer(stream)
}

func TestStreamsPassTheSameEdge(t *testing.T) {
	h := newHouse(t)
	service := &talk{}
	reflectionv1.RegisterServerReflectionServer(h.idle, service)
	pipe := rpc.NewPipe()
	done := make(chan struct{})
	go func() { defer close(done); _ = h.idle.Serve(pipe) }()
	t.Cleanup(func() { h.idle.Stop(); <-done })
	conn, err := pipe.Dial(rpc.ClientOptions{Service: "content"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	ask := func(subject string) (*reflectionv1.ServerReflectionResponse, error) {
		ctx := t.Context()
		if subject != "" {
			ctx = rpc.WithCaller(ctx, h.issuer.Token(t, subject))
		}
		stream, err := reflectionv1.NewServerReflectionClient(conn).ServerReflectionInfo(ctx)
		if err != nil {
			return nil, err
		}
		return stream.Recv()
	}
	sends := func(stream grpc.ServerStream, text string) error {
		return stream.SendMsg(&reflectionv1.ServerReflectionResponse{ValidHost: text})
	}
	decided := func(stream reflectionv1.ServerReflection_ServerReflectionInfoServer) error {
		if err := h.authorize(stream.Context()); err != nil {
			return err
		}
		return sends(stream, auth.From(stream.Context()).Subject)
	}
	undecided := func(stream reflectionv1.ServerReflection_ServerReflectionInfoServer) error {
		return sends(stream, "leak")
	}
	tells := func(reflectionv1.ServerReflection_ServerReflectionInfoServer) error {
		return errs.New(errorsv1.Reason_DOSSIER_STATE, "state", "secret", "allowed", "")
	}
	breaks := func(reflectionv1.ServerReflection_ServerReflectionInfoServer) error { panic("broken") }
	for name, c := range map[string]struct {
		subject string
		answer  func(reflectionv1.ServerReflection_ServerReflectionInfoServer) error
		want    errs.Reason
	}{
		"an officer":          {"cv.stttt", decided, errorsv1.Reason_REASON_UNSPECIFIED},
		"a clerk":             {"vt.stttt", decided, errorsv1.Reason_FORBIDDEN},
		"without a token":     {"", decided, errorsv1.Reason_UNAUTHENTICATED},
		"nobody decided":      {"cv.stttt", undecided, errorsv1.Reason_REASON_UNSPECIFIED},
		"a state undecided":   {"cv.stttt", tells, errorsv1.Reason_REASON_UNSPECIFIED},
		"a handler that dies": {"cv.stttt", breaks, errorsv1.Reason_REASON_UNSPECIFIED},
	} {
		service.answer = c.answer
		answer, err := ask(c.subject)
		if name == "an officer" {
			if err != nil || answer.GetValidHost() != "cv.stttt" {
				t.Errorf("%s: %v, %v", name, answer, err)
			}
			continue
		}
		if err == nil || errs.ReasonOf(err) != c.want || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, %v", name, answer, err)
		}
	}
	if !strings.Contains(h.log.String(), "without an authorization decision") || !strings.Contains(h.log.String(), "broken") {
		t.Errorf("the log does not tell why:\n%s", h.log.String())
	}
}
