package readmodel

import (
	"context"
	_ "embed" // the tables

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/planning/internal/plan"
)

//go:embed plans.sql
var plansSchema string

// Plans is the projection of plans and their items. Amendments stand in it when they are issued.
func Plans() es.Projection {
	return es.Projection{Name: PlansName, Schema: plansSchema, Apply: applyPlans}
}

func applyPlans(ctx context.Context, tx pgx.Tx, events []es.Event) error {
	rows := &pgx.Batch{}
	for _, e := range events {
		queuePlan(rows, e)
	}
	return tx.SendBatch(ctx, rows).Close()
}

func queuePlan(rows *pgx.Batch, e es.Event) {
	switch v := e.Data.(type) {
	case plan.Imported:
		insertPlan(rows, e, v.Document, plan.StageIssued, plan.Drafted{})
		rows.Queue(`UPDATE plan SET imported = true, date = $2, happened_at = $3 WHERE id = $1`, e.Aggregate, v.Document.Date, e.HappenedAt)
	case plan.ItemMarkedOverdue:
		rows.Queue(`UPDATE item SET state = $2 WHERE id = $1 AND state = $3`, v.Item, plan.Overdue, plan.Planned)
	case plan.ItemDelivered:
		rows.Queue(`UPDATE item SET delivered = $2, state = CASE WHEN $3 = '' THEN state ELSE $3 END WHERE id = $1`, v.Item, v.Delivered, v.State)
		if v.Publication != "" && v.Quantity > 0 {
			rows.Queue(`INSERT INTO delivery (publication, plan) VALUES ($1, $2) ON CONFLICT (publication) DO UPDATE SET plan = excluded.plan`,
				v.Publication, e.Aggregate)
		}
	case plan.Drafted:
		insertPlan(rows, e, v.Document, plan.StageDraft, v)
	case plan.Issued:
		setHead(rows, e.Aggregate, v.Document)
		putItems(rows, e.Aggregate, v.Document.Items)
		rows.Queue(`UPDATE plan SET stage = $2, date = $3, happened_at = $4, recorded_at = $5, return_comment = '', hash = $6 WHERE id = $1`,
			e.Aggregate, plan.StageIssued, v.Document.Date, e.HappenedAt, e.RecordedAt, v.Hash)
	case plan.Amended:
		setHead(rows, e.Aggregate, v.Document)
		putItems(rows, e.Aggregate, v.Document.Items)
		rows.Queue(`UPDATE plan SET stage = $2, hash = $3 WHERE id = $1`, e.Aggregate, plan.StageAmended, v.Hash)
		rows.Queue(`UPDATE amendment SET issued = true WHERE id = $1`, v.Amendment)
	case plan.DocumentsStored:
		rows.Queue(`UPDATE plan SET documents = true WHERE id = $1 AND $2 = ''`, e.Aggregate, v.Amendment)
		rows.Queue(`UPDATE amendment SET documents = true WHERE id = $1`, v.Amendment)
	case plan.AmendmentDrafted:
		rows.Queue(`INSERT INTO amendment (id, plan) VALUES ($1, $2)`, v.Amendment, e.Aggregate)
	case plan.Closed:
		rows.Queue(`UPDATE plan SET stage = $2, close_reason = $3 WHERE id = $1`, e.Aggregate, plan.StageClosed, v.Reason)
	default:
		queueDraft(rows, e)
	}
}

// queueDraft follows a plan on its way to its number. Amendments on theirs change nothing that a list shows.
func queueDraft(rows *pgx.Batch, e es.Event) {
	const ofPlan = plan.AmendmentID("")
	stage := func(to plan.Stage, comment string) {
		rows.Queue(`UPDATE plan SET stage = $2, return_comment = $3 WHERE id = $1`, e.Aggregate, to, comment)
	}
	switch v := e.Data.(type) {
	case plan.Revised:
		if v.Amendment == ofPlan {
			queueRevision(rows, e.Aggregate, v)
		}
	case plan.Submitted:
		if v.Amendment == ofPlan {
			stage(plan.StageInApproval, "")
		}
	case plan.DossierOpened:
		if v.Amendment == ofPlan {
			rows.Queue(`UPDATE plan SET dossier = $2 WHERE id = $1`, e.Aggregate, v.Dossier)
		}
	case plan.Returned:
		if v.Amendment == ofPlan {
			stage(plan.StageReturned, v.Comment)
		}
	case plan.Approved:
		if v.Amendment == ofPlan {
			stage(plan.StageApproved, "")
		}
	case plan.Discarded:
		if v.Amendment == ofPlan {
			rows.Queue(`DELETE FROM item WHERE plan = $1`, e.Aggregate)
			rows.Queue(`DELETE FROM plan WHERE id = $1`, e.Aggregate)
		}
	}
}

