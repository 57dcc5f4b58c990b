package facts

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
)

// Withdraw keeps that a publication was withdrawn, and forgets its words everywhere.
func Withdraw(ctx context.Context, tx pgx.Tx, e *distributionv1.PublicationWithdrawn, traceparent string) error {
	p, err := locked(ctx, tx, e.GetPublication())
	if err != nil || p.State == Withdrawn {
		return err
	}
	payload, err := proto.Marshal(e)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO portal.withdrawal (publication, payload) VALUES ($1, $2)`, e.GetPublication(), payload); err != nil {
		return err
	}
	return end(ctx, tx, p, Withdrawn, ActWithdrawn, e.GetWithdrawnAt().AsTime(), traceparent)
}

// Expire keeps that a publication's time is over, and forgets its words everywhere.
func Expire(ctx context.Context, tx pgx.Tx, e *distributionv1.PublicationExpired, traceparent string) error {
	p, err := locked(ctx, tx, e.GetPublication())
	if err != nil || p.State != Published {
		return err
	}
	return end(ctx, tx, p, Expired, ActExpired, e.GetExpiredAt().AsTime(), traceparent)
}

func end(ctx context.Context, tx pgx.Tx, p *Publication, state, act string, at time.Time, traceparent string) error {
	if err := forget(ctx, tx, p.ID()); err != nil {
		return err
	}
	bare := wordless(p.Event)
	payload, err := proto.Marshal(bare)
	if err != nil {
		return err
	}
	var seq int64
	if err := tx.QueryRow(ctx, `
		UPDATE portal.publication SET state = $2, payload = $3, changed_at = $4, traceparent = $5, listed = $6, seq = nextval('portal.seen')
		WHERE id = $1 RETURNING seq`, p.ID(), state, payload, at, traceparent, Shape).Scan(&seq); err != nil {
		return err
	}
	if err := owe(ctx, tx, p.ID(), act, 0, "/tin/"+p.Event.GetSlug(), seq); err != nil {
		return err
	}
	return List(ctx, tx, bare, state)
}

// forget takes the words of earlier versions, what search knows of all, and their files out of reach. What was not told yet of them is
// told no more: nobody may take it for a page that stands.
func forget(ctx context.Context, tx pgx.Tx, publication string) error {
	rows, err := tx.Query(ctx, `SELECT number, payload FROM portal.edition WHERE publication = $1`, publication)
	if err != nil {
		return err
	}
	type row struct {
		Number  int
		Payload []byte
	}
	editions, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	if err != nil {
		return err
	}
	for _, r := range editions {
		var e distributionv1.PublicationPublished
		if err := proto.Unmarshal(r.Payload, &e); err != nil {
			return err
		}
		payload, err := proto.Marshal(wordless(&e))
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE portal.edition SET payload = $3 WHERE publication = $1 AND number = $2`, publication, r.Number, payload); err != nil {
			return err
		}
	}
	for _, statement := range []string{
		`DELETE FROM portal.search WHERE id = $1`,
		`UPDATE portal.file SET gone = true WHERE owner = $1`,
		`DELETE FROM portal.act WHERE publication = $1 AND receipt_at IS NULL`,
	} {
		if _, err := tx.Exec(ctx, statement, publication); err != nil {
			return err
		}
	}
	return nil
}

// wordless is what stays of a publication that is shown no more: what it was, of whom, when, and who approved it.
func wordless(e *distributionv1.PublicationPublished) *distributionv1.PublicationPublished {
	c := e.GetContent()
	return &distributionv1.PublicationPublished{
		Publication: e.GetPublication(), Slug: e.GetSlug(), PublishedAt: e.GetPublishedAt(), Imported: e.GetImported(), Decisions: e.GetDecisions(),
		Bypass: e.GetBypass(),
		Content: &contentv1.Content{
			Id: c.GetId(), Plan: c.GetPlan(), PlanItem: c.GetPlanItem(), Agency: c.GetAgency(), Title: c.GetTitle(), Theme: c.GetTheme(),
			Audiences: c.GetAudiences(), Language: c.GetLanguage(), Example: c.GetExample(), Hash: c.GetHash(),
		},
	}
}

// Withdrawal of a publication; nil when it was not withdrawn.
func (f *Facts) Withdrawal(ctx context.Context, publication string) (*distributionv1.PublicationWithdrawn, error) {
	rows, err := f.pool.Query(ctx, `SELECT payload FROM portal.withdrawal WHERE publication = $1`, publication)
	if err != nil {
		return nil, err
	}
	return one(pgx.CollectRows(rows, func(row pgx.CollectableRow) (*distributionv1.PublicationWithdrawn, error) {
		e, payload := &distributionv1.PublicationWithdrawn{}, []byte(nil)
		if err := row.Scan(&payload); err != nil {
			return nil, err
		}
		return e, proto.Unmarshal(payload, e)
	}))
}
