package portal

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/services/portal/internal/facts"
	"github.com/loa-vn/loa/services/portal/internal/find"
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

// BenchmarkSearch asks what people ask of a hundred thousand items, one question at a time, and tells how long one in two, one in twenty
// and one in a hundred take:
//
//	go test ./services/portal -run '^$' -bench Search -benchtime 2000x
func BenchmarkSearch(b *testing.B) {
	w := newWorld(b)
	random := rand.New(rand.NewPCG(38, 2022)) //nolint:gosec // a corpus, the same each time
	told := sentences(b)
	var syllables []string
	for _, s := range told {
		syllables = append(syllables, strings.Fields(s)...)
	}
	slices.Sort(syllables)
	syllables = slices.Compact(syllables)
	random.Shuffle(len(syllables), func(i, j int) { syllables[i], syllables[j] = syllables[j], syllables[i] })

	start := time.Now()
	for _, sql := range []string{"DROP INDEX portal.search_words", "CREATE UNLOGGED TABLE corpus (id text, at timestamptz, lexemes text[])"} {
		if _, err := w.pool.Exec(b.Context(), sql); err != nil {
			b.Fatal(err)
		}
	}
	_, err := w.pool.CopyFrom(b.Context(), pgx.Identifier{"corpus"}, []string{"id", "at", "lexemes"},
		pgx.CopyFromSlice(*searchItems, func(i int) ([]any, error) {
			at := march.Add(time.Duration(i) * 50 * time.Minute)
			return []any{fmt.Sprintf("publication_%06d", i), at, document(random, at, told, syllables).Lexemes()}, nil
		}))
	if err != nil {
		b.Fatal(err)
	}
	for _, sql := range []string{
		"INSERT INTO portal.search SELECT id, 'publication', at, array_to_tsvector(lexemes) FROM corpus",
		"SET maintenance_work_mem = '256MB'; CREATE INDEX search_words ON portal.search USING gin (words) WITH (fastupdate = off)",
		"DROP TABLE corpus", "VACUUM ANALYZE portal.search",
	} {
		for s := range strings.SplitSeq(sql, "; ") {
			if _, err := w.pool.Exec(b.Context(), s); err != nil {
				b.Fatal(err)
			}
		}
	}
	var size string
	if err := w.pool.QueryRow(b.Context(), `SELECT pg_size_pretty(pg_relation_size('portal.search_words')) || ' of index, ' || pg_size_pretty(pg_table_size('portal.search'))`).Scan(&size); err != nil {
		b.Fatal(err)
	}
	b.Logf("%d items in %v: %s of rows", *searchItems, time.Since(start).Round(time.Second), size)

	questions := []string{
		"mot cua", "một cửa liên thông", "hành chính", "hai phong", "38/KH-UBND", "chính quyền điện tử", "thủ tục", "cải cách hành chính",
		"uy ban nhan dan", "phản ánh, kiến nghị", "Sở Nội vụ", "cua", "nguoi dan", "đào tạo tập huấn", "ke hoach", "gương điển hình",
		"doanh nghiep", "không có gì như thế", "xa phuong thi tran", "cán bộ",
	}
	f := facts.New(w.pool)
	var took []time.Duration
	slowest := map[string]time.Duration{}
	for i := 0; b.Loop(); i++ {
		q := questions[i%len(questions)]
		ask := facts.Ask{Query: find.Parse(q, false), Limit: 20}
		switch (i / len(questions)) % 4 {
		case 1:
			ask.Offset = 40
		case 2:
			ask.Filter = find.Filter{Theme: "chu-de-3"}
		case 3:
			ask.Newest = true
		}
		begun := time.Now()
		if _, _, err := f.Search(b.Context(), ask); err != nil {
			b.Fatal(err)
		}
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
	b.Logf("slowest of each question: %v", slowest)
}
