package approvals

import (
	"context"
	"slices"
	"strings"
	"testing"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/directory"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// Every method of registers, and the issue, is permitted to whom it is for, and to nobody else.
func TestPoliciesOfRegisters(t *testing.T) {
	policies, err := auth.NewPolicies(policies)
	if err != nil {
		t.Fatal(err)
	}
	callers := map[string]context.Context{
		"stranger": auth.With(t.Context(), auth.Principal{Subject: "stranger"}),
		"worker":   auth.With(t.Context(), auth.Principal{Subject: "service:worker", Service: "worker"}),
	}
	for _, role := range route.Roles() {
		for where, agency := range map[string]string{"here": "H24", "there": "H24.05"} {
			callers[role+" "+where] = auth.With(t.Context(), auth.Principal{Subject: "p", Person: &directory.Person{ID: "p", Role: role, Agency: agency}})
		}
	}
	// keeps is what the service says of the caller's agency: the issuer's clerk has it here, and that of its office there.
	of := func(keeps bool) auth.Resource {
		return auth.Resource{Type: "Register", ID: "register_1", Attributes: map[string]any{"issuer": "H24", "keeps": keeps}}
	}
	dossier := func(keeps bool) auth.Resource {
		return auth.Resource{Type: "Dossier", ID: "dossier_1", Attributes: map[string]any{"agency": "H24.02", "acts": false, "acted": false, "asked": false, "keeps": keeps}}
	}
	among := func(some ...string) func(string) bool {
		return func(who string) bool { return slices.Contains(some, who) }
	}
	everybody := func(who string) bool { return strings.Contains(who, " ") }
	readers := func(who string) bool {
		return strings.HasSuffix(who, " here") || strings.HasPrefix(who, "auditor ") || strings.HasPrefix(who, "administrator ")
	}
	clerks := among("clerk here", "clerk there")
	tested := map[string]bool{}
	for _, c := range []struct {
		action   string
		resource auth.Resource
		allowed  func(who string) bool
	}{
		{"OpenRegister", of(true), among("clerk here", "clerk there", "administrator here", "administrator there")},
		{"OpenRegister", of(false), among("administrator here", "administrator there")},
		{"ListRegisters", auth.Resource{Type: "Registers"}, everybody},
		{"GetRegister", of(false), readers},
		{"GetRegister", of(true), everybody},
		{"ListNumbers", of(false), readers},
		{"ExportNumbers", of(false), readers},
		{"VoidNumber", of(true), clerks},
		{"VoidNumber", of(false), among()},
		{"Issue", dossier(true), clerks},
		{"Issue", dossier(false), among()},
		{"GetDossier", dossier(true), among("clerk here", "clerk there", "auditor here", "auditor there", "worker")},
	} {
		tested[c.action] = true
		for who, ctx := range callers {
			err := policies.Authorize(ctx, c.action, c.resource)
			if c.allowed(who) != (err == nil) || err != nil && errs.ReasonOf(err) != errorsv1.Reason_FORBIDDEN {
				t.Errorf("%s on %v by %s: %v", c.action, c.resource.Attributes, who, err)
			}
		}
	}
	for _, m := range approvalsv1.RegisterService_ServiceDesc.Methods {
		if !tested[m.MethodName] {
			t.Errorf("nobody says who may call %s", m.MethodName)
		}
	}
}
