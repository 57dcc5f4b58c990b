package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/e2e/journey"
	"github.com/loa-vn/loa/e2e/system"
)

// traced: from the span of the request that submitted an item, following parents and links, one comes to the span of its page and to
// that of the report line that counts it.
func traced(t *testing.T, j *journey.Journey, spans *system.Collector) {
	reportingAhead(t, j.System)
	j = j.On(t)
	// Connections that were ended are answered with 503 once.
	j.Client.Patience = system.Patience
	report := j.Compile(j.Current.GetId(), j.Running(), "trace/report")
	j.Figures(report)
	// At once, at a set time, by bypass, and until its end; with a number, mended, in two languages, with files. What was withdrawn counts no
	// more.
	if f := report.GetFigures(); f.GetPublished() != 8 || f.GetTotal().GetWithdrawn() != 1 {
		t.Fatalf("the running month counts %d publications, %d withdrawn, wanted 8 and 1", f.GetPublished(), f.GetTotal().GetWithdrawn())
	}
	publication := j.Publications[j.Now.GetId()].GetId()
	page := func(s system.Span) bool {
		return s.Name == "portal.page" && s.Attributes["loa.aggregate"] == publication
	}
	line := func(s system.Span) bool {
		return s.Name == "report line" && s.Attributes["loa.plan"] == j.Current.GetId() && s.Attributes["loa.item"] == "1"
	}
	system.Eventually(t, 20*time.Second, func() (bool, string) {
		all := spans.Spans()
		reached := system.Reached(all, j.Submission)
		hasPage, hasLine := false, false
		names := map[string]int{}
		for _, s := range reached {
			hasPage, hasLine = hasPage || page(s), hasLine || line(s)
			names[s.Name]++
		}
		// What is published at once is public before its workflow looks; the workflow then waits for the receipts.
		for _, hop := range []string{"es.append", "process worker", "StartWorkflow:Publication", "RunWorkflow:Publication", "RunActivity:ReadPublication", "process portal", "process reporting.facts"} {
			if names[hop] == 0 {
				return false, fmt.Sprintf("no span %q is reached: %v", hop, names)
			}
		}
		return hasPage && hasLine, fmt.Sprintf("page reached: %v, report line reached: %v, of %d spans %d are reached: %v", hasPage, hasLine, len(all), len(reached), names)
	})
}

// reportingAhead lets reporting's database clock, by which it knows which months have ended, run two months ahead: a report may then
// count what was published today. The clock is looked up by name before PostgreSQL's own; the log's recorded times are not touched.
func reportingAhead(t *testing.T, s *system.System) {
	t.Helper()
	owner := s.Owner(t, "reporting")
	for _, sql := range []string{
		`CREATE SCHEMA IF NOT EXISTS ahead`,
		`CREATE OR REPLACE FUNCTION ahead.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$ SELECT pg_catalog.clock_timestamp() + interval '62 days' $$`,
		`GRANT USAGE ON SCHEMA ahead TO loa_reporting`,
		`ALTER ROLE loa_reporting IN DATABASE loa_reporting SET search_path = ahead, pg_catalog, public`,
		// Connections know the setting from their start on.
		`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'loa_reporting'`,
	} {
		if _, err := owner.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		back, cancel := context.WithTimeout(context.Background(), 10*time.Second) //nolint:usetesting // the test's context has ended by then
		defer cancel()
		const reset = `ALTER ROLE loa_reporting IN DATABASE loa_reporting RESET search_path; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'loa_reporting'`
		if _, err := owner.Exec(back, reset, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Error(err)
		}
	})
}
