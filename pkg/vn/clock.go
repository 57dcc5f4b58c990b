package vn

import (
	"fmt"
	"time"
)

// Location is the zone of Vietnam, Asia/Ho_Chi_Minh: seven hours ahead of UTC, no summer time. It
// is fixed, so that it works where no time zone data is installed.
func Location() *time.Location { return time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60) }

// Day returns the first instant of a day in Vietnam.
func Day(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, Location())
}

// Date writes the day of t in Vietnam as dd/mm/yyyy.
func Date(t time.Time) string { return t.In(Location()).Format("02/01/2006") }

// Clock writes the hour and minute of t in Vietnam as hh:mm.
func Clock(t time.Time) string { return t.In(Location()).Format("15:04") }

// DateTime writes t in Vietnam in full: "Thứ Ba, 01/03/2022, 13:20", or in English
// "Tuesday, 1 March 2022, 13:20".
func DateTime(t time.Time, lang Lang) string {
	local := t.In(Location())
	if lang == En {
		return local.Format("Monday, 2 January 2006, 15:04")
	}
	return fmt.Sprintf("%s, %s", weekday(local.Weekday()), local.Format("02/01/2006, 15:04"))
}

// DateIn writes the day of t in Vietnam as text of that language has it: 01/03/2022, or in English
// "1 March 2022", since 01/03 reads two ways there.
func DateIn(t time.Time, lang Lang) string {
	if lang == En {
		return t.In(Location()).Format("2 January 2006")
	}
	return Date(t)
}

func weekday(day time.Weekday) string {
	return [...]string{"Chủ Nhật", "Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy"}[day]
}
