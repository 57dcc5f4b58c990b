package gateway

import (
	"context"
	"crypto/rand"
	"mime"
	"net"
	"net/http"
	"strconv"

	"google.golang.org/grpc/metadata"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/rpc"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// maximumKey is the length of an Idempotency-Key in bytes.
const maximumKey = 128

// edge gives the request its ids, says who calls, and holds a caller that asks too much.
func (g *gateway) edge(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Cache-Control", "no-store")
		r.Header.Del("Grpc-Timeout") // how long a call may take is not the caller's to say
		requestID := r.Header.Get("X-Request-Id")
		if !rpc.ValidRequestID(requestID) {
			requestID = rpc.NewRequestID()
			r.Header.Set("X-Request-Id", requestID)
		}
		head.Set("X-Request-Id", requestID)

		ctx, cancel := context.WithTimeout(r.Context(), within(r))
		defer cancel()
		r = r.WithContext(ctx)

		if isPublic(r.URL.Path) && r.Header.Get("Authorization") == "" {
			if wait, ok := g.callers.take(addressOf(r)); !ok {
				g.refuse(w, r, rateLimited(wait))
				return
			}
			next.ServeHTTP(w, r)
			return
		}
		raw, token, err := g.who(r)
		if err != nil {
			// Tokens that are no good are counted by address, so that guessing is slow.
			if wait, ok := g.callers.take(addressOf(r)); !ok {
				err = rateLimited(wait)
			}
			g.refuse(w, r, refusalOf(err))
			return
		}
		if wait, ok := g.callers.take("subject " + token.Subject); !ok {
			g.refuse(w, r, rateLimited(wait))
			return
		}
		if writes(r.Method) {
			key := r.Header.Get("Idempotency-Key")
			if len(key) > maximumKey {
				g.refuse(w, r, errs.New(errorsv1.Reason_IDEMPOTENCY_KEY_TOO_LONG))
				return
			}
			if key == "" {
				key = rand.Text()
				r.Header.Set("Idempotency-Key", key)
			}
			head.Set("Idempotency-Key", key)
		} else {
			r.Header.Del("Idempotency-Key")
		}
		next.ServeHTTP(w, r.WithContext(rpc.WithCaller(ctx, raw)))
	})
}

func (g *gateway) who(r *http.Request) (raw string, token auth.Token, err error) {
	raw, err = auth.Bearer(r.Header.Get("Authorization"))
	if err != nil {
		return "", auth.Token{}, err
	}
	token, err = g.Verifier.Verify(r.Context(), raw)
	return raw, token, err
}

func writes(method string) bool {
	return method == http.MethodPost || method == http.MethodPatch || method == http.MethodPut || method == http.MethodDelete
}

func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

func rateLimited(seconds int) *errs.Error {
	return errs.New(errorsv1.Reason_RATE_LIMITED, "seconds", strconv.Itoa(seconds))
}

// metadataOf chooses what of a request's headers a service gets to know.
func metadataOf(_ context.Context, r *http.Request) metadata.MD {
	md := metadata.MD{}
	for _, name := range []string{"If-Match", "Loa-At-Least", "Accept-Language", "X-Request-Id"} {
		if value := r.Header.Get(name); value != "" {
			md.Set(name, printable(value))
		}
	}
	if sent := r.Header.Get("Content-Type"); sent != "" {
		if media, _, err := mime.ParseMediaType(sent); err == nil {
			md.Set(rpc.MediaTypeMetadata(canonical(media)))
		}
	}
	if key := r.Header.Get("Idempotency-Key"); key != "" {
		md.Set(rpc.IdempotencyMetadata(key))
	}
	return md
}

// answerHeader chooses what of a service's answer becomes a header.
func answerHeader(key string) (string, bool) {
	switch key {
	case "etag":
		return "ETag", true
	case "loa-position":
		return "Loa-Position", true
	case "location":
		return "Location", true
	default:
		return "", false
	}
}

// printable keeps a header that gRPC could not carry from failing the call: what no service would understand anyway is masked.
func printable(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c < 0x20 || c > 0x7e {
			b[i] = '?'
		}
	}
	return string(b)
}
