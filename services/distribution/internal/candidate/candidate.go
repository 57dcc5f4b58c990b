// Package candidate is what distribution knows of content that may become public: its newest text and the last word of its dossier,
// kept from other services' events. Texts and approvals meet by content, hash and revision, whichever came first.
package candidate

import (
	"context"
	_ "embed" // the tables
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
)

//go:embed tables.sql
var tables string

// Tables is the SQL that creates the tables in the schema distribution. It may run again.
func Tables() string { return tables }

// Text names one text of a content.
type Text struct {
	Hash     string
	Revision int32
}

// Known is what there is to decide by about a content.
type Known struct {
	// Content is its identifier.
	Content string
	Newest  Text
	// Submission is the newest text as it was submitted or imported; nil when it was edited since.
	Submission *contentv1.ContentSubmitted
	// Approval is of the newest text's hash; nil when it is not approved.
	Approval *approvalsv1.DossierApproved
	// Review is of the bypass in the approval; nil when there was none.
	Review *approvalsv1.DossierReviewed
	// State is the content's: draft, in_approval, returned or approved.
	State string
	// SharedTail says that another content's identifier ends alike.
	SharedTail bool
	// Texts are all that could have become public, the newest included, oldest first.
	Texts []Text
	// Traceparents are the trace contexts of the submission and of the approval, as far as there are any.
	Traceparents []string
}

// Submitted keeps a text that was sent up its route. A return of an earlier round is over with it.
func Submitted(ctx context.Context, tx pgx.Tx, m *contentv1.ContentSubmitted, traceparent string) error {
	if err := keep(ctx, tx, m, traceparent); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM distribution.dossier WHERE content = $1 AND state = 'returned'`, m.GetContent().GetId())
	return err
}

// Imported keeps a text that was published before Loa.
func Imported(ctx context.Context, tx pgx.Tx, m *contentv1.ContentImported, traceparent string) error {
	return keep(ctx, tx, &contentv1.ContentSubmitted{Content: m.GetContent(), BodyHtml: m.GetBodyHtml()}, traceparent)
}

func keep(ctx context.Context, tx pgx.Tx, m *contentv1.ContentSubmitted, traceparent string) error {
	message, err := proto.Marshal(m)
	if err != nil {
		return err
	}
	c := m.GetContent()
	if err := move(ctx, tx, c.GetId(), Text{c.GetHash(), c.GetRevision()}, true); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO distribution.candidate (content, hash, revision, message, traceparent) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (content, hash, revision) DO UPDATE SET message = excluded.message, traceparent = excluded.traceparent`,
		c.GetId(), c.GetHash(), c.GetRevision(), message, traceparent)
	return err
}

// Revised says that the content's text is another one, not submitted yet. It waits for whoever decides about the content, so that
// they decide either before the edit or after it.
func Revised(ctx context.Context, tx pgx.Tx, m *contentv1.ContentRevised) error {
	return move(ctx, tx, m.GetContent(), Text{m.GetHash(), m.GetRevision()}, false)
}

func move(ctx context.Context, tx pgx.Tx, content string, t Text, submitted bool) error {
	_, err := tx.Exec(ctx, `INSERT INTO distribution.content (id, hash, revision, submitted) VALUES ($1, $2, $3, $4)
		ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, revision = excluded.revision, submitted = excluded.submitted`,
		content, t.Hash, t.Revision, submitted)
	return err
}

// Approved keeps the approval of a text, whether or not its text is known yet.
func Approved(ctx context.Context, tx pgx.Tx, m *approvalsv1.DossierApproved, traceparent string) error {
	message, err := proto.Marshal(m)
	if err != nil {
		return err
	}
	return decide(ctx, tx, m.GetDocument(), Text{m.GetHash(), m.GetRevision()}, "approved", message, traceparent)
}

// Returned keeps that the text waits with its author.
func Returned(ctx context.Context, tx pgx.Tx, m *approvalsv1.DossierReturned, traceparent string) error {
	return decide(ctx, tx, m.GetDocument(), Text{m.GetHash(), m.GetRevision()}, "returned", []byte{}, traceparent)
}

// Voided takes back the approvals of a hash. It may come after the approval of a later text: a correction has a dossier of its own, and
// only one dossier's events come in order.
func Voided(ctx context.Context, tx pgx.Tx, m *approvalsv1.DossierVoided) error {
	_, err := tx.Exec(ctx, `UPDATE distribution.dossier SET revision = 0, state = 'voided', message = '', traceparent = '' WHERE content = $1 AND hash = $2`,
		m.GetDocument(), m.GetHash())
	return err
}

