package site

import (
	"context"
	"io"
	"time"

	"github.com/loa-vn/loa/services/portal/internal/facts"
	"github.com/loa-vn/loa/services/portal/internal/memory"
	"github.com/loa-vn/loa/services/portal/internal/page"
)

const (
	// urgentShown is how many urgent items the home page names at once.
	urgentShown = 3
	// urgentPhases is how many home pages are made ahead; what comes after them is made when its time has come.
	urgentPhases = 8
)

// urgency is what is urgent at a moment of this process's clock, which only measures how long it is until something ends: when it does,
// the database's clock says.
type urgency struct {
	list      []*facts.Publication // newest first
	at, begun time.Time            // the same moment, by either clock
}

func (s *Site) urgencyNow(ctx context.Context) (u urgency, err error) {
	u.begun = time.Now() // before it is asked for, so that nothing is urgent for too long
	if u.at, u.list, err = s.facts.UrgentNow(ctx); err != nil {
		return u, err
	}
	var last int64
	for _, p := range u.list {
		last = max(last, p.Seq)
	}
	return u, s.upTo(ctx, last)
}

// shown are the newest that are urgent at a moment, and when the first of them ends; zero when there are none.
func (u urgency) shown(at time.Time) (list []*facts.Publication, ends time.Time) {
	for _, p := range u.list {
		if until := p.UrgentUntil(); until.After(at) && len(list) < urgentShown {
			if list = append(list, p); ends.IsZero() || until.Before(ends) {
				ends = until
			}
		}
	}
	return list, ends
}

// homeWith makes the home page as it is now, and as it will be each time that something urgent ends: so it ends to the moment, whatever
// this process or its database do then.
func (s *Site) homeWith(props page.HomeProps, u urgency) (*memory.Response, error) {
	var pages []*memory.Response
	for at := u.at; len(pages) < urgentPhases; {
		list, ends := u.shown(at)
		made, err := rendered(page.ContentType, nil, func(w io.Writer) error { return page.Home(w, s.named(props, list)) })
		if err != nil {
			return nil, err
		}
		if pages = append(pages, made.Response); ends.IsZero() {
			break
		}
		made.Until = u.begun.Add(ends.Sub(u.at))
		at = ends
	}
	for i, next := range pages[1:] {
		pages[i].Then = next
	}
	return pages[0], nil
}

// named are the props of a home page that names what is urgent.
func (s *Site) named(props page.HomeProps, urgent []*facts.Publication) page.HomeProps {
	props.Urgent = make([]page.Urgent, 0, len(urgent))
	for _, p := range urgent {
		entry := s.entry(props.Lang, p)
		props.Urgent = append(props.Urgent, page.Urgent{Entry: entry, Until: p.UrgentUntil()})
		if props.Example.Shown = props.Example.Shown || entry.Example; !entry.Example {
			props.Example.Except = unlabelled(props.Lang)
		}
	}
	return props
}
