package publication

import (
	"time"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// ReleasePublication makes the publication public, not before its time by the log's clock. Released again, nothing happens.
func (p *Publication) ReleasePublication(now time.Time) ([]any, error) {
	switch {
	case p.State == Published:
		return nil, nil
	case p.State != Scheduled:
		return nil, p.refuse(Scheduled)
	case now.Before(p.PublishAt):
		return nil, errs.New(errorsv1.Reason_EMBARGO_EARLY, "at", moment(p.PublishAt))
	}
	return []any{PublicationPublished{Snapshot: p.Snapshot, Decisions: p.Decisions, Slug: p.Slug, PublishedAt: now.UTC()}}, nil
}

// refuse says that the state forbids it and which one would not.
func (p *Publication) refuse(allowed State) error {
	return errs.New(errorsv1.Reason_PUBLICATION_STATE, "state", string(p.State), "allowed", string(allowed))
}
