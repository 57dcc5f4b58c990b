package reporting

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/loa-vn/loa/pkg/blob"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/pkg/rpc"
	"github.com/loa-vn/loa/services/reporting/internal/readmodel"
	"github.com/loa-vn/loa/services/reporting/internal/report"
)

// issuing is the name under which this service follows its own log to store the documents of reports that have their number.
const issuing = "reporting.issue"

// documentWithin is the greatest size of one document in bytes.
const documentWithin = 4 << 30

// press stores the documents of reports and issues them.
type press struct {
	printer
	blobs  *blob.Store
	logger *slog.Logger
}

// run follows the log and issues every report that has its number: after a start from the first one on whose documents are not stored.
// What is away ends it for now, and it begins again where it was.
func (p press) run(ctx context.Context) error {
	after, err := readmodel.RenderFrom(ctx, p.desk.pool)
	if err != nil {
		return unlessEnded(ctx, err)
	}
	return p.desk.log.Follow(ctx, issuing, after, 200, func(ctx context.Context, events []es.Event) error {
		for _, e := range events {
			if _, ok := e.Data.(report.ReportNumbered); !ok {
				continue
			}
			switch err := p.issue(ctx, e); {
			case err == nil:
			case rpc.Passing(err) || ctx.Err() != nil:
				return err
			default:
				// The others are not held up by it; it is tried again at the next start.
				p.logger.ErrorContext(ctx, "the documents of a report cannot be made", "alarm", true, "report", e.Aggregate, "error", err)
			}
		}
		return nil
	})
}

// issue renders and stores the documents of a report, and says so, once: the same report is the same bytes, and the command has a key of
// the event.
func (p press) issue(ctx context.Context, e es.Event) error {
	r, _, err := p.desk.reports.Load(ctx, e.Aggregate)
	if err != nil || r.State == report.Issued {
		return err
	}
	paper, err := p.paper(ctx, r)
	if err != nil {
		return err
	}
	var stored []report.StoredDocument
	for _, f := range formats() {
		b, err := p.put(ctx, func(w io.Writer) error { return f.write(w, paper) })
		if err != nil {
			return err
		}
		stored = append(stored, report.StoredDocument{Format: f.name, MediaType: f.mediaType, SHA256: b.SHA256, Size: b.Size})
	}
	command := es.Command{
		Key:        id.Derive(time.Time{}, issuing, e.ID.String()),
		HappenedAt: e.HappenedAt, Actor: e.Actor, Agency: e.Agency, Correlation: e.Correlation, Causation: e.ID.String(),
	}
	_, err = p.desk.follow(ctx, e.Aggregate, command, func(r *report.Report) []any { return r.IssueReport(stored) })
	return err
}

// put stores what is written, as it is written.
func (p press) put(ctx context.Context, write func(io.Writer) error) (blob.Blob, error) {
	reader, writer := io.Pipe()
	go func() { writer.CloseWithError(write(writer)) }()
	b, err := p.blobs.Put(ctx, reader, documentWithin)
	_ = reader.CloseWithError(err) // lets the writer go when the store has had enough
	return b, err
}

// unlessEnded forgets an error of a loop that was told to end.
func unlessEnded(ctx context.Context, err error) error {
	if ended(ctx) {
		return nil
	}
	return err
}

func ended(ctx context.Context) bool { return ctx.Err() != nil }
