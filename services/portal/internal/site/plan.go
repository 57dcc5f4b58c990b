package site

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/portal/internal/facts"
	"github.com/loa-vn/loa/services/portal/internal/memory"
	"github.com/loa-vn/loa/services/portal/internal/page"

	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
)

// plans makes the list of plans.
func (s *Site) plans(ctx context.Context, lang page.Lang) (memory.Page, error) {
	list, err := s.facts.Plans(ctx, nil)
	if err != nil {
		return memory.Page{}, err
	}
	props := page.PlansProps{Frame: page.Frame{Site: s.frame, Lang: lang}}
	for _, p := range list {
		if p.Path == "" {
			continue
		}
		e := page.PlanEntry{
			Path: p.Path, Title: p.GetPlan().GetTitle(), Number: p.GetPlan().GetNumber(), Date: dayOf(p.GetPlan().GetDate()),
			Issuer: s.names.Load().agency(p.GetPlan().GetIssuer()), Items: len(p.GetItems()), Example: p.GetPlan().GetExample(),
		}
		props.Example.Shown = props.Example.Shown || e.Example
		if !e.Example {
			props.Example.Except = unlabelled(lang)
		}
		props.Entries = append(props.Entries, e)
	}
	return rendered(page.ContentType, []string{tagLists}, func(w io.Writer) error { return page.Plans(w, props) })
}

// plan makes the page of a plan with how far it has come. Its figures count what the portal published under an item and the results
// that were confirmed, in the item's own unit; what is neither stands beside.
func (s *Site) plan(ctx context.Context, lang page.Lang, path string) (memory.Page, error) {
	p, err := s.facts.PlanByPath(ctx, path)
	if err != nil || p == nil {
		return memory.Page{}, err
	}
	items, err := s.facts.Items(ctx, p)
	if err != nil {
		return memory.Page{}, err
	}
	reports, err := s.facts.Newest(ctx, p.GetPlan().GetId(), 0, newest)
	if err != nil {
		return memory.Page{}, err
	}
	n, plan := s.names.Load(), p.GetPlan()
	props := page.PlanProps{
		Frame: page.Frame{Site: s.frame, Lang: lang, Example: page.Example{Shown: plan.GetExample() || plan.GetExampleItems()}},
		Path:  p.Path, Title: plan.GetTitle(), Number: plan.GetNumber(), Date: dayOf(plan.GetDate()), Issuer: n.agency(plan.GetIssuer()),
		Leader: n.agency(plan.GetLead()), From: dayOf(plan.GetFrom()), To: dayOf(plan.GetTo()), Purposes: plan.GetPurposes(),
		ClosedAt: p.ClosedAt, Closed: p.Closed, Imported: plan.GetImported(),
	}
	if !plan.GetExample() && plan.GetExampleItems() {
		props.Example.Except = planText(lang)
	}
	props.Reports, _ = s.reportEntries(lang, reports)
	s.progress(&props, lang, p, items)
	for _, a := range p.Amendments {
		props.Amendments = append(props.Amendments, amendment(a))
	}
	tags := []string{tagOf(facts.KindPlan, plan.GetId())}
	for _, r := range reports {
		tags = append(tags, tagOf(facts.KindReport, r.GetId()))
	}
	// A new report of the plan has no tag here yet, but it is in lists.
	tags = append(tags, tagLists)
	return rendered(page.ContentType, tags, func(w io.Writer) error { return page.Plan(w, props) })
}

// planText names what of a plan is real when parts of it are examples.
func planText(lang page.Lang) string {
	if lang == page.Vi {
		return "phần kế hoạch nêu theo nguồn tin"
	}
	return "what the plan’s source states"
}

// progress fills in the items, grouped by theme in the plan's order, and the figures over all of them.
func (s *Site) progress(props *page.PlanProps, lang page.Lang, p *facts.Plan, items map[string]*facts.Item) {
	words := page.Frame{Lang: lang}.PlanWords()
	var published, confirmed, done, overdue int64
	groups := map[string]int{}
	for _, i := range p.GetItems() {
		has := items[i.GetId()]
		published += has.Publications
		row := s.itemRow(lang, p, i, has)
		for _, n := range has.Confirmed {
			confirmed += n
		}
		if has.Overdue {
			overdue++
		}
		if has.Done {
			done++
		}
		at, found := groups[i.GetTheme()]
		if !found {
			at = len(props.Groups)
			groups[i.GetTheme()] = at
			props.Groups = append(props.Groups, page.ItemGroup{Theme: s.names.Load().theme(p.GetPlan().GetId(), i.GetTheme())})
		}
		props.Groups[at].Rows = append(props.Groups[at].Rows, row)
	}
	total := page.Of(float64(len(p.GetItems())))
	props.Figures = []page.Figure{
		{Name: words.Done, Value: page.Of(float64(done)), Of: total},
		{Name: words.Overdue, Value: page.Of(float64(overdue)), Of: total},
		{Name: words.Published, Value: page.Of(float64(published))},
		{Name: words.Confirmed, Value: page.Of(float64(confirmed))},
	}
}

