// Package e2e tests Loa from outside: its real binaries, over real HTTP, on real engines, in both shapes.
package e2e

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/loa-vn/loa/e2e/journey"
	"github.com/loa-vn/loa/e2e/system"
)

// One journey walks both shapes; what follows it looks at what it left, then disturbs it.
func TestJourney(t *testing.T) {
	for _, shape := range []system.Shape{system.One, system.Split} {
		t.Run(strings.ReplaceAll(string(shape), " ", "_"), func(t *testing.T) {
			spans := system.NewCollector(t)
			s := system.Start(t, system.Options{Shape: shape, Environment: spans.Environment()})
			j := journey.Run(t, s)
			t.Run("figures follow from published events", func(t *testing.T) { j.On(t).Figures(j.March); j.On(t).Figures(j.Ended) })
			t.Run("every day", func(t *testing.T) { j.On(t).Walk(journey.Everyday()) })
			t.Run("nobody acts at two levels", func(t *testing.T) { nobodyAtTwoLevels(t, s) })
			t.Run("files and revisions", func(t *testing.T) { filesAndRevisions(t, j) })
			t.Run("history of many", func(t *testing.T) { historyOfMany(t, j) })
			t.Run("nothing was healed or parked", func(t *testing.T) { nothingHealed(t, s) })
			t.Run("as of a moment", func(t *testing.T) { askedAsOf(t, j) })
			t.Run("every read model rebuilt is the live one", func(t *testing.T) { rebuiltIsLive(t, s) })
			t.Run("one trace to page and report line", func(t *testing.T) { traced(t, j, spans) })
			if shape == system.One {
				t.Run("commands", func(t *testing.T) { commands(t, j) })
				t.Run("stop and start without broker and workflow engine", func(t *testing.T) { enginesLost(t, j) })
			} else {
				t.Run("each role has its own database", func(t *testing.T) { rolesApart(t, s) })
				t.Run("with the worker stopped", func(t *testing.T) { workerStopped(t, j) })
				t.Run("with the bus stopped nothing crosses", func(t *testing.T) { nothingCrosses(t, j) })
			}
		})
	}
}

// nobodyAtTwoLevels reads the log of approvals: within one dossier a person decides at one level only, and never on what they wrote.
func nobodyAtTwoLevels(t *testing.T, s *system.System) {
	levels, authors := map[string]int{}, map[string]bool{}
	decisions := 0
	for _, e := range s.Events(t, "approvals") {
		var data struct {
			Authors  []string
			Decision struct {
				Person string
				Level  int
			}
		}
		if err := json.Unmarshal(e.Data, &data); err != nil {
			t.Fatal(err)
		}
		for _, a := range data.Authors {
			authors[e.Aggregate+" "+a] = true
		}
		d := data.Decision
		if d.Person == "" {
			continue
		}
		decisions++
		key := e.Aggregate + " " + d.Person
		if at, acted := levels[key]; acted && at != d.Level {
			t.Errorf("%s decided on %s at level %d and at level %d", d.Person, e.Aggregate, at, d.Level)
		}
		levels[key] = d.Level
		if authors[key] {
			t.Errorf("%s decided on %s, which they wrote", d.Person, e.Aggregate)
		}
		if e.Actor != d.Person {
			t.Errorf("the decision of %s was recorded by %s", d.Person, e.Actor)
		}
	}
	if decisions < 11 {
		t.Errorf("the journey left %d decisions", decisions)
	}
}

// nothingHealed: every effect came from a record that Kafka brought.
func nothingHealed(t *testing.T, s *system.System) {
	for _, module := range system.Databases() {
		conn := s.Owner(t, module)
		var marks, healed, parked int64
		err := conn.QueryRow(t.Context(), `SELECT count(*), coalesce(sum(healed), 0), (SELECT count(*) FROM bus.parked) FROM bus.mark`).Scan(&marks, &healed, &parked)
		if err != nil {
			t.Fatal(err)
		}
		if marks == 0 || healed != 0 || parked != 0 {
			t.Errorf("%s: %d marks, %d events healed, %d parked", module, marks, healed, parked)
		}
	}
}
