package auth

import (
	"iter"
	"slices"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
)

// index holds policies by the actions in their scopes, since Cedar evaluates all it is given and a request is about one action. No
// entity of ours has a parent, so an action is in another only when it is that one.
type index struct {
	of  map[types.EntityUID]list // those of an action, and those of any
	any list                     // those of any action
}

func (x *index) add(p named) {
	var actions []types.EntityUID
	switch scope := p.policy.AST().Action.(type) {
	case ast.ScopeTypeEq:
		actions = append(actions, scope.Entity)
	case ast.ScopeTypeIn:
		actions = append(actions, scope.Entity)
	case ast.ScopeTypeInSet:
		actions = scope.Entities
	default:
		x.any = append(x.any, p)
		for action := range x.of {
			x.of[action] = append(x.of[action], p)
		}
	}
	for _, action := range actions {
		if _, known := x.of[action]; !known {
			x.of[action] = slices.Clone(x.any)
		}
		x.of[action] = append(x.of[action], p)
	}
}

// about gives the policies that can say something about an action.
func (x *index) about(action types.EntityUID) list {
	if policies, known := x.of[action]; known {
		return policies
	}
	return x.any
}

type named struct {
	id     cedar.PolicyID
	policy *cedar.Policy
}

// list is policies as Cedar takes them.
type list []named

func (l list) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		for _, p := range l {
			if !yield(p.id, p.policy) {
				return
			}
		}
	}
}

func (l list) get(id cedar.PolicyID) *cedar.Policy {
	for _, p := range l {
		if p.id == id {
			return p.policy
		}
	}
	return nil
}