// itemRow is an item with what counts towards its target.
func (s *Site) itemRow(lang page.Lang, p *facts.Plan, i *planningv1.PlanItem, has *facts.Item) page.Row {
	words, n := page.Frame{Lang: lang}.PlanWords(), s.names.Load()
	row := page.Row{
		Name: i.GetTitle(), Unit: i.GetTarget().GetUnit(), Path: page.ItemPath(p.Path, i.GetCode()),
		Planned: quantity(i.GetTarget().GetQuantity() > 0, i.GetTarget().GetQuantity()),
	}
	note := []string{n.agency(i.GetLead())}
	if deadline := dayOf(i.GetDeadline()); !deadline.IsZero() {
		note = append(note, fmt.Sprintf(words.Deadline, vn.Date(deadline)))
	}
	row.Note = strings.Join(slices.DeleteFunc(note, func(t string) bool { return t == "" }), ", ")
	confirmed, recorded := has.Confirmed[i.GetTarget().GetUnit()]
	// In a unit that publications are not counted in, nothing recorded is a missing figure and not nought.
	if count := confirmed; i.GetTarget().GetCountsPublications() || recorded {
		if i.GetTarget().GetCountsPublications() {
			count += has.Publications
		}
		row.Actual = page.Of(float64(count))
	}
	if has.Overdue {
		row.Expected = row.Planned
	}
	if has.Beside > 0 {
		row.Beside = fmt.Sprintf(words.Beside, has.Beside)
	}
	return row
}

func amendment(e *planningv1.PlanAmended) page.Amendment {
	a := page.Amendment{Number: e.GetNumber(), Date: dayOf(e.GetDate())}
	for _, told := range e.GetPlan().GetAmendments() {
		if told.GetId() == e.GetAmendment() {
			a.Reason = told.GetReason()
		}
	}
	for _, c := range e.GetChanges() {
		a.Changes = append(a.Changes, page.PlanChange{
			Kind: c.GetKind(), Item: strings.TrimSpace(c.GetItemCode() + " " + c.GetItemTitle()), Field: fieldName(c.GetField()), Before: readable(c.GetBefore()), After: readable(c.GetAfter()),
		})
	}
	return a
}

// readable writes a day as readers do; anything else stays.
func readable(value string) string {
	if day := dayOf(value); !day.IsZero() {
		return vn.Date(day)
	}
	return value
}

// fieldName is what readers call a field of a plan; the text around it is Vietnamese on every page.
func fieldName(field string) string {
	switch field {
	case "title":
		return "tên"
	case "deadline":
		return "hạn"
	case "target", "target.quantity":
		return "chỉ tiêu"
	case "lead":
		return "cơ quan chủ trì"
	case "coordinators":
		return "cơ quan phối hợp"
	case "theme", "themes":
		return "chủ đề"
	case "audiences":
		return "đối tượng"
	case "channels":
		return "kênh"
	case "from":
		return "ngày bắt đầu"
	case "to":
		return "ngày kết thúc"
	case "purposes":
		return "mục đích, yêu cầu"
	case "reportPeriods":
		return "kỳ báo cáo"
	case "code":
		return "số thứ tự"
	default:
		return field
	}
}

// resultsShown is how many results the page of an item names.
const resultsShown = 200

// item makes the page of a plan's item: what its figure counts, and what is beside it.
func (s *Site) item(ctx context.Context, lang page.Lang, path, code string, number int) (memory.Page, error) {
	p, err := s.facts.PlanByPath(ctx, path)
	if err != nil || p == nil {
		return memory.Page{}, err
	}
	at := slices.IndexFunc(p.GetItems(), func(i *planningv1.PlanItem) bool { return i.GetCode() == code })
	if at < 0 {
		return memory.Page{}, nil
	}
	i := p.GetItems()[at]
	items, err := s.facts.Items(ctx, p)
	if err != nil {
		return memory.Page{}, err
	}
	has := items[i.GetId()]
	pages := pagesOf(int(has.Publications))
	if number > pages {
		return memory.Page{}, nil
	}
	listed, err := s.listed(ctx, facts.ByItem, i.GetId(), (number-1)*newest)
	if err != nil {
		return memory.Page{}, err
	}
	results, err := s.facts.Results(ctx, i.GetId(), resultsShown)
	if err != nil {
		return memory.Page{}, err
	}
	props := page.ItemProps{
		Frame:    page.Frame{Site: s.frame, Lang: lang},
		PlanPath: p.Path, PlanNumber: p.GetPlan().GetNumber(), Code: code, Row: s.itemRow(lang, p, i, has),
		Counts: i.GetTarget().GetCountsPublications(), Count: int(has.Publications), Paging: page.Paging{Page: number, Pages: pages},
	}
	props.Entries, props.Example = s.entries(lang, listed)
	props.Example.Shown = props.Example.Shown || i.GetExample() || p.GetPlan().GetExample()
	for _, r := range results {
		props.Results = append(props.Results, s.resultEntry(r))
		props.Example.Shown = props.Example.Shown || r.GetExample()
	}
	// Every publication of a plan drops the pages of the plan, so those of its items too.
	tags := []string{tagOf(facts.KindPlan, p.GetPlan().GetId())}
	return rendered(page.ContentType, tags, func(w io.Writer) error { return page.Item(w, props) })
}

func (s *Site) resultEntry(r *planningv1.Result) page.ResultEntry {
	e := page.ResultEntry{
		HappenedAt: r.GetHappenedAt().AsTime(), Quantity: r.GetQuantity(), Unit: r.GetUnit(), Place: r.GetPlace(), Note: r.GetNote(),
		Agency: s.names.Load().agency(r.GetAgency()), Imported: r.GetImported(), Example: r.GetExample(),
	}
	switch r.GetState() {
	case "confirmed":
		e.State = page.ResultConfirmed
	case "questioned":
		e.State = page.ResultQuestioned
	default:
		e.State = page.ResultRecorded
	}
	for _, evidence := range r.GetEvidence() {
		name := evidence.GetTitle()
		if name == "" {
			name = evidence.GetName()
		}
		if name == "" {
			name = evidence.GetLink()
		}
		if name != "" {
			e.Evidence = append(e.Evidence, page.Link{Name: name, Href: evidence.GetLink()})
		}
	}
	return e
}
