package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	temporallog "go.temporal.io/sdk/log"

	"github.com/loa-vn/loa/e2e/journey"
	"github.com/loa-vn/loa/e2e/system"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/workflows/plan"
	"github.com/loa-vn/loa/workflows/publication"

	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

// rolesApart: each service's role may connect to its own database, and to no other.
func rolesApart(t *testing.T, s *system.System) {
	addresses := map[string]*url.URL{}
	for pair := range strings.SplitSeq(s.Setting("LOA_DATABASES"), ";") {
		module, text, _ := strings.Cut(pair, "=")
		address, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		addresses[module] = address
	}
	all := append(system.Databases(), "keys")
	for _, module := range all {
		for _, other := range append(all, "postgres") {
			address := *addresses[module]
			if address.Path = "/loa_" + other; other == "postgres" {
				continue
			}
			conn, err := pgx.Connect(t.Context(), address.String())
			if err == nil {
				_ = conn.Close(t.Context())
			}
			refused, ok := errors.AsType[*pgconn.PgError](err)
			switch {
			case module == other && err != nil:
				t.Errorf("the role of %s cannot reach its own database: %v", module, err)
			case module != other && (!ok || refused.Code != "42501"):
				t.Errorf("the role of %s at the database of %s: %v, wanted to be refused", module, other, err)
			}
		}
	}
}

