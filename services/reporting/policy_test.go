package reporting

import (
	"context"
	"testing"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/directory"
	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
	"github.com/loa-vn/loa/services/reporting/internal/report"
)

// caller is somebody with a role in an agency, or a service, or a stranger when all is empty.
type caller struct{ role, agency, service string }

func (c caller) context(ctx context.Context) context.Context {
	switch {
	case c.service != "":
		return auth.With(ctx, auth.Principal{Subject: auth.ServicePrefix + c.service, Service: c.service})
	case c.role != "":
		return auth.With(ctx, auth.Principal{Subject: "someone", Person: &directory.Person{ID: "someone", Role: c.role, Agency: c.agency}})
	default:
		return auth.With(ctx, auth.Principal{Subject: "stranger"})
	}
}

// Every method is permitted to whom it is for, and to nobody else. The plan is led by H24.02 and names H24.03.
func TestPolicies(t *testing.T) {
	policies, err := auth.NewPolicies(policies)
	if err != nil {
		t.Fatal(err)
	}
	callers := []caller{{}, {service: "worker"}, {service: "portal"}}
	for _, role := range []string{"leader", "deputy", "head", "deputy_head", "head_of_office", "officer", "clerk", "portal_editor", "records_importer", "auditor", "administrator"} {
		for _, agency := range []string{"H24.02", "H24.03", "H24.05"} {
			callers = append(callers, caller{role: role, agency: agency})
		}
	}
	known := func(c caller) bool { return c != caller{} }
	named := func(c caller) bool {
		return c.service != "" || c.agency == "H24.02" || c.agency == "H24.03" || c.role == "auditor"
	}
	officerOfLead := func(c caller) bool { return c.role == "officer" && c.agency == "H24.02" }
	in := func(state report.State) auth.Resource {
		r := &report.Report{State: state}
		r.Sheet.Agency = "H24.02"
		return resourceOf("report_1", r, []string{"H24.02", "H24.03"})
	}
	// Another agency that the report's dossier lets read along.
	readAlong := in(report.InApproval)
	readAlong.Attributes["approver"] = true
	tested := map[string]bool{}
	for _, c := range []struct {
		action   string
		resource auth.Resource
		allowed  func(caller) bool
	}{
		{"CompileReport", auth.Resource{Type: "Plan", ID: "plan_1", Attributes: map[string]any{"lead": "H24.02"}}, func(c caller) bool {
			return officerOfLead(c) || c.service == "worker"
		}},
		{"SubmitReport", in(report.Compiled), officerOfLead},
		{"UpdateReport", in(report.Compiled), officerOfLead},
		{"UpdateReport", readAlong, officerOfLead},
		{"GetReport", in(report.Compiled), named},
		{"GetReport", in(report.InApproval), named},
		{"GetReport", in(report.Returned), named},
		{"GetReport", readAlong, known},
		{"GetReportDocument", readAlong, known},
		{"SubmitReport", readAlong, officerOfLead},
		{"GetReport", in(report.Approved), known},
		{"ListReportEvidence", in(report.Compiled), named},
		{"ListReportEvidence", in(report.Approved), known},
		{"GetReport", in(report.Issued), known},
		{"GetReportDocument", in(report.Compiled), named},
		{"GetReportDocument", in(report.Issued), known},
		{"GetProgress", auth.Resource{Type: "Plan", ID: "plan_1"}, known},
		{"ListProgressEvents", auth.Resource{Type: "Plan", ID: "plan_1"}, known},
		{"ListReports", auth.Resource{Type: "Reports", ID: "all"}, known},
	} {
		tested[c.action] = true
		for _, who := range callers {
			err := policies.Authorize(who.context(t.Context()), c.action, c.resource)
			if c.allowed(who) != (err == nil) || err != nil && errs.ReasonOf(err) != errorsv1.Reason_FORBIDDEN {
				t.Errorf("%s %v by %+v: %v", c.action, c.resource.Attributes["state"], who, err)
			}
		}
	}
	var methods []string
	for _, m := range reportingv1.ReportService_ServiceDesc.Methods {
		methods = append(methods, m.MethodName)
	}
	for _, s := range reportingv1.ReportService_ServiceDesc.Streams {
		methods = append(methods, s.StreamName)
	}
	for _, name := range methods {
		if !tested[name] {
			t.Errorf("%s has no expectation", name)
		}
	}
}
