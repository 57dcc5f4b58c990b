package plan_test

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/es/estest"
	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/planning/internal/plan"
)

func inMarch() time.Time { return vn.Day(2022, time.March, 2) }

// delivered is the event of a publication in March that counts.
func delivered(item plan.ItemID, publication string, all int64, state plan.State) plan.ItemDelivered {
	return plan.ItemDelivered{Item: item, Publication: publication, Quantity: 1, At: inMarch(), Delivered: all, State: state}
}

func recordWithdrawal(publication string) func(*plan.Plan, int64) ([]any, error) {
	return func(p *plan.Plan, _ int64) ([]any, error) { return p.RecordWithdrawal(publication, "2022-03-12"), nil }
}

// recordResult records under an item a result of March in its unit.
func recordResult(item plan.ItemID, revision, quantity int64, unit string, day plan.Day) func(*plan.Plan, int64) ([]any, error) {
	return func(p *plan.Plan, _ int64) ([]any, error) {
		return p.RecordResult(item, plan.Outcome{ID: "r", Revision: revision, Quantity: quantity, Unit: unit, At: inMarch()}, day), nil
	}
}

func TestPublicationsCountOnceUntilTheTarget(t *testing.T) {
	imported := plan.Imported{Document: document()}
	first := delivered("item_1", "a", 1, plan.Planned)
	second := delivered("item_1", "b", 2, plan.Done)
	third := delivered("item_1", "c", 3, plan.Done)
	late := plan.ItemMarkedOverdue{Item: "item_1", Deadline: "2022-03-10"}
	for name, c := range map[string]struct {
		given       []any
		item        plan.ItemID
		publication string
		want        []any
	}{
		"the first":       {[]any{imported}, "item_1", "a", []any{first}},
		"the first again": {[]any{imported, first}, "item_1", "a", nil},
		"the last":        {[]any{imported, first, late}, "item_1", "b", []any{second}},
		"one more":        {[]any{imported, first, second}, "item_1", "c", []any{third}},
		"a target of no count": {[]any{imported}, "item_2", "a", []any{
			plan.ItemDelivered{Item: "item_2", Publication: "a", Quantity: 1, At: inMarch(), State: plan.Planned, Beside: true},
		}},
		"an unknown item": {[]any{imported}, "item_3", "a", nil},
		"an unknown plan": {nil, "item_1", "a", nil},
		"another item": {[]any{imported, first}, "item_2", "a", []any{
			plan.ItemDelivered{Item: "item_1", Publication: "a", State: plan.Planned},
			plan.ItemDelivered{Item: "item_2", Publication: "a", Quantity: 1, At: inMarch(), State: plan.Planned, Beside: true},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			given(t, "2022-03-01", c.given...).When(recordDelivery(c.item, c.publication)).Then(c.want...)
		})
	}
	p := given(t, "2022-03-01", imported, first, late, second).State()
	if state, n := p.ItemState("item_1"); state != plan.Done || n != 2 {
		t.Errorf("late but done: %s, %d", state, n)
	}
}

func TestWhatIsWithdrawnCountsNoMore(t *testing.T) {
	imported := given(t, "2022-03-01", plan.Imported{Document: document()}, delivered("item_1", "a", 1, plan.Planned), delivered("item_1", "b", 2, plan.Done))
	imported.When(recordWithdrawal("c")).Then()
	// It was done in time; now that it is not, and its last day has passed, it is late.
	back := imported.When(recordWithdrawal("a")).Then(
		plan.ItemDelivered{Item: "item_1", Publication: "a", Delivered: 1, State: plan.Overdue},
		plan.ItemMarkedOverdue{Item: "item_1", Deadline: "2022-03-10"})
	if state, n := back.State().ItemState("item_1"); state != plan.Overdue || n != 1 {
		t.Errorf("%s, %d", state, n)
	}
	back.When(recordWithdrawal("a")).Then()
	back.When(markOverdue("2022-03-12")).Then()
	back.When(recordDelivery("item_1", "c")).Then(delivered("item_1", "c", 2, plan.Done)).
		When(recordWithdrawal("c")).Then(plan.ItemDelivered{Item: "item_1", Publication: "c", Delivered: 1, State: plan.Overdue})
}

