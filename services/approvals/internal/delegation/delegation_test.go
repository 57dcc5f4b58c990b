package delegation_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/es/estest"
	"github.com/loa-vn/loa/services/approvals/internal/delegation"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

func start() time.Time { return time.Date(2022, 3, 1, 1, 0, 0, 0, time.UTC) }

func given() delegation.Given {
	return delegation.Given{
		Delegator: "gd.stttt", Delegate: "pgd.stttt", DocumentTypes: []route.DocumentType{route.Content}, Agencies: []string{"H24.02"},
		From: start(), To: start().Add(24 * time.Hour), Paper: "15/GUQ-STTTT", Agency: "H24.02", RecordedBy: "gd.stttt",
	}
}

func give(g delegation.Given) func(*delegation.Delegation, int64) ([]any, error) {
	return func(d *delegation.Delegation, _ int64) ([]any, error) { return d.Give(g) }
}

func revoke(at time.Time) func(*delegation.Delegation, int64) ([]any, error) {
	return func(d *delegation.Delegation, _ int64) ([]any, error) { return d.Revoke("gd.stttt", "về", at) }
}

// A delegation holds from its first moment to the one before its end, for its documents, for its delegate.
func TestWhatADelegationCovers(t *testing.T) {
	d := estest.Given[delegation.Delegation](t, es.NewCatalogue(delegation.Types()...)).When(give(given())).Then(given()).State()
	for _, c := range []struct {
		name     string
		delegate string
		of       route.DocumentType
		agency   string
		at       time.Time
		want     bool
	}{
		{"at its beginning", "pgd.stttt", route.Content, "H24.02", start(), true},
		{"just before", "pgd.stttt", route.Content, "H24.02", start().Add(-time.Microsecond), false},
		{"at its last moment", "pgd.stttt", route.Content, "H24.02", start().Add(24*time.Hour - time.Microsecond), true},
		{"at its end", "pgd.stttt", route.Content, "H24.02", start().Add(24 * time.Hour), false},
		{"another type", "pgd.stttt", route.Report, "H24.02", start(), false},
		{"another agency", "pgd.stttt", route.Content, "H24.03", start(), false},
		{"somebody else", "tp.stttt", route.Content, "H24.02", start(), false},
		{"the delegator", "gd.stttt", route.Content, "H24.02", start(), false},
	} {
		if got := d.Covers(c.delegate, c.of, c.agency, c.at); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if (&delegation.Delegation{}).Covers("", "", "", time.Time{}) {
		t.Error("a delegation that was never given covers something")
	}
}

func TestARevokedDelegationEndsThen(t *testing.T) {
	noon := start().Add(4 * time.Hour)
	past := estest.Given[delegation.Delegation](t, es.NewCatalogue(delegation.Types()...), given())
	past.When(revoke(start().Add(24 * time.Hour))).ThenRefused(errorsv1.Reason_DELEGATION_OVER)
	past.When(revoke(start().Add(-time.Hour))).And() // before it begins
	past = past.When(revoke(noon)).Then(delegation.TakenBack{At: noon, By: "gd.stttt", Reason: "về"})
	past.When(revoke(noon.Add(time.Hour))).ThenRefused(errorsv1.Reason_DELEGATION_OVER)
	d := past.State()
	if !d.Covers("pgd.stttt", route.Content, "H24.02", noon.Add(-time.Microsecond)) || d.Covers("pgd.stttt", route.Content, "H24.02", noon) {
		t.Errorf("%+v", d)
	}
}

func TestWhatIsWrongWithADelegation(t *testing.T) {
	known := func(id string) bool { return !strings.HasPrefix(id, "không") }
	for name, c := range map[string]struct {
		edit func(*delegation.Given)
		want string
	}{
		"nothing":              {func(*delegation.Given) {}, ""},
		"to oneself":           {func(g *delegation.Given) { g.Delegate = g.Delegator }, "delegate DELEGATION_SELF"},
		"to nobody known":      {func(g *delegation.Given) { g.Delegate = "không.ai" }, "delegate UNKNOWN_PERSON"},
		"to nobody":            {func(g *delegation.Given) { g.Delegate = " " }, "delegate REQUIRED"},
		"no such type":         {func(g *delegation.Given) { g.DocumentTypes = []route.DocumentType{"letter"} }, "documentTypes[0] BAD_FORMAT"},
		"no such agency":       {func(g *delegation.Given) { g.Agencies = []string{"không"} }, "agencies[0] UNKNOWN_AGENCY"},
		"an end that is past":  {func(g *delegation.Given) { g.From, g.To = start().Add(-2*time.Hour), start().Add(-time.Hour) }, "to DELEGATION_TIME"},
		"an end at the start":  {func(g *delegation.Given) { g.To = g.From }, "to DELEGATION_TIME"},
		"recorded, no paper":   {func(g *delegation.Given) { g.RecordedBy, g.Paper = "quan.tri", "" }, "paper DELEGATION_PAPER"},
		"one's own, no paper":  {func(g *delegation.Given) { g.Paper = "" }, ""},
		"a paper that is long": {func(g *delegation.Given) { g.Paper = strings.Repeat("a", 501) }, "paper TOO_LONG"},
		"a secret paper":       {func(g *delegation.Given) { g.Paper = "TUYỆT MẬT" }, "paper SECRECY_MARK"},
	} {
		g := given()
		c.edit(&g)
		var got []string
		for _, f := range delegation.Check(delegation.Normalise(g), start(), known, known) {
			got = append(got, f.Field+" "+f.Reason.String())
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	g := given()
	g.Agencies, g.DocumentTypes = []string{"H24.03", "H24.02", "H24.03"}, nil
	if n := delegation.Normalise(g); !slices.Equal(n.Agencies, []string{"H24.02", "H24.03"}) || n.DocumentTypes == nil {
		t.Errorf("%+v", n)
	}
}
