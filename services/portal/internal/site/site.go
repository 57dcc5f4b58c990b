// Package site is the public site in memory: every page is rendered and compressed when what it shows changes, and a request is
// answered from the bytes.
package site

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/directory"
	"github.com/loa-vn/loa/services/portal/internal/page"

	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

// Channel is where PostgreSQL tells every process of the portal that something changed.
const Channel = "portal_changed"

// Options of a site.
type Options struct {
	Pool         *pgxpool.Pool
	Directory    *directory.Directory
	Distribution distributionv1.DistributionServiceClient
	Logger       *slog.Logger
	// BaseURL is the public address without a slash at its end; TagAuthority the authority and date of the feed's ids (RFC 4151).
	BaseURL, TagAuthority string
}

// Site answers requests for pages.
type Site struct {
	Options
	frame page.Site

	// pages is replaced whole, never changed: a request sees one moment.
	pages atomic.Pointer[pages]
	// shown wakes SendReceipts when pages were replaced.
	shown chan struct{}

	mutex        sync.Mutex
	seen         int64
	publications map[string]*publication
	reports      map[string]*report
	plans        map[string]*planningv1.Plan
	agencies     map[string]string
}

// publication is one published item with its rendered pages.
type publication struct {
	event       *distributionv1.PublicationPublished
	recordedAt  time.Time
	traceparent string
	// others are the publications that its page names beside it.
	others []*publication
}

type report struct {
	event       *reportingv1.ReportApproved
	traceparent string
}

// New makes a site that shows nothing until Follow has read the database.
func New(o Options) *Site {
	return &Site{
		Options: o, frame: page.Site{BaseURL: o.BaseURL, TagAuthority: o.TagAuthority}, shown: make(chan struct{}, 1),
		publications: map[string]*publication{}, reports: map[string]*report{}, plans: map[string]*planningv1.Plan{}, agencies: map[string]string{},
	}
}

// Waiting says what the site waits for; "" when it shows what there is.
func (s *Site) Waiting() string {
	if s.pages.Load() == nil {
		return "portal pages"
	}
	return ""
}

// slowPoll is the safety net for a notification that was lost.
const slowPoll = 2 * time.Second

// Follow keeps the pages up to date until ctx ends.
func (s *Site) Follow(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := s.listen(ctx); err != nil && ctx.Err() == nil {
			s.Logger.WarnContext(ctx, "the portal's database is away; pages stay as they are", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(slowPoll):
			}
		}
	}
	return nil
}

func (s *Site) listen(ctx context.Context) error {
	conn, err := s.Pool.Acquire(ctx)
	if err != nil {
		return err
	}
	// A connection that listens is not given back to others.
	own := conn.Hijack()
	defer func() { _ = own.Close(context.WithoutCancel(ctx)) }()
	if _, err := own.Exec(ctx, "LISTEN "+Channel); err != nil {
		return err
	}
	for {
		if err := s.refresh(ctx); err != nil {
			return err
		}
		waiting, cancel := context.WithTimeout(ctx, slowPoll)
		_, err := own.WaitForNotification(waiting)
		slow := waiting.Err() != nil
		cancel()
		if err != nil && (!slow || ctx.Err() != nil) {
			return err
		}
	}
}

// refresh reads what changed and replaces the pages when something did.
func (s *Site) refresh(ctx context.Context) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	changed, reports, err := s.read(ctx)
	if err != nil {
		return err
	}
	old := s.pages.Load()
	if old != nil && len(changed) == 0 && len(reports) == 0 {
		return nil
	}
	if err := s.names(ctx); err != nil {
		return err
	}
	next, err := s.render(old, changed, reports)
	if err != nil {
		return err
	}
	s.pages.Store(next)
	select {
	case s.shown <- struct{}{}:
	default:
	}
	return nil
}

// read loads rows changed since the last time.
func (s *Site) read(ctx context.Context) (changed []*publication, reports []*report, err error) {
	tx, err := s.Pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	seen := s.seen
	rows, err := tx.Query(ctx, `SELECT payload, recorded_at, traceparent, seq FROM portal.publication WHERE seq > $1 ORDER BY seq`, s.seen)
	if err != nil {
		return nil, nil, err
	}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		p := &publication{event: &distributionv1.PublicationPublished{}}
		var payload []byte
		var seq int64
		if err := row.Scan(&payload, &p.recordedAt, &p.traceparent, &seq); err != nil {
			return struct{}{}, err
		}
		seen = max(seen, seq)
		changed = append(changed, p)
		return struct{}{}, proto.Unmarshal(payload, p.event)
	})
	if err != nil {
		return nil, nil, fmt.Errorf("publications of the portal: %w", err)
	}
	rows, err = tx.Query(ctx, `SELECT payload, traceparent, seq FROM portal.report WHERE seq > $1 ORDER BY seq`, s.seen)
	if err != nil {
		return nil, nil, err
	}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		r := &report{event: &reportingv1.ReportApproved{}}
		var payload []byte
		var seq int64
		if err := row.Scan(&payload, &r.traceparent, &seq); err != nil {
			return struct{}{}, err
		}
		seen = max(seen, seq)
		reports = append(reports, r)
		return struct{}{}, proto.Unmarshal(payload, r.event)
	})
	if err != nil {
		return nil, nil, fmt.Errorf("reports of the portal: %w", err)
	}
	if err := s.readPlans(ctx, tx); err != nil {
		return nil, nil, err
	}
	for _, p := range changed {
		s.publications[p.event.GetPublication()] = p
	}
	for _, r := range reports {
		s.reports[r.event.GetReport().GetId()] = r
	}
	s.seen = seen
	return changed, reports, nil
}

func (s *Site) readPlans(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `SELECT payload FROM portal.plan`)
	if err != nil {
		return err
	}
	payloads, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		return fmt.Errorf("plans of the portal: %w", err)
	}
	for _, payload := range payloads {
		var issued planningv1.PlanIssued
		if err := proto.Unmarshal(payload, &issued); err != nil {
			return err
		}
		s.plans[issued.GetPlan().GetId()] = issued.GetPlan()
	}
	return nil
}

// names looks up the agencies that pages name.
func (s *Site) names(ctx context.Context) error {
	codes := map[string]bool{}
	for _, p := range s.publications {
		codes[p.event.GetContent().GetAgency()] = true
	}
	for _, r := range s.reports {
		codes[r.event.GetReport().GetAgency()] = true
	}
	for code := range codes {
		a, found, err := s.Directory.Agency(ctx, code, time.Time{})
		if err != nil {
			return err
		}
		if found {
			s.agencies[code] = a.Name
		}
	}
	return nil
}

// parent is the context of what made the row: a page's own span, below it, ends the way from the command to what a citizen reads.
func parent(traceparent string) context.Context {
	return propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{"traceparent": traceparent})
}

func tracer() trace.Tracer { return otel.Tracer("loa/portal") }

func aggregate(id string) trace.SpanStartEventOption {
	return trace.WithAttributes(attribute.String("loa.aggregate", id))
}
