// Package rpc is how services are called and call each other: one gRPC server and one kind of connection, in one process or over
// mutual TLS, with identity, default deny, idempotency, freshness and errors handled the same way everywhere.
package rpc

import (
	"context"
	"crypto/rand"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/loa-vn/loa/pkg/es"
)

// Metadata keys of a call and of its answer.
const (
	authorizationKey = "authorization"
	idempotencyKey   = "idempotency-key"
	// A key with other than printable ASCII travels under the binary name.
	idempotencyBinaryKey = "idempotency-key-bin"
	ifMatchKey           = "if-match"
	atLeastKey           = "loa-at-least"
	requestIDKey         = "x-request-id"
	mediaTypeKey         = "loa-media-type"

	positionKey = "loa-position"
	etagKey     = "etag"
	locationKey = "location"
	// A name with other than ASCII needs the binary form.
	fileNameKey = "loa-file-name-bin"
)

type contextKey int

const (
	callKey contextKey = iota
	callerTokenKey
)

// call is what the server's edge knows of the call being served.
type call struct {
	service   string
	requestID string
	digestKey []byte
	now       Clock
	// Filled in once the caller is known.
	caller  string
	atLeast es.Token
}

// callFrom gives the call being served; outside of one, an empty call.
func callFrom(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey).(*call); ok {
		return c
	}
	return &call{}
}

// RequestID is the caller's X-Request-Id or the one made for the call; empty outside of a call.
func RequestID(ctx context.Context) string { return callFrom(ctx).requestID }

// NewRequestID makes an id for a call that came without a usable one.
func NewRequestID() string { return strings.ToLower(rand.Text()) }

// ValidRequestID says whether a caller's X-Request-Id is taken: 1 to 128 characters of letters, digits and the signs . _ : / + = - alone.
func ValidRequestID(s string) bool {
	if s == "" || len(s) > 128 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("._:/+=-", c) >= 0) {
			return false
		}
	}
	return true
}

// IfMatch is the caller's If-Match as sent, quotes included. Not ok means the caller sent none, which is ETAG_REQUIRED where it is needed.
func IfMatch(ctx context.Context) (etag string, ok bool) {
	etag = incoming(ctx, ifMatchKey)
	return etag, etag != ""
}

// SetPosition tells the caller how far the log had come, merged with what the caller already knew: the header Loa-Position.
func SetPosition(ctx context.Context, token es.Token) error {
	merged := callFrom(ctx).atLeast.Merge(token)
	return grpc.SetHeader(ctx, metadata.Pairs(positionKey, merged.String()))
}

// SetETag tells the caller the version of what is answered, quotes included: the header ETag.
func SetETag(ctx context.Context, etag string) error {
	return grpc.SetHeader(ctx, metadata.Pairs(etagKey, etag))
}

// SetLocation tells the caller where what was made is found ("/v1/contents/content_01j…"): the header Location.
func SetLocation(ctx context.Context, path string) error {
	return grpc.SetHeader(ctx, metadata.Pairs(locationKey, path))
}

// SetFileName tells the caller under which name to keep the file that is answered ("bao-cao-2022-M03.pdf"): Content-Disposition.
func SetFileName(ctx context.Context, name string) error {
	return grpc.SetHeader(ctx, metadata.Pairs(fileNameKey, name))
}

// FileName is what SetFileName put into an answer's header; empty when the answer is no file.
func FileName(head metadata.MD) string {
	if values := head.Get(fileNameKey); len(values) > 0 {
		return values[0]
	}
	return ""
}

// MediaType is the type of the file in the request's body, without parameters ("text/csv"); empty when the caller did not say.
func MediaType(ctx context.Context) string { return incoming(ctx, mediaTypeKey) }

// MediaTypeMetadata is the metadata the type of a request's file travels in.
func MediaTypeMetadata(media string) (name, value string) { return mediaTypeKey, media }

// WithCaller makes outgoing calls carry a person's token. A server does it for the calls its handlers make; the gateway does it with the token it has verified.
func WithCaller(ctx context.Context, token string) context.Context {
	return context.WithValue(ctx, callerTokenKey, token)
}

// AsService makes outgoing calls carry the service's own token although a caller waits for the answer.
func AsService(ctx context.Context) context.Context {
	return context.WithValue(ctx, callerTokenKey, "")
}

func callerToken(ctx context.Context) string {
	token, _ := ctx.Value(callerTokenKey).(string)
	return token
}

// WithIdempotencyKey makes the next outgoing calls carry a business key, so that a repeat gets the first answer. Keys are kept per caller and method.
func WithIdempotencyKey(ctx context.Context, key string) context.Context {
	md, _ := metadata.FromOutgoingContext(ctx)
	md = md.Copy()
	if md == nil {
		md = metadata.MD{}
	}
	delete(md, idempotencyKey)
	delete(md, idempotencyBinaryKey)
	md.Set(IdempotencyMetadata(key))
	return metadata.NewOutgoingContext(ctx, md)
}

// WithAtLeast makes the next outgoing calls wait until their service has seen what the token names.
func WithAtLeast(ctx context.Context, token es.Token) context.Context {
	if len(token) == 0 {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, atLeastKey, token.String())
}

// IdempotencyMetadata is the metadata an idempotency key travels in: binary when it is not printable ASCII.
func IdempotencyMetadata(key string) (name, value string) {
	for i := range len(key) {
		if key[i] < 0x20 || key[i] > 0x7e {
			return idempotencyBinaryKey, key
		}
	}
	return idempotencyKey, key
}

func incoming(ctx context.Context, name string) string {
	if values := metadata.ValueFromIncomingContext(ctx, name); len(values) > 0 {
		return strings.TrimSpace(values[0])
	}
	return ""
}
