// Package journey is Loa's main line as its users walk it, over REST: from the empty directory to the public report, each act by the
// person whose act it is. It knows nothing of how many processes answer, so one journey serves every shape and every disturbance.
package journey

import (
	"fmt"
	"strings"
	"testing"
	"time"

	plan38 "github.com/loa-vn/loa/examples/plan-38"

	"github.com/loa-vn/loa/e2e/system"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

// Journey is one walk; its fields are what the steps so far have made.
type Journey struct {
	System *system.System
	Client *system.Client
	// Plan38 is the real plan of 2022, Current an invented one whose days lie around the day of the walk.
	Plan38, Current *planningv1.Plan
	// Article is the city's own of 01/03/2022. Now was published at once, Timed at a set time; Third walked a third level and is
	// approved, not published.
	Article, Now, Timed, Third *contentv1.Content
	// Publications by content.
	Publications map[string]*distributionv1.Publication
	// Drafted is the plan that was drafted here, issued, amended and closed; Notice an item that walked a route of the department's own, was
	// corrected and withdrawn.
	Drafted *planningv1.Plan
	Notice  *contentv1.Content
	// March is the report of March 2022, Ended the one that the workflow compiled for the current plan.
	March, Ended *reportingv1.Report
	// Submission is the id of the caller's span around the request that submitted Now.
	Submission string

	t              testing.TB
	items, items38 map[string]*planningv1.PlanItem
}

// Step is a part of the walk that needs those before it.
type Step struct {
	Name string
	Run  func(j *Journey)
}

// Steps are the walk in order.
func Steps() []Step {
	return []Step{
		{"directory", (*Journey).directory},
		{"routes", (*Journey).routes},
		{"plans", (*Journey).plans},
		{"article of 2022", (*Journey).article},
		{"drafting", (*Journey).drafting},
		{"approval", (*Journey).approval},
		{"publication", (*Journey).publication},
		{"publication at a set time", (*Journey).publicationAtTime},
		{"a third level", (*Journey).thirdLevel},
		{"report of March 2022", (*Journey).report},
		{"workflow of the current plan", (*Journey).workflow},
		{"number of the report", (*Journey).numbers},
		{"a plan drafted, issued, amended, closed", (*Journey).draftedPlan},
	}
}

// Everyday is what agencies do beside that, in order; it needs the whole walk before it.
func Everyday() []Step {
	return []Step{
		{"routes, terms, opinions, delegations", (*Journey).decisions},
		{"a correction", (*Journey).correction},
		{"a withdrawal", (*Journey).withdrawal},
		{"times set, moved and over", (*Journey).times},
		{"results made outside", (*Journey).results},
		{"an issued report's documents", (*Journey).papers},
		{"what readers look for", (*Journey).reading},
		{"plans from files of offices", (*Journey).planFiles},
		{"what a plan refuses", (*Journey).planLife},
		{"registers", (*Journey).registers},
		{"calendars", (*Journey).calendars},
		{"delegations in their time", (*Journey).inTime},
		{"quorums", (*Journey).quorums},
		{"faults that keep from publishing", (*Journey).checks},
		{"languages, a correction of form", (*Journey).languages},
		{"previews", (*Journey).preview},
		{"files", (*Journey).uploads},
		{"a newspaper's article", (*Journey).press},
		{"progress by every line", (*Journey).progressLines},
		{"quarter, half-year, year", (*Journey).periods},
		{"what browsers and programs are told", (*Journey).toldToBrowsers},
	}
}

// New begins a walk through an empty system. Everything it writes has a key of its own, so a step may be walked again.
func New(t testing.TB, s *system.System) *Journey {
	return &Journey{System: s, Client: s.Client(t), Publications: map[string]*distributionv1.Publication{}, t: t}
}

// Run walks the whole line.
func Run(t testing.TB, s *system.System) *Journey {
	t.Helper()
	j := New(t, s)
	j.Walk(Steps())
	return j
}

// Walk takes steps, one after the other.
func (j *Journey) Walk(steps []Step) {
	j.t.Helper()
	for _, step := range steps {
		begun := time.Now()
		step.Run(j)
		j.t.Logf("%-30s %v", step.Name, time.Since(begun).Round(time.Millisecond))
	}
}

// file reads a file of the example.
func (j *Journey) file(name string) []byte {
	j.t.Helper()
	b, err := plan38.Files.ReadFile(name)
	if err != nil {
		j.t.Fatal(err)
	}
	return b
}

// get reads a resource.
func (j *Journey) get(as, path string, into message) {
	j.t.Helper()
	j.Client.Must(system.Request{As: as, Method: "GET", Path: path}, into)
}

// post sends a write under a key.
func (j *Journey) post(as, path string, body any, key string, into message) system.Answer {
	j.t.Helper()
	return j.Client.Must(system.Request{As: as, Method: "POST", Path: path, Body: body, Key: "journey/" + key}, into)
}

// Dossier waits until a document's dossier waits for a person.
func (j *Journey) Dossier(as, document string) *approvalsv1.Dossier {
	j.t.Helper()
	page := &approvalsv1.ListDossiersResponse{}
	j.Client.Until(as, "/v1/dossiers?waitingFor=me&document="+document, page, func() bool { return len(page.GetDossiers()) == 1 })
	return page.GetDossiers()[0]
}

// approve approves the hash that the dossier shows, as soon as it waits for the person.
func (j *Journey) approve(as, document, key string) *approvalsv1.Dossier {
	j.t.Helper()
	waiting := j.Dossier(as, document)
	after := &approvalsv1.Dossier{}
	j.post(as, "/v1/dossiers/"+waiting.GetId()+":approve", &approvalsv1.ApproveRequest{Hash: waiting.GetHash()}, key, after)
	if last := after.GetDecisions()[len(after.GetDecisions())-1]; last.GetPerson() != as || last.GetOutcome() != "approved" ||
		last.GetHash() != waiting.GetHash() || last.GetLevel() != waiting.GetCurrentLevel() || !last.GetPersonExample() {
		j.t.Fatalf("the approval of %s is recorded as %v", as, last)
	}
	return after
}

// untilContent waits until a content is in a state.
func (j *Journey) untilContent(as, id, state string) *contentv1.Content {
	j.t.Helper()
	c := &contentv1.Content{}
	j.Client.Until(as, "/v1/contents/"+id, c, func() bool { return c.GetState() == state })
	return c
}

// published waits until a content is public and the portal has said so, and keeps its one publication.
func (j *Journey) published(content string) *distributionv1.Publication {
	j.t.Helper()
	page := &distributionv1.ListPublicationsResponse{}
	j.Client.Until("bt.cong", "/v1/publications?content="+content, page, func() bool {
		return len(page.GetPublications()) == 1 && page.GetPublications()[0].GetState() == "published" && page.GetPublications()[0].GetVerified()
	})
	j.Publications[content] = page.GetPublications()[0]
	return page.GetPublications()[0]
}

// check fails unless got is what is wanted.
func check[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: %v, wanted %v", what, got, want)
	}
}

// holds fails unless a text holds every part.
func holds(t testing.TB, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Fatalf("%s lacks %q: %s", what, part, text)
		}
	}
}

// caller makes a W3C trace context (https://www.w3.org/TR/trace-context/) of a caller that samples, and its span's id.
func caller(seed int64) (traceparent, span string) {
	span = fmt.Sprintf("%016x", seed|1)
	return fmt.Sprintf("00-%032x-%s-01", seed|1, span), span
}

// On is the journey with another test to tell what fails.
func (j *Journey) On(t testing.TB) *Journey {
	on := *j
	on.t, on.Client = t, j.Client.On(t)
	return &on
}
