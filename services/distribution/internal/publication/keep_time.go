package publication

import "time"

// NextAt is when something happens to the publication by itself: it or its correction becomes public, or it ends. Zero: never.
func (p *Publication) NextAt() time.Time {
	due := p.DueAt()
	if p.State == Published && !p.ExpiresAt.IsZero() && (due.IsZero() || p.ExpiresAt.Before(due)) {
		return p.ExpiresAt
	}
	return due
}

// KeepTime does what the publication's time has come for by the log's clock: it releases what waits, or ends what is shown. It is refused
// before that, and when no time is set any more nothing happens.
func (p *Publication) KeepTime(now time.Time) ([]any, error) {
	switch next := p.NextAt(); {
	case next.IsZero():
		return nil, nil
	case next.Equal(p.DueAt()):
		return p.ReleasePublication(now)
	default:
		return p.ExpirePublication(now)
	}
}

// over says that the end of showing has come.
func (p *Publication) over(now time.Time) bool {
	return !p.ExpiresAt.IsZero() && !now.Before(p.ExpiresAt)
}
