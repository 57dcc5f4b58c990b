package calendar_test

import (
	"testing"
	"time"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/es/estest"
	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/approvals/internal/calendar"
)

func initial(t *testing.T) calendar.Data {
	t.Helper()
	data, err := calendar.InitialData()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Every year Loa comes with could be set by an administrator as it is, is about days that change something, and says of each day where it
// comes from.
func TestTheYearsLoaComesWith(t *testing.T) {
	data := initial(t)
	want := 2022
	for _, y := range data.Years {
		if y.Year != want {
			t.Errorf("the year %d stands where %d should", y.Year, want)
		}
		want++
		if fields := calendar.Check(calendar.Normalise(y)); len(fields) > 0 {
			t.Errorf("%d: %v", y.Year, fields)
		}
		for _, d := range y.Holidays {
			if !(vn.Calendar{}).Working(day(t, d.Date)) {
				t.Errorf("%s is no working day without being a holiday", d.Date)
			}
			if d.Source == "" || !d.Recalled {
				t.Errorf("%s does not say where it comes from: %+v", d.Date, d)
			}
		}
	}
	if want != 2027 {
		t.Errorf("the years end before %d", want)
	}
}

func day(t *testing.T, date string) time.Time {
	t.Helper()
	d, err := time.ParseInLocation(time.DateOnly, date, vn.Location())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestWorkingDays(t *testing.T) {
	var c calendar.Calendar
	working := c.Working(initial(t), 2021, 2028)
	for date, want := range map[string]bool{
		"2022-01-28": true, "2022-01-31": false, "2022-02-04": false, "2022-02-07": true, // Tết Nhâm Dần
		"2024-04-29": false, "2024-05-04": true, "2024-05-11": false, // swapped
		"2026-08-22": true, "2026-08-31": false,
		"2021-04-30": false, "2021-05-03": true, "2027-09-02": false, // years nobody entered
	} {
		if got := working.Working(day(t, date)); got != want {
			t.Errorf("%s: %v", date, got)
		}
	}
}

func TestAYearIsSetAndHolds(t *testing.T) {
	announced := calendar.Year{Year: 2027, Holidays: []calendar.Day{{Date: "2027-02-08", Name: "Tết Đinh Mùi", Source: "Thông báo"}}, WorkingDays: []calendar.Day{}}
	set := func(y calendar.Year) func(*calendar.Calendar, int64) ([]any, error) {
		return func(c *calendar.Calendar, _ int64) ([]any, error) { return c.Set(y) }
	}
	past := estest.Given[calendar.Calendar](t, es.NewCatalogue(calendar.Types()...)).When(set(announced)).Then(calendar.Set{Year: announced})
	past.When(set(announced)).Then()
	y, origin := past.State().Of(initial(t), 2027)
	if origin != calendar.BySetting || len(y.Holidays) != 1 || past.State().Versions[2027] != 1 {
		t.Errorf("%+v, %s", y, origin)
	}
	if _, origin := past.State().Of(initial(t), 2026); origin != calendar.Initial {
		t.Errorf("2026 is of %s", origin)
	}
	if _, origin := past.State().Of(initial(t), 2028); origin != calendar.Fixed {
		t.Errorf("2028 is of %s", origin)
	}
	if past.State().Working(initial(t), 2027, 2027).Working(day(t, "2027-02-08")) {
		t.Error("what was announced does not hold")
	}
}

func TestWhatIsWrongWithAYear(t *testing.T) {
	d := func(date string) calendar.Day { return calendar.Day{Date: date, Name: "x", Source: "y"} }
	for name, c := range map[string]struct {
		year calendar.Year
		want string
	}{
		"another year":          {calendar.Year{Year: 2026, Holidays: []calendar.Day{d("2027-01-01")}}, "holidays[0].date CALENDAR_YEAR"},
		"no date":               {calendar.Year{Year: 2026, Holidays: []calendar.Day{d("2026-02-30")}}, "holidays[0].date BAD_DATE"},
		"twice":                 {calendar.Year{Year: 2026, Holidays: []calendar.Day{d("2026-02-16"), d("2026-02-16")}}, "holidays[1].date CALENDAR_DAY_KIND"},
		"a Tuesday made good":   {calendar.Year{Year: 2026, WorkingDays: []calendar.Day{d("2026-02-17")}}, "workingDays[0].date CALENDAR_DAY_KIND"},
		"no source, not marked": {calendar.Year{Year: 2026, Holidays: []calendar.Day{{Date: "2026-02-16", Name: "x"}}}, "holidays[0].source REQUIRED"},
		"too long ago":          {calendar.Year{Year: 1999}, "year BAD_FORMAT"},
		"a marked day":          {calendar.Year{Year: 2026, Holidays: []calendar.Day{{Date: "2026-02-16", Name: "x", Recalled: true}}}, ""},
	} {
		if got := places(calendar.Check(calendar.Normalise(c.year))); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func places(fields []errs.Field) (out string) {
	for _, f := range fields {
		out += f.Field + " " + f.Reason.String()
	}
	return out
}
