package facts

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
)

// Kinds of lists. The key of All is empty.
const (
	All        = "all"
	ByTheme    = "theme"
	ByAudience = "audience"
	ByAgency   = "agency"
	ByItem     = "item"
	ByPlan     = "plan"
	ByLanguage = "language" // of a translation, not of the original
)

type place struct{ kind, key string }

// places are the lists that a publication stands in.
func places(e *distributionv1.PublicationPublished) []place {
	c := e.GetContent()
	list := []place{{All, ""}, {ByTheme, c.GetTheme()}, {ByAgency, c.GetAgency()}, {ByItem, c.GetPlanItem()}, {ByPlan, c.GetPlan()}}
	for _, a := range c.GetAudiences() {
		list = append(list, place{ByAudience, a})
	}
	for _, t := range c.GetTranslations() {
		list = append(list, place{ByLanguage, t.GetLanguage()})
	}
	if until := UrgentUntil(c); !until.IsZero() {
		list = append(list, place{Urgent, untilKey(until)})
	}
	list = slices.DeleteFunc(list, func(p place) bool { return p.kind != All && p.key == "" })
	slices.SortFunc(list, func(a, b place) int { return slices.Compare([]string{a.kind, a.key}, []string{b.kind, b.key}) })
	return slices.Compact(list)
}

// List puts a publication into the lists it belongs to and takes it out of all others; one that is not published belongs to none.
func List(ctx context.Context, tx pgx.Tx, e *distributionv1.PublicationPublished, state string) error {
	_, err := tx.Exec(ctx, `
		WITH gone AS (DELETE FROM portal.listing WHERE publication = $1 RETURNING kind, key)
		UPDATE portal.tally t SET n = t.n - 1 FROM gone WHERE t.kind = gone.kind AND t.key = gone.key`, e.GetPublication())
	if err != nil || state != Published {
		return err
	}
	var kinds, keys []string
	for _, p := range places(e) {
		kinds, keys = append(kinds, p.kind), append(keys, p.key)
	}
	_, err = tx.Exec(ctx, `
		WITH came AS (
			INSERT INTO portal.listing (kind, key, published_at, publication)
			SELECT kind, key, $3, $4 FROM unnest($1::text[], $2::text[]) AS p (kind, key)
			RETURNING kind, key)
		INSERT INTO portal.tally (kind, key, n) SELECT kind, key, 1 FROM came
		ON CONFLICT (kind, key) DO UPDATE SET n = portal.tally.n + 1`,
		kinds, keys, e.GetPublishedAt().AsTime(), e.GetPublication())
	return err
}

// Listed are the publications of a list, newest first.
func (f *Facts) Listed(ctx context.Context, kind, key string, offset, limit int) ([]*Publication, error) {
	return f.publications(ctx, `
		SELECT `+publicationColumns+` FROM (
			SELECT publication, published_at AS listed_at FROM portal.listing WHERE kind = $1 AND key = $2
			ORDER BY published_at DESC, publication DESC OFFSET $3 LIMIT $4) AS l
		JOIN portal.publication p ON p.id = l.publication
		ORDER BY l.listed_at DESC, l.publication DESC`, kind, key, offset, limit)
}

// Count is how long a list is.
func (f *Facts) Count(ctx context.Context, kind, key string) (int, error) {
	counts, err := f.tallies(ctx, `SELECT key, n FROM portal.tally WHERE kind = $1 AND key = $2 AND n > 0`, kind, key)
	return counts[key], err
}

// Counts are the lists of a kind with how long each is; empty ones are left out.
func (f *Facts) Counts(ctx context.Context, kind string) (map[string]int, error) {
	return f.tallies(ctx, `SELECT key, n FROM portal.tally WHERE kind = $1 AND n > 0`, kind)
}

// Address is where a published item is read.
type Address struct {
	Slug      string
	ChangedAt time.Time
	Languages []string // of its translations
}

// Addresses of published items, the oldest first, so that a new one changes the last part only.
func (f *Facts) Addresses(ctx context.Context, offset, limit int) ([]Address, error) {
	rows, err := f.pool.Query(ctx, `
		SELECT p.slug, coalesce(p.changed_at, p.published_at),
			(SELECT coalesce(array_agg(t.key ORDER BY t.key), '{}') FROM portal.listing t WHERE t.publication = p.id AND t.kind = 'language')
		FROM (SELECT publication, published_at AS listed_at FROM portal.listing WHERE kind = 'all' AND key = ''
			ORDER BY published_at, publication OFFSET $1 LIMIT $2) AS l
		JOIN portal.publication p ON p.id = l.publication ORDER BY l.listed_at, l.publication`, offset, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Address])
}

func (f *Facts) tallies(ctx context.Context, query string, args ...any) (map[string]int, error) {
	rows, err := f.pool.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	var key string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&key, &n}, func() error { counts[key] = n; return nil })
	return counts, err
}
