package facts

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Acts that the portal gives receipts for, in distribution's words.
const (
	ActPublished = "published"
	ActCorrected = "corrected"
	ActWithdrawn = "withdrawn"
	ActExpired   = "expired"
)

// Act is something the portal did about a publication and has not told yet.
type Act struct {
	Publication string
	Act         string
	Number      int
	Place       string // the page's path
	Seq         int64
}

func owe(ctx context.Context, tx pgx.Tx, publication, act string, number int, place string, seq int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO portal.act (publication, act, number, place, seq) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		publication, act, number, place, seq)
	return err
}

// Untold are the acts up to a seq that no receipt was given for, the oldest first. A publication that is shown no more owes none for
// having been shown.
func (f *Facts) Untold(ctx context.Context, upTo int64, limit int) ([]Act, error) {
	rows, err := f.pool.Query(ctx, `
		SELECT * FROM (
			(SELECT id, 'published', 0, '/tin/' || slug, seq FROM portal.publication
				WHERE receipt_at IS NULL AND state = 'published' AND seq <= $1 ORDER BY seq LIMIT $2) UNION ALL
			(SELECT publication, act, number, place, seq FROM portal.act WHERE receipt_at IS NULL AND seq <= $1 ORDER BY seq LIMIT $2)
		) AS a (publication, act, number, place, seq) ORDER BY seq LIMIT $2`, upTo, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Act])
}

// Told keeps that a receipt was given.
func (f *Facts) Told(ctx context.Context, a Act) error {
	if a.Act == ActPublished {
		_, err := f.pool.Exec(ctx, `UPDATE portal.publication SET receipt_at = clock_timestamp() WHERE id = $1`, a.Publication)
		return err
	}
	_, err := f.pool.Exec(ctx, `UPDATE portal.act SET receipt_at = clock_timestamp() WHERE publication = $1 AND act = $2 AND number = $3`,
		a.Publication, a.Act, a.Number)
	return err
}

// Process is a process that answers for pages.
type Process struct {
	ID      string
	Beat    int64
	Applied int64
}

// Join puts a process among those that receipts wait for.
func (f *Facts) Join(ctx context.Context, p Process) error {
	_, err := f.pool.Exec(ctx, `
		INSERT INTO portal.process (id, beat, applied) VALUES ($1, $2, $3)
		ON CONFLICT (id) DO UPDATE SET beat = excluded.beat, applied = excluded.applied`, p.ID, p.Beat, p.Applied)
	return err
}

// Beat tells that a process lives; false when it was taken out, so that it answers for nothing any more.
func (f *Facts) Beat(ctx context.Context, p Process) (bool, error) {
	tag, err := f.pool.Exec(ctx, `UPDATE portal.process SET beat = $2, applied = $3 WHERE id = $1`, p.ID, p.Beat, p.Applied)
	return tag.RowsAffected() > 0, err
}

// Processes are all that receipts wait for.
func (f *Facts) Processes(ctx context.Context) ([]Process, error) {
	rows, err := f.pool.Query(ctx, `SELECT id, beat, applied FROM portal.process`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Process])
}

// TakeOut takes a process out unless it has beaten since.
func (f *Facts) TakeOut(ctx context.Context, p Process) (bool, error) {
	tag, err := f.pool.Exec(ctx, `DELETE FROM portal.process WHERE id = $1 AND beat = $2`, p.ID, p.Beat)
	return tag.RowsAffected() > 0, err
}
