package publication

import (
	"time"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// ExpirePublication ends what was to be shown until a time, not before it by the log's clock. Expired again, nothing happens.
func (p *Publication) ExpirePublication(now time.Time) ([]any, error) {
	switch {
	case p.State == Expired:
		return nil, nil
	case p.State != Published:
		return nil, p.refuse(Published)
	case p.ExpiresAt.IsZero():
		return nil, errs.New(errorsv1.Reason_NO_EXPIRY)
	case now.Before(p.ExpiresAt):
		return nil, early(errorsv1.Reason_EXPIRY_EARLY, p.ExpiresAt, now)
	}
	return []any{PublicationExpired{Content: p.Snapshot.Content, Slug: p.Slug, ExpiredAt: now.UTC()}}, nil
}