// temporal is a client of the workflow engine.
func temporal(t *testing.T, s *system.System) client.Client {
	t.Helper()
	e := s.Engines()
	c, err := client.Dial(client.Options{HostPort: e.TemporalAddr, Namespace: e.TemporalNamespace, Logger: quiet{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// quiet logs nothing.
type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}

var _ temporallog.Logger = quiet{}

// history counts the events of a workflow's history by type; nil when there is no such workflow.
func history(ctx context.Context, c client.Client, workflow string) map[enums.EventType]int {
	counts := map[enums.EventType]int{}
	events := c.GetWorkflowHistory(ctx, workflow, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			return nil
		}
		counts[e.GetEventType()]++
	}
	return counts
}

// workerStopped: without the worker a publication becomes public at its time all the same, since distribution watches the clock itself, and
// a plan that is issued is neither marked nor compiled; the engine holds the timers, and the worker goes on from them.
func workerStopped(t *testing.T, j *journey.Journey) {
	s, c := j.System, j.System.Client(t)
	c.Patience = system.Patience // the test of the trace has ended connections of reporting
	engine := temporal(t, s)
	if h := history(t.Context(), engine, plan.WorkflowID(j.Current.GetId())); h[enums.EVENT_TYPE_TIMER_STARTED] != h[enums.EVENT_TYPE_TIMER_FIRED]+h[enums.EVENT_TYPE_TIMER_CANCELED]+1 {
		t.Errorf("the workflow of the current plan waits for no timer: %v", h)
	}
	// The workflow asks somewhat before the time, and distribution lets nothing out before it.
	at := time.Now().Add(publication.Lead + 4*time.Second)
	asks := at.Add(-publication.Lead)
	made := &distributionv1.Publication{}
	c.Patiently(journey.Publish(j.Third.GetId(), at, "seams/publish"), made)
	workflow := publication.WorkflowID(made.GetId())
	system.Eventually(t, system.Patience, func() (bool, string) {
		h := history(t.Context(), engine, workflow)
		return h[enums.EVENT_TYPE_TIMER_STARTED] == 1, fmt.Sprint(h)
	})
	s.Stop("worker")
	if late := time.Since(asks); late > 0 {
		t.Fatalf("the worker stopped %v after its timer's end, so this shows nothing", late)
	}
	issued := &planningv1.Plan{}
	c.Must(system.Request{As: "luu.tru", Method: "POST", Path: "/v1/plans:import", ContentType: "application/yaml", Body: journey.Plan("8/KH-UBND", time.Now()), Key: "seams/plan"}, issued)

	// The engine's own timer fires; nobody is there to act on it.
	system.Eventually(t, system.Patience, func() (bool, string) {
		h := history(t.Context(), engine, workflow)
		return h[enums.EVENT_TYPE_TIMER_FIRED] == 1, fmt.Sprint(h)
	})
	if time.Now().Before(asks) {
		t.Errorf("the timer fired %v early", time.Until(asks))
	}
	c.Until("bt.cong", "/v1/publications/"+made.GetId(), made, func() bool { return made.GetVerified() })
	if public := made.GetPublishedAt().AsTime(); public.Before(at) || s.Page(t, made.GetPath()).Status != http.StatusOK {
		t.Errorf("set for %v, it became public at %v, and its page answers %d", at, public, s.Page(t, made.GetPath()).Status)
	}
	nothing := func() (bool, string) {
		items, reports := &planningv1.ListPlanItemsResponse{}, &reportingv1.ListReportsResponse{}
		c.Must(system.Request{As: "cv.stttt", Method: "GET", Path: "/v1/plans/" + issued.GetId() + "/items"}, items)
		c.Must(system.Request{As: "cv.stttt", Method: "GET", Path: "/v1/reports?plan=" + issued.GetId()}, reports)
		overdue := 0
		for _, i := range items.GetItems() {
			if i.GetState() == "overdue" {
				overdue++
			}
		}
		return overdue == 0 && len(reports.GetReports()) == 0, fmt.Sprintf("without the worker: %d items overdue, %d reports", overdue, len(reports.GetReports()))
	}
	system.Throughout(t, 2*time.Second, nothing)
	if h := history(t.Context(), engine, plan.WorkflowID(issued.GetId())); h != nil {
		t.Errorf("without the worker the plan has a workflow: %v", h)
	}

	s.StartOne("worker")
	items, reports := &planningv1.ListPlanItemsResponse{}, &reportingv1.ListReportsResponse{}
	c.Until("cv.stttt", "/v1/plans/"+issued.GetId()+"/items", items, func() bool { return items.GetItems()[1].GetState() == "overdue" })
	c.Until("cv.stttt", "/v1/reports?plan="+issued.GetId(), reports, func() bool { return len(reports.GetReports()) == 1 })
}

// nothingCrosses: with the broker stopped and ReadPublished refused no event of one service reaches another, and there is no third way;
// with the broker back alone everything does.
func nothingCrosses(t *testing.T, j *journey.Journey) {
	s := j.System
	for _, name := range system.Modules() {
		if took := s.Stop(name); took > stopsWithin {
			t.Errorf("%s took %v to stop", name, took)
		}
	}
	// All start at once now, so the worker asks for what it has to start before the others can answer; it must ask again.
	engine, lost := temporal(t, s), plan.WorkflowID(j.Current.GetId())
	if err := engine.TerminateWorkflow(t.Context(), lost, "", "the test takes it away"); err != nil {
		t.Fatal(err)
	}
	broker := engines.StartBroker(t)
	gates := newGates(t, s)
	s.Environment = append(s.Environment, "LOA_KAFKA_BROKERS="+broker.Address(), "LOA_PEERS="+gates.peers)
	s.StartAll()
	c := s.Client(t)
	j = j.On(t)
	control := j.Draft("Tin qua bus khi mọi thứ đang chạy", "seams/control")
	j.Submit(control.GetId(), "seams/control/submit")
	j.Dossier("tp.stttt", control.GetId())

	system.Eventually(t, system.Patience, func() (bool, string) {
		h := history(t.Context(), engine, lost)
		return h[enums.EVENT_TYPE_TIMER_STARTED] > 0 && h[enums.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED] == 0, fmt.Sprintf("the plan's workflow is not back: %v", h)
	})

	broker.Kill()
	gates.shut.Store(true)
	owners := map[string]*pgx.Conn{}
	for _, module := range system.Databases() {
		owners[module] = s.Owner(t, module)
	}
	// What was under way when the broker ended comes to rest.
	before, changed := crossed(t, owners), time.Now()
	system.Eventually(t, system.Patience, func() (bool, string) {
		if now := crossed(t, owners); now != before {
			before, changed = now, time.Now()
		}
		return time.Since(changed) > time.Second, "marks still move: " + before
	})
	draft := j.Draft("Tin không qua được khi bus nghỉ", "seams/cut")
	j.Submit(draft.GetId(), "seams/cut/submit")
	c.Must(system.Request{As: "luu.tru", Method: "POST", Path: "/v1/plans:import", ContentType: "application/yaml", Body: journey.Plan("9/KH-UBND", time.Now()), Key: "seams/plan/cut"}, nil)
	system.Throughout(t, 4*time.Second, func() (bool, string) {
		now := crossed(t, owners)
		return now == before, fmt.Sprintf("with the broker stopped and ReadPublished refused something crossed:\n%s\nbefore:\n%s", now, before)
	})
	if own := s.Events(t, "content"); own[len(own)-1].Aggregate != draft.GetId() || own[len(own)-1].Type != "content.item_submitted.v3" {
		t.Error("the submission is not in content's log, so this shows nothing")
	}

	if err := broker.Start(); err != nil {
		t.Fatal(err)
	}
	j.Dossier("tp.stttt", draft.GetId())
	t.Run("what the broker has lost comes by ReadPublished alone", func(t *testing.T) { healed(t, j.On(t), broker, gates, owners) })
}

// healed: an event that the broker took and lost before its reader was there is read from its source once that may be asked, and is
// counted as healed; until then it does not come.
func healed(t *testing.T, j *journey.Journey, broker *engines.Broker, gates *gates, owners map[string]*pgx.Conn) {
	s := j.System
	number := func(module, sql string, args ...any) (n int64) {
		if err := owners[module].QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	const count = `SELECT coalesce(sum(healed), 0) FROM bus.mark WHERE consumer = 'approvals.content'`
	before := number("approvals", count)
	s.Stop("approvals")
	draft := j.Draft("Tin mà bus làm mất", "seams/lost")
	j.Submit(draft.GetId(), "seams/lost/submit")
	system.Eventually(t, system.Patience, func() (bool, string) {
		return number("content", `SELECT max(position) FROM relay.mark`) == number("content", `SELECT max(position) FROM es.event WHERE type = 'content.item_submitted.v3'`),
			"the broker has not taken the submission"
	})
	broker.Kill()
	if err := broker.Wipe(); err != nil {
		t.Fatal(err)
	}
	if err := broker.Start(); err != nil {
		t.Fatal(err)
	}
	asked := gates.refused.Load()
	s.StartOne("approvals")
	system.Eventually(t, system.Patience, func() (bool, string) { return gates.refused.Load() > asked, "nobody asks for what was lost" })
	opened := func() int64 {
		return number("approvals", `SELECT count(*) FROM es.event WHERE position(convert_to($1, 'UTF8') IN body) > 0`, draft.GetId())
	}
	system.Throughout(t, time.Second, func() (bool, string) { return opened() == 0, "the dossier was opened though nothing could tell of it" })
	gates.shut.Store(false)
	j.Dossier("tp.stttt", draft.GetId())
	if n := number("approvals", count); n == before || opened() == 0 {
		t.Errorf("the dossier is there, and %d events count as healed, before %d", n, before)
	}
}

// crossed is what has reached each database from other services: every consumer's marks, and how much its own log holds of the
// aggregates that others' events make.
func crossed(t *testing.T, owners map[string]*pgx.Conn) string {
	t.Helper()
	var all strings.Builder
	for _, module := range system.Databases() {
		var marks string
		err := owners[module].QueryRow(t.Context(),
			`SELECT string_agg(format('%s %s/%s %s.%s', consumer, source, partition, epoch, position), ', ' ORDER BY consumer, source, partition) FROM bus.mark`).Scan(&marks)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "%s: %s\n", module, marks)
	}
	for _, service := range []string{"approvals", "distribution", "reporting"} {
		var last int64
		if err := owners[service].QueryRow(t.Context(), `SELECT max(position) FROM es.event`).Scan(&last); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "log of %s: %d\n", service, last)
	}
	return all.String()
}
