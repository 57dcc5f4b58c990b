package gateway

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/rpc"
	"github.com/loa-vn/loa/pkg/upload"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

const (
	// formLimit is what a form may have besides its file.
	formLimit = 64 << 10
	// uploadWithin is how long an upload may take: 50 MiB at 90 kB a second.
	uploadWithin = 10 * time.Minute
	// drainWithin is how long the rest of a refused file is read before the answer.
	drainWithin = 20 * time.Second
	// chunkSize is how much of a file one message carries.
	chunkSize = 256 << 10
)

// uploadRoute is a path that takes a multipart form with one file (RFC 7578) and passes it on piece by piece: grpc-gateway has no such
// thing. Identity, limits of rate, keys and errors are those of every other path.
type uploadRoute struct {
	// pattern of net/http: "POST /v1/contents/{content}/attachments".
	pattern string
	service string
	// fields of the form besides “file”.
	fields []string
	// begin opens the call and sends the target, which the request's path names.
	begin func(ctx context.Context, conn grpc.ClientConnInterface, r *http.Request) (uploadCall, error)
}

// uploadCall is a client-streaming call under way.
type uploadCall interface {
	// chunk sends a piece of the file. io.EOF says that the service has answered already.
	chunk(piece []byte) error
	// finish sends what is said of the file, with its name, and waits for the answer.
	finish(name string, said map[string]string) (proto.Message, error)
	// Header is the answer's metadata.
	Header() (metadata.MD, error)
}

// uploads takes the paths of uploadRoutes and leaves the rest to the multiplexer.
func (g *gateway) uploads(mux *runtime.ServeMux) http.Handler {
	own := http.NewServeMux()
	for _, route := range uploadRoutes() {
		own.HandleFunc(route.pattern, func(w http.ResponseWriter, r *http.Request) {
			_, path, _ := strings.Cut(route.pattern, " ")
			nameRoute(r, path)
			g.upload(w, r, mux, route)
		})
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isUpload(r) {
			own.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// isUpload says whether a request is for one of uploadRoutes.
func isUpload(r *http.Request) bool {
	return slices.ContainsFunc(uploadRoutes(), func(u uploadRoute) bool {
		method, pattern, _ := strings.Cut(u.pattern, " ")
		return r.Method == method && matches(pattern, r.URL.Path)
	})
}

// within is how long a request may take.
func within(r *http.Request) time.Duration {
	if isUpload(r) {
		return uploadWithin
	}
	return answerWithin
}

func (g *gateway) upload(w http.ResponseWriter, r *http.Request, mux *runtime.ServeMux, route uploadRoute) {
	// The server's own patience is for small bodies. A writer without deadlines, as in tests, has none to move.
	deadline := time.Now().Add(uploadWithin)
	control := http.NewResponseController(w)
	_, _ = control.SetReadDeadline(deadline), control.SetWriteDeadline(deadline)
	form, refused := formOf(r)
	if refused != nil {
		g.refuse(w, r, refused)
		return
	}
	ctx := metadata.NewOutgoingContext(r.Context(), metadataOf(r.Context(), r))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	call, err := route.begin(ctx, g.Dial(route.service), r)
	if err != nil {
		g.refuse(w, r, rpc.FromError(ctx, err))
		return
	}
	message, err := pass(form, route, call)
	if err != nil {
		// Who still sends would not see the answer on a connection that is closed meanwhile.
		_ = control.SetReadDeadline(time.Now().Add(drainWithin))
		_, _ = io.CopyN(io.Discard, r.Body, upload.Limit)
		w.Header().Set("Connection", "close")
		g.refuse(w, r, rpc.FromError(ctx, err))
		return
	}
	header, err := call.Header()
	if err != nil {
		g.refuse(w, r, rpc.FromError(ctx, err))
		return
	}
	ctx = runtime.NewServerMetadataContext(ctx, runtime.ServerMetadata{HeaderMD: header})
	runtime.ForwardResponseMessage(ctx, mux, &marshaler{}, w, r, message)
}

// formOf reads how the form is cut.
func formOf(r *http.Request) (*multipart.Reader, *errs.Error) {
	media, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err != nil || media != "multipart/form-data":
		return nil, errs.New(errorsv1.Reason_UNSUPPORTED_MEDIA_TYPE, "type", r.Header.Get("Content-Type"), "expected", "multipart/form-data")
	case parameters["boundary"] == "":
		return nil, errs.New(errorsv1.Reason_UNREADABLE, "what", "multipart/form-data: boundary")
	case r.URL.RawQuery != "":
		return nil, errs.New(errorsv1.Reason_UNKNOWN_FIELD, "field", cut(r.URL.RawQuery))
	case r.ContentLength > upload.Limit+formLimit:
		return nil, uploadTooLarge()
	}
	return multipart.NewReader(http.MaxBytesReader(nil, r.Body, upload.Limit+formLimit), parameters["boundary"]), nil
}

func uploadTooLarge() *errs.Error { return errs.New(errorsv1.Reason_TOO_LARGE, "limit", "50 MiB") }

// pass sends the form on as it comes, its file first in whatever order its parts are.
func pass(form *multipart.Reader, route uploadRoute, call uploadCall) (proto.Message, error) {
	said := map[string]string{}
	name, sent := "", false
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, unreadableForm(err)
		}
		switch field := part.FormName(); {
		case field == "file" && !sent:
			name, sent = part.FileName(), true
			err = passFile(part, call)
		case !slices.Contains(route.fields, field):
			err = errs.New(errorsv1.Reason_UNKNOWN_FIELD, "field", cut(strings.ToValidUTF8(field, "?")))
		default:
			if _, twice := said[field]; twice {
				return nil, errs.New(errorsv1.Reason_UNREADABLE, "what", field)
			}
			said[field], err = textOf(part, field)
		}
		if errors.Is(err, io.EOF) {
			return call.finish("", said) // the service has answered already, and finish tells how
		}
		if err != nil {
			return nil, err
		}
	}
	if !sent {
		return nil, errs.Invalid([]errs.Field{errs.At("file", errorsv1.Reason_REQUIRED, "field", "file")})
	}
	return call.finish(strings.ToValidUTF8(name, ""), said)
}

