package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	enums "go.temporal.io/api/enums/v1"

	"github.com/loa-vn/loa/e2e/journey"
	"github.com/loa-vn/loa/e2e/system"
	"github.com/loa-vn/loa/workflows/plan"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
)

// stopsWithin is what README promises of Ctrl-C.
const stopsWithin = 10 * time.Second

// enginesLost: Ctrl-C stops everything in time; with the broker's and the workflow engine's data deleted the next start goes on where
// this one stopped, and a publication whose time came meanwhile is published, once.
func enginesLost(t *testing.T, j *journey.Journey) {
	s, c := j.System, j.System.Client(t)
	c.Patience = system.Patience // the test of the trace has ended connections of reporting
	at := time.Now().Add(5 * time.Second)
	made := &distributionv1.Publication{}
	c.Patiently(journey.Publish(j.Third.GetId(), at, "lost/publish"), made)
	before := s.Engines()
	items := itemStates(c, j.Current.GetId())
	// The list of contents looks as if another release had made its tables: the next start makes them anew.
	if _, err := s.Owner(t, "content").Exec(t.Context(), `UPDATE es.checkpoint SET schema = '\x00' WHERE name = 'contents'`); err != nil {
		t.Fatal(err)
	}
	contents := &contentv1.ListContentsResponse{}
	c.Must(system.Request{As: "cv.stttt", Method: http.MethodGet, Path: "/v1/contents?pageSize=200"}, contents)

	took, code := s.Interrupt("loa-local")
	if took > stopsWithin || code != 0 {
		t.Errorf("Ctrl-C took %v and ended with %d", took, code)
	}
	stopped := time.Now()
	for _, address := range []string{strings.TrimPrefix(s.API, "http://"), before.KafkaBrokers[0], before.TemporalAddr, before.TemporalUIAddr} {
		if system.Listening(t.Context(), address) {
			t.Errorf("after the stop something still listens on %s", address)
		}
	}
	for _, engine := range []string{"kafka", "temporal"} {
		if _, err := os.Stat(filepath.Join(s.Data, engine)); err != nil {
			t.Errorf("the data of %s is not where it is said to be: %v", engine, err)
		}
		if err := os.RemoveAll(filepath.Join(s.Data, engine)); err != nil {
			t.Fatal(err)
		}
	}
	s.StartAll()
	c = s.Client(t)
	if e := s.Engines(); e.PostgresURL != before.PostgresURL || e.KafkaBrokers[0] != before.KafkaBrokers[0] || e.OIDCIssuer != before.OIDCIssuer {
		t.Errorf("ports were not remembered: %v, before %v", e, before)
	}
	if now := itemStates(c, j.Current.GetId()); now != items {
		t.Errorf("the plan's items are %s, before the stop %s", now, items)
	}
	if !strings.Contains(s.Log("loa-local"), "rebuilding a read model whose tables have changed") {
		t.Error("a read model of another release was left as it was")
	}
	again := &contentv1.ListContentsResponse{}
	if c.Must(system.Request{As: "cv.stttt", Method: http.MethodGet, Path: "/v1/contents?pageSize=200"}, again); len(again.GetContents()) == 0 || len(again.GetContents()) != len(contents.GetContents()) {
		t.Errorf("the list of contents has %d items, before the stop %d", len(again.GetContents()), len(contents.GetContents()))
	}
	c.Until("bt.cong", "/v1/publications/"+made.GetId(), made, func() bool { return made.GetState() == "published" && made.GetVerified() })
	if p := made.GetPublishedAt().AsTime(); p.Before(at) || p.Before(stopped) {
		t.Errorf("set for %v, stopped %v, published %v", at, stopped, p)
	}
	engine := temporal(t, s)
	system.Eventually(t, system.Patience, func() (bool, string) {
		h := history(t.Context(), engine, plan.WorkflowID(j.Current.GetId()))
		return h[enums.EVENT_TYPE_TIMER_STARTED] == h[enums.EVENT_TYPE_TIMER_FIRED]+h[enums.EVENT_TYPE_TIMER_CANCELED]+1, fmt.Sprintf("the plan's workflow is not back: %v", h)
	})
	// An article from before the stop stands where it stood, and nothing has happened twice.
	s.UntilPage(t, j.Publications[j.Now.GetId()].GetPath(), func(system.Page) bool { return true })
	once(t, s)
}

