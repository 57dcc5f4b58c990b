package vn_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loa-vn/loa/pkg/vn"
)

// tet2022 has the days off around Tết Nhâm Dần.
func tet2022() vn.Calendar {
	return vn.Calendar{
		Off: map[string]bool{"2022-01-31": true, "2022-02-01": true, "2022-02-02": true, "2022-02-03": true, "2022-02-04": true},
		On:  map[string]bool{"2022-02-12": true},
	}
}

func at(day, clock string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", day+" "+clock, vn.Location())
	if err != nil {
		panic(err)
	}
	return t
}

func TestDue(t *testing.T) {
	c := tet2022()
	for _, x := range []struct {
		from string
		days int
		want string
	}{
		{"2022-01-27 10:00", 1, "2022-01-28 17:00"},
		{"2022-01-28 10:00", 1, "2022-02-07 17:00"}, // across Tết
		{"2022-01-28 23:59", 3, "2022-02-09 17:00"},
		{"2022-02-01 12:00", 1, "2022-02-07 17:00"}, // entered on a holiday
		{"2022-02-11 09:00", 1, "2022-02-12 17:00"}, // a Saturday that is worked
		{"2022-02-12 09:00", 1, "2022-02-14 17:00"},
		{"2022-02-08 09:00", 0, "2022-02-08 17:00"},
		{"2022-02-01 09:00", 0, "2022-02-07 17:00"},
	} {
		if got := c.Due(at(x.from[:10], x.from[11:]), x.days); !got.Equal(at(x.want[:10], x.want[11:])) {
			t.Errorf("%d days from %s end %s, want %s", x.days, x.from, got, x.want)
		}
	}
	// 20:00 UTC is the next day in Vietnam.
	if got := c.Due(time.Date(2022, 1, 26, 20, 0, 0, 0, time.UTC), 1); !got.Equal(at("2022-01-28", "17:00")) {
		t.Errorf("from an instant of the next day in Vietnam: %s", got)
	}
}

func TestHalfAndFourFifthsOfATerm(t *testing.T) {
	c := tet2022()
	from := at("2022-01-28", "14:00")
	due := c.Due(from, 2) // 08/02 17:00: three hours, then two whole days
	all := c.Worked(from, due)
	if all != 21*time.Hour {
		t.Fatalf("worked %v", all)
	}
	if got := c.After(from, all/2); !got.Equal(at("2022-02-07", "15:30")) {
		t.Errorf("half: %s", got)
	}
	if got := c.After(from, all*4/5); !got.Equal(at("2022-02-08", "12:48")) {
		t.Errorf("four fifths: %s", got)
	}
	if got := c.Days(from, due); got != 2 {
		t.Errorf("%d working days", got)
	}
}

// Whatever the holidays: a term ends at the close of a working day, with exactly its working days in between; reminders fall into
// office hours of working days, in order; and the arithmetic agrees with counting day by day.
func TestWorkingDaysProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := vn.Calendar{Off: map[string]bool{}, On: map[string]bool{}}
		start := vn.Day(2022, 1, 1).AddDate(0, 0, rapid.IntRange(0, 1500).Draw(t, "day"))
		for range rapid.IntRange(0, 25).Draw(t, "changed days") {
			day := start.AddDate(0, 0, rapid.IntRange(-3, 40).Draw(t, "offset")).Format(time.DateOnly)
			if rapid.Bool().Draw(t, "off") {
				c.Off[day] = true
			} else {
				c.On[day] = true
			}
		}
		from := start.Add(time.Duration(rapid.IntRange(0, 24*60-1).Draw(t, "minute")) * time.Minute)
		days := rapid.IntRange(1, 30).Draw(t, "term")
		due := c.Due(from, days)
		if !c.Working(due) || vn.Clock(due) != "17:00" {
			t.Fatalf("ends %s", due)
		}
		if got := c.Days(from, due); got != days {
			t.Fatalf("%d working days of %d", got, days)
		}
		if got := c.Days(from, due.AddDate(0, 0, -1)); got != days-1 {
			t.Fatalf("a day earlier: %d working days of %d", got, days)
		}
		all := c.Worked(from, due)
		last := from
		for _, percent := range []time.Duration{50, 80, 100} {
			m := c.After(from, all*percent/100)
			minute := m.In(vn.Location()).Format("15:04")
			if !c.Working(m) || minute < "08:00" || minute > "17:00" || m.Before(last) || m.After(due) {
				t.Fatalf("%d%% at %s, after %s, before %s", percent, m, last, due)
			}
			if got := c.Worked(from, m); got != all*percent/100 {
				t.Fatalf("%d%%: worked %v of %v", percent, got, all)
			}
			last = m
		}
		if !last.Equal(due) {
			t.Fatalf("all of it at %s, due %s", last, due)
		}
		holidays := 0
		for day := start.AddDate(0, 0, 1); !day.After(due); day = day.AddDate(0, 0, 1) {
			if c.Off[day.Format(time.DateOnly)] {
				holidays++
			}
		}
		if counted := int(due.Sub(start).Hours()/24) - holidays; counted < days {
			t.Fatal(fmt.Sprint("a holiday was counted: ", counted, " days of ", days))
		}
	})
}
