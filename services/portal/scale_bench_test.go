package portal

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/services/portal/internal/facts"
)

var portalItems = flag.Int("portal-items", 100_000, "how many items BenchmarkPublish publishes beside")

// BenchmarkPublish publishes beside a hundred thousand items, each with the text of the city's article of 01/03/2022, and tells how long
// it takes from the message of the bus to the page and to the home page that names it, how long a process needs to start, and how much
// it keeps:
//
//	go test ./services/portal -run '^$' -bench Publish -benchtime 200x
func BenchmarkPublish(b *testing.B) {
	w := newWorld(b)
	w.memory = 256 << 20
	text, err := os.ReadFile("internal/page/testdata/article-2022-03-01.txt")
	if err != nil {
		b.Fatal(err)
	}
	body := "<p>" + strings.ReplaceAll(string(text), "\n\n", "</p><p>") + "</p>"
	item := func(i int) (id, slug string, at time.Time, payload []byte) {
		id, slug, at = fmt.Sprintf("publication_%06d", i), fmt.Sprintf("tin-%06d", i), march.Add(time.Duration(i)*time.Minute)
		e := under(id, slug, fmt.Sprintf("Kế hoạch cải cách hành chính số %d", i), at)
		e.BodyHtml = body
		payload, err := proto.Marshal(e)
		if err != nil {
			b.Fatal(err)
		}
		return id, slug, at, payload
	}
	w.consume(plan38())
	_, err = w.pool.CopyFrom(b.Context(), pgx.Identifier{"portal", "publication"},
		[]string{"id", "slug", "published_at", "recorded_at", "payload", "traceparent", "seq", "listed", "indexed_seq", "receipt_at"},
		pgx.CopyFromSlice(*portalItems, func(i int) ([]any, error) {
			id, slug, at, payload := item(i)
			return []any{id, slug, at, at, payload, "", int64(i + 10), facts.Shape, int64(i + 10), at}, nil
		}))
	if err != nil {
		b.Fatal(err)
	}
	for _, sql := range []string{
		`INSERT INTO portal.listing SELECT kind, key, published_at, id FROM portal.publication,
			(VALUES ('all', ''), ('theme', 'mot-cua'), ('audience', 'nguoi-dan'), ('agency', 'H24.02'), ('item', 'item_1'), ('plan', 'plan_1')) AS p (kind, key)`,
		`INSERT INTO portal.tally SELECT kind, key, count(*) FROM portal.listing GROUP BY 1, 2`,
		`SELECT setval('portal.seen', (SELECT max(seq) FROM portal.publication))`, `VACUUM ANALYZE portal.publication, portal.listing`,
	} {
		if _, err := w.pool.Exec(b.Context(), sql); err != nil {
			b.Fatal(err)
		}
	}
	begun := time.Now()
	s := w.process()
	ready := time.Since(begun)
	var missed []time.Duration
	for i := range 100 {
		asked := time.Now()
		if get(s, fmt.Sprintf("/en/tin/tin-%06d", (i*977)%(*portalItems/2))).Code != http.StatusOK {
			b.Fatal("a page is not there")
		}
		missed = append(missed, time.Since(asked))
	}
	slices.Sort(missed)
	var toPage, toHome []time.Duration
	for i := 0; b.Loop(); i++ {
		id, slug, at, _ := item(*portalItems + i)
		e := under(id, slug, fmt.Sprintf("Tin vừa đăng %d", i), at)
		e.BodyHtml = body
		published := time.Now()
		w.consume(e)
		eventually(b, func() bool { return get(s, "/tin/"+slug).Code == http.StatusOK })
		toPage = append(toPage, time.Since(published))
		eventually(b, func() bool { return strings.Contains(get(s, "/").Body.String(), slug) })
		toHome = append(toHome, time.Since(published))
	}
	slices.Sort(toPage)
	slices.Sort(toHome)
	at := func(list []time.Duration, share float64) float64 {
		return float64(list[int(share*float64(len(list)-1))].Microseconds()) / 1000
	}
	used, pages := s.Kept()
	b.ReportMetric(at(toPage, 0.5), "page-p50-ms")
	b.ReportMetric(at(toPage, 0.99), "page-p99-ms")
	b.ReportMetric(at(toHome, 0.99), "home-p99-ms")
	b.ReportMetric(at(missed, 0.5), "miss-p50-ms")
	b.ReportMetric(at(missed, 0.99), "miss-p99-ms")
	b.ReportMetric(float64(ready.Milliseconds()), "ready-ms")
	b.Logf("kept so far: %d MiB in %d pages, %d bytes a page", used>>20, pages, used/int64(max(1, pages)))
}
