package portal

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/net/html"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/pkg/blob"
	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/directory"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/services/portal/internal/site"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

// receipts is distribution as the portal sees it: it takes receipts, and may be away.
type receipts struct {
	distributionv1.DistributionServiceClient
	mutex sync.Mutex
	away  bool
	lost  int // how many replies are lost on their way back
	taken map[string]int
	keys  map[string][]string
	// onTaken hears of each receipt as it is taken.
	onTaken func(key string)
}

func (r *receipts) RecordReceipt(ctx context.Context, in *distributionv1.RecordReceiptRequest, _ ...grpc.CallOption) (*distributionv1.Publication, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.away {
		return nil, io.ErrUnexpectedEOF
	}
	key := in.GetPublication() + " " + in.GetChannel() + " " + in.GetPlace()
	if in.GetAct() != "" {
		key += fmt.Sprintf(" %s %d", in.GetAct(), in.GetNumber())
	}
	r.taken[key]++
	if r.onTaken != nil {
		r.onTaken(key)
	}
	sent, _ := metadata.FromOutgoingContext(ctx)
	r.keys[key] = append(r.keys[key], sent.Get("idempotency-key")...)
	if r.lost > 0 {
		r.lost--
		return nil, io.ErrUnexpectedEOF
	}
	return &distributionv1.Publication{}, nil
}

func newReceipts() *receipts { return &receipts{taken: map[string]int{}, keys: map[string][]string{}} }

func (r *receipts) set(away bool) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.away = away
}

func (r *receipts) count(key string) int {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.taken[key]
}

type world struct {
	t        testing.TB
	pool     *pgxpool.Pool
	receipts *receipts
	position int64
	memory   int64 // of each process, in bytes
	address  string
	lease    time.Duration // of each process; zero is the default
	previews previews
	blobs    *blob.Store
}

