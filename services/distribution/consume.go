package distribution

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/distribution/internal/candidate"
	"github.com/loa-vn/loa/services/distribution/internal/publication"
	"github.com/loa-vn/loa/services/distribution/internal/readmodel"
)

// How approvals names the dossiers that are of concern here, and the state of content that is not approved as what it is to be.
const (
	contentType    = "content"
	correctionType = "correction"
	withdrawalType = "withdrawal"

	inApproval = "in_approval"
)

// typeOf is as what a content is approved that has been public so often.
func typeOf(edition int32) string {
	if edition > 0 {
		return correctionType
	}
	return contentType
}

// contents follows what agencies write.
func (d *desk) contents() bus.Consumer {
	return bus.Consumer{
		Name: "distribution.content", Sources: []string{"content"}, Handle: d.handleContents,
		Types: names(&contentv1.ContentSubmitted{}, &contentv1.ContentRevised{}, &contentv1.ContentImported{}),
	}
}

// dossiers follows what is approved.
func (d *desk) dossiers() bus.Consumer {
	return bus.Consumer{
		Name: "distribution.approvals", Sources: []string{"approvals"}, Handle: d.handleDossiers,
		Types: names(&approvalsv1.DossierApproved{}, &approvalsv1.DossierReturned{}, &approvalsv1.DossierVoided{}, &approvalsv1.DossierReviewed{}),
	}
}

func (d *desk) handleContents(ctx context.Context, tx pgx.Tx, messages []bus.Message) error {
	var last int64
	for _, m := range messages {
		var position int64
		var err error
		switch e := m.Payload.(type) {
		case *contentv1.ContentSubmitted:
			err = candidate.Submitted(ctx, tx, e, m.Traceparent)
		case *contentv1.ContentRevised:
			position, err = d.revised(ctx, tx, m, e)
		case *contentv1.ContentImported:
			position, err = d.imported(ctx, tx, m, e)
		}
		if err != nil {
			return fmt.Errorf("%s at %d: %w", m.Type, m.Position, err)
		}
		last = max(last, position)
	}
	return d.caughtUp(ctx, last)
}

// caughtUp lets the mark move when lists show what the messages did, since a reader's Loa-At-Least waits for the mark. Lists that
// stopped are an alarm of their own and hold nothing up.
func (d *desk) caughtUp(ctx context.Context, position int64) error {
	if position == 0 {
		return nil
	}
	err := d.log.WaitFor(ctx, readmodel.Name, position)
	if errs.ReasonOf(err) == errorsv1.Reason_READ_MODEL_BEHIND && ctx.Err() == nil {
		return nil
	}
	return err
}

// revised gives the log's position after what it did.
func (d *desk) revised(ctx context.Context, tx pgx.Tx, m bus.Message, e *contentv1.ContentRevised) (int64, error) {
	if err := candidate.Revised(ctx, tx, e); err != nil {
		return 0, err
	}
	edited := candidate.Text{Hash: e.GetHash(), Revision: e.GetRevision()}
	return d.cancel(ctx, tx, e.GetContent(), edited, func(of ...string) es.Command { return commandOf(m, m.HappenedAt, "cancel", of...) })
}

// imported gives the log's position after what it did.
func (d *desk) imported(ctx context.Context, tx pgx.Tx, m bus.Message, e *contentv1.ContentImported) (int64, error) {
	if err := candidate.Imported(ctx, tx, e, m.Traceparent); err != nil {
		return 0, err
	}
	text := snapshotOf(&contentv1.ContentSubmitted{Content: e.GetContent(), BodyHtml: e.GetBodyHtml()})
	at := e.GetContent().GetPublishedAt().AsTime()
	shared, err := candidate.SharedTail(ctx, tx, text.Content)
	if err != nil {
		return 0, err
	}
	id := publication.ID(text.Content, text.Hash, text.Revision)
	r, err := d.publications.Execute(ctx, id, commandOf(m, at, "import", id), func(p *publication.Publication, _ int64) ([]any, error) {
		return p.ImportPublication(text, publication.Tail(text.Content, shared), at), nil
	})
	return r.Position, err
}

func (d *desk) handleDossiers(ctx context.Context, tx pgx.Tx, messages []bus.Message) error {
	var last int64
	for _, m := range messages {
		var position int64
		var err error
		switch e := m.Payload.(type) {
		case *approvalsv1.DossierApproved:
			position, err = d.dossierApproved(ctx, tx, m, e)
		case *approvalsv1.DossierReturned:
			if e.GetToLevel() == 0 {
				position, err = d.dossierReturned(ctx, tx, m, e)
			}
		case *approvalsv1.DossierVoided:
			position, err = d.dossierVoided(ctx, tx, m, e)
		case *approvalsv1.DossierReviewed:
			position, err = d.bypassReviewed(ctx, tx, m, e)
		}
		if err != nil {
			return fmt.Errorf("%s at %d: %w", m.Type, m.Position, err)
		}
		last = max(last, position)
	}
	return d.caughtUp(ctx, last)
}

// Each gives the log's position after what it did, 0 when it wrote nothing there.

func (d *desk) dossierApproved(ctx context.Context, tx pgx.Tx, m bus.Message, e *approvalsv1.DossierApproved) (int64, error) {
	switch e.GetDocumentType() {
	case contentType, correctionType:
		return 0, candidate.Approved(ctx, tx, e, m.Traceparent)
	case withdrawalType:
		return d.withdrawn(ctx, m, e)
	default:
		return 0, nil
	}
}

func (d *desk) dossierReturned(ctx context.Context, tx pgx.Tx, m bus.Message, e *approvalsv1.DossierReturned) (int64, error) {
	switch e.GetDocumentType() {
	case contentType, correctionType:
		return 0, candidate.Returned(ctx, tx, e, m.Traceparent)
	case withdrawalType:
		return d.notWithdrawn(ctx, m, e.GetDocument(), e.GetHash(), e.GetComment())
	default:
		return 0, nil
	}
}

func (d *desk) dossierVoided(ctx context.Context, tx pgx.Tx, m bus.Message, e *approvalsv1.DossierVoided) (int64, error) {
	switch e.GetDocumentType() {
	case contentType, correctionType:
		return 0, candidate.Voided(ctx, tx, e)
	case withdrawalType:
		return d.notWithdrawn(ctx, m, e.GetDocument(), e.GetHash(), "")
	default:
		return 0, nil
	}
}

// commandOf is a command that follows from a message: on behalf of whoever caused it, and the same on every delivery.
func commandOf(m bus.Message, happenedAt time.Time, verb string, of ...string) es.Command {
	return es.Command{
		Key:        id.Derive(time.Time{}, append([]string{"distribution", verb, m.ID}, of...)...),
		HappenedAt: happenedAt, Actor: m.Actor, Agency: m.Agency, Correlation: m.Correlation, Causation: m.ID,
	}
}

func names(messages ...proto.Message) []string {
	out := make([]string, 0, len(messages))
	for _, m := range messages {
		out = append(out, string(m.ProtoReflect().Descriptor().FullName()))
	}
	return out
}
