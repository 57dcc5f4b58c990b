// Package site is the public site. A page is rendered and compressed when what it shows is published, and kept in memory; one that the
// budget has no room for is rendered again when somebody asks for it. Every process of the portal does this for itself, from the facts
// they share.
//
// How much fits: the page of an article takes about 6 kB compressed and stands in two languages, so that the default budget of 256 MiB
// holds the newest 20,000 articles with all lists, plans and reports; what is asked for stays, whatever its age. Without the page in
// memory an answer takes two to three milliseconds, most of them for two queries.
package site

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/loa-vn/loa/pkg/blob"
	"github.com/loa-vn/loa/services/portal/internal/facts"
	"github.com/loa-vn/loa/services/portal/internal/memory"
	"github.com/loa-vn/loa/services/portal/internal/page"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
)

// Options of a site.
type Options struct {
	Pool         *pgxpool.Pool
	Distribution distributionv1.DistributionServiceClient
	Content      contentv1.ContentServiceClient
	Blobs        *blob.Store
	Logger       *slog.Logger
	// BaseURL is the public address without a slash at its end; TagAuthority the authority and date of the feed's ids (RFC 4151).
	BaseURL, TagAuthority string
	// Memory is how many bytes of rendered pages are kept.
	Memory int64
	// Lease is how long this process answers after it last told the others that it lives; zero is ten seconds. All processes have the same.
	Lease time.Duration
}

// Site answers requests for pages.
type Site struct {
	Options
	frame   page.Site
	headers http.Header // never changed: answers share its values
	facts   *facts.Facts
	memory  *memory.Memory

	// names is replaced whole, never changed: a page is made with one moment of it. It is nil until the facts can be read.
	names atomic.Pointer[names]
	// applied is the seq up to which no page of this process tells otherwise than the facts.
	applied atomic.Int64

	// beaten is when this process last told the others that it lives; nil while it answers for nothing.
	beaten atomic.Pointer[time.Time]
	// id names this process to the others.
	id      string
	answers answers

	// mutex lets one at a time apply changes; owed is what they leave to render.
	mutex sync.Mutex
	owed  toRenew

	// Each wakes a loop when pages changed.
	shown, toIndex, toWarm, toVouch chan struct{}
}

// New makes a site that shows nothing until Follow has read the database.
func New(o Options) *Site {
	if o.Lease == 0 {
		o.Lease = defaultLease
	}
	return &Site{
		Options: o, frame: page.Site{BaseURL: o.BaseURL, TagAuthority: o.TagAuthority}, headers: headersOf(o.BaseURL), facts: facts.New(o.Pool), memory: memory.New(o.Memory),
		id: rand.Text(), answers: answers{now: &sync.WaitGroup{}}, toVouch: make(chan struct{}, 1),
		shown: make(chan struct{}, 1), toIndex: make(chan struct{}, 1), toWarm: make(chan struct{}, 1),
	}
}

// Waiting says what the site waits for; "" when it shows what there is.
func (s *Site) Waiting() string {
	if s.names.Load() == nil {
		return "portal pages"
	}
	if !s.vouches() {
		return "portal lease"
	}
	return ""
}

// Kept is how many bytes of rendered pages are in memory, and how many pages.
func (s *Site) Kept() (bytes int64, pages int) { return s.memory.Used() }

func wake(loop chan struct{}) {
	select {
	case loop <- struct{}{}:
	default:
	}
}

// slowPoll is the safety net for a notification that was lost.
const slowPoll = 2 * time.Second

// wait for a loop to be woken, or for the slow poll; false when ctx has ended.
func wait(ctx context.Context, loop chan struct{}) bool { return waitFor(ctx, loop, slowPoll) }

// parent is the context of what made the row: a page's own span, below it, ends the way from the command to what a citizen reads.
func parent(traceparent string) context.Context {
	return propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{"traceparent": traceparent})
}

func tracer() trace.Tracer { return otel.Tracer("loa/portal") }

func aggregate(id string) trace.SpanStartEventOption {
	return trace.WithAttributes(attribute.String("loa.aggregate", id))
}
