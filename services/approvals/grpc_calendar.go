package approvals

import (
	"context"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/rpc"
	"github.com/loa-vn/loa/services/approvals/internal/calendar"
)

func (s *server) GetCalendar(ctx context.Context, r *approvalsv1.GetCalendarRequest) (*approvalsv1.Calendar, error) {
	if err := s.host.Policies.Authorize(ctx, "GetCalendar", auth.Resource{Type: "Calendar"}); err != nil {
		return nil, err
	}
	year := int(r.GetYear())
	if year < calendar.FirstYear || year > calendar.LastYear {
		return nil, errs.Invalid(calendar.Check(calendar.Year{Year: year}))
	}
	c, _, err := s.calendars.Load(ctx, calendar.ID())
	if err != nil {
		return nil, err
	}
	return s.calendarMessage(c, year), rpc.SetETag(ctx, etag(c.Versions[year]))
}

func (s *server) PutCalendar(ctx context.Context, r *approvalsv1.PutCalendarRequest) (*approvalsv1.Calendar, error) {
	if err := s.host.Policies.Authorize(ctx, "PutCalendar", auth.Resource{Type: "Calendar"}); err != nil {
		return nil, err
	}
	year := calendar.Normalise(yearOf(r.GetCalendar()))
	if err := errs.Invalid(calendar.Check(year)); err != nil {
		return nil, err
	}
	command, err := rpc.Command(ctx, "PutCalendar", r)
	if err != nil {
		return nil, err
	}
	result, err := s.calendars.Execute(ctx, calendar.ID(), command, func(c *calendar.Calendar, _ int64) ([]any, error) {
		if err := matches(ctx, c.Versions[year.Year]); err != nil {
			return nil, err
		}
		return c.Set(year)
	})
	if err != nil {
		return nil, err
	}
	if err := s.host.Answered(ctx, result.Position, result.Recorded); err != nil {
		return nil, err
	}
	s.changed()
	return s.calendarMessage(result.State, year.Year), rpc.SetETag(ctx, etag(result.State.Versions[year.Year]))
}

func (s *server) calendarMessage(c *calendar.Calendar, year int) *approvalsv1.Calendar {
	y, origin := c.Of(s.data, year)
	m := &approvalsv1.Calendar{Year: int32(year), Origin: string(origin), Etag: etag(c.Versions[year])}
	for _, d := range y.Holidays {
		m.Holidays = append(m.Holidays, dayMessage(d))
	}
	for _, d := range y.WorkingDays {
		m.WorkingDays = append(m.WorkingDays, dayMessage(d))
	}
	return m
}

func dayMessage(d calendar.Day) *approvalsv1.CalendarDay {
	return &approvalsv1.CalendarDay{Date: d.Date, Name: d.Name, Source: d.Source, Recalled: d.Recalled}
}

func yearOf(m *approvalsv1.Calendar) calendar.Year {
	days := func(list []*approvalsv1.CalendarDay) []calendar.Day {
		out := make([]calendar.Day, 0, len(list))
		for _, d := range list {
			out = append(out, calendar.Day{Date: d.GetDate(), Name: d.GetName(), Source: d.GetSource(), Recalled: d.GetRecalled()})
		}
		return out
	}
	return calendar.Year{Year: int(m.GetYear()), Holidays: days(m.GetHolidays()), WorkingDays: days(m.GetWorkingDays())}
}
