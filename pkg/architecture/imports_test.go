package architecture_test

import (
	"strings"
	"testing"
)

func TestEveryPartImportsOnlyWhatItMayBuildOn(t *testing.T) {
	all := own(edges(list(t, everything()...)))
	// An empty graph breaks no rule; ours has these parts.
	for _, part := range []string{"proto", "pkg", "services", "workflows", "cmd", "deploy/local", "e2e"} {
		if !hasPart(all, part) {
			t.Errorf("the import graph has nothing of %s", part)
		}
	}
	for _, sentence := range broken(all) {
		t.Error(sentence)
	}
}

func TestNoProgramLinksAnEngineThroughOthers(t *testing.T) {
	for _, sentence := range linked(edges(list(t, everything()...))) {
		t.Error(sentence)
	}
}

// TestTheRulesSeeWhatBreaksThem plants an import for each rule and expects it to be named.
func TestTheRulesSeeWhatBreaksThem(t *testing.T) {
	for _, c := range []struct {
		name, from, to string
		test           bool
		want           string
	}{
		{name: "a service imports another", from: "services/content", to: "services/planning", want: "meets other services in proto and on the bus"},
		{name: "from its internals", from: "services/content/internal/item", to: "services/planning/publish", want: "meets other services"},
		{name: "in a test", from: "services/content", to: "services/planning", test: true, want: "(its tests)"},
		{name: "with the same beginning", from: "services/plan", to: "services/planning", want: "meets other services"},
		{name: "a service imports a workflow", from: "services/planning", to: "workflows/plan", want: "a service builds on proto and pkg"},
		{name: "a service imports the list", from: "services/gateway", to: "services", want: "a service builds on proto and pkg"},
		{name: "a service imports a program", from: "services/gateway", to: "cmd/loa/command", want: "a service builds on"},
		{name: "pkg imports a service", from: "pkg/app", to: "services/portal", want: "pkg builds on nobody"},
		{name: "pkg imports the list", from: "pkg/app", to: "services", want: "pkg builds on nobody"},
		{name: "pkg imports a workflow", from: "pkg/bus", to: "workflows/activity", want: "pkg builds on nobody"},
		{name: "pkg imports a program", from: "pkg/bus", to: "cmd/loa/command", want: "pkg builds on nobody"},
		{name: "proto imports pkg", from: "proto/gen/loa/bus/v1", to: "pkg/id", want: "stands alone"},
		{name: "a workflow imports a service", from: "workflows/plan", to: "services/planning", want: "acts by gRPC"},
		{name: "the product imports the local engines", from: "cmd/loa", to: "deploy/local/engines", want: "knows no local engine"},
		{name: "a journey imports a service", from: "e2e/system", to: "services/content", want: "from outside"},
		{name: "an unknown part", from: "misc/tool", to: "pkg/id", want: "no rule knows"},
		{name: "the broker in a test of pkg", from: "pkg/bus/kafka", to: "github.com/twmb/franz-go/pkg/kfake", test: true, want: "embedded broker"},
		{name: "the provider in the gateway", from: "services/gateway", to: "github.com/zitadel/oidc/v3/pkg/op", want: "OIDC provider"},
		{name: "a browser in the portal's tests", from: "services/portal", to: "github.com/chromedp/chromedp", test: true, want: "only journeys drive a browser"},
		{name: "test support in a program", from: "pkg/app", to: "pkg/engines", want: "exists for tests"},
	} {
		t.Run(c.name, func(t *testing.T) {
			planted := edge{From: root + "/" + c.from, To: c.to, Test: c.test}
			if !strings.Contains(c.to, ".") {
				planted.To = root + "/" + c.to
			}
			found := broken([]edge{planted})
			if len(found) != 1 || !strings.Contains(found[0], c.want) {
				t.Errorf("%v gave %q, want one sentence with %q", planted, found, c.want)
			}
		})
	}
}

// TestTheRulesLetWhatIsRight holds the other half: a rule that names everything would pass the test above.
func TestTheRulesLetWhatIsRight(t *testing.T) {
	right := []edge{
		{From: root + "/services/content", To: root + "/services/content/internal/item"},
		{From: root + "/services/content/internal/readmodel", To: root + "/services/content/internal/item"},
		{From: root + "/services/content", To: root + "/pkg/es"},
		{From: root + "/services/content", To: root + "/proto/gen/loa/planning/v1"},
		{From: root + "/services/content", To: root + "/pkg/engines", Test: true},
		{From: root + "/services", To: root + "/services/content"},
		{From: root + "/services", To: root + "/workflows/worker"},
		{From: root + "/workflows/worker", To: root + "/workflows/plan"},
		{From: root + "/deploy/local/cmd/loa-local", To: root + "/cmd/loa/command"},
		{From: root + "/deploy/local/kafka", To: "github.com/twmb/franz-go/pkg/kfake"},
		{From: root + "/e2e/pages", To: "github.com/chromedp/chromedp", Test: true},
		{From: root + "/e2e/chaos", To: root + "/services", Test: true},
		{From: root + "/services/portal", To: "github.com/chromedpress/other"},
	}
	for _, sentence := range broken(right) {
		t.Error(sentence)
	}
}

func TestLinkingIsSeenThroughOthers(t *testing.T) {
	planted := []edge{
		{From: root + "/cmd/loa", To: "example.com/bus"},
		{From: "example.com/bus", To: "github.com/twmb/franz-go/pkg/kgo"},
		{From: root + "/deploy/local/kafka", To: "example.com/bus"},
		{From: root + "/pkg/bus", To: "example.com/tested", Test: true},
		{From: "example.com/tested", To: "github.com/twmb/franz-go/pkg/kgo"},
	}
	found := linked(planted)
	want := root + "/cmd/loa → example.com/bus → github.com/twmb/franz-go/pkg/kgo: "
	if len(found) != 1 || !strings.HasPrefix(found[0], want) {
		t.Errorf("got %q, want one sentence that begins %q", found, want)
	}
}

func hasPart(all []edge, part string) bool {
	for _, e := range all {
		if within(e.From, part) {
			return true
		}
	}
	return false
}