// decide keeps the last word on a content. Revision 0 is one from before revisions were recorded, or on no text in particular.
func decide(ctx context.Context, tx pgx.Tx, content string, of Text, state string, message []byte, traceparent string) error {
	_, err := tx.Exec(ctx, `INSERT INTO distribution.dossier (content, hash, revision, state, message, traceparent) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (content) DO UPDATE SET hash = excluded.hash, revision = excluded.revision, state = excluded.state, message = excluded.message,
			traceparent = excluded.traceparent, review = ''`,
		content, of.Hash, of.Revision, state, message, traceparent)
	return err
}

// Reviewed keeps what was said of the bypass by which a text was approved, as long as that is the last word on the content. It waits for
// whoever decides about the content, so that they decide either before the review or knowing of it.
func Reviewed(ctx context.Context, tx pgx.Tx, m *approvalsv1.DossierReviewed) error {
	message, err := proto.Marshal(m)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO distribution.content (id, hash, revision, submitted) VALUES ($1, '', 0, false)
		ON CONFLICT (id) DO UPDATE SET id = excluded.id`, m.GetDocument()); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE distribution.dossier SET review = $3 WHERE content = $1 AND hash = $2 AND state = 'approved'`,
		m.GetDocument(), m.GetHash(), message)
	return err
}

// Hold reads what is known of a content and keeps it from being edited here until the transaction ends; nil when nothing is known.
func Hold(ctx context.Context, tx pgx.Tx, content string) (*Known, error) {
	k := Known{Content: content}
	var submitted bool
	err := tx.QueryRow(ctx, `SELECT hash, revision, submitted FROM distribution.content WHERE id = $1 FOR SHARE`, content).
		Scan(&k.Newest.Hash, &k.Newest.Revision, &submitted)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("what is known of %s: %w", content, err)
	}
	if k.Texts, err = Texts(ctx, tx, content); err != nil {
		return nil, err
	}
	if k.SharedTail, err = SharedTail(ctx, tx, content); err != nil {
		return nil, err
	}
	if !submitted {
		k.State = "draft"
		return &k, nil
	}
	if err := k.readSubmission(ctx, tx, content); err != nil {
		return nil, err
	}
	return &k, k.readDossier(ctx, tx, content)
}

func (k *Known) readSubmission(ctx context.Context, tx pgx.Tx, content string) error {
	var message []byte
	var traceparent string
	err := tx.QueryRow(ctx, `SELECT message, traceparent FROM distribution.candidate WHERE content = $1 AND hash = $2 AND revision = $3`,
		content, k.Newest.Hash, k.Newest.Revision).Scan(&message, &traceparent)
	if err != nil {
		return fmt.Errorf("the text of %s: %w", content, err)
	}
	k.Traceparents = append(k.Traceparents, traceparent)
	k.Submission = &contentv1.ContentSubmitted{}
	return proto.Unmarshal(message, k.Submission)
}

func (k *Known) readDossier(ctx context.Context, tx pgx.Tx, content string) error {
	k.State = "in_approval"
	var state, traceparent string
	var message, review []byte
	// An approval of the same text before it was edited away and written again is void: its revision is another.
	err := tx.QueryRow(ctx, `SELECT state, message, traceparent, review FROM distribution.dossier WHERE content = $1 AND hash = $2 AND revision IN (0, $3)`,
		content, k.Newest.Hash, k.Newest.Revision).Scan(&state, &message, &traceparent, &review)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return fmt.Errorf("the dossier of %s: %w", content, err)
	case state == "returned":
		k.State = "returned"
		return nil
	case state == "approved":
		k.State, k.Approval = "approved", &approvalsv1.DossierApproved{}
		k.Traceparents = append(k.Traceparents, traceparent)
		if len(review) > 0 {
			k.Review = &approvalsv1.DossierReviewed{}
			if err := proto.Unmarshal(review, k.Review); err != nil {
				return err
			}
		}
		return proto.Unmarshal(message, k.Approval)
	default:
		return nil
	}
}

// SharedTail says whether the identifier of another content ends in the same eight characters. Of two contents that do, the one that is
// published later knows of the other, since it is known here before it may be published.
func SharedTail(ctx context.Context, tx pgx.Tx, content string) (shared bool, err error) {
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM distribution.content WHERE right(id, 8) = right($1, 8) AND id <> $1)`, content).Scan(&shared)
	return shared, err
}

// Texts lists every text of a content that could have become public.
func Texts(ctx context.Context, tx pgx.Tx, content string) ([]Text, error) {
	rows, err := tx.Query(ctx, `SELECT hash, revision FROM distribution.candidate WHERE content = $1 ORDER BY revision, hash`, content)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Text])
}
