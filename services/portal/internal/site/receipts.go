package site

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/pkg/rpc"
	"github.com/loa-vn/loa/services/portal/internal/page"

	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
)

// SendReceipts tells distribution, once its page is served, that the portal carries a publication. What could not be told is told
// again later, under the same key.
func (s *Site) SendReceipts(ctx context.Context) error {
	for {
		if err := s.sendReceipts(ctx); err != nil && ctx.Err() == nil {
			s.Logger.WarnContext(ctx, "receipts of the portal wait", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.shown:
		case <-time.After(slowPoll):
		}
	}
}

func (s *Site) sendReceipts(ctx context.Context) error {
	rows, err := s.Pool.Query(ctx, `SELECT id, slug FROM portal.publication WHERE receipt_at IS NULL ORDER BY seq LIMIT 200`)
	if err != nil {
		return err
	}
	type owed struct{ ID, Slug string }
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[owed])
	if err != nil {
		return err
	}
	now := s.pages.Load()
	for _, o := range list {
		path := page.ArticlePath(page.Vi, o.Slug)
		if now == nil || now.byPath[path] == nil {
			continue
		}
		key := rpc.WithIdempotencyKey(ctx, "portal/receipt/"+o.ID)
		_, err := s.Distribution.RecordReceipt(key, &distributionv1.RecordReceiptRequest{Publication: o.ID, Channel: "portal", Place: path})
		if err != nil {
			return err
		}
		if _, err := s.Pool.Exec(ctx, `UPDATE portal.publication SET receipt_at = clock_timestamp() WHERE id = $1`, o.ID); err != nil {
			return err
		}
	}
	return nil
}
