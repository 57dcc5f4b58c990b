package result

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/vn"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// What logs hold stays readable, in the form it was stored in.
func TestStoredEventsKeepTheirForm(t *testing.T) {
	es.CheckGoldens(t, Catalogue(), "testdata/events")
}

func under() Under {
	return Under{
		Plan: "plan_1", Item: "item_1", Code: "1", Lead: "H24.03", Coordinators: []string{"H24.04"}, PlanLead: "H24.02",
		From: vn.Day(2022, 2, 23), To: vn.Day(2022, 12, 15), Channels: []string{"bao-chi"},
	}
}

func article(id, link string) Result {
	return Result{
		ID: id, Plan: "plan_1", Item: "item_1", Agency: "H24.03", Quantity: 1, Unit: "bài", HappenedAt: vn.Day(2022, 3, 1), Channel: "bao-chi",
		Evidence: []Evidence{{Kind: Link, Link: link}},
	}
}

var recordedAt = time.Date(2022, 3, 2, 1, 0, 0, 0, time.UTC)

func given(events ...any) *Results {
	s := &Results{}
	for i, e := range events {
		s.Apply(es.Event{Version: int64(i + 1), Data: e, RecordedAt: recordedAt.Add(time.Duration(i) * time.Hour)})
	}
	return s
}

// then runs what a command decided on the aggregate, and gives the result that it is about.
func (s *Results) then(t *testing.T, events []any, err error) Result {
	t.Helper()
	if err != nil || len(events) != 1 {
		t.Fatalf("%v, %v", events, err)
	}
	e := es.Event{Data: events[0], RecordedAt: recordedAt}
	s.Apply(e)
	r, _ := Of(e)
	return r
}

// The whole table of states: what is not listed is refused with the states that would allow it.
func TestStates(t *testing.T) {
	acts := map[Act]func(*Results) ([]any, error){
		Revise: func(s *Results) ([]any, error) {
			return s.ReviseResult("result_1", "cv.snv", func(r Result) (Result, []errs.Field) { r.Quantity = 7; return r, nil })
		},
		Confirm:  func(s *Results) ([]any, error) { return s.ConfirmResult("result_1", "tp.stttt") },
		Question: func(s *Results) ([]any, error) { return s.QuestionResult("result_1", "tp.stttt", "thiếu ảnh") },
		Retract:  func(s *Results) ([]any, error) { return s.RetractResult("result_1", "cv.snv", "ghi nhầm mục") },
	}
	want := map[State]map[Act]State{
		Recorded:   {Revise: Recorded, Confirm: Confirmed, Question: Questioned, Retract: Retracted},
		Questioned: {Revise: Recorded, Confirm: Confirmed, Retract: Retracted},
		Confirmed:  {Question: Questioned, Retract: Retracted},
		Retracted:  {},
	}
	for _, state := range States() {
		for act, do := range acts {
			r := article("result_1", "https://baohaiphong.vn/a")
			r.State, r.Authors, r.Revision = state, []string{"cv.snv"}, 3
			s := given(ResultRecorded{Result: r})
			events, err := do(s)
			next, allowed := want[state][act]
			if !allowed {
				e, ok := errors.AsType[*errs.Error](err)
				if !ok || e.Reason != errorsv1.Reason_RESULT_STATE || e.Args["state"] != string(state) || e.Args["allowed"] == "" {
					t.Errorf("%s of %s: %v, %v", act, state, events, err)
				}
				continue
			}
			if got := s.then(t, events, err); got.State != next || got.Revision != 4 {
				t.Errorf("%s of %s gives %s, revision %d", act, state, got.State, got.Revision)
			}
		}
	}
}

