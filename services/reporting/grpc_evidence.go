package reporting

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/listing"
	"github.com/loa-vn/loa/pkg/vn"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
	"github.com/loa-vn/loa/services/reporting/internal/facts"
	"github.com/loa-vn/loa/services/reporting/internal/figures"
	"github.com/loa-vn/loa/services/reporting/internal/report"
)

// ListReportEvidence reads the annex as the report counted it, whatever became known since.
func (s *server) ListReportEvidence(ctx context.Context, r *reportingv1.ListReportEvidenceRequest) (*reportingv1.ListReportEvidenceResponse, error) {
	found, resource, err := s.visible(ctx, r.GetReport())
	if err != nil {
		return nil, err
	}
	if err := s.host.Policies.Authorize(ctx, "ListReportEvidence", resource); err != nil {
		return nil, err
	}
	page, wrong := listing.Read(r.GetPageSize(), r.GetPageToken())
	if err := errs.Invalid(append(wrong, wrongLine(r.GetLine())...)); err != nil {
		return nil, err
	}
	if found.Sheet.Mark() == 0 {
		entries, next, err := firstForm(found, r.GetLine(), page)
		return &reportingv1.ListReportEvidenceResponse{Evidence: entries, NextPageToken: next}, err
	}
	plan, of, v, err := s.desk.annex(ctx, found.Sheet)
	if err != nil {
		return nil, err
	}
	entries, next, err := s.entries(ctx, v, plan, of, r.GetLine(), page)
	return &reportingv1.ListReportEvidenceResponse{Evidence: entries, NextPageToken: next}, err
}

// annex says where the facts of a report's annex are: its plan as it was, and the facts of the period as they were seen.
func (d *desk) annex(ctx context.Context, sheet report.Sheet) (figures.Plan, facts.Query, facts.View, error) {
	v := facts.View{Arrived: sheet.Mark()}
	period, err := vn.ParsePeriod(sheet.Period)
	if err != nil {
		return figures.Plan{}, facts.Query{}, v, err
	}
	p, err := facts.ReadPlan(ctx, d.pool, v, sheet.Plan)
	if err == nil && p == nil {
		err = errs.New(errorsv1.Reason_NOT_FOUND, "what", sheet.Plan)
	}
	if err != nil {
		return figures.Plan{}, facts.Query{}, v, err
	}
	of := facts.Query{Plan: p.ID, From: period.From(), To: period.To(), Standing: figures.Counts}
	if of.From.Before(p.From) {
		of.From = p.From
	}
	return p.Plan, of, v, nil
}

// firstForm reads what a report of the first form counts from its own lines.
func firstForm(r *report.Report, line string, page listing.Page) ([]*reportingv1.Counted, string, error) {
	document, err := figures.Read(r.Sheet.Canonical)
	if err != nil {
		return nil, "", err
	}
	f, err := figuresOf(document.Figures, nil)
	if err != nil {
		return nil, "", err
	}
	byItem := figures.LineName(figures.ByItem, "")
	var all []*reportingv1.Counted
	for _, lines := range [][]*reportingv1.Line{f.GetItems(), f.GetAgencies(), f.GetThemes(), f.GetAudiences(), f.GetChannels()} {
		for _, l := range lines {
			if l.GetLine() == line || (line == "" || line == figures.TotalLine) && strings.HasPrefix(l.GetLine(), byItem) {
				all = append(all, l.GetCounted()...)
			}
		}
	}
	place := func(c *reportingv1.Counted) listing.Place {
		return listing.Place{At: c.GetPublishedAt().AsTime(), ID: c.GetPublication()}
	}
	order := func(a, b listing.Place) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) }
	slices.SortFunc(all, func(a, b *reportingv1.Counted) int { return order(place(a), place(b)) })
	all = slices.DeleteFunc(all, func(c *reportingv1.Counted) bool { return page.After.ID != "" && order(place(c), page.After) <= 0 })
	all, next := listing.Cut(page, all, place)
	return all, next, nil
}
