package rpc

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// maximumKey is the length of an Idempotency-Key in bytes (design: api.md, Manners).
const maximumKey = 128

// Clock tells the time at the edge.
type Clock func() time.Time

// Command is what the log needs to know of the call being served: who, when, and the key that makes a repeat get the first answer.
// The key is kept per caller and method; without Idempotency-Key a new one is made and told in the answer. Errors:
// IDEMPOTENCY_KEY_TOO_LONG.
func Command(ctx context.Context, method string, request proto.Message) (es.Command, error) {
	c := callFrom(ctx)
	if c.now == nil {
		return es.Command{}, fmt.Errorf("a command of %s outside of a call", method)
	}
	key := callersKey(ctx)
	if len(key) > maximumKey {
		return es.Command{}, errs.New(errorsv1.Reason_IDEMPOTENCY_KEY_TOO_LONG)
	}
	if key == "" {
		key = rand.Text()
		if err := grpc.SetHeader(ctx, metadata.Pairs(idempotencyKey, key)); err != nil {
			return es.Command{}, err
		}
	}
	body, err := proto.MarshalOptions{Deterministic: true}.Marshal(request)
	if err != nil {
		return es.Command{}, err
	}
	mac := hmac.New(sha256.New, c.digestKey)
	mac.Write(body)
	caller := auth.From(ctx)
	return es.Command{
		Key:        id.Derive(time.Time{}, caller.Subject, method, key),
		Digest:     mac.Sum(nil),
		HappenedAt: c.now(),
		Actor:      caller.Subject, Agency: caller.Agency(),
		Correlation: c.requestID,
	}, nil
}

// callersKey is the Idempotency-Key of the call, empty when the caller sent none.
func callersKey(ctx context.Context) string {
	if key := incoming(ctx, idempotencyBinaryKey); key != "" {
		return key
	}
	return incoming(ctx, idempotencyKey)
}
