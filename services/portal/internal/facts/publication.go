package facts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
)

// States of a publication. Only a published one stands in lists.
const (
	Published = "published"
	Withdrawn = "withdrawn"
	Expired   = "expired"
)

// Publication is a publication as it is shown now.
type Publication struct {
	// Event is what it says: of a corrected one, since its last correction, with the time of its first publication.
	Event      *distributionv1.PublicationPublished
	RecordedAt time.Time
	State      string
	// Number counts corrections; ChangedAt is when the last one, the withdrawal or the expiry was, zero before.
	Number      int
	ChangedAt   time.Time
	Traceparent string
	Seq         int64
}

// ID is the publication's id.
func (p *Publication) ID() string { return p.Event.GetPublication() }

// At is when it was published first.
func (p *Publication) At() time.Time { return p.Event.GetPublishedAt().AsTime() }

// Publish keeps a publication that is new. One that is known stays as it is: the bus may bring it again.
func Publish(ctx context.Context, tx pgx.Tx, e *distributionv1.PublicationPublished, recordedAt time.Time, traceparent string) error {
	payload, err := proto.Marshal(e)
	if err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, `
		INSERT INTO portal.publication (id, slug, published_at, recorded_at, payload, traceparent, hash, listed, seq)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, nextval('portal.seen'))
		ON CONFLICT (id) DO NOTHING`,
		e.GetPublication(), e.GetSlug(), e.GetPublishedAt().AsTime(), recordedAt, payload, traceparent, e.GetContent().GetHash(), Shape)
	if err != nil || tag.RowsAffected() == 0 {
		return err
	}
	if err := keepFiles(ctx, tx, e.GetPublication(), 0, e.GetContent()); err != nil {
		return err
	}
	return List(ctx, tx, e, Published)
}

const publicationColumns = `payload, recorded_at, state, number, coalesce(changed_at, '0001-01-01'), traceparent, seq`

func scanPublication(row pgx.CollectableRow) (*Publication, error) {
	p := &Publication{Event: &distributionv1.PublicationPublished{}}
	var payload []byte
	if err := row.Scan(&payload, &p.RecordedAt, &p.State, &p.Number, &p.ChangedAt, &p.Traceparent, &p.Seq); err != nil {
		return nil, err
	}
	if p.Number == 0 && p.State == Published {
		p.ChangedAt = time.Time{}
	}
	return p, proto.Unmarshal(payload, p.Event)
}

// PublicationBySlug is the publication at a slug, whatever its state; nil when there is none.
func (f *Facts) PublicationBySlug(ctx context.Context, slug string) (*Publication, error) {
	return one(f.publications(ctx, `SELECT `+publicationColumns+` FROM portal.publication WHERE slug = $1`, slug))
}

// Publications by id, whatever their state, in the order of the ids; unknown ones are left out.
func (f *Facts) Publications(ctx context.Context, ids []string) ([]*Publication, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	list, err := f.publications(ctx, `SELECT `+publicationColumns+` FROM portal.publication WHERE id = ANY($1)`, ids)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b *Publication) int { return slices.Index(ids, a.ID()) - slices.Index(ids, b.ID()) })
	return list, nil
}

func (f *Facts) publications(ctx context.Context, query string, args ...any) ([]*Publication, error) {
	rows, err := f.pool.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, scanPublication)
	if err != nil {
		return nil, fmt.Errorf("publications of the portal: %w", err)
	}
	return list, nil
}

// OtherNews is how many other items an article names.
const OtherNews = 4

// Others are the items that an article names beside its own text: those of its theme published before it, then others before it, then
// others after it. So a new item changes few pages.
func (f *Facts) Others(ctx context.Context, p *Publication) ([]*Publication, error) {
	rows, err := f.pool.Query(ctx, `
		(SELECT publication, 1, published_at FROM portal.listing WHERE kind = 'theme' AND key = $1 AND (published_at, publication) < ($2, $3)
			ORDER BY published_at DESC, publication DESC LIMIT $4)
		UNION ALL
		(SELECT publication, 2, published_at FROM portal.listing WHERE kind = 'all' AND key = '' AND (published_at, publication) < ($2, $3)
			ORDER BY published_at DESC, publication DESC LIMIT $5)
		UNION ALL
		(SELECT publication, 3, published_at FROM portal.listing WHERE kind = 'all' AND key = '' AND (published_at, publication) > ($2, $3)
			ORDER BY published_at, publication LIMIT $4)`,
		p.Event.GetContent().GetTheme(), p.At(), p.ID(), OtherNews, 2*OtherNews)
	if err != nil {
		return nil, err
	}
	type other struct {
		ID    string
		Class int
		At    time.Time
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[other])
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(list, func(a, b other) int { return a.Class - b.Class })
	var ids []string
	for _, o := range list {
		if len(ids) < OtherNews && !slices.Contains(ids, o.ID) {
			ids = append(ids, o.ID)
		}
	}
	others, err := f.Publications(ctx, ids)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(others, func(a, b *Publication) int { return b.At().Compare(a.At()) })
	return others, nil
}

// one is the only row, nil when there is none.
func one[T any](list []*T, err error) (*T, error) {
	switch {
	case err != nil:
		return nil, err
	case len(list) == 0:
		return nil, nil //nolint:nilnil // absence is an answer here, not an error
	case len(list) > 1:
		return nil, errors.New("facts: more than one row")
	}
	return list[0], nil
}
