package gateway

import (
	"context"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/rpc"
)

// filePolicy lets nothing of a file act should a browser open it.
const filePolicy = "sandbox; default-src 'none'"

// nameFile tells the client that the answer is a file and what to call it (RFC 6266); the media type is the answer's own.
func nameFile(ctx context.Context, w http.ResponseWriter, _ proto.Message) error {
	md, _ := runtime.ServerMetadataFromContext(ctx)
	if name := rpc.FileName(md.HeaderMD); name != "" {
		w.Header().Set("Content-Disposition", disposition(name))
		w.Header().Set("Content-Security-Policy", filePolicy)
	}
	return nil
}

// disposition gives the name twice: in ASCII for who reads nothing else, and whole.
func disposition(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e || r == '"' || r == '\\' || r == '/' {
			return '_'
		}
		return r
	}, name)
	value := mime.FormatMediaType("attachment", map[string]string{"filename": plain})
	if plain != name {
		value += "; filename*=UTF-8''" + url.PathEscape(name)
	}
	return value
}

// forwardStream serves an operation whose answer comes in pieces. What fails before the first piece is answered as any other refusal;
// what fails later breaks the connection, so that nobody takes a part for the whole.
func (g *gateway) forwardStream(w http.ResponseWriter, r *http.Request, path map[string]string, next runtime.HandlerFunc) {
	failure := &streamFailure{}
	r = r.WithContext(context.WithValue(r.Context(), streamFailureKey{}, failure))
	next(&streamWriter{ResponseWriter: w, gateway: g, request: r, failure: failure}, r, path)
}

type streamFailureKey struct{}

// streamFailure is where streamFailed leaves why a stream ended.
type streamFailure struct{ err error }

func streamFailed(ctx context.Context, err error) *status.Status {
	if f, ok := ctx.Value(streamFailureKey{}).(*streamFailure); ok {
		f.err = err
	}
	return status.Convert(err)
}

// streamWriter passes pieces on until the stream has failed.
type streamWriter struct {
	http.ResponseWriter
	gateway *gateway
	request *http.Request
	failure *streamFailure
	begun   bool
	refused bool
}

func (w *streamWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *streamWriter) WriteHeader(code int) {
	if w.failure.err == nil {
		w.begun = true
		w.ResponseWriter.WriteHeader(code)
		return
	}
	w.refuse()
}

func (w *streamWriter) Write(p []byte) (int, error) {
	if w.failure.err == nil {
		w.begun = true
		return w.ResponseWriter.Write(p)
	}
	w.refuse()
	return len(p), nil
}

func (w *streamWriter) refuse() {
	switch {
	case w.refused:
	case w.begun:
		panic(http.ErrAbortHandler) //nolint:forbidigo // the way of net/http to break a connection
	default:
		w.refused = true
		for _, name := range []string{"Transfer-Encoding", "Content-Disposition", "Content-Security-Policy"} {
			w.Header().Del(name)
		}
		w.gateway.refuse(w.ResponseWriter, w.request, rpc.FromError(w.request.Context(), w.failure.err))
	}
}
