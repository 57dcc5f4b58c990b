package auth

import (
	"context"
	_ "embed" // the policies every service has
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

//go:embed base.cedar
var base []byte

// Policies decides who may do what in one service: the Cedar policies of its files and the few that every service has. It is
// immutable and safe for concurrent use.
type Policies struct{ index index }

// NewPolicies reads every *.cedar file of the tree. A file that does not parse is an error that names file and place.
func NewPolicies(files fs.FS) (*Policies, error) {
	p := &Policies{index{of: map[types.EntityUID]list{}}}
	if err := p.add("base.cedar", base); err != nil {
		return nil, err
	}
	if files == nil {
		return p, nil
	}
	err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".cedar") {
			return err
		}
		text, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		return p.add(path, text)
	})
	if err != nil {
		return nil, fmt.Errorf("reading policies: %w", err)
	}
	return p, nil
}

func (p *Policies) add(file string, text []byte) error {
	read, err := cedar.NewPolicyListFromBytes(file, text)
	if err != nil {
		return fmt.Errorf("policy file %s: %w", file, err)
	}
	for i, policy := range read {
		p.index.add(named{cedar.PolicyID(fmt.Sprintf("%s#%d", file, i)), policy})
	}
	return nil
}

// Authorize decides whether the caller in the context may do the action (a gRPC method's name, "CreateContent") to the resource.
// What no policy permits is refused: UNAUTHENTICATED for nobody, DIRECTORY_EMPTY for a stranger while the directory holds nobody,
// else FORBIDDEN. A caller that should not learn of the resource turns FORBIDDEN into NOT_FOUND itself. The decision, either way,
// is marked in the context's slot.
func (p *Policies) Authorize(ctx context.Context, action string, resource Resource) error {
	caller := From(ctx)
	allowed, err := p.decide(caller, action, resource)
	if err != nil {
		return err
	}
	markDecided(ctx)
	switch {
	case allowed:
		return nil
	case caller.Subject == "":
		return errs.New(errorsv1.Reason_UNAUTHENTICATED)
	case caller.DirectoryEmpty:
		return errs.New(errorsv1.Reason_DIRECTORY_EMPTY)
	default:
		return errs.New(errorsv1.Reason_FORBIDDEN).Because(fmt.Errorf("%s may not %s %s %q", caller.Subject, action, resource.Type, resource.ID))
	}
}

// Allows asks the same question without making it the call's decision, for choosing what of many a caller sees.
func (p *Policies) Allows(ctx context.Context, action string, resource Resource) (bool, error) {
	return p.decide(From(ctx), action, resource)
}

func (p *Policies) decide(caller Principal, action string, resource Resource) (bool, error) {
	if caller.Subject == "" {
		return false, nil
	}
	subject := subjectEntity(caller)
	object, err := resource.entity()
	if err != nil {
		return false, err
	}
	request := cedar.Request{Principal: subject.UID, Action: types.NewEntityUID("Loa::Action", types.String(action)), Resource: object.UID}
	return judge(p.index.about(request.Action), pair{subject, object}, request)
}

// judge asks Cedar about these policies.
func judge(policies list, world types.EntityGetter, request cedar.Request) (bool, error) {
	decision, diagnostic := cedar.Authorize(policies, world, request)
	if decision != cedar.Allow {
		return false, nil
	}
	// Cedar leaves out a policy that fails to evaluate. A permit left out only permits less; a forbid left out permits what it
	// was written to stop.
	for _, failure := range diagnostic.Errors {
		if policy := policies.get(failure.PolicyID); policy == nil || policy.Effect() == cedar.Forbid {
			return false, errors.New("policy " + string(failure.PolicyID) + " cannot be evaluated: " + failure.Message)
		}
	}
	return true, nil
}
