package chaos

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/e2e/system"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

// outside looks over HTTP at what a walk has left, as people, readers and programs see it, and holds it against what was acknowledged.
type outside struct {
	*line
	t *testing.T
}

func (l *line) lookedAt(t *testing.T) {
	t.Helper()
	o := outside{l, t}
	o.registersHold()
	o.pagesHold()
	o.correctionHolds()
	o.withdrawalHolds()
	o.filesHold()
	o.figuresHold()
	o.reportsHold()
	o.nothingForbiddenWasSeen()
}

func (o outside) get(as, path string, into proto.Message) answer {
	o.t.Helper()
	a, err := o.send(o.t.Context(), request{as: as, method: http.MethodGet, path: path}, into)
	if err != nil {
		o.t.Fatal(err)
	}
	return a
}

// registersHold: each register has every number from its first on, once, with days that never go back, and each belongs to a document,
// which says the same number.
func (o outside) registersHold() {
	t := o.t
	registers := &approvalsv1.ListRegistersResponse{}
	o.get("thanh.tra", "/v1/registers", registers)
	found := map[string]string{}
	for _, r := range registers.GetRegisters() {
		numbers := &approvalsv1.ListNumbersResponse{}
		o.get("thanh.tra", "/v1/registers/"+r.GetId()+"/numbers?pageSize=200", numbers)
		list := numbers.GetNumbers()
		slices.SortFunc(list, func(a, b *approvalsv1.RegisterNumber) int { return int(a.GetNumber() - b.GetNumber()) })
		date := ""
		for i, n := range list {
			if n.GetNumber() != r.GetFirst()+int32(i) || n.GetDate() < date || n.GetState() != "issued" || n.GetDocument() == "" { //nolint:gosec // few
				t.Errorf("number %d of the register of %s is %v, after %s", i, r.GetIssuer(), n, date)
			}
			date = n.GetDate()
			if other := found[n.GetDocument()]; other != "" {
				t.Errorf("%s has the numbers %s and %s", n.GetDocument(), other, n.GetText())
			}
			found[n.GetDocument()] = n.GetText()
			d := &approvalsv1.Dossier{}
			o.get("thanh.tra", "/v1/dossiers/"+n.GetDossier(), d)
			if d.GetDocument() != n.GetDocument() || d.GetNumber() != n.GetText() || d.GetIssueDate() != n.GetDate() {
				t.Errorf("the dossier of %v is %v", n, d)
			}
		}
		if len(list) == 0 || r.GetLastNumber() != list[len(list)-1].GetNumber() || r.GetLastDate() != date {
			t.Errorf("the register is %v, with %d numbers until %s", r, len(list), date)
		}
	}
	if !maps.Equal(found, o.numbers) {
		t.Errorf("the registers have given %v, acknowledged were %v", found, o.numbers)
	}
}

// figuresHold: progress counts what was acknowledged, each once, and nothing else.
func (o outside) figuresHold() {
	t := o.t
	confirmed, retracted := &planningv1.ListResultsResponse{}, &planningv1.ListResultsResponse{}
	results := "/v1/plans/" + o.plan38.GetId() + "/items/" + bulletins + "/results?state="
	o.get("cv.snv", results+"confirmed", confirmed)
	o.get("cv.hongbang", results+"retracted", retracted)
	if list := retracted.GetResults(); len(list) != 1 || list[0].GetId() != o.retracted.result.GetId() {
		t.Errorf("taken back are %v", list)
	}
	imported := slices.DeleteFunc(confirmed.GetResults(), func(r *planningv1.Result) bool { return r.GetId() == o.kept.result.GetId() })
	if len(imported) != 1 || !imported[0].GetImported() || imported[0].GetQuantity() != 2 {
		t.Fatalf("confirmed are, beside the one that was, %v", imported)
	}
	o.figure(o.plan38, "1", 0, o.article.publication.GetId(), o.past[0].publication.GetId())
	o.figure(o.plan38, bulletins, 4, o.kept.result.GetId(), imported[0].GetId())
	o.figure(o.current, "1", 0, o.now.publication.GetId(), o.timed.publication.GetId())
	o.figure(o.current, "2", 0, o.notice.publication.GetId())
	o.figure(o.current, "4", 0, o.past[1].publication.GetId())
}

// figure holds an item's line in progress, and the events that it opens, against what counts: publications, or results of a quantity.
func (o outside) figure(plan *planningv1.Plan, item string, byResults int64, counted ...string) {
	t := o.t
	t.Helper()
	at := "/v1/plans/" + plan.GetId() + "/progress"
	byPublications := int64(len(counted))
	if byResults > 0 {
		byPublications = 0
	}
	p, opened := &reportingv1.Progress{}, &reportingv1.ListProgressEventsResponse{}
	o.get("cv.stttt", at, p)
	o.get("cv.stttt", at+"/events?pageSize=200&line=item:"+item, opened)
	i := slices.IndexFunc(p.GetFigures().GetItems(), func(l *reportingv1.Line) bool { return l.GetLine() == "item:"+item })
	if i < 0 {
		t.Fatalf("the progress has no item %s: %v", item, p)
	}
	line := p.GetFigures().GetItems()[i]
	if line.GetActual() != byPublications+byResults || line.GetByPublications() != byPublications || line.GetByResults() != byResults || line.GetUnconfirmed() != 0 {
		t.Errorf("progress of item %s of %s: %v, wanted %d publications and %d by results", item, plan.GetNumber(), line, byPublications, byResults)
	}
	var events []string
	for _, e := range opened.GetEvents() {
		events = append(events, e.GetPublication()+e.GetResult())
	}
	slices.Sort(events)
	slices.Sort(counted)
	if !slices.Equal(events, counted) {
		t.Errorf("the figure of item %s of %s opens %v, wanted %v", item, plan.GetNumber(), events, counted)
	}
}

