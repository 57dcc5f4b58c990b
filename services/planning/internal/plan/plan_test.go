package plan_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
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

// given folds events recorded on a day.
func given(day plan.Day, events ...any) *plan.Plan {
	at, _ := day.Start() // the zero time of a wrong day shows in the tests of history
	p := &plan.Plan{}
	for i, e := range events {
		p.Apply(es.Event{Version: int64(i + 1), RecordedAt: at, Data: e})
	}
	return p
}

func TestAPlanIsImportedOnce(t *testing.T) {
	events, err := given("2022-03-01").Import(document())
	if err != nil || !reflect.DeepEqual(events, []any{plan.Imported{Document: document()}}) {
		t.Fatalf("%v, %v", events, err)
	}
	p := given("2022-03-01", events...)
	same := document()
	same.Coordinators = []plan.Code{}
	if again, err := p.Import(same); err != nil || again != nil {
		t.Errorf("the same again: %v, %v", again, err)
	}
	other := document()
	other.Items[0].Deadline = "2022-03-11"
	if again, err := p.Import(other); again != nil || errs.ReasonOf(err) != errorsv1.Reason_PLAN_EXISTS {
		t.Errorf("other content: %v, %v", again, err)
	}
}

func TestItemsAreOverdueTheDayAfterTheirLastDay(t *testing.T) {
	imported := plan.Imported{Document: document()}
	if events := given("2022-03-01", imported).MarkOverdue("2022-03-10"); events != nil {
		t.Errorf("on the last day: %v", events)
	}
	late := plan.ItemMarkedOverdue{Item: "item_1", Deadline: "2022-03-10"}
	if events := given("2022-03-01", imported).MarkOverdue("2022-03-11"); !reflect.DeepEqual(events, []any{late}) {
		t.Errorf("the day after: %v", events)
	}
	p := given("2022-03-01", imported, late)
	if state, _ := p.ItemState("item_1"); state != plan.Overdue {
		t.Errorf("state %s", state)
	}
	if events := p.MarkOverdue("2022-12-31"); len(events) != 1 || !slices.Equal(p.LastMarked(5), []plan.ItemID{"item_1"}) {
		t.Errorf("marked again: %v", events)
	}
}

func TestADoneItemIsNeverOverdue(t *testing.T) {
	imported := plan.Imported{Document: document()}
	p := given("2022-03-01", imported, plan.ItemDelivered{Item: "item_1", Publication: "a", Delivered: 2, Done: true})
	if events := p.MarkOverdue("2022-03-11"); events != nil {
		t.Errorf("marked %v", events)
	}
}

func TestOfHistoryNothingIsCalledLate(t *testing.T) {
	p := given("2023-01-01", plan.Imported{Document: document()})
	if !p.History() || p.MarkOverdue("2026-01-01") != nil {
		t.Errorf("history %v, marked %v", p.History(), p.MarkOverdue("2026-01-01"))
	}
	if given("2022-12-31", plan.Imported{Document: document()}).History() {
		t.Error("a plan runs to the end of its last day")
	}
}

func TestTheDayOfAMomentIsVietnams(t *testing.T) {
	p := given("2022-12-31", plan.Imported{Document: document()})
	p.RecordedAt = time.Date(2022, 12, 31, 17, 0, 0, 0, time.UTC)
	if !p.History() {
		t.Error("17:00 UTC is the next day in Vietnam")
	}
	if start, err := plan.Day("2022-02-23").Start(); err != nil || !start.Equal(vn.Day(2022, time.February, 23)) {
		t.Errorf("starts %v, %v", start, err)
	}
}

func TestPublicationsCountOnceUntilTheTarget(t *testing.T) {
	imported := plan.Imported{Document: document()}
	first := plan.ItemDelivered{Item: "item_1", Publication: "a", Delivered: 1}
	second := plan.ItemDelivered{Item: "item_1", Publication: "b", Delivered: 2, Done: true}
	third := plan.ItemDelivered{Item: "item_1", Publication: "c", Delivered: 3, Done: true}
	late := plan.ItemMarkedOverdue{Item: "item_1", Deadline: "2022-03-10"}
	for name, c := range map[string]struct {
		given       []any
		item        plan.ItemID
		publication string
		want        []any
	}{
		"the first":            {[]any{imported}, "item_1", "a", []any{first}},
		"the first again":      {[]any{imported, first}, "item_1", "a", nil},
		"the last":             {[]any{imported, first, late}, "item_1", "b", []any{second}},
		"one more":             {[]any{imported, first, second}, "item_1", "c", []any{third}},
		"a target of no count": {[]any{imported}, "item_2", "a", nil},
		"an unknown item":      {[]any{imported}, "item_3", "a", nil},
		"an unknown plan":      {nil, "item_1", "a", nil},
	} {
		t.Run(name, func(t *testing.T) {
			if got := given("2022-03-01", c.given...).RecordDelivery(c.item, c.publication); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
	p := given("2022-03-01", imported, first, late, second)
	if state, n := p.ItemState("item_1"); state != plan.Done || n != 2 {
		t.Errorf("late but done: %s, %d", state, n)
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