func TestNobodyJudgesTheirOwn(t *testing.T) {
	s := given()
	events, err := s.RecordResult(article("result_1", "https://baohaiphong.vn/a"), "cv.snv")
	r := s.then(t, events, err)
	if r.State != Recorded || !r.RecordedAt.Equal(recordedAt) || !slices.Equal(r.Authors, []string{"cv.snv"}) {
		t.Fatalf("%+v", r)
	}
	s.then(t, must(s.ReviseResult("result_1", "pgd.stttt", func(r Result) (Result, []errs.Field) { r.Quantity = 2; return r, nil })), nil)
	for _, person := range []string{"cv.snv", "pgd.stttt"} {
		_, confirmed := s.ConfirmResult("result_1", person)
		_, questioned := s.QuestionResult("result_1", person, "?")
		for _, err := range []error{confirmed, questioned} {
			if errs.ReasonOf(err) != errorsv1.Reason_RESULT_OWN {
				t.Errorf("%s: %v", person, err)
			}
		}
	}
	events, err = s.ConfirmResult("result_1", "tp.stttt")
	if got := s.then(t, events, err); got.State != Confirmed || got.DecidedBy != "tp.stttt" || !got.DecidedAt.Equal(recordedAt) {
		t.Errorf("%+v", got)
	}
	if _, err := s.ConfirmResult("result_2", "tp.stttt"); errs.ReasonOf(err) != errorsv1.Reason_NOT_FOUND {
		t.Errorf("%v", err)
	}
}

func must(events []any, err error) []any {
	if err != nil {
		return nil
	}
	return events
}

func TestAReasonIsNeeded(t *testing.T) {
	r := article("result_1", "https://baohaiphong.vn/a")
	r.State, r.Authors = Recorded, []string{"cv.snv"}
	s := given(ResultRecorded{Result: r})
	for _, reason := range []string{"", "  ", strings.Repeat("ă", MaxReason+1)} {
		_, questioned := s.QuestionResult("result_1", "tp.stttt", reason)
		_, retracted := s.RetractResult("result_1", "cv.snv", reason)
		if errs.ReasonOf(questioned) != errorsv1.Reason_INVALID || errs.ReasonOf(retracted) != errorsv1.Reason_INVALID {
			t.Errorf("%q: %v, %v", reason, questioned, retracted)
		}
	}
}

// The same page in another spelling, or the same file, is the same evidence; what was retracted sets it free.
func TestEvidenceCountsOnce(t *testing.T) {
	s := given()
	events, err := s.RecordResult(article("result_1", "https://www.baohaiphong.vn/tin/a?id=2&utm_source=zalo#top"), "cv.snv")
	s.then(t, events, err)
	again := article("result_2", "http://BaoHaiPhong.vn/tin/a/?id=2")
	_, err = s.RecordResult(again, "cv.khac")
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Reason != errorsv1.Reason_INVALID || e.Fields[0].Reason != errorsv1.Reason_EVIDENCE_USED || e.Fields[0].Args["result"] != "result_1" {
		t.Fatalf("%v", err)
	}
	other := article("result_2", "https://baohaiphong.vn/tin/a?id=3")
	other.Evidence = append(other.Evidence, Evidence{Kind: Photograph, SHA256: strings.Repeat("a", 64)})
	events, err = s.RecordResult(other, "cv.khac")
	s.then(t, events, err)
	third := article("result_3", "https://baohaiphong.vn/tin/b")
	third.Evidence[0].SHA256 = strings.Repeat("a", 64)
	if _, err := s.RecordResult(third, "cv.khac"); errs.ReasonOf(err) != errorsv1.Reason_INVALID {
		t.Errorf("the same file: %v", err)
	}
	events, err = s.RetractResult("result_1", "cv.snv", "ghi nhầm")
	s.then(t, events, err)
	events, err = s.RecordResult(article("result_4", "https://baohaiphong.vn/tin/a?id=2"), "cv.snv")
	s.then(t, events, err)
	// An edit lets go of what it no longer names.
	events, err = s.ReviseResult("result_4", "cv.snv", func(r Result) (Result, []errs.Field) {
		r.Evidence = []Evidence{{Kind: Link, Link: "https://baohaiphong.vn/tin/c"}}
		return r, nil
	})
	s.then(t, events, err)
	events, err = s.RecordResult(article("result_5", "https://baohaiphong.vn/tin/a?id=2"), "cv.snv")
	s.then(t, events, err)
}

