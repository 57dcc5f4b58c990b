package chaos

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	temporallog "go.temporal.io/sdk/log"

	"github.com/loa-vn/loa/e2e/system"
	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/services"
	"github.com/loa-vn/loa/workflows/plan"
)

// state is what a walk has left in the databases.
type state struct {
	// logs are every service's events in order.
	logs map[string][]es.Event
	// follows names the sources of each consumer: "approvals approvals.content follows content".
	follows []string
	healed  int64
}

// resting waits until no workflow has anything to do: publications' have ended, as has that of Plan 38, which was over, and those of the
// plans that run wait for their next day. What a killed worker had in hand is given to another when its time is over.
func resting(t *testing.T, s *system.System, plans ...string) {
	t.Helper()
	e := s.Engines()
	engine, err := client.Dial(client.Options{HostPort: e.TemporalAddr, Namespace: e.TemporalNamespace, Logger: temporallog.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(engine.Close)
	var want []string
	for _, p := range plans {
		want = append(want, plan.WorkflowID(p))
	}
	slices.Sort(want)
	system.Eventually(t, patience, func() (bool, string) {
		open, err := engine.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: "ExecutionStatus = 'Running'"})
		if err != nil {
			return false, err.Error()
		}
		var ids []string
		for _, w := range open.GetExecutions() {
			ids = append(ids, w.GetExecution().GetWorkflowId())
		}
		slices.Sort(ids)
		if !slices.Equal(ids, want) {
			return false, fmt.Sprintf("running: %v", ids)
		}
		for _, id := range want {
			w, err := engine.DescribeWorkflowExecution(t.Context(), id, "")
			if err != nil {
				return false, err.Error()
			}
			if len(w.GetPendingActivities()) > 0 || w.GetPendingWorkflowTask() != nil {
				return false, w.String()
			}
		}
		return true, ""
	})
}

// settled waits until every consumer and every read model has taken all there is, and reads the logs. Parked events fail.
func settled(t *testing.T, s *system.System) state {
	t.Helper()
	var found state
	look := looking(t, s)
	system.Eventually(t, time.Minute, func() (bool, string) {
		var behind []string
		found, behind = look()
		return len(behind) == 0, strings.Join(behind, "; ")
	})
	return found
}

// looking gives what reads the logs and names every consumer and read model that has not taken all there is.
func looking(t *testing.T, s *system.System) func() (state, []string) {
	t.Helper()
	logs := map[string]*es.Log{}
	modules := map[string]app.Module{}
	owners := map[string]*pgx.Conn{}
	for _, m := range services.All() {
		modules[m.Name] = m
		if m.Database {
			owners[m.Name] = s.Owner(t, m.Name)
		}
		if m.Catalogue != nil {
			logs[m.Name] = open(t, s, m)
		}
	}
	return func() (state, []string) {
		t.Helper()
		found := state{logs: map[string][]es.Event{}}
		heads := map[string]map[int]int64{}
		var behind []string
		for _, service := range slices.Sorted(maps.Keys(logs)) {
			events, err := logs[service].Read(t.Context(), 0, 100_000)
			if err != nil {
				t.Fatal(err)
			}
			found.logs[service], heads[service] = events, published(t, modules[service], events)
			behind = append(behind, readModels(t, owners[service], service, int64(len(events)))...)
		}
		for _, module := range slices.Sorted(maps.Keys(owners)) {
			follows, late := consumers(t, owners[module], module, heads)
			behind = append(behind, late...)
			for _, f := range follows {
				found.follows = append(found.follows, f.name)
				found.healed += f.healed
			}
		}
		return found, behind
	}
}

// open opens a service's log as the owner of everything, to read it.
func open(t *testing.T, s *system.System, m app.Module) *es.Log {
	t.Helper()
	address, err := url.Parse(s.Engines().PostgresURL)
	if err != nil {
		t.Fatal(err)
	}
	address.Path = "/loa_" + m.Name
	pool, err := pgxpool.New(t.Context(), address.String())
	if err != nil {
		t.Fatal(err)
	}
	log, err := es.Open(t.Context(), pool, m.Catalogue, es.Options{Service: m.Name, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close(); pool.Close() })
	return log
}

