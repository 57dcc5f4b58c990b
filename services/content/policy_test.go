package content

import (
	"context"
	"slices"
	"strings"
	"testing"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/directory"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/services/content/internal/replica"
)

// Every method is permitted to whom it is for, and to nobody else.
func TestPolicies(t *testing.T) {
	policies, err := auth.NewPolicies(policies)
	if err != nil {
		t.Fatal(err)
	}
	callers := map[string]context.Context{
		"stranger": auth.With(t.Context(), auth.Principal{Subject: "stranger"}),
		"worker":   auth.With(t.Context(), auth.Principal{Subject: "service:worker", Service: "worker"}),
		"portal":   auth.With(t.Context(), auth.Principal{Subject: "service:portal", Service: "portal"}),
	}
	for _, role := range []string{
		"leader", "deputy", "head", "deputy_head", "head_of_office", "officer", "clerk", "portal_editor", "records_importer", "auditor", "administrator",
	} {
		for where, agency := range map[string]string{"here": "H24.02", "there": "H24.05"} {
			callers[role+" "+where] = auth.With(t.Context(), auth.Principal{Subject: "p", Person: &directory.Person{ID: "p", Role: role, Agency: agency}})
		}
	}
	writers := []string{"leader here", "deputy here", "head here", "deputy_head here", "head_of_office here", "officer here"}
	person := func(who string) bool { return strings.Contains(who, " ") }
	here := func(more ...string) func(string) bool {
		return func(who string) bool { return strings.HasSuffix(who, " here") || slices.Contains(more, who) }
	}
	only := func(names ...string) func(string) bool {
		return func(who string) bool { return slices.Contains(names, who) }
	}
	in := func(state string, approver bool) auth.Resource {
		return auth.Resource{Type: "Content", ID: "content_1", Attributes: map[string]any{"agency": "H24.02", "state": state, "approver": approver}}
	}
	tested := map[string]bool{}
	for _, c := range []struct {
		action   string
		resource auth.Resource
		allowed  func(who string) bool
	}{
		{"GetContent", in("draft", false), here("auditor there")},
		{"GetContent", in("in_approval", false), here("auditor there")},
		{"GetContent", in("in_approval", true), person},
		{"GetContent", in("returned", false), here("auditor there")},
		{"GetContent", in("approved", false), here("auditor there", "portal_editor there")},
		{"GetContent", in("scheduled", false), here("auditor there", "portal_editor there")},
		{"GetContent", in("published", false), person},
		{"ListRevisions", in("published", false), here("auditor there")},
		{"ListRevisions", in("in_approval", true), person},
		{"ListContents", auth.Resource{Type: "Contents"}, person},
		{"GetContent", in("withdrawn", false), here("auditor there", "portal_editor there")},
		{"GetContent", in("expired", false), here("auditor there", "portal_editor there")},
		{"GetAttachment", in("draft", false), here("auditor there")},
		{"GetAttachment", in("published", false), person},
		{"ListChecks", in("draft", false), here("auditor there")},
		{"GetRevision", in("published", false), here("auditor there")},
		{"GetRevision", in("in_approval", true), person},
		{"CompareRevisions", in("published", false), here("auditor there")},
		{"RestoreContent", in("draft", false), only(writers...)},
		{"AddAttachment", in("draft", false), only(writers...)},
		{"UpdateAttachment", in("draft", false), only(writers...)},
		{"RemoveAttachment", in("published", false), only(writers...)},
		{"PreviewContent", in("draft", false), only(writers...)},
		{"GetPreview", auth.Resource{Type: "Contents"}, only("portal")},
		{"ImportPublishedCsv", auth.Resource{Type: "Contents"}, only("records_importer here", "records_importer there")},
		{"UpdateContent", in("draft", false), only(writers...)},
		{"UpdateContent", in("draft", true), only(writers...)},
		{"SubmitContent", in("draft", false), only(writers...)},
		{"CreateContent", planItemResource(replica.PlanItem{ID: "item_1", Lead: "H24.02"}), only(writers...)},
		{"CreateContent", planItemResource(replica.PlanItem{ID: "item_1", Lead: "H24", Coordinators: []string{"H24.02"}}), only(writers...)},
		{"CreateContent", planItemResource(replica.PlanItem{ID: "item_1", Lead: "H24"}), only()},
		{"CreateContent", planItemResource(replica.PlanItem{}), func(who string) bool {
			role, _, _ := strings.Cut(who, " ")
			return slices.Contains(writers, role+" here")
		}},
		{"ImportPublished", auth.Resource{Type: "Contents"}, only("records_importer here", "records_importer there")},
	} {
		tested[c.action] = true
		for who, ctx := range callers {
			err := policies.Authorize(ctx, c.action, c.resource)
			if c.allowed(who) != (err == nil) || err != nil && errs.ReasonOf(err) != errorsv1.Reason_FORBIDDEN {
				t.Errorf("%s on %v by %s: %v", c.action, c.resource.Attributes, who, err)
			}
		}
	}
	for _, m := range contentv1.ContentService_ServiceDesc.Methods {
		if !tested[m.MethodName] {
			t.Errorf("nobody says who may call %s", m.MethodName)
		}
	}
	for _, m := range contentv1.ContentService_ServiceDesc.Streams {
		if !tested[m.StreamName] {
			t.Errorf("nobody says who may call %s", m.StreamName)
		}
	}
}