func TestAnEditThatChangesNothingRecordsNothing(t *testing.T) {
	r := article("result_1", "https://baohaiphong.vn/a")
	r.State, r.Authors = Questioned, []string{"cv.snv"}
	events, err := given(ResultRecorded{Result: r}).ReviseResult("result_1", "cv.khac", func(r Result) (Result, []errs.Field) { return r, nil })
	if err != nil || len(events) > 0 {
		t.Errorf("%v, %v", events, err)
	}
}

func TestWhatIsWrongWithAResult(t *testing.T) {
	now := vn.Day(2022, 6, 1)
	for name, c := range map[string]struct {
		change func(*Result)
		field  string
		reason errs.Reason
	}{
		"nothing":            {func(r *Result) { r.Quantity = 0 }, "quantity", errorsv1.Reason_OUT_OF_RANGE},
		"more than there is": {func(r *Result) { r.Quantity = MaxQuantity + 1 }, "quantity", errorsv1.Reason_OUT_OF_RANGE},
		"no unit":            {func(r *Result) { r.Unit = " " }, "unit", errorsv1.Reason_REQUIRED},
		"a long unit":        {func(r *Result) { r.Unit = strings.Repeat("ị", MaxUnit+1) }, "unit", errorsv1.Reason_TOO_LONG},
		"no time":            {func(r *Result) { r.HappenedAt = time.Time{} }, "happenedAt", errorsv1.Reason_REQUIRED},
		"tomorrow":           {func(r *Result) { r.HappenedAt = now.Add(time.Second) }, "happenedAt", errorsv1.Reason_RESULT_IN_FUTURE},
		"before the plan":    {func(r *Result) { r.HappenedAt = vn.Day(2022, 2, 23).Add(-time.Microsecond) }, "happenedAt", errorsv1.Reason_RESULT_OUTSIDE_PLAN},
		"no such channel":    {func(r *Result) { r.Channel = "loa" }, "channel", errorsv1.Reason_UNKNOWN_CHANNEL},
		"no evidence":        {func(r *Result) { r.Evidence = nil }, "evidence", errorsv1.Reason_REQUIRED},
		"history of nothing": {func(r *Result) { r.Evidence, r.Imported = nil, true }, "evidence", errorsv1.Reason_ORIGIN_REQUIRED},
		"much evidence":      {func(r *Result) { r.Evidence = make([]Evidence, MaxEvidence+1) }, "evidence", errorsv1.Reason_OUT_OF_RANGE},
		"a script":           {func(r *Result) { r.Evidence[0].Link = "javascript:alert(1)" }, "evidence[0].link", errorsv1.Reason_BAD_FORMAT},
		"a password":         {func(r *Result) { r.Evidence[0].Link = "https://a:b@c/" }, "evidence[0].link", errorsv1.Reason_BAD_FORMAT},
		"another kind":       {func(r *Result) { r.Evidence[0].Kind = "hearsay" }, "evidence[0].kind", errorsv1.Reason_BAD_FORMAT},
		"a file of nothing":  {func(r *Result) { r.Evidence[0] = Evidence{Kind: File} }, "evidence[0].sha256", errorsv1.Reason_REQUIRED},
		"no digest":          {func(r *Result) { r.Evidence[0] = Evidence{Kind: File, SHA256: "ABC"} }, "evidence[0].sha256", errorsv1.Reason_BAD_FORMAT},
		"twice":              {func(r *Result) { r.Evidence = append(r.Evidence, r.Evidence[0]) }, "evidence[1]", errorsv1.Reason_DUPLICATE},
		"a secret":           {func(r *Result) { r.Note = "TỐI MẬT" }, "note", errorsv1.Reason_SECRECY_MARK},
	} {
		r := article("result_1", "https://baohaiphong.vn/a")
		c.change(&r)
		wrong := Check(Normalise(r), under(), now)
		if len(wrong) != 1 || wrong[0].Field != c.field || wrong[0].Reason != c.reason {
			t.Errorf("%s: %+v", name, wrong)
		}
	}
	for name, at := range map[string]time.Time{"first": vn.Day(2022, 2, 23), "now": now} {
		r := article("result_1", "https://baohaiphong.vn/a")
		r.HappenedAt = at
		if wrong := Check(r, under(), now); len(wrong) > 0 {
			t.Errorf("%s: %+v", name, wrong)
		}
	}
}

