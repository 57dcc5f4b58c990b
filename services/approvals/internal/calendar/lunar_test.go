package calendar_test

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/approvals/internal/calendar"
)

// The Vietnamese lunar calendar, computed: a month begins on the day, in UTC+7, of a new moon; the one that holds the winter solstice is the
// eleventh; and where thirteen months lie between two of those, the first in which the sun enters no sign of thirty degrees is a leap month
// with the number of the one before it. Moon and sun are by the series of Jean Meeus, Astronomical Algorithms (2nd edition, chapters 25
// and 49), which are right to a minute or two in these years.

// dayOf is a day in UTC+7 as the Julian day number of its noon.
type dayOf int

func (d dayOf) date() time.Time {
	return time.Date(2000, 1, 1, 0, 0, 0, 0, vn.Location()).AddDate(0, 0, int(d)-2451545)
}

// midnight is the Julian date, in universal time, at which a day begins in UTC+7.
func (d dayOf) midnight() float64 { return float64(d) - 0.5 - 7.0/24 }

func sinDegrees(x float64) float64 { return math.Sin(x * math.Pi / 180) }

// terrestrial is how far terrestrial time is ahead of universal time in these years, in days.
const terrestrial = 70.0 / 86400

// newMoon is the day of the k-th new moon after that of 6 January 2000.
func newMoon(k int) dayOf {
	n := float64(k)
	t := n / 1236.85
	e := 1 - 0.002516*t - 0.0000074*t*t
	sun, moon := 2.5534+29.10535670*n-0.0000014*t*t, 201.5643+385.81693528*n+0.0107582*t*t
	latitude, node := 160.7108+390.67050284*n-0.0016118*t*t, 124.7746-1.56375588*n+0.0020672*t*t
	at := 2451550.09766 + 29.530588861*n + 0.00015437*t*t
	for _, term := range []struct{ by, of float64 }{
		{-0.40720, moon},
		{0.17241 * e, sun},
		{0.01608, 2 * moon},
		{0.01039, 2 * latitude},
		{0.00739 * e, moon - sun},
		{-0.00514 * e, moon + sun},
		{0.00208 * e * e, 2 * sun},
		{-0.00111, moon - 2*latitude},
		{-0.00057, moon + 2*latitude},
		{0.00056 * e, 2*moon + sun},
		{-0.00042, 3 * moon},
		{0.00042 * e, sun + 2*latitude},
		{0.00038 * e, sun - 2*latitude},
		{-0.00024 * e, 2*moon - sun},
		{-0.00017, node},
	} {
		at += term.by * sinDegrees(term.of)
	}
	return dayOf(math.Floor(at - terrestrial + 0.5 + 7.0/24))
}

// longitude is the sun's apparent longitude in degrees, from 0 to 360.
func longitude(at float64) float64 {
	t := (at + terrestrial - 2451545) / 36525
	mean, anomaly := 280.46646+36000.76983*t+0.0003032*t*t, 357.52911+35999.05029*t-0.0001537*t*t
	centre := (1.914602-0.004817*t)*sinDegrees(anomaly) + (0.019993-0.000101*t)*sinDegrees(2*anomaly) + 0.000289*sinDegrees(3*anomaly)
	l := math.Mod(mean+centre-0.00569-0.00478*sinDegrees(125.04-1934.136*t), 360)
	if l < 0 {
		l += 360
	}
	return l
}

// sign is which of the twelve the sun stands in when a day begins.
func sign(d dayOf) int { return int(longitude(d.midnight()) / 30) }

// eleventh is which new moon begins the month that holds the winter solstice (270 degrees) of a year.
func eleventh(year int) int {
	solstice := dayOf(2451545 + int(time.Date(year, 12, 18, 0, 0, 0, 0, time.UTC).Sub(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).Hours()/24))
	for longitude((solstice + 1).midnight()) < 270 {
		solstice++
	}
	k := int(float64(solstice-2451545) / 29.530588861)
	for newMoon(k+1) <= solstice {
		k++
	}
	for newMoon(k) > solstice {
		k--
	}
	return k
}

// lunar is the day of a lunar year, month (1 to 10, and not a leap month) and day.
func lunar(year, month, day int) time.Time {
	first, next := eleventh(year-1), eleventh(year)
	leap := next - first
	if next-first == 13 {
		leap = 1
		for sign(newMoon(first+leap)) != sign(newMoon(first+leap+1)) {
			leap++
		}
	}
	place := month + 1 // months after the eleventh: the twelfth, the first, …
	if place >= leap {
		place++
	}
	return (newMoon(first+place) + dayOf(day-1)).date()
}

