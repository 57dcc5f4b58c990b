package gateway_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/rpc"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// GetAttachment answers in two pieces, refuses, or breaks off between them, as the name of the file says.
func (b *behind) GetAttachment(r *contentv1.GetAttachmentRequest, stream grpc.ServerStreamingServer[httpbody.HttpBody]) error {
	if err := b.policies.Authorize(stream.Context(), "GetAttachment", auth.Resource{Type: "Thing", ID: "1"}); err != nil {
		return err
	}
	if r.GetAttachment() == "none" {
		return errs.New(errorsv1.Reason_NOT_FOUND, "what", "none")
	}
	if err := rpc.SetFileName(stream.Context(), `Kế hoạch "38".pdf`); err != nil {
		return err
	}
	if r.GetAttachment() == "named" {
		return errs.New(errorsv1.Reason_NOT_FOUND, "what", "named")
	}
	if err := stream.Send(&httpbody.HttpBody{ContentType: "application/pdf", Data: []byte("first\n")}); err != nil {
		return err
	}
	if r.GetAttachment() == "broken" {
		return errors.New("the disk is gone")
	}
	return stream.Send(&httpbody.HttpBody{Data: []byte("second")})
}

func TestAFileComesInPieces(t *testing.T) {
	h := newHouse(t)
	a := h.call(t, "GET", attachments+"/whole", "")
	if a.status != 200 || string(a.body) != "first\nsecond" {
		t.Fatalf("%d %q", a.status, a.body)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/pdf", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'",
		"Content-Disposition": `attachment; filename="K_ ho_ch _38_.pdf"; filename*=UTF-8''K%E1%BA%BF%20ho%E1%BA%A1ch%20%2238%22.pdf`,
	} {
		if got := a.head.Get(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// What fails before the first piece is a problem like any other, and no file; what fails later breaks the connection.
func TestAFileThatFails(t *testing.T) {
	h := newHouse(t)
	for _, name := range []string{"none", "named"} {
		a := h.call(t, "GET", attachments+"/"+name, "")
		if p := a.problem(t); a.status != 404 || !strings.Contains(p.Detail, name) || a.head.Get("Content-Disposition") != "" {
			t.Errorf("%s: %+v %v", name, p, a.head)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.url+attachments+"/broken", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+h.token)
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return // broken off before the head was sent
	}
	defer func() { _ = response.Body.Close() }()
	if body, err := io.ReadAll(response.Body); err == nil {
		t.Errorf("half a file was taken for the whole: %d %q", response.StatusCode, body)
	}
}
