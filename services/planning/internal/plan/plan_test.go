package plan_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/es/estest"
	"github.com/loa-vn/loa/pkg/vn"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/planning/internal/plan"
)

// document has two items: the first counts two publications, the second counts none.
func document() plan.Document {
	return plan.Document{
		Number: "38/KH-UBND", Date: "2022-02-23", Issuer: "H24", Title: "Kế hoạch tuyên truyền",
		From: "2022-02-23", To: "2022-12-31", Lead: "H24.02",
		Purposes:  []string{"Nâng cao nhận thức."},
		Themes:    []plan.Term{{Code: "mot-cua", Name: "Một cửa"}},
		Audiences: []plan.Term{{Code: "nguoi-dan", Name: "Người dân"}},
		Channels:  []plan.Term{{Code: "portal", Name: "Cổng"}},
		Items: []plan.Item{
			{
				ID: "item_1", Code: "1", Title: "Tin", Theme: "mot-cua", Audiences: []string{"nguoi-dan"}, Channels: []string{"portal"},
				Lead: "H24.02", Deadline: "2022-03-10", Target: plan.Target{Quantity: 2, Unit: "tin", CountsPublications: true},
			},
			{
				ID: "item_2", Code: "2", Title: "Lớp", Theme: "mot-cua", Audiences: []string{"nguoi-dan"}, Channels: []string{"portal"},
				Lead: "H24.02", Deadline: "2022-04-10", Target: plan.Target{Quantity: 1, Unit: "lớp"},
			},
		},
	}
}

type planCase = estest.Case[plan.Plan, *plan.Plan]

// given is a past that was recorded on a day.
func given(t *testing.T, day plan.Day, events ...any) *planCase {
	t.Helper()
	at, err := day.Start()
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range events {
		events[i] = es.Event{Data: e, RecordedAt: at}
	}
	return estest.Given[plan.Plan](t, plan.Catalogue(), events...)
}

func importPlan(d plan.Document) func(*plan.Plan, int64) ([]any, error) {
	return func(p *plan.Plan, _ int64) ([]any, error) { return p.Import(d) }
}

func markOverdue(day plan.Day) func(*plan.Plan, int64) ([]any, error) {
	return func(p *plan.Plan, _ int64) ([]any, error) { return p.MarkOverdue(day), nil }
}

func recordDelivery(item plan.ItemID, publication string) func(*plan.Plan, int64) ([]any, error) {
	return func(p *plan.Plan, _ int64) ([]any, error) {
		return p.RecordDelivery(item, publication, inMarch(), "2022-03-12"), nil
	}
}

func TestAPlanIsImportedOnce(t *testing.T) {
	issued := given(t, "2022-03-01").When(importPlan(document())).Then(plan.Imported{Document: document()})
	same := document()
	same.Coordinators = []plan.Code{}
	issued.When(importPlan(same)).Then()
	other := document()
	other.Items[0].Deadline = "2022-03-11"
	issued.When(importPlan(other)).ThenRefused(errorsv1.Reason_PLAN_EXISTS, "number", "38/KH-UBND")
}

func TestItemsAreOverdueTheDayAfterTheirLastDay(t *testing.T) {
	issued := given(t, "2022-03-01", plan.Imported{Document: document()})
	issued.When(markOverdue("2022-03-10")).Then()
	late := issued.When(markOverdue("2022-03-11")).Then(plan.ItemMarkedOverdue{Item: "item_1", Deadline: "2022-03-10"})
	if state, _ := late.State().ItemState("item_1"); state != plan.Overdue {
		t.Errorf("state %s", state)
	}
	late.When(markOverdue("2022-03-11")).Then()
	later := late.When(markOverdue("2022-12-31")).Then(plan.ItemMarkedOverdue{Item: "item_2", Deadline: "2022-04-10"})
	if got := later.State().LastMarked(1); !slices.Equal(got, []plan.ItemID{"item_2"}) {
		t.Errorf("last marked %v", got)
	}
}

func TestADoneItemIsNeverOverdue(t *testing.T) {
	given(t, "2022-03-01", plan.Imported{Document: document()}, delivered("item_1", "a", 2, plan.Done)).
		When(markOverdue("2022-03-11")).Then()
}

func TestOfHistoryNothingIsCalledLate(t *testing.T) {
	given(t, "2023-01-01", plan.Imported{Document: document()}).When(markOverdue("2026-01-01")).Then()
	if given(t, "2022-12-31", plan.Imported{Document: document()}).State().History() {
		t.Error("a plan runs to the end of its last day")
	}
}

func TestTheDayOfAMomentIsVietnams(t *testing.T) {
	p := given(t, "2022-12-31", plan.Imported{Document: document()}).State()
	p.RecordedAt = time.Date(2022, 12, 31, 17, 0, 0, 0, time.UTC)
	if !p.History() {
		t.Error("17:00 UTC is the next day in Vietnam")
	}
	if start, err := plan.Day("2022-02-23").Start(); err != nil || !start.Equal(vn.Day(2022, time.February, 23)) {
		t.Errorf("starts %v, %v", start, err)
	}
}

