package site

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/portal/internal/page"

	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

func (s *Site) reportsNewestFirst() []*report {
	list := make([]*report, 0, len(s.reports))
	for _, r := range s.reports {
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b *report) int {
		if c := b.event.GetReport().GetApprovedAt().AsTime().Compare(a.event.GetReport().GetApprovedAt().AsTime()); c != 0 {
			return c
		}
		return strings.Compare(a.event.GetReport().GetId(), b.event.GetReport().GetId())
	})
	return list
}

func (s *Site) reportEntry(r *report) (page.ReportEntry, error) {
	rep := r.event.GetReport()
	year, agency, slug, ok := reportAddress(rep.GetPath())
	if !ok {
		return page.ReportEntry{}, fmt.Errorf("%q is not the path of a report", rep.GetPath())
	}
	period, err := vn.ParsePeriod(rep.GetPeriod())
	if err != nil {
		return page.ReportEntry{}, err
	}
	return page.ReportEntry{
		Year: year, Agency: agency, Slug: slug, Title: rep.GetTitle(), Issuer: s.nameOf(rep.GetAgency()), Period: period,
		ApprovedAt: rep.GetApprovedAt().AsTime(), Example: rep.GetExample(),
	}, nil
}

func (s *Site) reportPage(lang page.Lang, r *report) (page.ReportProps, error) {
	entry, err := s.reportEntry(r)
	if err != nil {
		return page.ReportProps{}, err
	}
	rep, figures := r.event.GetReport(), r.event.GetReport().GetFigures()
	plan := s.plans[rep.GetPlan()]
	issued, err := time.ParseInLocation(time.DateOnly, plan.GetDate(), vn.Location())
	if err != nil {
		issued = time.Time{}
	}
	props := page.ReportProps{
		Frame: page.Frame{Site: s.frame, Lang: lang, Example: page.Example{Shown: rep.GetExample()}},
		Year:  entry.Year, Agency: entry.Agency, Slug: entry.Slug, Title: rep.GetTitle(), Period: entry.Period, Issuer: entry.Issuer,
		Plan:      page.PlanReference{Number: rep.GetPlanNumber(), IssuedAt: issued, Title: rep.GetPlanTitle()},
		Approvals: approvals(rep, entry.Issuer), ApprovedAt: entry.ApprovedAt, Hash: rep.GetHash(),
	}
	words := figureWords(lang)
	props.Figures = []page.Figure{
		{Name: words.published, Value: page.Of(float64(figures.GetPublished())), Unit: words.unit},
		{Name: words.cumulative, Value: page.Of(float64(figures.GetPublishedCumulative())), Unit: words.unit},
		{Name: words.done, Value: page.Of(float64(figures.GetItemsDone())), Of: page.Of(float64(figures.GetItemsTotal())), Unit: words.items},
		{Name: words.overdue, Value: page.Of(float64(figures.GetItemsOverdue())), Of: page.Of(float64(figures.GetItemsTotal())), Unit: words.items},
	}
	for _, b := range []struct {
		by    page.Dimension
		lines []*reportingv1.Line
	}{
		{page.ByItem, figures.GetItems()},
		{page.ByAgency, figures.GetAgencies()},
		{page.ByTheme, figures.GetThemes()},
		{page.ByAudience, figures.GetAudiences()},
		{page.ByChannel, figures.GetChannels()},
	} {
		if len(b.lines) > 0 {
			props.Breakdowns = append(props.Breakdowns, page.Breakdown{By: b.by, Rows: s.rows(lang, b.lines)})
		}
	}
	return props, nil
}

func (s *Site) rows(lang page.Lang, lines []*reportingv1.Line) []page.Row {
	rows := make([]page.Row, 0, len(lines))
	for _, line := range lines {
		row := page.Row{
			Name: line.GetName(), Unit: line.GetUnit(),
			Planned: quantity(line.GetTarget() > 0, line.GetTarget()), Actual: quantity(line.Cumulative != nil, line.GetCumulative()),
		}
		if deadline, err := time.ParseInLocation(time.DateOnly, line.GetDeadline(), vn.Location()); err == nil {
			row.Note = figureWords(lang).due + " " + vn.Date(deadline)
		}
		if line.GetState() == "overdue" && line.GetTarget() > 0 {
			row.Expected = page.Of(float64(line.GetTarget()))
		}
		for _, c := range line.GetCounted() {
			row.Counted = append(row.Counted, page.Evidence{
				Slug: strings.TrimPrefix(c.GetPath(), "/tin/"), Title: c.GetTitle(), PublishedAt: c.GetPublishedAt().AsTime(),
			})
		}
		rows = append(rows, row)
	}
	return rows
}

// reportWords are the fixed words of figures.
type reportWords struct{ published, cumulative, done, overdue, unit, items, due string }

func figureWords(lang page.Lang) reportWords {
	if lang == page.En {
		return reportWords{"Published in the period", "Published since the plan began", "Items done", "Items overdue", "items of news", "plan items", "due"}
	}
	return reportWords{"Đã đăng trong kỳ", "Đã đăng từ đầu kế hoạch", "Mục hoàn thành", "Mục quá hạn", "tin, bài", "mục", "hạn"}
}
