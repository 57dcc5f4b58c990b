package portal

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/services/portal/internal/facts"
	"github.com/loa-vn/loa/services/portal/internal/find"
	"github.com/loa-vn/loa/services/portal/internal/page"
)

var searchItems = flag.Int("search-items", 100_000, "how many items BenchmarkSearch searches")

// sentences are the real text the corpus is made of: the city's article of 01/03/2022 and its plan.
func sentences(b *testing.B) []string {
	b.Helper()
	var list []string
	for _, file := range []string{"internal/page/testdata/article-2022-03-01.txt", "../../examples/plan-38/plan.yaml", "../../examples/plan-38/agencies.csv"} {
		text, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		for s := range strings.FieldsFuncSeq(string(text), func(r rune) bool { return strings.ContainsRune(".;\n:", r) }) {
			if strings.Count(s, " ") >= 3 {
				list = append(list, strings.TrimSpace(s))
			}
		}
	}
	return list
}

// document is an item of the corpus: a title and about 250 syllables of real sentences in an order of its own, an agency, a number, and
// words that few items have, since a corpus in which every word is everywhere would flatter the index.
func document(random *rand.Rand, at time.Time, sentences, syllables []string) find.Document {
	var text strings.Builder
	for strings.Count(text.String(), " ") < 250 {
		text.WriteString(sentences[random.IntN(len(sentences))] + ". ")
		for range 4 {
			// Word frequencies fall as in any language.
			rank := int(float64(len(syllables)) * random.Float64() * random.Float64() * random.Float64())
			text.WriteString(syllables[rank] + " ")
		}
	}
	words := strings.Fields(sentences[random.IntN(len(sentences))])
	title := strings.Join(words[:min(len(words), 14)], " ")
	return find.Document{
		At: at, Title: title, Number: fmt.Sprintf("%d/KH-UBND", 1+random.IntN(9000)), Texts: []string{text.String()},
		Theme: fmt.Sprintf("chu-de-%d", random.IntN(8)), Agency: fmt.Sprintf("H24.%02d", random.IntN(60)),
		Audiences: []string{[]string{"nguoi-dan", "doanh-nghiep", "to-chuc", "can-bo-cong-chuc-vien-chuc"}[random.IntN(4)]},
	}
}

// library is a portal's database with a hundred thousand items: their publications, the lists they stand in, and what search reads of
// them, each as the portal's own code would have it, written many at a time.
func library(b *testing.B) *world {
	b.Helper()
	w := newWorld(b)
	w.memory = 256 << 20
	w.consume(plan38())
	told := sentences(b)
	var syllables []string
	for _, s := range told {
		syllables = append(syllables, strings.Fields(s)...)
	}
	slices.Sort(syllables)
	syllables = slices.Compact(syllables)
	// copied writes a row of every item; the items are the same each time.
	copied := func(table string, columns []string, row func(id string, at time.Time, number int, d find.Document) ([]any, error)) {
		random := rand.New(rand.NewPCG(38, 2022)) //nolint:gosec // a corpus, the same each time
		random.Shuffle(len(syllables), func(i, j int) { syllables[i], syllables[j] = syllables[j], syllables[i] })
		_, err := w.pool.CopyFrom(b.Context(), pgx.Identifier(strings.Split(table, ".")), columns,
			pgx.CopyFromSlice(*searchItems, func(i int) ([]any, error) {
				at := march.Add(time.Duration(i) * 50 * time.Minute)
				return row(fmt.Sprintf("publication_%06d", i), at, i, document(random, at, told, syllables))
			}))
		if err != nil {
			b.Fatal(err)
		}
		slices.Sort(syllables)
	}
	execute := func(statements ...string) {
		for _, sql := range statements {
			if _, err := w.pool.Exec(b.Context(), sql); err != nil {
				b.Fatal(err)
			}
		}
	}
	start := time.Now()
	execute("DROP INDEX portal.search_words", "CREATE UNLOGGED TABLE corpus (id text, at timestamptz, lexemes text[], theme text, audience text, agency text)")
	copied("corpus", []string{"id", "at", "lexemes", "theme", "audience", "agency"}, func(id string, at time.Time, _ int, d find.Document) ([]any, error) {
		return []any{id, at, d.Lexemes(), d.Theme, d.Audiences[0], d.Agency}, nil
	})
	copied("portal.publication", []string{"id", "slug", "published_at", "recorded_at", "payload", "traceparent", "seq", "listed", "indexed_seq", "receipt_at"},
		func(id string, at time.Time, number int, d find.Document) ([]any, error) {
			slug, seq := fmt.Sprintf("tin-%06d", number), int64(number+10)
			e := under(id, slug, d.Title, at)
			e.BodyHtml = "<p>" + strings.Join(d.Texts, "</p><p>") + "</p>"
			e.Content.Theme, e.Content.Audiences, e.Content.Agency, e.Content.Attachment.Number = d.Theme, d.Audiences, d.Agency, d.Number
			payload, err := proto.Marshal(e)
			return []any{id, slug, at, at, payload, "", seq, facts.Shape, seq, at}, err
		})
	execute("INSERT INTO portal.search SELECT id, 'publication', at, array_to_tsvector(lexemes) FROM corpus",
		`INSERT INTO portal.listing SELECT kind, key, at, id FROM corpus,
			LATERAL (VALUES ('all', ''), ('theme', theme), ('audience', audience), ('agency', agency), ('plan', 'plan_1')) AS p (kind, key)`,
		"INSERT INTO portal.tally SELECT kind, key, count(*) FROM portal.listing GROUP BY 1, 2",
		"SELECT setval('portal.seen', (SELECT max(seq) FROM portal.publication))",
		"SET maintenance_work_mem = '256MB'", "CREATE INDEX search_words ON portal.search USING gin (words) WITH (fastupdate = off)",
		"DROP TABLE corpus", "VACUUM ANALYZE portal.search, portal.publication, portal.listing, portal.tally")
	var size string
	if err := w.pool.QueryRow(b.Context(), `SELECT pg_size_pretty(pg_relation_size('portal.search_words')) || ' of index, ' || pg_size_pretty(pg_table_size('portal.search'))`).Scan(&size); err != nil {
		b.Fatal(err)
	}
	b.Logf("%d items in %v: %s of rows", *searchItems, time.Since(start).Round(time.Second), size)
	return w
}