func TestCheckNamesEveryWrongPlace(t *testing.T) {
	known := func(c plan.Code) bool { return c == "H24" || c == "H24.02" }
	if wrong := document().Check("2022-02-23", known); wrong != nil {
		t.Fatalf("a right plan: %v", wrong)
	}
	for name, c := range map[string]struct {
		spoil  func(d *plan.Document)
		path   string
		reason errs.Reason
	}{
		"number":             {func(d *plan.Document) { d.Number = "" }, "number", errorsv1.Reason_REQUIRED},
		"date":               {func(d *plan.Document) { d.Date = "2022-02-30" }, "date", errorsv1.Reason_BAD_DATE},
		"date to come":       {func(d *plan.Document) { d.Date = "2022-02-24" }, "date", errorsv1.Reason_BAD_FORMAT},
		"issuer":             {func(d *plan.Document) { d.Issuer = "H25" }, "issuer", errorsv1.Reason_UNKNOWN_AGENCY},
		"title too long":     {func(d *plan.Document) { d.Title = strings.Repeat("ế", 501) }, "title", errorsv1.Reason_TOO_LONG},
		"secrecy mark":       {func(d *plan.Document) { d.Title = "TỐI MẬT" }, "title", errorsv1.Reason_SECRECY_MARK},
		"a pictogram":        {func(d *plan.Document) { d.Title = "Loa 📣 phường" }, "title", errorsv1.Reason_DOCUMENT_CHARACTER},
		"secrecy in an item": {func(d *plan.Document) { d.Items[1].Title = "MẬT" }, "items[1].title", errorsv1.Reason_SECRECY_MARK},
		"ends too early":     {func(d *plan.Document) { d.From, d.To = "2022-12-31", "2022-12-30"; d.Items = nil }, "to", errorsv1.Reason_BAD_FORMAT},
		"no lead":            {func(d *plan.Document) { d.Lead = "" }, "lead", errorsv1.Reason_REQUIRED},
		"coordinator":        {func(d *plan.Document) { d.Coordinators = []plan.Code{"H24.02", "H9"} }, "coordinators[1]", errorsv1.Reason_UNKNOWN_AGENCY},
		"coordinator twice":  {func(d *plan.Document) { d.Coordinators = []plan.Code{"H24", "H24"} }, "coordinators[1]", errorsv1.Reason_DUPLICATE},
		"no purpose":         {func(d *plan.Document) { d.Purposes = nil }, "purposes", errorsv1.Reason_REQUIRED},
		"theme code":         {func(d *plan.Document) { d.Themes[0].Code = "Một cửa" }, "themes[0].code", errorsv1.Reason_BAD_FORMAT},
		"theme twice":        {func(d *plan.Document) { d.Themes = append(d.Themes, d.Themes[0]) }, "themes[1].code", errorsv1.Reason_DUPLICATE},
		"period":             {func(d *plan.Document) { d.ReportPeriods = []string{"week"} }, "report_periods[0]", errorsv1.Reason_BAD_FORMAT},
		"no items":           {func(d *plan.Document) { d.Items = nil }, "items", errorsv1.Reason_REQUIRED},
		"item twice":         {func(d *plan.Document) { d.Items[1].Code = "1" }, "items[1].code", errorsv1.Reason_DUPLICATE},
		"unknown theme":      {func(d *plan.Document) { d.Items[0].Theme = "khac" }, "items[0].theme", errorsv1.Reason_UNKNOWN_THEME},
		"unknown audience":   {func(d *plan.Document) { d.Items[0].Audiences[0] = "khac" }, "items[0].audiences[0]", errorsv1.Reason_UNKNOWN_AUDIENCE},
		"unknown channel":    {func(d *plan.Document) { d.Items[0].Channels[0] = "khac" }, "items[0].channels[0]", errorsv1.Reason_UNKNOWN_CHANNEL},
		"item's lead":        {func(d *plan.Document) { d.Items[0].Lead = "H24.77" }, "items[0].lead", errorsv1.Reason_UNKNOWN_AGENCY},
		"deadline outside":   {func(d *plan.Document) { d.Items[0].Deadline = "2023-01-01" }, "items[0].deadline", errorsv1.Reason_BAD_FORMAT},
		"deadline":           {func(d *plan.Document) { d.Items[0].Deadline = "${YEAR}-01-01" }, "items[0].deadline", errorsv1.Reason_BAD_DATE},
		"no quantity":        {func(d *plan.Document) { d.Items[0].Target.Quantity = 0 }, "items[0].target.quantity", errorsv1.Reason_BAD_FORMAT},
		"no unit":            {func(d *plan.Document) { d.Items[0].Target.Unit = "" }, "items[0].target.unit", errorsv1.Reason_REQUIRED},
		"too many items":     {func(d *plan.Document) { d.Items = make([]plan.Item, plan.MaxItems+1) }, "items", errorsv1.Reason_TOO_MANY_ROWS},
	} {
		t.Run(name, func(t *testing.T) {
			d := document()
			c.spoil(&d)
			wrong := d.Check("2022-02-23", known)
			for _, w := range wrong {
				if w.Column == c.path && w.Reason == c.reason {
					return
				}
			}
			t.Errorf("got %+v", wrong)
		})
	}
}

func TestOneInventedPartMarksTheWhole(t *testing.T) {
	if document().HasExample() {
		t.Error("nothing is invented")
	}
	for _, spoil := range []func(d *plan.Document){
		func(d *plan.Document) { d.Example = true },
		func(d *plan.Document) { d.ExampleParts = []string{"to"} },
		func(d *plan.Document) { d.Channels[0].Example = true },
		func(d *plan.Document) { d.Items[1].Target.Example = true },
		func(d *plan.Document) { d.Items[1].ExampleParts = []string{"deadline"} },
	} {
		d := document()
		spoil(&d)
		if !d.HasExample() {
			t.Errorf("not marked: %+v", d)
		}
	}
}

func TestEventsAreReadAsTheyWereReleased(t *testing.T) {
	es.CheckGoldens(t, plan.Catalogue(), "testdata/events")
}
