package facts

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

// Fill brings rows that an earlier release wrote up to the shape of this one: it puts publications into their lists and gives reports
// and plans the columns they are found by. Several processes may fill at once; a row is filled once. It answers how many rows it filled.
func (f *Facts) Fill(ctx context.Context) (filled int, err error) {
	// Asked first and without the lock, since it is asked again and again.
	var owed bool
	err = f.pool.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM portal.publication WHERE listed < $1) OR EXISTS (SELECT FROM portal.plan WHERE listed < $1)
			OR EXISTS (SELECT FROM portal.report WHERE listed < $1)`, Shape).Scan(&owed)
	if err != nil || !owed {
		return 0, err
	}
	for _, fill := range []func(context.Context, pgx.Tx) (int, error){fillPublications, fillPlans, fillReports} {
		for {
			var n int
			err := pgx.BeginFunc(ctx, f.pool, func(tx pgx.Tx) (err error) {
				if err := Lock(ctx, tx); err != nil {
					return err
				}
				n, err = fill(ctx, tx)
				return err
			})
			if err != nil {
				return filled, fmt.Errorf("rows of an earlier release: %w", err)
			}
			if filled += n; n == 0 {
				break
			}
		}
	}
	return filled, nil
}

// filledAtOnce is how many rows one transaction fills: consumers wait for it.
const filledAtOnce = 200

func payloads(ctx context.Context, tx pgx.Tx, table string) ([][]byte, error) {
	rows, err := tx.Query(ctx, `SELECT payload FROM portal.`+table+` WHERE listed < $1 ORDER BY id LIMIT $2`, Shape, filledAtOnce)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[[]byte])
}

func fillPublications(ctx context.Context, tx pgx.Tx) (int, error) {
	list, err := payloads(ctx, tx, "publication")
	if err != nil {
		return 0, err
	}
	for _, payload := range list {
		var e distributionv1.PublicationPublished
		if err := proto.Unmarshal(payload, &e); err != nil {
			return 0, err
		}
		var state string
		err := tx.QueryRow(ctx, `UPDATE portal.publication SET listed = $2, hash = $3 WHERE id = $1 RETURNING state`,
			e.GetPublication(), Shape, e.GetContent().GetHash()).Scan(&state)
		if err != nil {
			return 0, err
		}
		if err := List(ctx, tx, &e, state); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

func fillPlans(ctx context.Context, tx pgx.Tx) (int, error) {
	list, err := payloads(ctx, tx, "plan")
	if err != nil {
		return 0, err
	}
	for _, payload := range list {
		var e planningv1.PlanIssued
		if err := proto.Unmarshal(payload, &e); err != nil {
			return 0, err
		}
		if err := KeepPlan(ctx, tx, &e); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

func fillReports(ctx context.Context, tx pgx.Tx) (int, error) {
	list, err := payloads(ctx, tx, "report")
	if err != nil {
		return 0, err
	}
	for _, payload := range list {
		var e reportingv1.ReportApproved
		if err := proto.Unmarshal(payload, &e); err != nil {
			return 0, err
		}
		_, err := tx.Exec(ctx, `UPDATE portal.report SET plan = $2, hash = $3, approved_at = $4, listed = $5 WHERE id = $1`,
			e.GetReport().GetId(), e.GetReport().GetPlan(), e.GetReport().GetHash(), e.GetReport().GetApprovedAt().AsTime(), Shape)
		if err != nil {
			return 0, err
		}
	}
	return len(list), nil
}
