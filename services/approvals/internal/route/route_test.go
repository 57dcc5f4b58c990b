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
	return route.Level{Name: "Trưởng phòng", Roles: []string{"head", "deputy_head"}, Scope: route.ScopeUnit}
}

func leadership() route.Level {
	return route.Level{Name: "Lãnh đạo Sở", Roles: []string{"leader", "deputy"}, Scope: route.ScopeAgency}
}

func TestARouteIsSetAndSetAgain(t *testing.T) {
	set := func(levels ...route.Level) func(*route.Route, int64) ([]any, error) {
		return func(r *route.Route, _ int64) ([]any, error) { return r.Set(route.Content, levels) }
	}
	past := estest.Given[route.Route](t, es.NewCatalogue(route.Types()...)).When(set(unitHead())).
		Then(route.Set{DocumentType: route.Content, Levels: []route.Level{unitHead()}})
	past.When(set(unitHead())).Then()
	past = past.When(set(unitHead(), leadership())).Then(route.Set{DocumentType: route.Content, Levels: []route.Level{unitHead(), leadership()}})
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
		{"head of the unit", unitHead(), route.Position{Role: "head", Agency: "H24.02", Unit: "A"}, true},
		{"head of another unit", unitHead(), route.Position{Role: "head", Agency: "H24.02", Unit: "B"}, false},
		{"head of that unit elsewhere", unitHead(), route.Position{Role: "head", Agency: "H24.03", Unit: "A"}, false},
		{"officer of the unit", unitHead(), route.Position{Role: "officer", Agency: "H24.02", Unit: "A"}, false},
		{"deputy of the agency", leadership(), route.Position{Role: "deputy", Agency: "H24.02", Unit: "B"}, true},
		{"leader elsewhere", leadership(), route.Position{Role: "leader", Agency: "H24", Unit: "A"}, false},
		{"the agency named", route.Level{Roles: []string{"officer"}, Scope: "H24.01"}, route.Position{Role: "officer", Agency: "H24.01"}, true},
		{"not the agency named", route.Level{Roles: []string{"officer"}, Scope: "H24.01"}, route.Position{Role: "officer", Agency: "H24.02", Unit: "A"}, false},
	} {
		if got := c.level.Admits(c.position, "H24.02", "A"); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestARouteHasOneIdentifierPerDocumentType(t *testing.T) {
	if route.Content.ID() == route.Report.ID() || route.Content.ID() != route.DocumentType("content").ID() || !strings.HasPrefix(route.Content.ID(), "route_") {
		t.Errorf("%s, %s", route.Content.ID(), route.Report.ID())
	}
	if route.DocumentType("letter").Known() || !route.Report.Known() {
		t.Error("the known types are content and report")
	}
}

func places(fields []errs.Field) string {
	out := make([]string, 0, len(fields))
	for _, f := range fields {
		out = append(out, f.Field+" "+f.Reason.String())
	}
	return strings.Join(out, ", ")
}