func newWorld(t testing.TB) *world {
	pool, address := engines.Database(t)
	err := pool.AcquireFunc(t.Context(), func(c *pgxpool.Conn) error {
		var role string
		if err := c.QueryRow(t.Context(), "SELECT current_user").Scan(&role); err != nil {
			return err
		}
		if err := directory.Migrate(t.Context(), c.Conn(), role); err != nil {
			return err
		}
		_, err := c.Exec(t.Context(), "CREATE SCHEMA portal; SET search_path TO portal; "+tables+"; RESET search_path", pgx.QueryExecModeSimpleProtocol)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return &world{t: t, pool: pool, address: address, receipts: newReceipts(), memory: 64 << 20}
}

// process is one process of the portal on the world's database.
func (w *world) process() *site.Site {
	s, _ := w.processOn(w.pool)
	return s
}

// processOn is one that has a way of its own to the database; it ends with the test, or earlier.
func (w *world) processOn(pool *pgxpool.Pool) (*site.Site, func()) {
	s := site.New(site.Options{
		Pool: pool, Distribution: w.receipts, Logger: slog.New(slog.DiscardHandler), Content: &w.previews, Blobs: w.blobs,
		BaseURL: "https://loa.example", TagAuthority: "loa.example,2022", Memory: w.memory, Lease: w.lease,
	})
	ctx, cancel := context.WithCancel(w.t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = s.Follow(ctx) })
	running.Go(func() { _ = s.Vouch(ctx) })
	running.Go(func() { _ = s.SendReceipts(ctx) })
	running.Go(func() { _ = s.IndexSearch(ctx) })
	running.Go(func() { _ = s.Warm(ctx) })
	end := func() { cancel(); running.Wait() }
	w.t.Cleanup(end)
	eventually(w.t, func() bool { return s.Waiting() == "" })
	return s, end
}

// consume hands messages to the consumer in one transaction, as the bus does.
func (w *world) consume(payloads ...proto.Message) {
	w.t.Helper()
	err := pgx.BeginFunc(w.t.Context(), w.pool, func(tx pgx.Tx) error {
		var messages []bus.Message
		for _, p := range payloads {
			w.position++
			messages = append(messages, bus.Message{Type: string(p.ProtoReflect().Descriptor().FullName()), Position: w.position, RecordedAt: time.Now(), Payload: p})
		}
		return consume(w.t.Context(), tx, messages)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func published(id, slug, title string, at time.Time, example bool) *distributionv1.PublicationPublished {
	return &distributionv1.PublicationPublished{
		Publication: id, Slug: slug, PublishedAt: timestamppb.New(at), BodyHtml: "<p>Nội dung của " + title + ".</p>",
		Content: &contentv1.Content{
			Id: "content_" + id, Plan: "plan_1", Theme: "mot-cua", Agency: "H24.02", Title: title, Language: "vi",
			SourceLine: "Cổng Thông tin điện tử thành phố", Example: example,
			Attachment: &contentv1.AttachmentLine{Title: "Kế hoạch số 38/KH-UBND", Number: "38/KH-UBND", Date: "2022-02-23"},
		},
	}
}

func get(h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// words is the text that a reader sees below an element.
func words(t *testing.T, body io.Reader, element string) string {
	t.Helper()
	root, err := html.Parse(body)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || n.Data != element {
			continue
		}
		for d := range n.Descendants() {
			if d.Type == html.TextNode {
				b.WriteString(d.Data)
				if !unbroken(d.Parent) && !unbroken(d.NextSibling) {
					b.WriteByte(' ')
				}
			}
		}
	}
	return strings.Join(strings.Fields(strings.ReplaceAll(b.String(), "\u00a0", " ")), " ")
}

// unbroken says that a node is in the middle of a text: a document's number, which is kept on one line.
func unbroken(n *html.Node) bool {
	return n != nil && n.Data == "span" && slices.Contains(n.Attr, html.Attribute{Key: "class", Val: "nowrap"})
}

func eventually(t testing.TB, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		if time.Now().After(deadline) {
			t.Fatal("did not happen within 20 s")
		}
		<-tick.C
	}
}

var march = time.Date(2022, 3, 1, 6, 20, 0, 0, time.UTC)

// A publication is on its page, at home and in the feed of every process of the portal, and its receipt is given once.
func TestPublicationReachesEveryProcessAndGivesItsReceiptOnce(t *testing.T) {
	w := newWorld(t)
	first, second := w.process(), w.process()
	event := published("publication_1", "ke-hoach-38", "Kế hoạch cải cách hành chính", march, false)
	w.consume(event)
	w.consume(event) // the bus may bring it again
	for _, process := range []*site.Site{first, second} {
		eventually(t, func() bool { return get(process, "/tin/ke-hoach-38").Code == http.StatusOK })
		page := get(process, "/tin/ke-hoach-38")
		if text := words(t, page.Body, "main"); !strings.Contains(text, "Thứ Ba, 01/03/2022, 13:20") || !strings.Contains(text, "Nội dung của Kế hoạch cải cách hành chính.") {
			t.Errorf("the page says %q", text)
		}
		if text := words(t, get(process, "/").Body, "main"); !strings.Contains(text, "Kế hoạch cải cách hành chính") {
			t.Errorf("home says %q", text)
		}
		if feed := get(process, "/feed.atom"); !strings.Contains(feed.Header().Get("Content-Type"), "atom") || words(t, feed.Body, "entry") == "" {
			t.Error("the feed has no entry")
		}
		for _, path := range []string{"/en/tin/ke-hoach-38", "/tin/ke-hoach-38/in", "/en"} {
			if code := get(process, path).Code; code != http.StatusOK {
				t.Errorf("%s: %d", path, code)
			}
		}
	}
	eventually(t, func() bool { return w.receipts.count("publication_1 portal /tin/ke-hoach-38") > 0 })
	var owed int
	eventually(t, func() bool {
		return w.pool.QueryRow(t.Context(), "SELECT count(*) FROM portal.publication WHERE receipt_at IS NULL").Scan(&owed) == nil && owed == 0
	})
}

// While distribution is away the receipt is owed, and given later.
func TestReceiptWaitsForDistribution(t *testing.T) {
	w := newWorld(t)
	w.receipts.set(true)
	s := w.process()
	w.consume(published("publication_1", "tin", "Tin", march, true))
	eventually(t, func() bool { return get(s, "/tin/tin").Code == http.StatusOK })
	w.receipts.set(false)
	eventually(t, func() bool { return w.receipts.count("publication_1 portal /tin/tin") == 1 })
}

// Names that arrive after a page change the page.
func TestPageIsRenderedAgainWhenNamesArrive(t *testing.T) {
	w := newWorld(t)
	s := w.process()
	w.consume(published("publication_1", "tin", "Tin", march, true))
	eventually(t, func() bool { return get(s, "/tin/tin").Code == http.StatusOK })
	w.consume(&planningv1.PlanIssued{Plan: &planningv1.Plan{
		Id: "plan_1", Number: "38/KH-UBND", Date: "2022-02-23", Themes: []*planningv1.Theme{{Code: "mot-cua", Name: "Cơ chế một cửa"}},
	}})
	eventually(t, func() bool {
		return strings.Contains(words(t, get(s, "/tin/tin").Body, "main"), "Cơ chế một cửa")
	})
}

// A new item changes the pages that name it beside their own text, and no others.
func TestOtherNewsAreThoseBefore(t *testing.T) {
	w := newWorld(t)
	s := w.process()
	for i, slug := range []string{"mot", "hai", "ba", "bon", "nam", "sau"} {
		w.consume(published("publication_"+slug, slug, "Tin "+slug, march.Add(time.Duration(i)*time.Hour), true))
	}
	eventually(t, func() bool { return get(s, "/tin/sau").Code == http.StatusOK })
	before := get(s, "/tin/sau").Header().Get("ETag")
	w.consume(published("publication_bay", "bay", "Tin bay", march.Add(10*time.Hour), true))
	eventually(t, func() bool { return get(s, "/tin/bay").Code == http.StatusOK })
	if after := get(s, "/tin/sau").Header().Get("ETag"); after != before {
		t.Error("an item with enough others before it changed")
	}
	if text := words(t, get(s, "/tin/bay").Body, "aside"); !strings.Contains(text, "Tin sau") || strings.Contains(text, "Tin hai") {
		t.Errorf("beside the newest stands %q", text)
	}
}

// An approved report is public at its path, in both languages, with a missing figure shown as missing.
func TestReportPage(t *testing.T) {
	w := newWorld(t)
	s := w.process()
	one, target := int64(1), int64(12)
	path := "/bao-cao/2022/H24.02/thang-3-nam-2022"
	w.consume(&reportingv1.ReportApproved{Report: &reportingv1.Report{
		Id: "report_1", Plan: "plan_1", PlanNumber: "38/KH-UBND", PlanTitle: "Kế hoạch tuyên truyền", Agency: "H24.02", Period: "2022-M03",
		Title: "Báo cáo tháng 3 năm 2022", Path: path, Hash: strings.Repeat("ab", 32), Example: true, ApprovedAt: timestamppb.New(march),
		Figures: &reportingv1.Figures{Published: 1, ItemsTotal: 2, Items: []*reportingv1.Line{
			{Name: "Tin, bài", Planned: &target, Actual: &one, Cumulative: &one, Target: target, Unit: "tin, bài"},
			{Name: "Lớp tập huấn", Target: 3, Unit: "lớp", State: "missing"},
		}},
	}})
	eventually(t, func() bool { return get(s, path).Code == http.StatusOK })
	if text := words(t, get(s, path).Body, "main"); !strings.Contains(text, "Chưa có") || !strings.Contains(text, "1 / 12 tin, bài") {
		t.Errorf("the report says %q", text)
	}
	if code := get(s, "/en"+path).Code; code != http.StatusOK {
		t.Errorf("in English: %d", code)
	}
}

// Requests are answered from memory with validators, and with the page's security policy.
func TestAnswersFromMemory(t *testing.T) {
	w := newWorld(t)
	s := w.process()
	w.consume(published("publication_1", "tin", "Tin", march, true))
	eventually(t, func() bool { return get(s, "/tin/tin").Code == http.StatusOK })
	plain, zipped := get(s, "/tin/tin"), get(s, "/tin/tin", "Accept-Encoding", "br, gzip")
	if zipped.Header().Get("Content-Encoding") != "gzip" || plain.Header().Get("Content-Encoding") != "" {
		t.Error("gzip is sent to those who take it and to nobody else")
	}
	if plain.Header().Get("ETag") == zipped.Header().Get("ETag") {
		t.Error("two encodings share an ETag")
	}
	if code := get(s, "/tin/tin", "If-None-Match", plain.Header().Get("ETag")).Code; code != http.StatusNotModified {
		t.Errorf("known version: %d", code)
	}
	if policy := plain.Header().Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'") {
		t.Errorf("policy %q", policy)
	}
	if code := get(s, "/tin/khong-co").Code; code != http.StatusNotFound {
		t.Errorf("unknown page: %d", code)
	}
	r := httptest.NewRequest(http.MethodPost, "/", http.NoBody)
	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, r)
	if answer.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", answer.Code)
	}
}
