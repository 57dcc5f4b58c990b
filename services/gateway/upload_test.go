package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/rpc"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// AddAttachment takes every piece and answers with what it was given, or refuses as the file's first bytes say.
func (b *behind) AddAttachment(stream grpc.ClientStreamingServer[contentv1.AddAttachmentRequest, contentv1.Content]) error {
	if err := b.policies.Authorize(stream.Context(), "AddAttachment", auth.Resource{Type: "Thing", ID: "1"}); err != nil {
		return err
	}
	answer := &contentv1.Content{Attachments: []*contentv1.Attachment{{}}}
	head, _ := metadata.FromIncomingContext(stream.Context())
	pieces := 0
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		switch {
		case m.GetContent() != "":
			answer.Id = m.GetContent()
		case m.GetAttachment() != nil:
			size := answer.GetAttachments()[0].GetSize()
			answer.Attachments[0] = m.GetAttachment()
			answer.Attachments[0].Size = size
		case strings.HasPrefix(string(m.GetChunk()), "refuse"):
			return errs.New(errorsv1.Reason_FILE_TYPE, "name", "a", "allowed", "pdf")
		default:
			pieces++
			answer.Attachments[0].Size += int64(len(m.GetChunk()))
		}
	}
	answer.Etag = fmt.Sprint(pieces, " ", strings.Join(head.Get("idempotency-key"), ","), " ", strings.Join(head.Get("if-match"), ","))
	if err := rpc.SetETag(stream.Context(), `"4"`); err != nil {
		return err
	}
	return stream.SendAndClose(answer)
}

// form writes fields as name, value pairs; one named file takes its name and its bytes.
func form(parts ...string) (kind, body string) {
	var b strings.Builder
	for len(parts) > 1 {
		if parts[0] == "file" {
			fmt.Fprintf(&b, "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=%q\r\nContent-Type: text/html\r\n\r\n%s\r\n", parts[1], parts[2])
			parts = parts[3:]
			continue
		}
		fmt.Fprintf(&b, "--x\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", parts[0], parts[1])
		parts = parts[2:]
	}
	return "multipart/form-data; boundary=x", b.String() + "--x--\r\n"
}

const attachments = "/v1/contents/content_1/attachments"

func TestAFormIsPassedOnPieceByPiece(t *testing.T) {
	h := newHouse(t)
	file := strings.Repeat("Kế hoạch 38\n", 100_000)
	for name, parts := range map[string][]string{
		"fields first": {"title", "Kế hoạch", "date", "2022-02-23", "alternative", "ảnh", "file", "kế hoạch.pdf", file},
		"file first":   {"file", "kế hoạch.pdf", file, "title", "Kế hoạch", "date", "2022-02-23", "alternative", "ảnh"},
	} {
		kind, body := form(parts...)
		a := h.call(t, "POST", attachments, body, "Content-Type", kind, "Idempotency-Key", "k1", "If-Match", `"3"`)
		got := string(a.body)
		for _, want := range []string{
			`"id":"content_1"`, `"name":"kế hoạch.pdf"`, fmt.Sprintf(`"size":"%d"`, len(file)), `"title":"Kế hoạch"`, `"date":"2022-02-23"`, `"alternative":"ảnh"`, `"etag":"7 k1 \"3\""`,
		} {
			if a.status != 200 || !strings.Contains(strings.ReplaceAll(got, ": ", ":"), want) {
				t.Errorf("%s: %d %s lacks %s", name, a.status, got, want)
			}
		}
		if a.head.Get("ETag") != `"4"` || a.head.Get("Idempotency-Key") != "k1" || a.head.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %v", name, a.head)
		}
	}
}

func TestFormsThatAreRefused(t *testing.T) {
	h := newHouse(t)
	kind, body := form("file", "a.pdf", "một")
	of := func(parts ...string) string { _, body := form(parts...); return body }
	for _, c := range []struct {
		name, path, kind, body string
		status                 int
		reason                 string
	}{
		{"JSON", attachments, "application/json", "{}", 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"no type", attachments, "", body, 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"no boundary", attachments, "multipart/form-data", body, 400, "UNREADABLE"},
		{"no form", attachments, kind, "một", 422, "INVALID"},
		{"nothing", attachments, kind, "", 422, "INVALID"},
		{"a form that breaks off", attachments, kind, body[:len(body)-9], 400, "UNREADABLE"},
		{"no file", attachments, kind, of("title", "a"), 422, "INVALID"},
		{"two files", attachments, kind, of("file", "a", "b", "file", "c", "d"), 400, "UNKNOWN_FIELD"},
		{"an unknown field", attachments, kind, of("x", "y", "file", "a", "b"), 400, "UNKNOWN_FIELD"},
		{"a field twice", attachments, kind, of("title", "y", "title", "z"), 400, "UNREADABLE"},
		{"not UTF-8", attachments, kind, of("title", "\xff"), 400, "UNREADABLE"},
		{"NUL", attachments, kind, of("title", "a\x00"), 400, "UNREADABLE"},
		{"a long field", attachments, kind, of("title", strings.Repeat("a", 65<<10)), 413, "TOO_LARGE"},
		{"a query", attachments + "?dryRun=true", kind, body, 400, "UNKNOWN_FIELD"},
		{"what the service refuses", attachments, kind, of("file", "a", "refuse"), 415, "FILE_TYPE"},
		{"what the service refuses early", attachments, kind, of("file", "a", "refuse"+strings.Repeat("x", 4<<20)), 415, "FILE_TYPE"},
	} {
		a := h.call(t, "POST", c.path, c.body, "Content-Type", c.kind)
		if p := a.problem(t); a.status != c.status || p.Reason != c.reason || strings.Contains(p.Detail, "{") {
			t.Errorf("%s: %d %+v", c.name, a.status, p)
		}
	}
	for name, head := range map[string][]string{"nobody": {"Authorization", ""}, "a bad token": {"Authorization", "Bearer x"}} {
		if a := h.call(t, "POST", attachments, body, slices.Concat([]string{"Content-Type", kind}, head)...); a.status != 401 {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	if a := h.call(t, "POST", attachments, body, "Content-Type", kind, "Authorization", "Bearer "+h.issuer.Token(t, "vt.stttt")); a.problem(t).Reason != "FORBIDDEN" {
		t.Errorf("a clerk: %d", a.status)
	}
}

// A file over the limit is refused by what it says it is, or as soon as it is.
func TestAFormOverTheLimit(t *testing.T) {
	h := newHouse(t)
	kind, body := form("file", "a.pdf", "MIDDLE")
	begin, end, _ := strings.Cut(body, "MIDDLE")
	for name, length := range map[string]int64{"said": 60 << 20, "not said": -1} {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		read := &counted{r: io.MultiReader(strings.NewReader(begin), io.LimitReader(zeros{}, 60<<20-int64(len(begin)+len(end))), strings.NewReader(end))}
		r, err := http.NewRequestWithContext(ctx, "POST", h.url+attachments, read)
		if err != nil {
			t.Fatal(err)
		}
		r.ContentLength = length
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Authorization", "Bearer "+h.token)
		r.Header.Set("Expect", "100-continue")
		client := &http.Client{Transport: &http.Transport{ExpectContinueTimeout: 20 * time.Second}}
		response, err := client.Do(r)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if response.StatusCode != 413 {
			t.Errorf("%s: %d", name, response.StatusCode)
		}
		if length > 0 && read.n > 0 {
			t.Errorf("%s: %d bytes were asked for", name, read.n)
		}
		_ = response.Body.Close()
		client.CloseIdleConnections()
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
