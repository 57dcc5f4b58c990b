package route_test

import (
	"strings"
	"testing"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/es/estest"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

func unitHead() route.Level {
	return route.Level{Name: "Trưởng phòng", Roles: []string{"head", "deputy_head"}, Scope: route.ScopeUnit, Quorum: route.One}
}

func leadership() route.Level {
	return route.Level{Name: "Lãnh đạo Sở", Roles: []string{"leader", "deputy"}, Scope: route.ScopeAgency, Quorum: route.One, Term: 2}
}

func TestARouteIsSetAndSetAgain(t *testing.T) {
	set := func(levels ...route.Level) func(*route.Route, int64) ([]any, error) {
		return func(r *route.Route, _ int64) ([]any, error) { return r.Set(route.Content, "H24.02", levels) }
	}
	past := estest.Given[route.Route](t, es.NewCatalogue(route.Types()...)).When(set(unitHead())).
		Then(route.Set{DocumentType: route.Content, Agency: "H24.02", Levels: []route.Level{unitHead()}})
	past.When(set(unitHead())).Then()
	past = past.When(set(unitHead(), leadership())).Then(route.Set{DocumentType: route.Content, Agency: "H24.02", Levels: []route.Level{unitHead(), leadership()}})
	if r := past.State(); r.Version != 2 || len(r.Levels) != 2 {
		t.Errorf("%+v", r)
	}
	past.When(set(leadership(), unitHead())).And()
}

func TestCheckNamesEveryPlace(t *testing.T) {
	known := func(agency string) bool { return agency == "H24.01" }
	with := func(edit func(*route.Level)) []route.Level {
		l := unitHead()
		edit(&l)
		return []route.Level{leadership(), l}
	}
	for _, c := range []struct {
		name   string
		levels []route.Level
		want   string
	}{
		{"two levels", []route.Level{unitHead(), leadership()}, ""},
		{"an agency's code", with(func(l *route.Level) { l.Scope = "H24.01" }), ""},
		{"no level", nil, "levels REQUIRED"},
		{"ten levels", unitHeads(10), ""},
		{"eleven levels", unitHeads(11), "levels TOO_LONG"},
		{"no name", with(func(l *route.Level) { l.Name = "" }), "levels[1].name REQUIRED"},
		{"a name of 200 characters", with(func(l *route.Level) { l.Name = strings.Repeat("ạ", 200) }), ""},
		{"a name of 201 characters", with(func(l *route.Level) { l.Name = strings.Repeat("ạ", 201) }), "levels[1].name TOO_LONG"},
		{"no role", with(func(l *route.Level) { l.Roles = nil }), "levels[1].roles REQUIRED"},
		{"a role that is none", with(func(l *route.Level) { l.Roles = []string{"head", "boss"} }), "levels[1].roles BAD_FORMAT"},
		{"no scope", with(func(l *route.Level) { l.Scope = "" }), "levels[1].scope REQUIRED"},
		{"a quorum that is none", with(func(l *route.Level) { l.Quorum = "two" }), "levels[1].quorum BAD_FORMAT"},
		{"a term of 61 days", with(func(l *route.Level) { l.Term = 61 }), "levels[1].term BAD_FORMAT"},
		{"the second level parallel", with(func(l *route.Level) { l.Parallel = true }), ""},
		{"the first level parallel", []route.Level{{Name: "x", Roles: []string{"head"}, Scope: "unit", Parallel: true}}, "levels[0].parallel BAD_FORMAT"},
		{"an unknown agency", with(func(l *route.Level) { l.Scope = "H99" }), "levels[1].scope UNKNOWN_AGENCY"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := places(route.Check(route.Normalise(c.levels), known)); got != c.want {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

func unitHeads(n int) []route.Level {
	levels := make([]route.Level, n)
	for i := range levels {
		levels[i] = unitHead()
	}
	return levels
}

func TestNormaliseIsComposedAndWithoutRepeats(t *testing.T) {
	got := route.Normalise([]route.Level{{Name: " Tru\u031bo\u031b\u0309ng ", Roles: []string{"head", " head"}, Scope: " unit "}})[0]
	if got.Name != "Trưởng" || len(got.Roles) != 1 || got.Scope != "unit" {
		t.Errorf("%+v", got)
	}
}

func TestWhoALevelAdmits(t *testing.T) {
	for _, c := range []struct {
		name     string
		level    route.Level
		position route.Position
		want     bool
	}{
		{"head of the unit", unitHead(), route.Position{Person: "p", Role: "head", Agency: "H24.02", Unit: "A"}, true},
		{"head of another unit", unitHead(), route.Position{Person: "p", Role: "head", Agency: "H24.02", Unit: "B"}, false},
		{"head of that unit elsewhere", unitHead(), route.Position{Person: "p", Role: "head", Agency: "H24.03", Unit: "A"}, false},
		{"officer of the unit", unitHead(), route.Position{Person: "p", Role: "officer", Agency: "H24.02", Unit: "A"}, false},
		{"deputy of the agency", leadership(), route.Position{Person: "p", Role: "deputy", Agency: "H24.02", Unit: "B"}, true},
		{"leader elsewhere", leadership(), route.Position{Person: "p", Role: "leader", Agency: "H24", Unit: "A"}, false},
		{"the agency named", route.Level{Roles: []string{"officer"}, Scope: "H24.01"}, route.Position{Person: "p", Role: "officer", Agency: "H24.01"}, true},
		{"not the agency named", route.Level{Roles: []string{"officer"}, Scope: "H24.01"}, route.Position{Person: "p", Role: "officer", Agency: "H24.02", Unit: "A"}, false},
	} {
		if got := c.level.Admits(c.position, "H24.02", "A"); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestARouteHasOneIdentifierPerDocumentType(t *testing.T) {
	if route.Content.ID("") == route.Report.ID("") || route.Content.ID("") != route.DocumentType("content").ID("") || route.Content.ID("H24.02") == route.Content.ID("") ||
		!strings.HasPrefix(route.Content.ID("H24.02"), "route_") {
		t.Errorf("%s, %s", route.Content.ID(""), route.Report.ID(""))
	}
	if route.DocumentType("letter").Known() || !route.Report.Known() {
		t.Error("letters are not approved here, reports are")
	}
}

func places(fields []errs.Field) string {
	out := make([]string, 0, len(fields))
	for _, f := range fields {
		out = append(out, f.Field+" "+f.Reason.String())
	}
	return strings.Join(out, ", ")
}

// What was set before levels had quorums and terms means what it meant: one approval, one level after the other, the default term.
func TestARouteOfVersion1IsSequential(t *testing.T) {
	c := es.NewCatalogue(route.Types()...)
	e, err := c.Decode("approvals.route_set.v1", []byte(`{"documentType":"content","levels":[{"name":"A","roles":["head"],"scope":"unit"},{"name":"B","roles":["leader"],"scope":"agency"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	set, ok := e.(route.Set)
	if !ok || set.Agency != "" || len(set.Levels) != 2 || set.Levels[1].Quorum != route.One || set.Levels[1].Parallel || set.Levels[1].Term != 0 {
		t.Fatalf("%+v", e)
	}
	terms, err := route.DefaultTerms()
	if err != nil || !terms.Recalled {
		t.Fatalf("%+v, %v", terms, err)
	}
	for level, want := range []int{1, 1, 2, 3, 3} {
		if got := terms.Of(make([]route.Level, 5), level+1); got != want {
			t.Errorf("the term of level %d is %d, want %d", level+1, got, want)
		}
	}
}

func TestGroups(t *testing.T) {
	levels := []route.Level{{}, {}, {Parallel: true}, {Parallel: true}, {}}
	for level, want := range map[int][2]int{1: {1, 1}, 2: {2, 4}, 3: {2, 4}, 4: {2, 4}, 5: {5, 5}} {
		if first, last := route.Group(levels, level); first != want[0] || last != want[1] {
			t.Errorf("level %d is in %d–%d, want %v", level, first, last, want)
		}
	}
}
