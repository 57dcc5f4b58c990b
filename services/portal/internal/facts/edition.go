package facts

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
)

// Correct keeps a correction: the publication says something else from now on, and what it said before is kept under the number it had.
// A correction that is known changes nothing: the bus may bring it again.
func Correct(ctx context.Context, tx pgx.Tx, e *distributionv1.PublicationCorrected, traceparent string) error {
	p, err := locked(ctx, tx, e.GetPublication())
	if err != nil {
		return err
	}
	if p.State != Published || int(e.GetNumber()) <= p.Number {
		return nil
	}
	if err := keepEdition(ctx, tx, p); err != nil {
		return err
	}
	told := proto.CloneOf(e)
	told.Content, told.BodyHtml = nil, ""
	payload, err := proto.Marshal(told)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO portal.correction (publication, number, payload) VALUES ($1, $2, $3)`,
		e.GetPublication(), e.GetNumber(), payload); err != nil {
		return err
	}
	if e.GetSlug() != p.Event.GetSlug() {
		if _, err := tx.Exec(ctx, `INSERT INTO portal.slug (slug, publication) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
			p.Event.GetSlug(), e.GetPublication()); err != nil {
			return err
		}
	}
	now := &distributionv1.PublicationPublished{
		Publication: e.GetPublication(), Content: e.GetContent(), BodyHtml: e.GetBodyHtml(), Slug: e.GetSlug(),
		PublishedAt: p.Event.GetPublishedAt(), Imported: p.Event.GetImported(), Decisions: e.GetDecisions(), ExpiresAt: p.Event.GetExpiresAt(),
		Bypass: e.GetBypass(),
	}
	if payload, err = proto.Marshal(now); err != nil {
		return err
	}
	var seq int64
	if err := tx.QueryRow(ctx, `
		UPDATE portal.publication SET payload = $2, slug = $3, hash = $4, number = $5, changed_at = $6, traceparent = $7, listed = $8,
			seq = nextval('portal.seen')
		WHERE id = $1 RETURNING seq`,
		e.GetPublication(), payload, e.GetSlug(), e.GetContent().GetHash(), e.GetNumber(), e.GetCorrectedAt().AsTime(), traceparent, Shape).Scan(&seq); err != nil {
		return err
	}
	if err := keepFiles(ctx, tx, e.GetPublication(), int(e.GetNumber()), e.GetContent()); err != nil {
		return err
	}
	if err := owe(ctx, tx, e.GetPublication(), ActCorrected, int(e.GetNumber()), "/tin/"+e.GetSlug(), seq); err != nil {
		return err
	}
	return List(ctx, tx, now, Published)
}

// locked is a publication that this transaction is about to change. One that was never published here is an error: events of one
// publication come in their order.
func locked(ctx context.Context, tx pgx.Tx, id string) (*Publication, error) {
	rows, err := tx.Query(ctx, `SELECT `+publicationColumns+` FROM portal.publication WHERE id = $1 FOR UPDATE`, id)
	if err != nil {
		return nil, err
	}
	p, err := pgx.CollectExactlyOneRow(rows, scanPublication)
	if err != nil {
		return nil, fmt.Errorf("publication %s: %w", id, err)
	}
	return p, nil
}

func keepEdition(ctx context.Context, tx pgx.Tx, p *Publication) error {
	payload, err := proto.Marshal(p.Event)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO portal.edition (publication, number, hash, payload) VALUES ($1, $2, $3, $4)`,
		p.ID(), p.Number, p.Event.GetContent().GetHash(), payload)
	return err
}

// Edition is what a publication said before a correction.
type Edition struct {
	Number int
	Event  *distributionv1.PublicationPublished
}

func (f *Facts) editions(ctx context.Context, where string, args ...any) ([]*Edition, error) {
	rows, err := f.pool.Query(ctx, `SELECT number, payload FROM portal.edition WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*Edition, error) {
		e, payload := &Edition{Event: &distributionv1.PublicationPublished{}}, []byte(nil)
		if err := row.Scan(&e.Number, &payload); err != nil {
			return nil, err
		}
		return e, proto.Unmarshal(payload, e.Event)
	})
}