func TestResultsCountInTheTargetsUnit(t *testing.T) {
	issued := given(t, "2022-03-01", plan.Imported{Document: document()})
	confirmed := plan.ItemDelivered{Item: "item_2", Result: "r", Revision: 2, Quantity: 2, Unit: "lớp", At: inMarch(), Delivered: 2, State: plan.Done}
	done := issued.When(recordResult("item_2", 2, 2, "lớp", "2022-04-01")).Then(confirmed)
	done.When(recordResult("item_2", 2, 2, "lớp", "2022-04-01")).Then()
	done.When(markOverdue("2022-04-11")).Then(plan.ItemMarkedOverdue{Item: "item_1", Deadline: "2022-03-10"})
	questioned := plan.ItemDelivered{Item: "item_2", Result: "r", Revision: 3, Unit: "lớp", At: inMarch(), State: plan.Planned}
	open := done.When(recordResult("item_2", 3, 0, "lớp", "2022-04-01")).Then(questioned)
	open.When(recordResult("item_2", 2, 2, "lớp", "2022-04-01")).Then() // what came before is passed over
	again := open.When(recordResult("item_2", 4, 1, "lớp", "2022-04-01")).And()
	again.When(markOverdue("2022-04-11")).Then(plan.ItemMarkedOverdue{Item: "item_1", Deadline: "2022-03-10"})
	// Late, then done, then taken back: late again.
	late := issued.When(markOverdue("2022-04-11")).And().When(recordResult("item_2", 2, 1, "lớp", "2022-04-12")).And()
	if state, _ := late.State().ItemState("item_2"); state != plan.Done {
		t.Errorf("late and then done: %s", state)
	}
	retracted := late.When(recordResult("item_2", 3, 0, "lớp", "2022-04-12")).And()
	if state, n := retracted.State().ItemState("item_2"); state != plan.Overdue || n != 0 {
		t.Errorf("and taken back: %s, %d", state, n)
	}
	// In another unit it is kept beside, and counts when an amendment makes that unit the item's.
	beside := issued.When(recordResult("item_2", 1, 120, "học viên", "2022-04-01")).
		Then(plan.ItemDelivered{
			Item: "item_2", Result: "r", Revision: 1, Quantity: 120, Unit: "học viên", At: inMarch(), State: plan.Planned, Beside: true,
		})
	up := beside.When(amend).And().When(revise("amendment_1", "b", func(d *plan.Document) {
		d.Items[1].Target = plan.Target{Quantity: 100, Unit: "học viên"}
	})).And().When(submit("amendment_1")).And()
	state := up.State()
	events := state.Issue("amendment_1", state.Draft("amendment_1").Hash, "41/KH-UBND", "2022-02-24", nil)
	if want := (plan.ItemDelivered{Item: "item_2", Delivered: 120, State: plan.Done}); len(events) != 2 || events[1] != want {
		t.Errorf("amended: %+v", events)
	}
}

func TestDeliveriesOfVersion1AreOfOnePublication(t *testing.T) {
	e, err := plan.Catalogue().Decode("planning.plan_item_delivered.v1", []byte(`{"item":"item_1","publication":"a","delivered":2,"done":true}`))
	if want := (plan.ItemDelivered{Item: "item_1", Publication: "a", Quantity: 1, Delivered: 2, State: plan.Done}); err != nil || e != want {
		t.Errorf("%+v, %v", e, err)
	}
	e, err = plan.Catalogue().Decode("planning.plan_item_delivered.v1", []byte(`{"item":"item_1","publication":"a","delivered":1}`))
	if want := (plan.ItemDelivered{Item: "item_1", Publication: "a", Quantity: 1, Delivered: 1}); err != nil || e != want {
		t.Errorf("%+v, %v", e, err)
	}
	// Withdrawn since, it counts no more.
	old := given(t, "2022-03-01", plan.Imported{Document: document()}, e)
	old.When(recordWithdrawal("a")).Then(plan.ItemDelivered{Item: "item_1", Publication: "a", State: plan.Planned})
}