func queueRevision(rows *pgx.Batch, id string, v plan.Revised) {
	setHead(rows, id, v.Head)
	rows.Queue(`UPDATE plan SET hash = $2, revision = $3, stage = CASE WHEN stage = $4 THEN stage ELSE $5 END,
			authors = CASE WHEN $6 = ANY (authors) THEN authors ELSE authors || $6::text END WHERE id = $1`,
		id, v.Hash, v.Revision, plan.StageReturned, plan.StageDraft, v.Author)
	for _, i := range v.Items {
		putItem(rows, id, i, 0)
	}
	rows.Queue(`DELETE FROM item WHERE plan = $1 AND id = ANY ($2)`, id, texts(v.Removed))
	count(rows, id)
}

func insertPlan(rows *pgx.Batch, e es.Event, d plan.Document, stage plan.Stage, draft plan.Drafted) {
	authors := []string{}
	revision := 0
	if draft.Author != "" {
		authors, revision = append(authors, draft.Author), 1
	}
	rows.Queue(`
		INSERT INTO plan (id, date, title_key, stage, agency, unit, authors, issuer, lead, coordinators, themes, document, head_example, has_example,
			items, imported, hash, revision, dossier, return_comment, close_reason, recorded_at)
		VALUES ($1, $2, '', $3, $4, $5, $6, '', '', '{}', '{}', '{}', false, false, 0, false, $7, $8, '', '', '', $9)`,
		e.Aggregate, plan.DayOf(e.RecordedAt), stage, draft.Agency, draft.Unit, authors, draft.Hash, revision, e.RecordedAt)
	setHead(rows, e.Aggregate, d)
	putItems(rows, e.Aggregate, d.Items)
}

// setHead writes what the plan says of itself.
func setHead(rows *pgx.Batch, id string, d plan.Document) {
	d.Items = nil
	rows.Queue(`UPDATE plan SET title_key = $2, issuer = $3, lead = $4, coordinators = $5, themes = $6, document = $7,
		head_example = $8 WHERE id = $1`,
		id, vn.SortKey(d.Title), d.Issuer, d.Lead, texts(d.Coordinators), codes(d.Themes), d, d.HasExample())
}

// putItems writes the items of a whole plan and what follows from them. What was delivered stays; where an
// amendment changes what counts or whether it is enough, an event of its own says so.
func putItems(rows *pgx.Batch, id string, items []plan.Item) {
	kept := []string{}
	for place, i := range items {
		kept = append(kept, string(i.ID))
		putItem(rows, id, i, place+1)
	}
	rows.Queue(`DELETE FROM item WHERE plan = $1 AND NOT id = ANY ($2)`, id, kept)
	count(rows, id)
}

// putItem writes an item at its place, from 1; at 0 one that is new comes last, and one that is there stays where it is.
func putItem(rows *pgx.Batch, id string, i plan.Item, place int) {
	rows.Queue(`
		INSERT INTO item (id, plan, place, lead, coordinators, theme, deadline, document, has_example, state, delivered)
		VALUES ($1, $2, CASE WHEN $3::integer > 0 THEN $3 ELSE (SELECT coalesce(max(o.place), 0) + 1 FROM item o WHERE o.plan = $2) END,
			$4, $5, $6, $7, $8, $9, $10, 0)
		ON CONFLICT (id) DO UPDATE SET place = CASE WHEN $3 > 0 THEN $3 ELSE item.place END, lead = excluded.lead,
			coordinators = excluded.coordinators, theme = excluded.theme, document = excluded.document, has_example = excluded.has_example,
			deadline = excluded.deadline`,
		i.ID, id, place, i.Lead, texts(i.Coordinators), i.Theme, i.Deadline, i, i.HasExample(), plan.Planned)
}

// count keeps beside the plan what its items say: how many there are, and whether anything of it is invented.
func count(rows *pgx.Batch, id string) {
	rows.Queue(`
		UPDATE plan SET items = (SELECT count(*) FROM item WHERE plan = $1),
			has_example = head_example OR EXISTS (SELECT FROM item WHERE plan = $1 AND has_example)
		WHERE id = $1`, id)
}

func texts[T ~string](list []T) []string {
	out := []string{}
	for _, s := range list {
		out = append(out, string(s))
	}
	return out
}

func codes(terms []plan.Term) []string {
	out := []string{}
	for _, t := range terms {
		out = append(out, t.Code)
	}
	return out
}