// published gives the last published position of each partition.
func published(t *testing.T, m app.Module, events []es.Event) map[int]int64 {
	t.Helper()
	heads := map[int]int64{}
	for _, e := range events {
		message, err := m.Publish(e)
		if err != nil {
			t.Fatal(err)
		}
		if message != nil {
			heads[bus.Partition(e.Aggregate)] = e.Position
		}
	}
	return heads
}

// readModels names the projections that have not applied the whole log.
func readModels(t *testing.T, owner *pgx.Conn, service string, head int64) (behind []string) {
	t.Helper()
	rows, err := owner.Query(t.Context(), `SELECT p.name, c.position FROM es.projection p JOIN es.checkpoint c ON c.name = p.name AND c.generation = p.live`)
	if err != nil {
		t.Fatal(err)
	}
	var name string
	var position int64
	if _, err := pgx.ForEachRow(rows, []any{&name, &position}, func() error {
		if position != head {
			behind = append(behind, fmt.Sprintf("read model %s of %s at %d of %d", name, service, position, head))
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return behind
}

type following struct {
	name   string
	healed int64
}

// consumers lists whom a module follows, and which of its marks are not at the head of what is published.
func consumers(t *testing.T, owner *pgx.Conn, module string, heads map[string]map[int]int64) (list []following, behind []string) {
	t.Helper()
	var parked string
	if err := owner.QueryRow(t.Context(), `SELECT coalesce(string_agg(consumer || ' ' || source || ' ' || position || ' ' || type || ': ' || error, '; '), '') FROM bus.parked`).Scan(&parked); err != nil {
		t.Fatal(err)
	}
	if parked != "" {
		t.Fatalf("%s has parked %s", module, parked)
	}
	rows, err := owner.Query(t.Context(), `SELECT consumer, source, partition, position, healed FROM bus.mark ORDER BY consumer, source, partition`)
	if err != nil {
		t.Fatal(err)
	}
	marks := map[string]map[int]int64{}
	healed := map[string]int64{}
	sources := map[string]string{}
	var consumer, source string
	var partition int
	var position, count int64
	if _, err := pgx.ForEachRow(rows, []any{&consumer, &source, &partition, &position, &count}, func() error {
		name := fmt.Sprintf("%s: %s follows %s", module, consumer, source)
		if marks[name] == nil {
			marks[name] = map[int]int64{}
		}
		marks[name][partition], sources[name] = position, source
		healed[name] += count
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(marks)) {
		list = append(list, following{name, healed[name]})
		for partition, head := range heads[sources[name]] {
			if marks[name][partition] != head {
				behind = append(behind, fmt.Sprintf("%s, partition %d, at %d of %d", name, partition, marks[name][partition], head))
			}
		}
	}
	return list, behind
}

// kept looks up in the logs what every answer has promised.
func kept(t *testing.T, found state, promises []acknowledgement) {
	t.Helper()
	for _, a := range promises {
		key, log := a.request.key, found.logs[a.service]
		if a.position > int64(len(log)) {
			t.Errorf("the answer to %q promised position %d of %s, whose log ends at %d", key, a.position, a.service, len(log))
			continue
		}
		e := log[a.position-1]
		// A plan's item is written in its plan's stream, a result in its item's, and a register is the head of a registry.
		within := strings.Contains(string(e.Body), a.id) || e.Type == "approvals.register_opened.v1"
		if e.Position != a.position || a.id != "" && e.Aggregate != a.id && !within {
			t.Errorf("the answer to %q spoke of %s at %d; there is %s of %s at %d", key, a.id, a.position, e.Type, e.Aggregate, e.Position)
		}
		// A command may end with an event that does not repeat the hash.
		if a.hash != "" && !slices.ContainsFunc(found.logs[a.service], func(x es.Event) bool {
			return x.Aggregate == e.Aggregate && x.Position <= e.Position && strings.Contains(string(x.Body), a.hash)
		}) {
			t.Errorf("the answer to %q spoke of the hash %s, which is in no event of %s up to %d", key, a.hash, e.Aggregate, e.Position)
		}
		// A plan's ETag is of what it says, since each of its items has its own, and so is a report's; any other is the version.
		ofWords := a.service == "planning" || a.service == "reporting"
		if a.etag != "" && !ofWords && a.etag != fmt.Sprintf("%q", fmt.Sprint(e.Version)) {
			t.Errorf("the answer to %q spoke of version %s; the event at its position has %d", key, a.etag, e.Version)
		}
	}
}

// once fails where something was done twice, or not at all: counted from the logs, and from what the portal shows.
func once(t *testing.T, s *system.System, found state) {
	t.Helper()
	count := map[string]int{}
	for _, events := range found.logs {
		for _, e := range events {
			count[e.Type]++
		}
	}
	for kind, want := range map[string]int{
		"planning.agencies_imported.v1": 1, "planning.people_imported.v1": 1, "planning.plan_imported.v1": 2,
		"planning.plan_item_marked_overdue.v1": 2,
		// Seven publications, one withdrawn since; two results, one retracted since, and one of history.
		"planning.plan_item_delivered.v2": 7 + 1 + 2 + 1 + 1,
		// Two items, the title, and the amendment's deadline.
		"planning.plan_drafted.v1": 1, "planning.plan_revised.v1": 4, "planning.plan_amendment_drafted.v1": 1,
		"planning.plan_submitted.v1": 2, "planning.plan_dossier_opened.v1": 2, "planning.plan_returned.v1": 0, "planning.plan_approved.v1": 2,
		"planning.plan_issued.v1": 1, "planning.plan_amended.v1": 1, "planning.plan_documents_stored.v1": 2,
		"planning.result_recorded.v1": 2, "planning.result_confirmed.v1": 2, "planning.result_retracted.v1": 1,
		"planning.results_imported.v1": 1, "planning.result_imported.v1": 1,
		"content.item_imported.v3": 3, "content.history_imported.v2": 1, "content.item_drafted.v3": 4,
		// A summary and a text, two files, and a correction's words and reason; submitted again after a return, and as a correction.
		"content.item_revised.v3": 6, "content.item_submitted.v3": 6, "content.item_returned.v1": 1, "content.item_approved.v1": 5,
		"content.item_scheduled.v1": 5, "content.item_published.v1": 4, "content.item_corrected.v1": 1, "content.item_withdrawn.v1": 1,
		// Four items, a correction, a withdrawal, two reports, a plan and its amendment, the last two with four levels instead of two.
		"approvals.route_set.v2": 6, "approvals.dossier_opened.v3": 10, "approvals.dossier_resubmitted.v3": 1, "approvals.dossier_returned.v3": 1,
		"approvals.dossier_level_approved.v2": 24, "approvals.dossier_approved.v3": 10, "approvals.dossier_voided.v1": 1,
		// Each level once, and after the return those that were asked again.
		"approvals.dossier_levels_entered.v1": 24 + 1,
		"approvals.register_opened.v1":        2, "approvals.dossier_issue_begun.v1": 4, "approvals.number_allocated.v1": 4, "approvals.dossier_issued.v1": 4,
		"approvals.number_voided.v1": 0, "approvals.dossier_issue_abandoned.v1": 0,
		"distribution.publication_imported.v3": 3, "distribution.publication_scheduled.v3": 4, "distribution.publication_published.v3": 4,
		"distribution.publication_cancelled.v1": 0, "distribution.correction_scheduled.v2": 1, "distribution.publication_corrected.v2": 1,
		"distribution.withdrawal_submitted.v1": 1, "distribution.publication_withdrawn.v1": 1,
		"distribution.receipt_recorded.v2": 7 + 1 + 1,
		// The workflow's own report is compiled and waits.
		"reporting.report_compiled.v1": 3, "reporting.report_submitted.v1": 2, "reporting.report_dossier_opened.v1": 2,
		"reporting.report_returned.v1": 0, "reporting.report_approved.v1": 2, "reporting.report_numbered.v1": 2, "reporting.report_issued.v1": 2,
	} {
		if count[kind] != want {
			t.Errorf("%d times %s, wanted %d", count[kind], kind, want)
		}
		delete(count, kind)
	}
	for kind, n := range count {
		t.Errorf("%d times %s, of which nobody knows", n, kind)
	}
	var articles, reports int
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := s.Owner(t, "portal").QueryRow(ctx, `SELECT (SELECT count(*) FROM portal.publication), (SELECT count(*) FROM portal.report)`).Scan(&articles, &reports); err != nil {
		t.Fatal(err)
	}
	if articles != 7 || reports != 2 {
		t.Errorf("the portal has %d articles and %d reports, wanted 7 and 2", articles, reports)
	}
}