// A file of history comes in whole, once; of an item's rows each becomes one result, and what another result has meanwhile counts not.
func TestHistoryIsReceivedOnce(t *testing.T) {
	file := &Import{}
	rows := []Result{article("result_1", "https://a.vn/1"), article("result_2", "https://a.vn/2")}
	events := file.ImportResults("plan_1", rows, "luu.tru")
	if len(events) != 1 || len(file.ImportResults("plan_1", rows, "luu.tru")) != 1 {
		t.Fatalf("%v", events)
	}
	file.Apply(es.Event{Data: events[0], RecordedAt: recordedAt, Meta: es.Meta{Actor: "luu.tru"}})
	if len(file.ImportResults("plan_1", rows, "luu.tru")) != 0 || file.By != "luu.tru" {
		t.Error("the same file is recorded twice")
	}
	s := given()
	s.then(t, must(s.RecordResult(article("result_9", "https://a.vn/2"), "cv.snv")), nil)
	for n, e := range s.Receive("resultimport_1", file.Results) {
		s.Apply(es.Event{Data: e, RecordedAt: recordedAt})
		got, _ := Of(es.Event{Data: e})
		if want := []State{Confirmed, Questioned}[n]; got.State != want || !got.Imported || got.Authors[0] != "luu.tru" {
			t.Errorf("row %d: %+v", n, got)
		}
	}
	if again := s.Receive("resultimport_1", file.Results); len(again) > 0 {
		t.Errorf("received again: %v", again)
	}
	if diff := cmp.Diff(map[int]string{1: "result_9"}, given(ResultRecorded{Result: s.Entries["result_9"]}).Clashes(file.Results)); diff != "" {
		t.Error(diff)
	}
}

// Whatever is recorded, edited, decided and imported, no two results that are not retracted and not questioned have the same evidence.
func TestNothingCountsTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := given()
		people := []string{"a", "b", "c"}
		link := func() string { return "https://a.vn/" + rapid.StringMatching(`[a-d]`).Draw(t, "link") }
		for i := range rapid.IntRange(1, 30).Draw(t, "commands") {
			id := fmt.Sprintf("result_%d", rapid.IntRange(0, 6).Draw(t, "id"))
			person := rapid.SampledFrom(people).Draw(t, "person")
			var events []any
			switch rapid.IntRange(0, 5).Draw(t, "act") {
			case 0:
				events = must(s.RecordResult(article(fmt.Sprintf("result_new%d", i), link()), person))
			case 1:
				events = must(s.ReviseResult(id, person, func(r Result) (Result, []errs.Field) {
					r.Evidence = []Evidence{{Kind: Link, Link: link()}}
					return r, nil
				}))
			case 2:
				events = must(s.ConfirmResult(id, person))
			case 3:
				events = must(s.QuestionResult(id, person, "?"))
			case 4:
				events = must(s.RetractResult(id, person, "!"))
			case 5:
				rows := []Result{article(id, link()), article(id+"x", link())}
				for n := range rows {
					rows[n].State, rows[n].Imported, rows[n].Authors = Confirmed, true, []string{person}
				}
				events = s.Receive("resultimport_1", rows)
			}
			for _, e := range events {
				s.Apply(es.Event{Data: e})
			}
			holder := map[string]string{}
			for _, r := range s.Entries {
				if r.State != Confirmed && r.State != Recorded {
					continue
				}
				for _, key := range r.keys() {
					if other, taken := holder[key]; taken {
						t.Fatalf("%s has %s, and %s has it", r.ID, key, other)
					}
					holder[key] = r.ID
				}
			}
		}
	})
}
