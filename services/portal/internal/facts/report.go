package facts

import (
	"context"
	"fmt"
	"path"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

// Report is a report that was approved, and issued where it has a number.
type Report struct {
	*reportingv1.Report
	Traceparent string
	Seq         int64
}

// KeepReport keeps a report that was approved; once more when it is issued, with its number and its documents.
func KeepReport(ctx context.Context, tx pgx.Tx, r *reportingv1.Report, traceparent string) error {
	payload, err := proto.Marshal(&reportingv1.ReportApproved{Report: r})
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO portal.report (id, path, payload, traceparent, plan, hash, approved_at, listed, seq)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, nextval('portal.seen'))
		ON CONFLICT (id) DO UPDATE SET payload = excluded.payload, plan = excluded.plan, hash = excluded.hash,
			approved_at = excluded.approved_at, listed = excluded.listed, seq = excluded.seq
		WHERE report.payload <> excluded.payload`, // the bus may bring it again
		r.GetId(), r.GetPath(), payload, traceparent, r.GetPlan(), r.GetHash(), r.GetApprovedAt().AsTime(), Shape)
	if err != nil {
		return err
	}
	for _, d := range r.GetDocuments() {
		if err := keepFile(ctx, tx, d.GetSha256(), DocumentName(r, d.GetFormat()), r.GetId(), 0, d.GetMediaType()); err != nil {
			return err
		}
	}
	return nil
}

// DocumentName is the name under which a document of a report is fetched: that of its page, with its format.
func DocumentName(r *reportingv1.Report, format string) string {
	return path.Base(r.GetPath()) + "." + format
}

const reportColumns = `payload, traceparent, seq`

func (f *Facts) reports(ctx context.Context, query string, args ...any) ([]*Report, error) {
	rows, err := f.pool.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*Report, error) {
		r, payload := &Report{}, []byte(nil)
		if err := row.Scan(&payload, &r.Traceparent, &r.Seq); err != nil {
			return nil, err
		}
		var e reportingv1.ReportApproved
		if err := proto.Unmarshal(payload, &e); err != nil {
			return nil, err
		}
		r.Report = e.GetReport()
		return r, nil
	})
	if err != nil {
		return nil, fmt.Errorf("reports of the portal: %w", err)
	}
	return list, nil
}

// ReportByPath is the report at a path; nil when there is none.
func (f *Facts) ReportByPath(ctx context.Context, path string) (*Report, error) {
	return one(f.reports(ctx, `SELECT `+reportColumns+` FROM portal.report WHERE path = $1`, path))
}

// Reports by id, in no order.
func (f *Facts) Reports(ctx context.Context, ids []string) ([]*Report, error) {
	return f.reports(ctx, `SELECT `+reportColumns+` FROM portal.report WHERE id = ANY($1)`, ids)
}

// Newest reports, of a plan or, when plan is empty, of all.
func (f *Facts) Newest(ctx context.Context, plan string, offset, limit int) ([]*Report, error) {
	return f.reports(ctx, `
		SELECT `+reportColumns+` FROM portal.report WHERE $1 = '' OR plan = $1
		ORDER BY approved_at DESC NULLS LAST, id DESC OFFSET $2 LIMIT $3`, plan, offset, limit)
}

// CountReports is how many there are.
func (f *Facts) CountReports(ctx context.Context) (n int, err error) {
	err = f.pool.QueryRow(ctx, `SELECT count(*) FROM portal.report`).Scan(&n)
	return n, err
}