// passFile sends a file on. io.EOF says that the service has answered already.
func passFile(part io.Reader, call uploadCall) error {
	piece := make([]byte, chunkSize)
	for {
		n, err := io.ReadFull(part, piece)
		if n > 0 {
			if err := call.chunk(piece[:n]); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF) && isEnd(part):
			return nil
		case err != nil:
			return unreadableForm(err)
		}
	}
}

// isEnd tells the end of a part, which is a short last piece, from a form that broke off in it.
func isEnd(part io.Reader) bool {
	_, err := part.Read(make([]byte, 1))
	return err == io.EOF
}

func textOf(part io.Reader, field string) (string, error) {
	text, err := io.ReadAll(io.LimitReader(part, formLimit+1))
	switch {
	case err != nil:
		return "", unreadableForm(err)
	case len(text) > formLimit:
		return "", errs.New(errorsv1.Reason_TOO_LARGE, "limit", "64 KiB")
	case !utf8.Valid(text) || strings.Contains(string(text), nul):
		return "", errs.New(errorsv1.Reason_UNREADABLE, "what", field+" (UTF-8)")
	}
	return string(text), nil
}

func unreadableForm(err error) error {
	if _, over := errors.AsType[*http.MaxBytesError](err); over {
		return uploadTooLarge().Because(err)
	}
	return errs.New(errorsv1.Reason_UNREADABLE, "what", "multipart/form-data").Because(err)
}

// ignoreEnd passes over io.EOF of a send, which says that the service has answered already; receiving tells how.
func ignoreEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
