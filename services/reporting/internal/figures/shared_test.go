package figures

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/loa-vn/loa/pkg/vn"
)

// What an item has by a report is what planning says of it: services/planning/internal/plan reads the same cases.
func TestReportsCountWhatItemsCount(t *testing.T) {
	raw, err := os.ReadFile("../../../planning/testdata/item_counts.json")
	if err != nil {
		t.Fatal(err)
	}
	var shared struct {
		From  string
		Cases []struct {
			Name   string
			Target struct {
				Quantity           int64
				Unit               string
				CountsPublications bool
			}
			Done []struct {
				Publication, Result, Item string
				At                        time.Time
				Quantity                  int64
				Unit                      string
				Counts                    bool
			}
			Delivered int64
			Reached   bool
		}
	}
	if err := json.Unmarshal(raw, &shared); err != nil || len(shared.Cases) < 8 {
		t.Fatalf("%d cases: %v", len(shared.Cases), err)
	}
	for _, c := range shared.Cases {
		plan := plan38()
		if plan.From, err = time.ParseInLocation(time.DateOnly, shared.From, vn.Location()); err != nil {
			t.Fatal(err)
		}
		plan.Items[0].Target, plan.Items[0].Unit, plan.Items[0].Counts = c.Target.Quantity, c.Target.Unit, c.Target.CountsPublications
		var facts []Fact
		for _, of := range c.Done {
			f := published(of.Publication, of.Item, "chu-truong", of.At)
			not := Withdrawn
			if of.Result != "" {
				f, not = recorded(of.Result, of.Item, of.Unit, of.Quantity, of.At), Unconfirmed
			}
			if !of.Counts {
				f.Standing = not
			}
			facts = append(facts, f)
		}
		got := line(t, Compute(plan, facts, Span{From: plan.From, To: plan.To}, nil).Items, "1")
		var n int64
		if got.Cumulative != nil {
			n = *got.Cumulative
		}
		if n != c.Delivered || (got.State == Done) != c.Reached {
			t.Errorf("%s: %d, %s", c.Name, n, got.State)
		}
	}
}
