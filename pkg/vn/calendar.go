package vn

import (
	"time"
)

// Office hours, by which working time is counted: a term ends at Closes. Recalled, not read in a source.
const (
	Opens  = 8 * time.Hour
	Closes = 17 * time.Hour
)

// Calendar tells working days from others: Monday to Friday, less Off, and the days of On. Days are YYYY-MM-DD in Vietnam. The zero
// Calendar knows weekends alone.
type Calendar struct {
	Off, On map[string]bool
}

// Working says whether the day of t in Vietnam is a working day.
func (c Calendar) Working(t time.Time) bool {
	local := t.In(Location())
	day := local.Format(time.DateOnly)
	switch {
	case c.Off[day]:
		return false
	case c.On[day]:
		return true
	default:
		return local.Weekday() != time.Saturday && local.Weekday() != time.Sunday
	}
}

// Due is when a term of that many working days ends that began at from: at the close of the last of the working days after the day
// of from, which itself does not count. For no days or fewer it is the close of that day, or of the next working day.
func (c Calendar) Due(from time.Time, days int) time.Time {
	day := midnight(from)
	if days <= 0 {
		for !c.Working(day) {
			day = day.AddDate(0, 0, 1)
		}
		return day.Add(Closes)
	}
	for days > 0 {
		day = day.AddDate(0, 0, 1)
		if c.Working(day) {
			days--
		}
	}
	return day.Add(Closes)
}

// Worked is how much office time of working days lies in [from, to); nothing when to is not after from.
func (c Calendar) Worked(from, to time.Time) time.Duration {
	var worked time.Duration
	for day := midnight(from); day.Before(to); day = day.AddDate(0, 0, 1) {
		if !c.Working(day) {
			continue
		}
		opens, closes := day.Add(Opens), day.Add(Closes)
		if opens.Before(from) {
			opens = from
		}
		if closes.After(to) {
			closes = to
		}
		if closes.After(opens) {
			worked += closes.Sub(opens)
		}
	}
	return worked
}

// After is the first moment at which that much office time has passed since from.
func (c Calendar) After(from time.Time, worked time.Duration) time.Time {
	if worked <= 0 {
		return from
	}
	for day := midnight(from); ; day = day.AddDate(0, 0, 1) {
		if !c.Working(day) {
			continue
		}
		opens, closes := day.Add(Opens), day.Add(Closes)
		if opens.Before(from) {
			opens = from
		}
		if open := closes.Sub(opens); open >= worked {
			return opens.Add(worked)
		} else if open > 0 {
			worked -= open
		}
	}
}

// Days counts the working days after the day of from up to and including the day of to; none when to is not on a later day.
func (c Calendar) Days(from, to time.Time) int {
	n := 0
	for day, last := midnight(from).AddDate(0, 0, 1), midnight(to); !day.After(last); day = day.AddDate(0, 0, 1) {
		if c.Working(day) {
			n++
		}
	}
	return n
}

func midnight(t time.Time) time.Time {
	local := t.In(Location())
	return Day(local.Year(), local.Month(), local.Day())
}
