package publication

import "time"

// ImportPublication takes in what was published before Loa, at the time it was.
func (p *Publication) ImportPublication(s Snapshot, publishedAt time.Time) []any {
	if p.State != None {
		return nil
	}
	return []any{PublicationImported{Snapshot: s, Slug: Slug(s.Title, s.Content), PublishedAt: publishedAt.UTC()}}
}