// The festivals of the moon, as everybody knows them and as they are computed.
func TestTheLunarCalendar(t *testing.T) {
	for year, want := range map[int][2]string{
		2022: {"2022-02-01", "2022-04-10"},
		2023: {"2023-01-22", "2023-04-29"}, // after a leap second month
		2024: {"2024-02-10", "2024-04-18"},
		2025: {"2025-01-29", "2025-04-07"},
		2026: {"2026-02-17", "2026-04-26"},
		// Where Việt Nam and China, an hour apart, differed: the new moon of 17 February 2007 was before midnight here alone.
		2007: {"2007-02-17", "2007-04-26"},
		1985: {"1985-01-21", "1985-04-29"},
	} {
		got := [2]string{lunar(year, 1, 1).Format(time.DateOnly), lunar(year, 3, 10).Format(time.DateOnly)}
		if got != want {
			t.Errorf("Tết and the Hùng Kings' day of %d are computed as %v, and are %v", year, got, want)
		}
	}
}

// Every day that Loa comes with is what the Labour Code (Articles 111 and 112) makes of the sun and the moon: the festivals are off on their
// days, those at a weekend are made good by the next working days, and so every year has eleven days off within its weeks, beside those that
// were exchanged for a day at a weekend, which are worked.
func TestTheDaysAreThoseOfTheLaw(t *testing.T) {
	data := initial(t)
	var c calendar.Calendar
	working := c.Working(data, 2021, 2027)
	for _, y := range data.Years {
		on := func(month time.Month, day int) time.Time {
			return time.Date(y.Year, month, day, 0, 0, 0, 0, vn.Location())
		}
		tet := lunar(y.Year, 1, 1)
		festivals := map[string]time.Time{
			"Tết Dương lịch": on(1, 1), "Giỗ Tổ": lunar(y.Year, 3, 10), "30/4": on(4, 30), "1/5": on(5, 1), "Quốc khánh": on(9, 2),
			"29 Tết": tet.AddDate(0, 0, -1), "mùng 1": tet, "mùng 2": tet.AddDate(0, 0, 1), "mùng 3": tet.AddDate(0, 0, 2),
		}
		for name, day := range festivals {
			if working.Working(day) {
				t.Errorf("%d: %s is worked, on %s", y.Year, name, day.Format(time.DateOnly))
			}
		}
		if working.Working(on(9, 1)) && working.Working(on(9, 3)) {
			t.Errorf("%d: neither day beside 2 September is off", y.Year)
		}
		exchanged := 0
		for _, h := range y.Holidays {
			if strings.Contains(h.Name, "hoán đổi") {
				exchanged++
			}
			says(t, y.Year, h, festivals, working)
		}
		if n := len(y.Holidays) - exchanged; n != 11 {
			t.Errorf("%d has %d days off within its weeks by the law, and not 11", y.Year, n)
		}
		if exchanged != len(y.WorkingDays) {
			t.Errorf("%d: %d days were exchanged for %d", y.Year, exchanged, len(y.WorkingDays))
		}
		for _, w := range y.WorkingDays {
			if d := day(t, w.Date); d.Weekday() != time.Saturday || !working.Working(d) {
				t.Errorf("%s, a %s, is worked instead of another day: %+v", w.Date, d.Weekday(), w)
			}
		}
	}
}

// says holds a day's name against its date.
func says(t *testing.T, year int, h calendar.Day, festivals map[string]time.Time, working vn.Calendar) {
	t.Helper()
	date, tet := day(t, h.Date), festivals["mùng 1"]
	numbers := func(pattern string) (found []int) {
		for i, text := range regexp.MustCompile(pattern).FindStringSubmatch(h.Name) {
			if n, err := strconv.Atoi(text); i > 0 && err == nil {
				found = append(found, n)
			}
		}
		return found
	}
	wrong := func(should time.Time) {
		if !date.Equal(should) {
			t.Errorf("%s is no %s, which was on %s", h.Date, h.Name, should.Format(time.DateOnly))
		}
	}
	if n := numbers(`mùng (\d+)`); n != nil {
		wrong(tet.AddDate(0, 0, n[0]-1))
	}
	if n := numbers(`\((\d+) tháng Chạp\)`); n != nil {
		twelfth := newMoon(eleventh(year-1) + 1).date() // no twelfth month of these years was a leap month
		wrong(twelfth.AddDate(0, 0, n[0]-1))
	}
	if strings.HasPrefix(h.Name, "Nghỉ bù") {
		for name, of := range festivals {
			if strings.Contains(h.Name, name) && (working.Working(of) || !(vn.Calendar{}).Working(date)) {
				t.Errorf("%s makes good for %s, which was on %s", h.Date, name, of.Format(time.DateOnly))
			}
			if strings.Contains(h.Name, name) && (vn.Calendar{}).Working(of) {
				t.Errorf("%s makes good for %s, which was no weekend: %s", h.Date, name, of.Format(time.DateOnly))
			}
		}
		return
	}
	if strings.HasPrefix(h.Name, "Giỗ Tổ") {
		wrong(festivals["Giỗ Tổ"])
	}
	if n := numbers(`thứ Bảy (\d+)/(\d+)`); n != nil && !working.On[fmt.Sprintf("%d-%02d-%02d", year, n[1], n[0])] {
		t.Errorf("%s names a day that is not worked: %s", h.Date, h.Name)
	}
}
