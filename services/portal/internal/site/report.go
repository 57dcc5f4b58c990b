package site

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/portal/internal/facts"
	"github.com/loa-vn/loa/services/portal/internal/memory"
	"github.com/loa-vn/loa/services/portal/internal/page"

	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

func (s *Site) report(ctx context.Context, lang page.Lang, path string) (memory.Page, error) {
	r, err := s.facts.ReportByPath(ctx, path)
	if err != nil || r == nil {
		return memory.Page{}, err
	}
	if err := s.upTo(ctx, r.Seq); err != nil {
		return memory.Page{}, err
	}
	props, err := s.reportProps(lang, r)
	if err != nil {
		return memory.Page{}, err
	}
	return rendered(page.ContentType, []string{tagOf(facts.KindReport, r.GetId())}, func(w io.Writer) error { return page.Report(w, props) })
}

// reports makes a page of the list of reports.
func (s *Site) reports(ctx context.Context, lang page.Lang, number int) (memory.Page, error) {
	count, err := s.facts.CountReports(ctx)
	if err != nil || number > pagesOf(count) {
		return memory.Page{}, err
	}
	list, err := s.facts.Newest(ctx, "", (number-1)*newest, newest)
	if err != nil {
		return memory.Page{}, err
	}
	props := page.ReportsProps{Frame: page.Frame{Site: s.frame, Lang: lang}, Paging: page.Paging{Page: number, Pages: pagesOf(count)}}
	props.Entries, props.Example = s.reportEntries(lang, list)
	return rendered(page.ContentType, []string{tagLists}, func(w io.Writer) error { return page.Reports(w, props) })
}

func (s *Site) reportEntries(lang page.Lang, list []*facts.Report) ([]page.ReportEntry, page.Example) {
	var entries []page.ReportEntry
	var example page.Example
	for _, r := range list {
		entry, err := s.reportEntry(r)
		if err != nil {
			continue // its own page says why
		}
		example.Shown = example.Shown || entry.Example
		if !entry.Example {
			example.Except = unlabelled(lang)
		}
		entries = append(entries, entry)
	}
	return entries, example
}

func (s *Site) reportEntry(r *facts.Report) (page.ReportEntry, error) {
	year, agency, slug, ok := reportAddress(r.GetPath())
	if !ok {
		return page.ReportEntry{}, fmt.Errorf("%q is not the path of a report", r.GetPath())
	}
	period, err := vn.ParsePeriod(r.GetPeriod())
	if err != nil {
		return page.ReportEntry{}, err
	}
	return page.ReportEntry{
		Year: year, Agency: agency, Slug: slug, Title: r.GetTitle(), Issuer: s.names.Load().agency(r.GetAgency()), Period: period,
		ApprovedAt: r.GetApprovedAt().AsTime(), Example: r.GetExample(),
	}, nil
}

// reportAddress takes the parts of "/bao-cao/{year}/{agency}/{slug}".
func reportAddress(path string) (year int, agency, slug string, ok bool) {
	parts := strings.Split(strings.TrimPrefix(path, page.ReportsPath+"/"), "/")
	if len(parts) != 3 {
		return 0, "", "", false
	}
	year, err := strconv.Atoi(parts[0])
	return year, parts[1], parts[2], err == nil
}

func (s *Site) reportProps(lang page.Lang, r *facts.Report) (page.ReportProps, error) {
	entry, err := s.reportEntry(r)
	if err != nil {
		return page.ReportProps{}, err
	}
	figures, plan := r.GetFigures(), s.names.Load().planOf(r.GetPlan())
	props := page.ReportProps{
		Frame: page.Frame{Site: s.frame, Lang: lang, Example: page.Example{Shown: r.GetExample()}},
		Year:  entry.Year, Agency: entry.Agency, Slug: entry.Slug, Title: r.GetTitle(), Period: entry.Period, Issuer: entry.Issuer,
		Plan:      page.PlanReference{Number: r.GetPlanNumber(), IssuedAt: dayOf(plan.date), Title: r.GetPlanTitle(), Path: plan.path},
		Approvals: approvals(r.Report, entry.Issuer), ApprovedAt: entry.ApprovedAt, Hash: r.GetHash(),
		Number: r.GetNumber(), IssuedAt: dayOf(r.GetDate()),
	}
	for _, d := range r.GetDocuments() {
		props.Documents = append(props.Documents, page.Document{
			Format: d.GetFormat(), Path: page.FilePath(d.GetSha256(), facts.DocumentName(r.Report, d.GetFormat())), Size: d.GetSize(),
		})
	}
	props.Narrative = narrativeOf(lang, r.GetNarrative())
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

// narrativeOf are the sections that people wrote, in the order of the report.
func narrativeOf(lang page.Lang, n *reportingv1.Narrative) []page.Narrative {
	names := []string{"Công tác chỉ đạo, điều hành", "Ưu điểm, hạn chế, nguyên nhân", "Khó khăn, vướng mắc", "Đề xuất, kiến nghị", "Nhiệm vụ kỳ tiếp theo"}
	if lang != page.Vi {
		names = []string{"Direction", "Strengths, limits and causes", "Difficulties", "Proposals", "The next period"}
	}
	var sections []page.Narrative
	for i, text := range []string{n.GetDirection(), n.GetAssessment(), n.GetDifficulties(), n.GetProposals(), n.GetNextPeriod()} {
		if text != "" {
			sections = append(sections, page.Narrative{Name: names[i], Text: text})
		}
	}
	return sections
}

func quantity(known bool, value int64) page.Quantity {
	if !known {
		return page.Quantity{}
	}
	return page.Of(float64(value))
}

func approvals(r *reportingv1.Report, agency string) []page.Approval {
	var list []page.Approval
	for _, d := range r.GetDecisions() {
		list = append(list, page.Approval{
			Name: d.GetPersonName(), Position: d.GetPosition(), Agency: agency, Invented: d.GetPersonExample(), At: d.GetAt().AsTime(),
		})
	}
	return list
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
	if lang == page.Vi {
		return reportWords{"Đã đăng trong kỳ", "Đã đăng từ đầu kế hoạch", "Việc hoàn thành", "Việc quá hạn", "tin, bài", "việc", "hạn"}
	}
	return reportWords{"Published in the period", "Published since the plan began", "Items done", "Items overdue", "news items", "plan items", "due"}
}
