package planning

import (
	"slices"
	"testing"

	"google.golang.org/grpc"

	"github.com/loa-vn/loa/pkg/auth"
	replica "github.com/loa-vn/loa/pkg/directory"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/planning/internal/directory"
)

// Every method says which roles may call it, whatever their agency; a method without an expectation fails.
func TestWhoMayDoWhat(t *testing.T) {
	everyone := directory.Roles()
	expected := map[string]struct {
		roles  []string
		worker bool
	}{
		"ImportAgencies": {[]string{"administrator"}, false},
		"ImportPeople":   {[]string{"administrator"}, false},
		"GetAgency":      {everyone, false},
		"ListAgencies":   {everyone, false},
		"ListPeople":     {everyone, false},
		"ListUnits":      {everyone, false},
		"GetMe":          {everyone, false},
		"ImportPlan":     {[]string{"records_importer"}, false},
		"GetPlan":        {everyone, true},
		"ListPlans":      {everyone, true},
		"ListPlanItems":  {everyone, true},
		// Of a plan of another agency nothing can be done but to read it; TestAgenciesOfAPlan tells of its own.
		"GetPlanDocument": {everyone, false},
		"GetPlanTemplate": {everyone, false},
		"CreatePlan":      {editors(), false},
		"UpdatePlan":      {nil, false},
		"CreatePlanItem":  {nil, false},
		"UpdatePlanItem":  {nil, false},
		"DeletePlanItem":  {nil, false},
		"SubmitPlan":      {nil, false},
		"AmendPlan":       {nil, false},
		"ClosePlan":       {nil, false},
		"DiscardPlan":     {nil, false},
		"MarkOverdue":     {nil, true},
	}
	policies, err := auth.NewPolicies(policies)
	if err != nil {
		t.Fatal(err)
	}
	may := func(p auth.Principal, method string, resource auth.Resource) bool {
		return policies.Authorize(auth.With(t.Context(), p), method, resource) == nil
	}
	for _, of := range []struct {
		desc     grpc.ServiceDesc
		resource auth.Resource
	}{
		{planningv1.DirectoryService_ServiceDesc, theDirectory(map[string]any{"empty": false, "bootstrapAdmin": auth.Ref{Type: "Person", ID: "x"}})},
		{planningv1.PlanService_ServiceDesc, aPlan("plan_1")},
	} {
		for _, m := range of.desc.Methods {
			want, ok := expected[m.MethodName]
			if !ok {
				t.Errorf("%s has no expectation", m.MethodName)
			}
			for _, role := range everyone {
				for _, agency := range []string{"H24.02", "H24.31"} {
					caller := auth.Principal{Subject: "x.y", Person: &replica.Person{ID: "x.y", Role: role, Agency: agency}}
					if got := may(caller, m.MethodName, of.resource); got != slices.Contains(want.roles, role) {
						t.Errorf("%s by a %s of %s: %v", m.MethodName, role, agency, got)
					}
				}
			}
			for service, want := range map[string]bool{"worker": want.worker, "portal": false, "content": false} {
				if got := may(auth.Principal{Subject: auth.ServicePrefix + service, Service: service}, m.MethodName, of.resource); got != want {
					t.Errorf("%s by the service %s: %v", m.MethodName, service, got)
				}
			}
			if may(auth.Principal{Subject: "x"}, m.MethodName, of.resource) || may(auth.Principal{}, m.MethodName, of.resource) {
				t.Errorf("%s by a stranger or by nobody", m.MethodName)
			}
		}
	}
}

// editors are the roles that write plans.
func editors() []string {
	return []string{"officer", "deputy_head", "head", "head_of_office", "deputy", "leader"}
}

// A plan's own agencies read and edit what others do not even see.
func TestAgenciesOfAPlan(t *testing.T) {
	policies, err := auth.NewPolicies(policies)
	if err != nil {
		t.Fatal(err)
	}
	draft := auth.Resource{Type: "Plan", ID: "plan_1", Attributes: map[string]any{
		"agency": "H24.02", "lead": "H24.02", "issuer": "H24", "public": false, "approver": false,
	}}
	heads := []string{"head", "head_of_office", "deputy", "leader"}
	for action, by := range map[string]map[string][]string{
		"GetPlan":        {"H24.02": directory.Roles(), "H24": directory.Roles(), "H24.31": {"auditor"}},
		"UpdatePlan":     {"H24.02": editors()},
		"CreatePlanItem": {"H24.02": editors()},
		"UpdatePlanItem": {"H24.02": editors()},
		"DeletePlanItem": {"H24.02": editors()},
		"SubmitPlan":     {"H24.02": editors()},
		"AmendPlan":      {"H24.02": editors()},
		"DiscardPlan":    {"H24.02": editors()},
		"ClosePlan":      {"H24.02": heads, "H24": heads},
	} {
		for _, role := range directory.Roles() {
			for _, agency := range []string{"H24", "H24.02", "H24.31"} {
				caller := auth.Principal{Subject: "x.y", Person: &replica.Person{ID: "x.y", Role: role, Agency: agency}}
				got := policies.Authorize(auth.With(t.Context(), caller), action, draft) == nil
				if got != slices.Contains(by[agency], role) {
					t.Errorf("%s by a %s of %s: %v", action, role, agency, got)
				}
			}
		}
		worker := auth.Principal{Subject: "service:worker", Service: "worker"}
		if policies.Authorize(auth.With(t.Context(), worker), action, draft) == nil {
			t.Errorf("%s of a draft by the worker", action)
		}
	}
}

func TestTheConfiguredPersonMayOnlyLoadTheEmptyDirectory(t *testing.T) {
	policies, err := auth.NewPolicies(policies)
	if err != nil {
		t.Fatal(err)
	}
	empty := theDirectory(map[string]any{"empty": true, "bootstrapAdmin": auth.Ref{Type: "Person", ID: "quan.tri"}})
	for _, c := range []struct {
		subject, action string
		resource        auth.Resource
		want            bool
	}{
		{"quan.tri", "ImportAgencies", empty, true},
		{"quan.tri", "ImportPeople", empty, true},
		{"quan.tri", "ListPeople", empty, false},
		{"quan.tri", "ImportPlan", aPlan(""), false},
		{"cv.stttt", "ImportPeople", empty, false},
	} {
		ctx := auth.With(t.Context(), auth.Principal{Subject: c.subject, DirectoryEmpty: true})
		if got := policies.Authorize(ctx, c.action, c.resource) == nil; got != c.want {
			t.Errorf("%s by %s: %v", c.action, c.subject, got)
		}
	}
}
