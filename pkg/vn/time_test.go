package vn_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loa-vn/loa/pkg/vn"
)

func TestDates(t *testing.T) {
	published := time.Date(2022, 3, 1, 6, 20, 0, 0, time.UTC)
	for _, c := range []struct{ name, got, want string }{
		{"vi", vn.DateTime(published, vn.Vi), "Thứ Ba, 01/03/2022, 13:20"},
		{"en", vn.DateTime(published, vn.En), "Tuesday, 1 March 2022, 13:20"},
		{"date", vn.Date(published), "01/03/2022"},
		{"clock", vn.Clock(published), "13:20"},
		{"english date", vn.DateIn(published, vn.En), "1 March 2022"},
		{"date after midnight in Vietnam", vn.Date(time.Date(2021, 12, 31, 17, 0, 0, 0, time.UTC)), "01/01/2022"},
		{"Sunday", vn.DateTime(vn.Day(2022, 3, 6), vn.Vi), "Chủ Nhật, 06/03/2022, 00:00"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
}

func TestPeriodsOfTheDecree(t *testing.T) {
	for _, c := range []struct{ id, from, last, vi, en, days string }{
		{"2022-M03", "15/02/2022", "14/03/2022", "tháng 3 năm 2022", "March 2022", "15/02–14/03/2022"},
		{"2022-M01", "15/12/2021", "14/01/2022", "tháng 1 năm 2022", "January 2022", "15/12/2021–14/01/2022"},
		{"2022-Q1", "15/12/2021", "14/03/2022", "quý I năm 2022", "first quarter of 2022", "15/12/2021–14/03/2022"},
		{"2022-Q4", "15/09/2022", "14/12/2022", "quý IV năm 2022", "fourth quarter of 2022", "15/09–14/12/2022"},
		{"2022-H1", "15/12/2021", "14/06/2022", "sáu tháng đầu năm 2022", "first half of 2022", "15/12/2021–14/06/2022"},
		{"2022-H2", "15/06/2022", "14/12/2022", "sáu tháng cuối năm 2022", "second half of 2022", "15/06–14/12/2022"},
		{"2022-Y", "15/12/2021", "14/12/2022", "năm 2022", "2022", "15/12/2021–14/12/2022"},
	} {
		period, err := vn.ParsePeriod(c.id)
		if err != nil {
			t.Fatal(err)
		}
		got := [...]string{period.String(), vn.Date(period.From()), vn.Date(period.LastDay()), period.Name(vn.Vi), period.Name(vn.En), period.Days(vn.Vi)}
		if want := [...]string{c.id, c.from, c.last, c.vi, c.en, c.days}; got != want {
			t.Errorf("%q\nwant %q", got, want)
		}
		if !period.To().Equal(period.LastDay().AddDate(0, 0, 1)) {
			t.Errorf("%s: the end is not the day after the last day", c.id)
		}
	}
}

func TestParsePeriodRefuses(t *testing.T) {
	for _, id := range []string{"", "2022", "2022-M3", "2022-M13", "2022-M00", "2022-Q5", "2022-Q01", "2022-H3", "2022-Y1", "22-M03", "2022-m03", "2022-X1", "0000-Y", "2022-M+3", "-022-Y"} {
		if period, err := vn.ParsePeriod(id); !errors.Is(err, vn.ErrPeriod) {
			t.Errorf("%q was read as %v, %v", id, period, err)
		}
	}
}

func TestPeriodAtCutOff(t *testing.T) {
	for _, c := range []struct{ at, want string }{
		{"2022-03-14T23:59:59.999+07:00", "2022-M03"},
		{"2022-03-15T00:00:00+07:00", "2022-M04"},
		{"2022-03-14T17:00:00Z", "2022-M04"},
		{"2022-12-15T00:00:00+07:00", "2023-M01"},
		{"2022-01-31T08:00:00+07:00", "2022-M02"},
	} {
		instant, err := time.Parse(time.RFC3339Nano, c.at)
		if err != nil {
			t.Fatal(err)
		}
		period, err := vn.PeriodAt(vn.Month, instant)
		if err != nil || period.String() != c.want || !period.Contains(instant) {
			t.Errorf("%s lies in %v (%v), want %s", c.at, period, err, c.want)
		}
	}
}

func periods() *rapid.Generator[vn.Period] {
	return rapid.Custom(func(t *rapid.T) vn.Period {
		kind := rapid.SampledFrom([]vn.PeriodKind{vn.Month, vn.Quarter, vn.Half, vn.Year}).Draw(t, "kind")
		most := map[vn.PeriodKind]int{vn.Month: 12, vn.Quarter: 4, vn.Half: 2, vn.Year: 1}[kind]
		period, err := vn.NewPeriod(kind, rapid.IntRange(1900, 2200).Draw(t, "year"), rapid.IntRange(1, most).Draw(t, "n"))
		if err != nil {
			t.Fatal(err)
		}
		return period
	})
}

func TestPeriodIDIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		period := periods().Draw(t, "period")
		text, err := period.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var read vn.Period
		if err := read.UnmarshalText(text); err != nil || read != period {
			t.Fatalf("%s read back as %s: %v", period, read, err)
		}
	})
}

func TestMonthsTileEveryPeriod(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		period := periods().Draw(t, "period")
		at := period.From()
		for _, month := range period.Months() {
			if !month.From().Equal(at) {
				t.Fatalf("%s begins at %s, the month before ended at %s", month, month.From(), at)
			}
			at = month.To()
		}
		if !at.Equal(period.To()) {
			t.Fatalf("the months of %s end at %s, the period at %s", period, at, period.To())
		}
		if next := period.Next(); !next.From().Equal(period.To()) || next.Kind() != period.Kind() {
			t.Fatalf("%s does not follow %s", next, period)
		}
	})
}

func TestEveryInstantLiesInOnePeriodOfAKind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		instant := time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "seconds"), 0)
		for _, kind := range []vn.PeriodKind{vn.Month, vn.Quarter, vn.Half, vn.Year} {
			period, err := vn.PeriodAt(kind, instant)
			if err != nil || !period.Contains(instant) {
				t.Fatalf("%s is not in %s (%v)", instant, period, err)
			}
			if period.Next().Contains(instant) {
				t.Fatalf("%s is in %s and the next", instant, period)
			}
		}
	})
}
