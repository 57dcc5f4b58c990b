package publication

import "time"

// ImportPublication takes in what was published before Loa, at the time it was. The tail ends its slug.
func (p *Publication) ImportPublication(s Snapshot, tail string, publishedAt time.Time) []any {
	if p.State != None {
		return nil
	}
	return []any{PublicationImported{Snapshot: s, Slug: Slug(s.Title, tail, nil), PublishedAt: publishedAt.UTC()}}
}
