package input

import (
	"context"
	"log/slog"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loa-vn/loa/deploy/local/example"

	"github.com/loa-vn/loa/e2e/probe"
	"github.com/loa-vn/loa/e2e/system"
)

// stand is one Loa with the example, and its engines where they can be taken away: PostgreSQL and Temporal behind a wire that can be
// cut, the broker as a process that can be killed.
type stand struct {
	*probe.Probe
	postgres, temporal *wire
	broker             *broker
	// plan is this year's of the example, item one of its items that H24.02 leads.
	plan, item string
	// future runs until the end of next year, so that a period of it is always open.
	future string
	// page is the path of a public page.
	page string
}

// TestBadInput holds for every kind of bad input what the issue asks: status, reason, message in both languages, nothing half-done.
func TestBadInput(t *testing.T) {
	s := start(t)
	for _, part := range []struct {
		name string
		run  func(*testing.T, *stand)
	}{
		{"CSV", csvFiles},
		{"YAML", yamlFiles},
		{"JSON", jsonBodies},
		{"manners", manners},
		{"drafts", drafts},
		{"text", texts},
		{"Unicode", unicodeForms},
		{"secrecy", secrecy},
		{"decisions", decisions},
		{"routes", routes},
		{"publishing", publishing},
		{"reports", reports},
		{"drafting", drafting},
		{"office", office},
		{"afterwards", afterwards},
		{"plan files", planFiles},
		{"numbers", numbers},
		{"urgent", urgent},
		{"times", times},
		{"results", outside},
		{"broker away", brokerAway},
		{"Temporal away", temporalAway},
		{"PostgreSQL away", postgresAway},
		{"too many requests", tooMany},
	} {
		t.Run(part.name, func(t *testing.T) { part.run(t, s) })
	}
}

func start(t *testing.T) *stand {
	t.Helper()
	root := system.Root(t)
	data := system.DataDir(t)
	settings := startEngines(t, root, data)
	s := &stand{
		postgres: newWire(t, hostOf(settings["LOA_POSTGRES_URL"])),
		temporal: newWire(t, settings["LOA_TEMPORAL_ADDR"]),
		broker:   startBroker(t, root, filepath.Join(data, "broker")),
	}
	var environment []string
	for name, value := range settings {
		value = strings.ReplaceAll(value, "@"+s.postgres.target, "@"+s.postgres.address)
		switch name {
		case "LOA_TEMPORAL_ADDR":
			value = s.temporal.address
		case "LOA_KAFKA_BROKERS":
			value = s.broker.address
		case "LOA_TEMPORAL_UI_ADDR": // the engines' own
			continue
		}
		environment = append(environment, name+"="+value)
	}
	running := system.Start(t, system.Options{Shape: system.One, Data: data, Environment: append(environment, "LOA_RATE_PER_SECOND=10000")})
	s.Probe = probe.New(running)
	load(t, s)
	return s
}

// load loads the example the way loa-local does with engines of its own, and a plan with a period that is open on every day of a year.
func load(t *testing.T, s *stand) {
	t.Helper()
	err := example.Load(t.Context(), example.Options{
		BaseURL: s.System.API, Now: time.Now(), Logger: slog.New(slog.DiscardHandler),
		Token: func(_ context.Context, person string) (string, error) {
			return s.System.Token(person), nil //nolint:contextcheck // the harness signs in for the whole test
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	var plans struct{ Plans []struct{ ID, Number string } }
	s.Get(t, "cv.stttt", "/v1/plans", &plans)
	for _, p := range plans.Plans {
		if p.Number == "15/KH-UBND" {
			s.plan = p.ID
		}
	}
	var items struct{ Items []struct{ ID, Code string } }
	s.Get(t, "cv.stttt", "/v1/plans/"+s.plan+"/items", &items)
	for _, i := range items.Items {
		if i.Code == "5" {
			s.item = i.ID
		}
	}
	answer := s.Send(t, probe.Call{As: "luu.tru", Method: http.MethodPost, Path: "/v1/plans:import", Type: "application/yaml", Body: planFile()})
	var future struct{ ID string }
	if answer.Status != http.StatusOK {
		t.Fatalf("the plan of two years: %d %s", answer.Status, answer.Body)
	}
	decode(t, answer.Body, &future)
	s.future = future.ID
	// Receipts come by themselves; wait for them, so that nothing moves but what a test moves.
	type page struct {
		Publications []struct {
			Path, State string
			Verified    bool
		}
	}
	found := probe.Until(t, s.Probe, "thanh.tra", "/v1/publications?state=published&pageSize=200", func(p page) bool {
		for _, x := range p.Publications {
			if !x.Verified {
				return false
			}
		}
		return len(p.Publications) > 0
	})
	s.page = found.Publications[0].Path
}

// startEngines runs the engines apart and gives the settings they print.
func startEngines(t *testing.T, root, data string) map[string]string {
	t.Helper()
	command := exec.Command(filepath.Join(root, "bin", "loa-local"), "engines")
	command.Dir = root
	command.Env = append(withoutLoa(), "LOA_DATA="+data, "LOA_TEMPORAL_UI_ADDR="+system.FreeAddress(t))
	settings := map[string]string{}
	launch(t, command, func(line string) bool {
		if name, value, ok := strings.Cut(line, "="); ok && strings.HasPrefix(name, "LOA_") {
			settings[name] = value
		}
		return line == "READY"
	})
	return settings
}