// itemStates are a plan's items in words.
func itemStates(c *system.Client, of string) string {
	page := &planningv1.ListPlanItemsResponse{}
	c.Must(system.Request{As: "cv.stttt", Method: "GET", Path: "/v1/plans/" + of + "/items"}, page)
	var all []string
	for _, i := range page.GetItems() {
		all = append(all, i.GetCode()+" "+i.GetState())
	}
	return strings.Join(all, ", ")
}

// once fails when a log holds twice what happens once: a publication, an item's mark, a report's figures.
func once(t *testing.T, s *system.System) {
	t.Helper()
	seen := map[string]bool{}
	for _, service := range []string{"planning", "distribution", "reporting"} {
		for _, e := range s.Events(t, service) {
			switch e.Type {
			case "planning.plan_item_marked_overdue.v1", "planning.plan_item_delivered.v1", "distribution.publication_published.v3",
				"distribution.publication_imported.v3", "distribution.receipt_recorded.v2", "reporting.report_compiled.v1":
			default:
				continue
			}
			var data any
			if err := json.Unmarshal(e.Data, &data); err != nil {
				t.Fatal(err)
			}
			what := e.Type + " " + e.Aggregate
			switch e.Type {
			case "planning.plan_item_marked_overdue.v1":
				what += fmt.Sprint(data.(map[string]any)["item"])
			case "planning.plan_item_delivered.v1":
				what += fmt.Sprint(data.(map[string]any)["publication"])
			case "distribution.receipt_recorded.v2":
				what += fmt.Sprint(data.(map[string]any)["channel"], data.(map[string]any)["act"], data.(map[string]any)["number"])
			case "reporting.report_compiled.v1":
				what += fmt.Sprint(data.(map[string]any)["sheet"].(map[string]any)["hash"])
			}
			if seen[what] {
				t.Errorf("twice in the log: %s", what)
			}
			seen[what] = true
		}
	}
}

// A port in use is an error that names its setting, and a mistake in the configuration.
func TestPortInUse(t *testing.T) {
	data := system.DataDir(t)
	for _, setting := range []string{"LOA_POSTGRES_ADDR", "LOA_KAFKA_ADDR", "LOA_OIDC_ADDR", "LOA_TEMPORAL_UI_ADDR", "LOA_HTTP_ADDR"} {
		t.Run(setting, func(t *testing.T) {
			listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = listener.Close() }()
			env := []string{"LOA_DATA=" + data, "LOA_EXAMPLE=false"}
			for _, name := range []string{"LOA_HTTP_ADDR", "LOA_TEMPORAL_UI_ADDR"} {
				if name != setting {
					env = append(env, name+"="+system.FreeAddress(t))
				}
			}
			out, complaint, code := system.Run(t.Context(), t, "bin/loa-local", append(env, setting+"="+listener.Addr().String()))
			if code != 2 || !strings.Contains(complaint, setting) || strings.Contains(out, "READY") {
				t.Errorf("exit code %d, wanted 2 and the name of the setting: %s%s", code, out, complaint)
			}
		})
	}
}

// An engine that dies ends the process with a word that says which; the next start goes on.
func TestEngineThatDiesEndsTheProcess(t *testing.T) {
	s := system.Start(t, system.Options{Shape: system.One})
	content, err := os.ReadFile(filepath.Join(s.Data, "postgres", "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	var postmaster int
	if _, err := fmt.Sscan(string(content), &postmaster); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(postmaster, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if code := s.Ended("loa-local"); code != 1 || !strings.Contains(s.Log("loa-local"), "PostgreSQL") {
		t.Errorf("ended with %d and said\n%s", code, s.Log("loa-local"))
	}
	s.StartAll()
}