// deed is something done under an item, as the cases that reports share have it.
type deed struct {
	Publication string    `json:"publication"`
	Result      string    `json:"result"`
	Item        string    `json:"item"`
	At          time.Time `json:"at"`
	Quantity    int64     `json:"quantity"`
	Unit        string    `json:"unit"`
	Counts      bool      `json:"counts"` // neither withdrawn nor questioned nor retracted
}

// What counts is what reports count: services/reporting/internal/figures reads the same cases.
func TestItemsCountWhatReportsCount(t *testing.T) {
	raw, err := os.ReadFile("../../testdata/item_counts.json")
	if err != nil {
		t.Fatal(err)
	}
	var shared struct {
		From  plan.Day
		Cases []struct {
			Name      string
			Target    plan.Target
			Done      []deed
			Delivered int64
			Reached   bool
		}
	}
	if err := json.Unmarshal(raw, &shared); err != nil || len(shared.Cases) < 8 {
		t.Fatalf("%d cases: %v", len(shared.Cases), err)
	}
	for _, c := range shared.Cases {
		d := document()
		d.From, d.Items[0].Target = shared.From, c.Target
		p := replay(t, d, c.Done)
		state, n := p.ItemState("item_1")
		if n != c.Delivered || (state == plan.Done) != c.Reached {
			t.Errorf("%s: %d, %s", c.Name, n, state)
		}
	}
}

// replay does what the deeds say, one command after another, each first as if it counted.
func replay(t *testing.T, d plan.Document, deeds []deed) *plan.Plan {
	c := given(t, "2022-03-01", plan.Imported{Document: d})
	for _, of := range deeds {
		c = do(c, of, 1, true)
		if !of.Counts {
			c = do(c, of, 2, false)
		}
	}
	return c.State()
}

func do(c *planCase, of deed, revision int64, counts bool) *planCase {
	item := plan.ItemID(of.Item)
	return c.When(func(p *plan.Plan, _ int64) ([]any, error) {
		switch {
		case of.Result != "" && counts:
			return p.RecordResult(item, plan.Outcome{ID: of.Result, Revision: revision, Quantity: of.Quantity, Unit: of.Unit, At: of.At}, "2022-03-01"), nil
		case of.Result != "":
			return p.RecordResult(item, plan.Outcome{ID: of.Result, Revision: revision, Unit: of.Unit, At: of.At}, "2022-03-01"), nil
		case counts:
			return p.RecordDelivery(item, of.Publication, of.At, "2022-03-01"), nil
		default:
			return p.RecordWithdrawal(of.Publication, "2022-03-01"), nil
		}
	}).And()
}

