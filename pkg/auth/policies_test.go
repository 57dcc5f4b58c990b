package auth_test

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/directory"
	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

const sample = `
permit (principal is Loa::Person, action == Loa::Action::"CreateContent", resource is Loa::PlanItem)
when { principal.role == "officer" && resource.agencies.contains(principal.agency) };

permit (principal is Loa::Person, action == Loa::Action::"GetContent", resource is Loa::Content)
when { principal.agency == resource.agency || principal.role == "auditor" ||
       principal.role == "portal_editor" && ["approved", "published"].contains(resource.state) };

permit (principal == Loa::Service::"worker", action == Loa::Action::"Release", resource)
when { resource.publishAt <= datetime("2026-01-01T00:00:00Z") && resource.tries < 5 && resource.ready };

permit (principal, action == Loa::Action::"Approve", resource);
forbid (principal, action == Loa::Action::"Approve", resource)
when { resource.authors.contains(principal) };

permit (principal, action == Loa::Action::"Touch", resource) when { resource.owner == principal };
`

func policies(t *testing.T, text string) *auth.Policies {
	t.Helper()
	p, err := auth.NewPolicies(fstest.MapFS{"policies/sample.cedar": {Data: []byte(text)}, "policies/README.md": {Data: []byte("not cedar")}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func as(t *testing.T, p auth.Principal) context.Context { return auth.With(t.Context(), p) }

func member(id, role, agency string) auth.Principal {
	return auth.Principal{Subject: id, Person: &directory.Person{ID: id, Role: role, Agency: agency, Unit: "u", Position: "p"}}
}

func TestPoliciesDecide(t *testing.T) {
	p := policies(t, sample)
	officer, foreign := member("cv.stttt", "officer", "H24.02"), member("cv.snv", "officer", "H24.03")
	auditor, editor := member("thanh.tra", "auditor", "H24.19"), member("bt.cong", "portal_editor", "H24.63")
	worker, stranger := auth.Principal{Subject: "service:worker", Service: "worker"}, auth.Principal{Subject: "who"}
	item := auth.Resource{Type: "PlanItem", ID: "item_1", Attributes: map[string]any{"agencies": []string{"H24.02", "H24.05"}}}
	content := func(state string) auth.Resource {
		return auth.Resource{Type: "Content", ID: "content_1", Attributes: map[string]any{"agency": "H24.02", "state": state}}
	}
	release := auth.Resource{Type: "Publication", ID: "p", Attributes: map[string]any{
		"publishAt": time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC), "tries": 3, "ready": true,
	}}
	log := auth.Resource{Type: "Log", ID: "content"}
	const (
		yes       = errorsv1.Reason_REASON_UNSPECIFIED
		forbidden = errorsv1.Reason_FORBIDDEN
	)
	for _, c := range []struct {
		name     string
		caller   auth.Principal
		action   string
		resource auth.Resource
		want     errs.Reason
	}{
		{"an officer of an agency of the item", officer, "CreateContent", item, yes},
		{"an officer of another agency", foreign, "CreateContent", item, forbidden},
		{"another role", editor, "CreateContent", item, forbidden},
		{"another type of resource", officer, "CreateContent", content("draft"), forbidden},
		{"somebody unknown", stranger, "CreateContent", item, forbidden},
		{"a machine", worker, "CreateContent", item, forbidden},
		{"nobody", auth.Principal{}, "CreateContent", item, errorsv1.Reason_UNAUTHENTICATED},
		{"a stranger to an empty directory", auth.Principal{Subject: "who", DirectoryEmpty: true}, "CreateContent", item, errorsv1.Reason_DIRECTORY_EMPTY},
		{"an action no policy names", officer, "Erase", item, forbidden},
		{"one's own agency's draft", officer, "GetContent", content("draft"), yes},
		{"another agency's draft", foreign, "GetContent", content("draft"), forbidden},
		{"an auditor", auditor, "GetContent", content("draft"), yes},
		{"a portal editor, draft", editor, "GetContent", content("draft"), forbidden},
		{"a portal editor, approved", editor, "GetContent", content("approved"), yes},
		{"the worker releases", worker, "Release", release, yes},
		{"another service does not", auth.Principal{Subject: "service:portal", Service: "portal"}, "Release", release, forbidden},
		{"a person with a service's name does not", member("worker", "officer", "H24.02"), "Release", release, forbidden},
		{"missing attributes permit nothing", worker, "Release", auth.Resource{Type: "Publication"}, forbidden},
		{"a service reads the log", worker, "ReadPublished", log, yes},
		{"a service reads the heads", worker, "GetHeads", log, yes},
		{"a person does not", officer, "ReadPublished", log, forbidden},
		{"a reference to oneself", officer, "Touch", auth.Resource{Type: "Thing", Attributes: map[string]any{"owner": auth.Ref{Type: "Person", ID: "cv.stttt"}}}, yes},
		{"a reference to another", foreign, "Touch", auth.Resource{Type: "Thing", Attributes: map[string]any{"owner": auth.Ref{Type: "Person", ID: "cv.stttt"}}}, forbidden},
	} {
		err := p.Authorize(as(t, c.caller), c.action, c.resource)
		if (err == nil) != (c.want == yes) || errs.ReasonOf(err) != c.want {
			t.Errorf("%s: %v", c.name, err)
		}
		allowed, err := p.Allows(as(t, c.caller), c.action, c.resource)
		if err != nil || allowed != (c.want == yes) {
			t.Errorf("%s: Allows says %v, %v", c.name, allowed, err)
		}
	}
}

// A forbid that cannot be evaluated must not turn into a permission.
func TestForbidThatCannotBeEvaluatedStops(t *testing.T) {
	p := policies(t, sample)
	err := p.Authorize(as(t, member("tp.stttt", "head", "H24.02")), "Approve", auth.Resource{Type: "Dossier", ID: "d"})
	if err == nil || errs.ReasonOf(err) != errorsv1.Reason_REASON_UNSPECIFIED || !strings.Contains(err.Error(), "sample.cedar#") {
		t.Errorf("without authors: %v", err)
	}
}

func TestUnreadableAttributeIsAnError(t *testing.T) {
	p := policies(t, sample)
	err := p.Authorize(as(t, member("a", "officer", "H24.02")), "Touch", auth.Resource{Type: "Thing", Attributes: map[string]any{"x": 1.5}})
	if err == nil || errs.ReasonOf(err) != errorsv1.Reason_REASON_UNSPECIFIED {
		t.Errorf("%v", err)
	}
}

func TestPolicyFileThatDoesNotParseIsNamed(t *testing.T) {
	_, err := auth.NewPolicies(fstest.MapFS{"policies/bad.cedar": {Data: []byte("permit (principal, action, resource")}})
	if err == nil || !strings.Contains(err.Error(), "policies/bad.cedar") {
		t.Errorf("%v", err)
	}
}

// Either answer is a decision; choosing what to show is not, and neither is an error.
func TestDecisionIsMarked(t *testing.T) {
	p := policies(t, sample)
	content := auth.Resource{Type: "Content", ID: "c", Attributes: map[string]any{"agency": "H24.02", "state": "draft"}}
	for agency, permitted := range map[string]bool{"H24.02": true, "H24.03": false} {
		ctx, decision := auth.WithDecision(as(t, member("a", "officer", agency)))
		if _, err := p.Allows(ctx, "GetContent", content); err != nil || decision.Made() {
			t.Errorf("Allows decided: %v", err)
		}
		if err := p.Authorize(ctx, "GetContent", content); (err == nil) != permitted || !decision.Made() {
			t.Errorf("%s: %v, made %v", agency, err, decision.Made())
		}
	}
	ctx, decision := auth.WithDecision(as(t, member("a", "officer", "H24.02")))
	if err := p.Authorize(ctx, "GetContent", auth.Resource{Type: "Content", Attributes: map[string]any{"x": 1.5}}); err == nil || decision.Made() {
		t.Errorf("an error decided: %v", err)
	}
}

func BenchmarkAuthorize(b *testing.B) {
	p, err := auth.NewPolicies(fstest.MapFS{"a.cedar": {Data: []byte(strings.Repeat(sample, 5))}})
	if err != nil {
		b.Fatal(err)
	}
	ctx := auth.With(b.Context(), member("cv.stttt", "officer", "H24.02"))
	content := auth.Resource{Type: "Content", ID: "c", Attributes: map[string]any{"agency": "H24.02", "state": "draft"}}
	for b.Loop() {
		if err := p.Authorize(ctx, "GetContent", content); err != nil {
			b.Fatal(err)
		}
	}
}