// BenchmarkSearch asks what people ask of a hundred thousand items, one question at a time, and tells how long one in two, one in twenty
// and one in a hundred take: of the page as a reader gets it from the portal over HTTP, and of its database alone.
//
//	go test ./services/portal -run '^$' -bench Search -benchtime 2000x
func BenchmarkSearch(b *testing.B) {
	w := library(b)
	questions := []string{
		"mot cua", "một cửa liên thông", everywhere, "hai phong", "38/KH-UBND", "chính quyền điện tử", "thủ tục", "cải cách hành chính",
		"uy ban nhan dan", "phản ánh, kiến nghị", "Sở Nội vụ", "cua", "nguoi dan", "đào tạo tập huấn", "ke hoach", "gương điển hình",
		"doanh nghiep", nowhere, "xa phuong thi tran", "cán bộ",
	}
	// measured asks each question as it is, for its third page, within a theme, and for the newest.
	measured := func(name string, answer func(b *testing.B, question string, way int)) {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			slowest := map[string]time.Duration{}
			for i := 0; b.Loop(); i++ {
				q := questions[i%len(questions)]
				begun := time.Now()
				answer(b, q, i/len(questions)%4)
				took = append(took, time.Since(begun))
				slowest[q] = max(slowest[q], took[len(took)-1])
			}
			slices.Sort(took)
			at := func(share float64) float64 {
				return float64(took[int(share*float64(len(took)-1))].Microseconds()) / 1000
			}
			b.ReportMetric(at(0.5), "p50-ms")
			b.ReportMetric(at(0.95), "p95-ms")
			b.ReportMetric(at(0.99), "p99-ms")
			b.ReportMetric(0, "ns/op")
			b.Logf("slowest of each question: %v", slowest)
		})
	}
	server := httptest.NewServer(w.process())
	b.Cleanup(server.Close)
	ways := [][]string{nil, {"trang", "3"}, {page.ParameterTheme, "chu-de-3"}, {page.ParameterNewest, "1"}}
	measured("page", func(b *testing.B, question string, way int) {
		r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, server.URL+"/tim-kiem?"+asked(question, ways[way]...), http.NoBody)
		if err != nil {
			b.Fatal(err)
		}
		response, err := server.Client().Do(r)
		if err != nil {
			b.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		found := bytes.Contains(body, []byte("/tin/tin-"))
		if err != nil || response.StatusCode != http.StatusOK && way != 1 || found && question == nowhere || way == 0 && !found && question == everywhere {
			b.Fatalf("%s: %s, found %v, %v", r.URL, response.Status, found, err)
		}
	})
	f := facts.New(w.pool)
	measured("database", func(b *testing.B, question string, way int) {
		ask := facts.Ask{Query: find.Parse(question, false), Limit: 20}
		switch way {
		case 1:
			ask.Offset = 40
		case 2:
			ask.Filter = find.Filter{Theme: "chu-de-3"}
		case 3:
			ask.Newest = true
		}
		if _, _, err := f.Search(b.Context(), ask); err != nil {
			b.Fatal(err)
		}
	})
}

// nowhere is what no item says, everywhere what many do.
const (
	nowhere    = "không có gì như thế"
	everywhere = "hành chính"
)