// Whatever is done, taken back, moved and amended in whatever order: an item has what a count of all that stands gives, and is done
// exactly when that reaches the target.
func TestItemsCountWhatStands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, day := new(plan.Plan), plan.Day("2022-03-01")
		version := int64(0)
		apply := func(events []any) {
			for _, e := range events {
				version++
				p.Apply(es.Event{Data: e, RecordedAt: estest.Start()})
			}
		}
		d := document()
		apply([]any{plan.Imported{Document: d}})
		stands := map[string]deed{}
		revisions := map[string]int64{}
		items := []string{"item_1", "item_2"}
		units := []string{"tin", "lớp", "tin, bài"}
		at := func() time.Time {
			return vn.Day(2022, 2, 20).AddDate(0, 0, rapid.IntRange(0, 20).Draw(t, "at"))
		}
		t.Repeat(map[string]func(*rapid.T){
			"publish": func(t *rapid.T) {
				of := deed{Publication: rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "publication"), Quantity: 1, At: at(), Item: rapid.SampledFrom(items).Draw(t, "item")}
				if was, known := stands[of.Publication]; known {
					of.At = was.At
				}
				apply(p.RecordDelivery(plan.ItemID(of.Item), of.Publication, of.At, day))
				stands[of.Publication] = of
			},
			"withdraw": func(t *rapid.T) {
				of := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "publication")
				apply(p.RecordWithdrawal(of, day))
				delete(stands, of)
			},
			"result": func(t *rapid.T) {
				id := rapid.SampledFrom([]string{"r1", "r2", "r3"}).Draw(t, "result")
				item := items[int(id[1]-'0')%2]
				of := deed{Result: id, Item: item, At: at(), Quantity: rapid.Int64Range(0, 3).Draw(t, "quantity"), Unit: rapid.SampledFrom(units).Draw(t, "unit")}
				revision := rapid.Int64Range(1, 30).Draw(t, "revision")
				apply(p.RecordResult(plan.ItemID(item), plan.Outcome{ID: id, Revision: revision, Quantity: of.Quantity, Unit: of.Unit, At: of.At}, day))
				if revision > revisions[id] {
					revisions[id], stands[id] = revision, of
				}
			},
			"amend": func(t *rapid.T) {
				next := p.Document
				next.Items = nil
				for n, item := range document().Items {
					item.Target = plan.Target{
						Quantity: rapid.Int64Range(1, 4).Draw(t, "target"), Unit: rapid.SampledFrom(units).Draw(t, "unit"), CountsPublications: rapid.Bool().Draw(t, "counts"),
					}
					if n == 0 || rapid.Bool().Draw(t, "kept") {
						next.Items = append(next.Items, item)
					}
				}
				amendTo(t, p, apply, next)
			},
			"day": func(t *rapid.T) {
				day = rapid.SampledFrom([]plan.Day{"2022-03-01", "2022-03-20", "2022-05-01"}).Draw(t, "day")
				apply(p.MarkOverdue(day))
			},
			"": func(t *rapid.T) { holds(t, p, stands) },
		})
	})
}

// amendTo puts another document in force.
func amendTo(t *rapid.T, p *plan.Plan, apply func([]any), next plan.Document) {
	id := plan.AmendmentID(fmt.Sprintf("amendment_%d", len(p.Amendments)+1))
	must := func(events []any, err error) {
		if err != nil {
			t.Fatal(err)
		}
		apply(events)
	}
	must(p.Amend(thePlan, id, "Vì.", "H24.02", "Phòng", "b"))
	must(p.Revise(thePlan, id, "b", func(plan.Document) (plan.Document, error) { return next, nil }))
	if events, err := p.Submit(id, func(plan.Document) error { return nil }); err != nil { // nothing changed
		must(p.Discard(id))
	} else {
		apply(events)
		apply(p.Issue(id, p.Draft(id).Hash, "41/KH-UBND", "2022-02-24", nil))
	}
}

// holds counts all that stands by the rule of reports, from nothing.
func holds(t *rapid.T, p *plan.Plan, stands map[string]deed) {
	from := vn.Day(2022, 2, 23)
	for _, item := range p.Document.Items {
		var want int64
		for _, of := range stands {
			unit := of.Unit
			if of.Publication != "" {
				unit = "tin, bài"
				if item.Target.CountsPublications {
					unit = item.Target.Unit
				}
			}
			if of.Item == string(item.ID) && unit == item.Target.Unit && !of.At.Before(from) {
				want += of.Quantity
			}
		}
		state, n := p.ItemState(item.ID)
		if n != want || (state == plan.Done) != (n >= item.Target.Quantity) {
			t.Fatalf("%s: %d, %s; %d stand for %+v", item.ID, n, state, want, item.Target)
		}
	}
}