// reportsHold: an issued report's documents have the digests that it names, and are those that were downloaded when it was issued. The
// portal knows each.
func (o outside) reportsHold() {
	t := o.t
	for _, r := range []*report{o.march, o.april} {
		now := &reportingv1.Report{}
		o.get("cv.snv", "/v1/reports/"+r.report.GetId(), now)
		if now.GetHash() != r.report.GetHash() || now.GetNumber() != o.numbers[now.GetId()] || now.GetState() != "issued" || len(now.GetDocuments()) != len(r.files) {
			t.Errorf("the report of %s is %v, acknowledged was %v", r.period, now, r.report)
		}
		for _, d := range now.GetDocuments() {
			again, err := o.fetch(t.Context(), "cv.stttt", "/v1/reports/"+now.GetId()+"/document?format="+d.GetFormat())
			if err != nil || again != r.files[d.GetFormat()] || again.digest != d.GetSha256() || again.mediaType != d.GetMediaType() {
				t.Errorf("the %s of %s is %v (%v), at first it was %v, and the report names %v", d.GetFormat(), r.period, again, err, r.files[d.GetFormat()], d)
			}
			o.genuine(d.GetSha256(), now.GetNumber())
		}
		o.genuine(now.GetHash(), now.GetNumber())
		o.shows(now.GetPath(), func(page *seen) string { return page.lacks(now.GetHash(), now.GetNumber()) })
	}
	again, err := o.fetch(t.Context(), "cv.hongbang", "/v1/plans/"+o.drafted.plan.GetId()+"/document?format=pdf")
	if err != nil || again != o.drafted.document {
		t.Errorf("the plan's document is %v (%v), at first it was %v", again, err, o.drafted.document)
	}
	o.genuine(o.drafted.plan.GetHash(), "91/KH-UBND")
}

// nothingForbiddenWasSeen asks what was read while things were killed, and whether that was enough to say so.
func (o outside) nothingForbiddenWasSeen() {
	t := o.t
	o.watch.mutex.Lock()
	defer o.watch.mutex.Unlock()
	for _, p := range o.pages {
		for portal, wrong := range p.wrong {
			t.Errorf("%s%s was there %s", portal, p.path, wrong)
		}
		enough := p.seen[http.StatusOK]
		if !p.from.IsZero() {
			enough = min(enough, p.seen[http.StatusNotFound])
		}
		if !p.until.IsZero() {
			enough = p.seen[http.StatusGone] + p.seen[http.StatusMovedPermanently]
		}
		if enough == 0 {
			t.Errorf("%s was read too seldom: %v", p.path, p.seen)
		}
	}
}

// repeated sends everything that was acknowledged once more, the same bytes under the same keys: each is answered as it was at first.
func (l *line) repeated(t *testing.T) {
	t.Helper()
	for _, a := range l.acknowledged {
		again, err := l.send(t.Context(), a.request, nil)
		if err != nil {
			t.Error(err)
			continue
		}
		var first, second map[string]any
		if err := errors.Join(json.Unmarshal(a.body, &first), json.Unmarshal(again.body, &second)); err != nil {
			t.Fatal(err)
		}
		// In which dossier a document is, and as what it is published, comes by the bus, and is told as it is now.
		for _, link := range []string{"dossier", "publication"} {
			delete(first, link)
			delete(second, link)
		}
		for _, field := range slices.Sorted(maps.Keys(first)) {
			if !reflect.DeepEqual(first[field], second[field]) {
				t.Errorf("%s %s under %q was answered with %s %.300v, and is again with %.300v", a.request.method, a.request.path, a.request.key, field, first[field], second[field])
			}
		}
		if len(first) != len(second) || again.header.Get("ETag") != a.etag {
			t.Errorf("%s %s under %q was answered with %s and %d fields, and is again with %s and %d", a.request.method, a.request.path, a.request.key, a.etag, len(first), again.header.Get("ETag"), len(second))
		}
	}
}

// proved has the operator's own check say that every log is as it was sealed.
func proved(t *testing.T, s *system.System) {
	t.Helper()
	system.Eventually(t, time.Minute, func() (bool, string) {
		out, complaint, code := s.Run(t.Context(), "verify")
		return code == 0 && strings.Count(out, " events are as they were sealed") == len(system.Services()), fmt.Sprintf("verify ended with %d: %s%s", code, out, complaint)
	})
}
