// Package auth says who calls (OIDC tokens, the directory) and what the caller may do (Cedar policies, default deny). Every service
// asks it for itself, whatever the gateway has already asked.
package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/loa-vn/loa/pkg/directory"
	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// ServicePrefix starts the subject of a machine's token: "service:worker".
const ServicePrefix = "service:"

// Principal is who calls.
type Principal struct {
	// Subject is the token's subject, empty when nobody is signed in.
	Subject string
	// Service is the name of the service that calls for itself, empty for a person.
	Service string
	// Person is who the directory says the subject is today, nil when it knows none.
	Person *directory.Person
	// DirectoryEmpty says that the directory held nobody when it was asked. It is only asked for an unknown subject.
	DirectoryEmpty bool
}

// Agency is the code of the caller's agency, empty for a machine and for somebody unknown.
func (p Principal) Agency() string {
	if p.Person == nil {
		return ""
	}
	return p.Person.Agency
}

// Role is the caller's role, empty for a machine and for somebody unknown.
func (p Principal) Role() string {
	if p.Person == nil {
		return ""
	}
	return p.Person.Role
}

type contextKey int

const (
	principalKey contextKey = iota
	decisionKey
)

// With carries the principal in the context.
func With(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey, p)
}

// From gives the caller; the zero Principal when nobody is signed in.
func From(ctx context.Context) Principal {
	p, _ := ctx.Value(principalKey).(Principal)
	return p
}

// People is where a subject is looked up. The result must be as of the day asked for; found is false for a subject unknown then.
type People interface {
	Person(ctx context.Context, id string, at time.Time) (person directory.Person, found bool, err error)
	Empty(ctx context.Context) (bool, error)
}

// Resolve says who a verified subject is at a moment. Somebody the directory does not know is a Principal without Person, not an error;
// without a directory (nil) that is everybody but services.
func Resolve(ctx context.Context, people People, subject string, at time.Time) (Principal, error) {
	if name, ok := strings.CutPrefix(subject, ServicePrefix); ok {
		return Principal{Subject: subject, Service: name}, nil
	}
	if people == nil {
		return Principal{Subject: subject}, nil
	}
	person, found, err := people.Person(ctx, subject, at)
	if err != nil {
		return Principal{}, err
	}
	if found {
		return Principal{Subject: subject, Person: &person}, nil
	}
	empty, err := people.Empty(ctx)
	if err != nil {
		return Principal{}, err
	}
	return Principal{Subject: subject, DirectoryEmpty: empty}, nil
}

// Bearer takes the token out of an Authorization header (RFC 6750). Anything else is UNAUTHENTICATED.
func Bearer(header string) (string, error) {
	scheme, token, ok := strings.Cut(header, " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", errs.New(errorsv1.Reason_UNAUTHENTICATED).Because(errors.New("no bearer token"))
	}
	return token, nil
}

func unauthenticated(cause error) error {
	return errs.New(errorsv1.Reason_UNAUTHENTICATED).Because(cause)
}

func issuerAway(cause error) error {
	return errs.New(errorsv1.Reason_UNAVAILABLE, "what", "OIDC").Because(fmt.Errorf("the identity provider: %w", cause))
}
