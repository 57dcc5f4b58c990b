package facts

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
)

// Review keeps what somebody else said of the emergency bypass by which a text, or a withdrawal, was approved. Of a text that is not public
// yet nothing is known here: the event that makes it public says it.
func Review(ctx context.Context, tx pgx.Tx, e *distributionv1.PublicationReviewed) error {
	if e.GetWithdrawal() != "" {
		return reviewWithdrawal(ctx, tx, e)
	}
	changed, err := reviewTexts(ctx, tx, `SELECT payload FROM portal.publication WHERE id = $1 AND hash = $2`,
		`UPDATE portal.publication SET payload = $3 WHERE id = $1 AND hash = $2`, e)
	if err != nil {
		return err
	}
	before, err := reviewTexts(ctx, tx, `SELECT payload FROM portal.edition WHERE publication = $1 AND hash = $2`,
		`UPDATE portal.edition SET payload = $3 WHERE publication = $1 AND hash = $2`, e)
	if err != nil || !changed && !before {
		return err
	}
	return again(ctx, tx, e.GetPublication())
}

// reviewTexts says whether a text with the hash was there.
func reviewTexts(ctx context.Context, tx pgx.Tx, read, write string, e *distributionv1.PublicationReviewed) (bool, error) {
	var payload []byte
	err := tx.QueryRow(ctx, read, e.GetPublication(), e.GetHash()).Scan(&payload)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var text distributionv1.PublicationPublished
	if err := proto.Unmarshal(payload, &text); err != nil {
		return false, err
	}
	if text.Bypass = BypassOf(text.GetBypass(), text.GetDecisions()); text.Bypass == nil {
		return false, nil
	}
	text.Bypass.Review = e.GetReview()
	if payload, err = proto.Marshal(&text); err != nil {
		return false, err
	}
	_, err = tx.Exec(ctx, write, e.GetPublication(), e.GetHash(), payload)
	return true, err
}

func reviewWithdrawal(ctx context.Context, tx pgx.Tx, e *distributionv1.PublicationReviewed) error {
	var payload []byte
	err := tx.QueryRow(ctx, `SELECT payload FROM portal.withdrawal WHERE publication = $1`, e.GetPublication()).Scan(&payload)
	if err != nil {
		return err // it was withdrawn before that was reviewed
	}
	var w distributionv1.PublicationWithdrawn
	if err := proto.Unmarshal(payload, &w); err != nil {
		return err
	}
	if w.Bypass = BypassOf(w.GetBypass(), w.GetDecisions()); w.Bypass == nil {
		return nil
	}
	w.Bypass.Review = e.GetReview()
	if payload, err = proto.Marshal(&w); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE portal.withdrawal SET payload = $2 WHERE publication = $1`, e.GetPublication(), payload); err != nil {
		return err
	}
	return again(ctx, tx, e.GetPublication())
}

// again makes every process tell a publication anew.
func again(ctx context.Context, tx pgx.Tx, publication string) error {
	_, err := tx.Exec(ctx, `UPDATE portal.publication SET seq = nextval('portal.seen') WHERE id = $1`, publication)
	return err
}

// BypassOf is the bypass that something was approved by, nil when it walked its route. What was published by an earlier release says so in
// its decisions alone.
func BypassOf(told *distributionv1.Bypass, decisions []*approvalsv1.Decision) *distributionv1.Bypass {
	if told != nil {
		return told
	}
	for _, d := range decisions {
		if d.GetBypass() {
			return &distributionv1.Bypass{
				At: d.GetAt(), PersonName: d.GetPersonName(), Position: d.GetPosition(), PersonExample: d.GetPersonExample(), Reason: d.GetComment(),
			}
		}
	}
	return nil
}
