package facts

import (
	"context"
	"time"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
)

// Urgent is the list of what is urgent, with the moment it ends as its key.
const Urgent = "urgent"

// untilKey is a moment as the key of a list: keys are in the order of moments, whatever the database's collation.
func untilKey(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000000Z") }

// UrgentUntil is until when an item is urgent; zero when it is not.
func UrgentUntil(c *contentv1.Content) time.Time {
	if c.GetUrgentUntil() == nil {
		return time.Time{}
	}
	return c.GetUrgentUntil().AsTime()
}

// UrgentUntil is until when it is urgent; zero when it is not.
func (p *Publication) UrgentUntil() time.Time { return UrgentUntil(p.Event.GetContent()) }

// UrgentNow is what is urgent, the newest first, and the moment that this is so, by the database's clock.
func (f *Facts) UrgentNow(ctx context.Context) (now time.Time, list []*Publication, err error) {
	if err := f.pool.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&now); err != nil {
		return now, nil, err
	}
	list, err = f.publications(ctx, `
		SELECT `+publicationColumns+` FROM (
			SELECT publication, published_at AS listed_at FROM portal.listing WHERE kind = $1 AND key > $2) AS l
		JOIN portal.publication p ON p.id = l.publication
		ORDER BY l.listed_at DESC, l.publication DESC`, Urgent, untilKey(now))
	return now, list, err
}
