package reporting

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/pkg/vn"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
	"github.com/loa-vn/loa/services/reporting/internal/facts"
	"github.com/loa-vn/loa/services/reporting/internal/figures"
)

// A year of a large plan: so many items, publications and results.
const (
	loadItems        = 200
	loadPublications = 60_000
	loadResults      = 20_000
)

// loaded is a bench whose plan has a year of facts.
func loaded(t testing.TB) *bench {
	t.Helper()
	b := newBench(t)
	issued := b.issued().Payload.(*planningv1.PlanIssued)
	issued.Plan.From = "2021-12-15"
	for n := range 10 {
		issued.Plan.Themes = append(issued.Plan.Themes, &planningv1.Theme{Code: fmt.Sprintf("chu-de-%d", n), Name: "Chủ đề"})
	}
	issued.Items = nil
	for n := range loadItems {
		issued.Items = append(issued.Items, &planningv1.PlanItem{
			Id: fmt.Sprintf("item_%d", n), Code: fmt.Sprint(n), Title: "Tuyên truyền cải cách hành chính", Theme: fmt.Sprintf("chu-de-%d", n%10),
			Audiences: []string{"nguoi-dan", "doanh-nghiep"}, Channels: []string{"cong", "bao-chi"}, Lead: fmt.Sprintf("H24.%02d", n%40), Deadline: "2022-11-30",
			Target: &planningv1.Target{Quantity: 400, Unit: "tin, bài", CountsPublications: n%4 != 0},
		})
	}
	b.deliver(b.message(issued))
	first := vn.Day(2021, 12, 15)
	rows := pgx.CopyFromSlice(loadPublications+loadResults, func(n int) ([]any, error) {
		kind, id, unit, path := figures.Published, fmt.Sprintf("publication_%026d", n), "", fmt.Sprintf("/tin/day-manh-cai-cach-hanh-chinh-%d", n)
		if n >= loadPublications {
			kind, id, unit, path = figures.Result, fmt.Sprintf("result_%026d", n), "tin, bài", fmt.Sprintf("https://baohaiphong.vn/cai-cach-hanh-chinh-%d.html", n)
		}
		item := n % loadItems
		return []any{
			id, string(kind), string(figures.Counts), plan38, fmt.Sprintf("item_%d", item), fmt.Sprintf("content_%026d", n),
			"Đẩy mạnh cải cách thủ tục hành chính trên địa bàn thành phố", fmt.Sprintf("chu-de-%d", item%10),
			[]string{"nguoi-dan", "doanh-nghiep"},
			[]string{"cong", "bao-chi"},
			"H24.02", int64(1), unit, first.Add(time.Duration(n%364) * 24 * time.Hour), path,
			fmt.Sprintf("%064x", n), false, false, fmt.Sprintf("00-%032x-%016x-01", n+1, n+1), "distribution", 1, int64(n + 10), time.Now(), int64(n + 10),
		}, nil
	})
	columns := []string{
		"id", "kind", "standing", "plan", "item", "content", "title", "theme", "audiences", "channels", "agency", "quantity", "unit", "happened_at", "path", "hash",
		"imported", "example", "traceparent", "source", "epoch", "position", "since", "arrived",
	}
	if _, err := b.pool.CopyFrom(t.Context(), pgx.Identifier{"reporting", "fact"}, columns, rows); err != nil {
		t.Fatal(err)
	}
	if _, err := b.pool.Exec(t.Context(), "UPDATE reporting.arrival SET n = $1", loadPublications+loadResults+10); err != nil {
		t.Fatal(err)
	}
	if _, err := b.pool.Exec(t.Context(), "ANALYZE reporting.fact"); err != nil {
		t.Fatal(err)
	}
	return b
}

// The yearly report of 80,000 publications and results: every fact read from PostgreSQL, counted in all lines, and digested.
func BenchmarkYearlyReport(bench *testing.B) {
	b := loaded(bench)
	year, err := vn.ParsePeriod("2022-Y")
	if err != nil {
		bench.Fatal(err)
	}
	var bytes int
	for bench.Loop() {
		sheet, err := b.read(bench.Context(), plan38, year)
		if err != nil {
			bench.Fatal(err)
		}
		bytes = len(sheet.Canonical)
	}
	bench.ReportMetric(float64(bytes), "document-bytes")
}

// The annex of that report, read and digested again line by line. What is held meanwhile does not grow with it.
func BenchmarkAnnexOfTheYearlyReport(bench *testing.B) {
	b := loaded(bench)
	r := b.compile38(bench, "2022-Y")
	var peak uint64
	for bench.Loop() {
		digest, held := b.digestAnnex(bench, r)
		if digest != r.GetAnnex().GetSha256() {
			bench.Fatalf("%s is not %s", digest, r.GetAnnex().GetSha256())
		}
		peak = max(peak, held)
	}
	bench.ReportMetric(float64(peak)/(1<<20), "held-MiB")
}

// digestAnnex reads the annex as a report counted it, and tells how much memory was live beyond what was before.
func (b *bench) digestAnnex(t testing.TB, r *reportingv1.Report) (digest string, held uint64) {
	t.Helper()
	state, _, err := b.reports.Load(t.Context(), r.GetId())
	if err != nil {
		t.Fatal(err)
	}
	plan, of, v, err := b.annex(t.Context(), state.Sheet)
	if err != nil {
		t.Fatal(err)
	}
	live := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := live()
	sum, register, n := sha256.New(), figures.NewRegister(plan), 0
	var line []byte
	err = facts.Each(t.Context(), b.pool, v, of, func(f figures.Fact, _ string) (bool, error) {
		line = register.Entry(f).Append(line[:0])
		sum.Write(line)
		if n++; n%20_000 == 0 {
			if now := live(); now > before {
				held = max(held, now-before)
			}
		}
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(sum.Sum(nil)), held
}

// Progress of the same plan as of now.
func BenchmarkProgress(bench *testing.B) {
	b := loaded(bench)
	ctx := b.As("cv.khac")
	for bench.Loop() {
		if _, err := b.client.GetProgress(ctx, &reportingv1.GetProgressRequest{Plan: plan38}); err != nil {
			bench.Fatal(err)
		}
	}
}

// The digest of a year's annex is that of its facts, and what is held while it is read does not grow with it.
func TestLongAnnexStreamsInBoundedMemory(t *testing.T) {
	b := loaded(t)
	r := b.compile38(t, "2022-Y")
	digest, held := b.digestAnnex(t, r)
	if digest != r.GetAnnex().GetSha256() || r.GetAnnex().GetEntries() != loadPublications+loadResults {
		t.Errorf("%s, %v", digest, r.GetAnnex())
	}
	const within = 16 << 20
	if held > within {
		t.Errorf("%d bytes are held while %d entries are read", held, r.GetAnnex().GetEntries())
	}
	if len(r.GetCanonical()) > 1<<20 || len(r.GetFigures().GetItems()) != loadItems || r.GetFigures().GetTotal().GetEvents() != loadPublications+loadResults {
		t.Errorf("%d bytes, %v", len(r.GetCanonical()), r.GetFigures().GetTotal())
	}
}
