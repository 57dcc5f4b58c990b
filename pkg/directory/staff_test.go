package directory_test

import (
	"testing"

	"github.com/loa-vn/loa/pkg/vn"
)

func TestStaffIsWhoHoldsAPositionThatDay(t *testing.T) {
	d, pool := replica(t)
	elsewhere := person("c", "officer", "", "")
	elsewhere.Agency = "H24.03"
	mustDeliver(t, d, pool, people(person("b", "head", "2022-01-01", ""), person("a", "officer", "2022-01-01", "2022-06-30"), elsewhere))
	for day, want := range map[int]string{1: "ab", 7: "b"} {
		staff, err := d.Staff(t.Context(), []string{"H24.02", "H24.99"}, vn.Day(2022, 1, 1).AddDate(0, day-1, 0))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, p := range staff {
			got += p.ID
		}
		if got != want || staff[len(staff)-1].Role != "head" {
			t.Errorf("in month %d: %v", day, staff)
		}
	}
}