// Edition of a publication, by its number; nil when there is none.
func (f *Facts) Edition(ctx context.Context, publication string, number int) (*Edition, error) {
	return one(f.editions(ctx, `publication = $1 AND number = $2`, publication, number))
}

// Corrections of a publication, the last in front.
func (f *Facts) Corrections(ctx context.Context, publication string) ([]*distributionv1.PublicationCorrected, error) {
	rows, err := f.pool.Query(ctx, `SELECT payload FROM portal.correction WHERE publication = $1 ORDER BY number DESC`, publication)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*distributionv1.PublicationCorrected, error) {
		e, payload := &distributionv1.PublicationCorrected{}, []byte(nil)
		if err := row.Scan(&payload); err != nil {
			return nil, err
		}
		return e, proto.Unmarshal(payload, e)
	})
}

// PublicationBefore is the publication that had a slug once and has another now; nil when there is none.
func (f *Facts) PublicationBefore(ctx context.Context, slug string) (*Publication, error) {
	return one(f.publications(ctx, `
		SELECT `+publicationColumns+` FROM portal.publication WHERE id = (SELECT publication FROM portal.slug WHERE slug = $1)`, slug))
}

// keepFiles lets the files of a version be fetched.
func keepFiles(ctx context.Context, tx pgx.Tx, publication string, number int, c *contentv1.Content) error {
	for _, a := range c.GetAttachments() {
		if err := keepFile(ctx, tx, a.GetSha256(), a.GetName(), publication, number, a.GetMediaType()); err != nil {
			return err
		}
	}
	return nil
}

func keepFile(ctx context.Context, tx pgx.Tx, sha256, name, owner string, number int, mediaType string) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO portal.file (sha256, name, owner, number, media_type) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		sha256, name, owner, number, mediaType)
	return err
}

// File is a file that may be fetched.
type File struct {
	MediaType string
	// Gone says that whatever named it was withdrawn or has expired.
	Gone bool
}

// File with a name; nil when nothing names it, or ever did.
func (f *Facts) File(ctx context.Context, sha256, name string) (*File, error) {
	rows, err := f.pool.Query(ctx, `SELECT media_type, gone FROM portal.file WHERE sha256 = $1 AND name = $2 ORDER BY gone LIMIT 1`, sha256, name)
	if err != nil {
		return nil, err
	}
	return one(pgx.CollectRows(rows, pgx.RowToAddrOfStructByPos[File]))
}

// Reached is a channel that has carried an act.
type Reached struct {
	Act     string
	Number  int
	Channel string
	At      time.Time
}

// KeepReached keeps that a channel carried a correction or a withdrawal. That it carried the first text is said nowhere.
func KeepReached(ctx context.Context, tx pgx.Tx, e *distributionv1.ReceiptRecorded, at time.Time) error {
	if e.GetAct() != ActCorrected && e.GetAct() != ActWithdrawn {
		return nil
	}
	tag, err := tx.Exec(ctx, `
		INSERT INTO portal.reached (publication, act, number, channel, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		e.GetPublication(), e.GetAct(), e.GetNumber(), e.GetChannel(), at)
	if err != nil || tag.RowsAffected() == 0 {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE portal.publication SET seq = nextval('portal.seen') WHERE id = $1`, e.GetPublication())
	return err
}

// Reached by an act, the first in front.
func (f *Facts) Reached(ctx context.Context, publication, act string, number int) ([]Reached, error) {
	rows, err := f.pool.Query(ctx, `
		SELECT act, number, channel, at FROM portal.reached WHERE publication = $1 AND act = $2 AND number = $3 ORDER BY at, channel`,
		publication, act, number)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Reached])
}
