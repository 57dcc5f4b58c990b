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
		"MarkOverdue":    {nil, true},
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
