package facts

import (
	"context"

	"github.com/jackc/pgx/v5"

	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
)

// Known is all that has a hash.
type Known struct {
	Publications []Version
	Reports      []*Report // whose figures or one of whose documents have it
	Plans        []*Plan   // in a state they were issued in, or are
}

// Version is a publication in one of its versions.
type Version struct {
	Number int
	Event  *distributionv1.PublicationPublished
	Now    *Publication // the publication as it is now
}

// ByHash finds what was published with a SHA-256 in hex, whatever became of it since.
func (f *Facts) ByHash(ctx context.Context, hash string) (k Known, err error) {
	current, err := f.publications(ctx, `SELECT `+publicationColumns+` FROM portal.publication WHERE hash = $1 ORDER BY seq DESC LIMIT 10`, hash)
	if err != nil {
		return k, err
	}
	for _, p := range current {
		k.Publications = append(k.Publications, Version{p.Number, p.Event, p})
	}
	before, err := f.editions(ctx, `hash = $1 ORDER BY publication, number DESC LIMIT 10`, hash)
	if err != nil {
		return k, err
	}
	for _, e := range before {
		now, err := f.Publications(ctx, []string{e.Event.GetPublication()})
		if err != nil {
			return k, err
		}
		for _, p := range now {
			if p.Event.GetContent().GetHash() != hash {
				k.Publications = append(k.Publications, Version{e.Number, e.Event, p})
			}
		}
	}
	k.Reports, err = f.reports(ctx, `
		SELECT `+reportColumns+` FROM portal.report
		WHERE hash = $1 OR id IN (SELECT owner FROM portal.file WHERE sha256 = $1) ORDER BY approved_at DESC LIMIT 10`, hash)
	if err != nil {
		return k, err
	}
	ids, err := f.strings(ctx, `SELECT plan FROM portal.plan_hash WHERE hash = $1 LIMIT 10`, hash)
	if err != nil || len(ids) == 0 {
		return k, err
	}
	k.Plans, err = f.Plans(ctx, ids)
	return k, err
}

func (f *Facts) strings(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := f.pool.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
