package planning

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/rpc"
	"github.com/loa-vn/loa/pkg/vn"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/planning/internal/directory"
	"github.com/loa-vn/loa/services/planning/internal/plan"
	"github.com/loa-vn/loa/services/planning/internal/readmodel"
)

func TestAnEmptyDirectoryIsLoadedByTheConfiguredPersonOnly(t *testing.T) {
	s := start38(t)
	agencies := &planningv1.ImportAgenciesRequest{Csv: s.example("agencies.csv")}
	people := &planningv1.ImportPeopleRequest{Csv: s.example("people.csv"), Example: true}
	_, err := s.directory().ImportAgencies(s.as("cv.stttt", ""), agencies)
	s.refused(err, errorsv1.Reason_DIRECTORY_EMPTY)
	_, err = s.directory().ListAgencies(s.as("quan.tri", ""), &planningv1.ListAgenciesRequest{})
	s.refused(err, errorsv1.Reason_DIRECTORY_EMPTY)
	_, err = s.directory().ImportAgencies(s.as("service:worker", ""), agencies)
	s.refused(err, errorsv1.Reason_FORBIDDEN)

	rehearsed, err := s.directory().ImportAgencies(s.as("quan.tri", ""), &planningv1.ImportAgenciesRequest{Csv: agencies.Csv, DryRun: true})
	s.must(err)
	if rehearsed.GetChanged() != 39 || !rehearsed.GetDryRun() || s.events() != 0 {
		t.Errorf("rehearsed %v, %d events", rehearsed, s.events())
	}
	_, err = s.directory().ImportPeople(s.as("quan.tri", ""), people)
	if wrong := s.places(err); wrong[0].Row != 2 || wrong[0].Column != "agency" || s.events() != 0 {
		t.Errorf("people before agencies: %v", wrong)
	}
	first, err := s.directory().ImportAgencies(s.as("quan.tri", "k"), agencies)
	s.must(err)
	if first.GetRows() != 39 || first.GetChanged() != 39 {
		t.Errorf("first %v", first)
	}
	again, err := s.directory().ImportAgencies(s.as("quan.tri", "k"), agencies)
	s.must(err)
	if !proto.Equal(first, again) || s.events() != 1 {
		t.Errorf("the same key: %v, %d events", again, s.events())
	}
	_, err = s.directory().ImportAgencies(s.as("quan.tri", "k"), &planningv1.ImportAgenciesRequest{Csv: append(agencies.Csv, '\n')})
	s.refused(err, errorsv1.Reason_IDEMPOTENCY_KEY_REUSED)
	repeated, err := s.directory().ImportAgencies(s.as("quan.tri", "k2"), agencies)
	s.must(err)
	if repeated.GetChanged() != 0 || s.events() != 1 {
		t.Errorf("the same rows: %v, %d events", repeated, s.events())
	}
	s.staffed()
	_, err = s.directory().ImportPeople(s.as("cv.stttt", ""), people)
	s.refused(err, errorsv1.Reason_FORBIDDEN)
	_, err = s.directory().ImportPeople(s.as("quan.tri", ""), people)
	s.must(err)
}

func TestTheDirectoryIsOpenToThoseInIt(t *testing.T) {
	s := start38(t)
	s.staffed()
	ctx := s.as("cv.stttt", "")
	me, err := s.directory().GetMe(ctx, &planningv1.GetMeRequest{})
	s.must(err)
	if me.GetName() != "Phạm Thu Hà" || me.GetAgency() != "H24.02" || !me.GetExample() {
		t.Errorf("me %v", me)
	}
	_, err = s.directory().GetMe(s.as("nguoi.la", ""), &planningv1.GetMeRequest{})
	s.refused(err, errorsv1.Reason_FORBIDDEN)

	var codes []string
	for token := ""; ; {
		page, err := s.directory().ListAgencies(ctx, &planningv1.ListAgenciesRequest{PageSize: 20, PageToken: token})
		s.must(err)
		for _, a := range page.GetAgencies() {
			codes = append(codes, a.GetCode())
		}
		if token = page.GetNextPageToken(); token == "" {
			break
		}
	}
	if len(codes) != 39 || !slices.IsSorted(codes) {
		t.Errorf("agencies %v", codes)
	}
	agency, err := s.directory().GetAgency(ctx, &planningv1.GetAgencyRequest{Code: "H24.63"})
	s.must(err)
	if agency.GetName() != "Cổng Thông tin điện tử thành phố Hải Phòng" {
		t.Errorf("agency %v", agency)
	}
	_, err = s.directory().GetAgency(ctx, &planningv1.GetAgencyRequest{Code: "H24.99"})
	s.refused(err, errorsv1.Reason_NOT_FOUND)
	var names []string
	for token := ""; ; {
		page, err := s.directory().ListPeople(ctx, &planningv1.ListPeopleRequest{Agency: "H24.03", PageSize: 3, PageToken: token})
		s.must(err)
		for _, p := range page.GetPeople() {
			names = append(names, p.GetName())
		}
		if token = page.GetNextPageToken(); token == "" {
			break
		}
	}
	if want := []string{"Bùi Quốc Khánh", "Đỗ Mạnh Cường", "Ngô Thị Hạnh", "Trịnh Hải Yến"}; !slices.Equal(names, want) {
		t.Errorf("people %v, want %v", names, want)
	}
	units, err := s.directory().ListUnits(ctx, &planningv1.ListUnitsRequest{Agency: "H24.03"})
	s.must(err)
	if got := units.GetUnits(); len(got) != 3 || got[1].GetName() != "Phòng Cải cách hành chính" || got[1].GetPeople() != 2 {
		t.Errorf("units %v", got)
	}
	_, err = s.directory().ListPeople(ctx, &planningv1.ListPeopleRequest{PageToken: "?"})
	s.refused(err, errorsv1.Reason_INVALID)
	_, err = s.directory().ListPeople(ctx, &planningv1.ListPeopleRequest{PageSize: -1})
	s.refused(err, errorsv1.Reason_INVALID)
}

func TestPlan38IsImportedAsIssued(t *testing.T) {
	s := start38(t)
	s.staffed()
	req := &planningv1.ImportPlanRequest{Yaml: s.example("plan.yaml")}
	_, err := s.planService().ImportPlan(s.as("cv.stttt", ""), req)
	s.refused(err, errorsv1.Reason_FORBIDDEN)
	before := s.events()
	rehearsed, err := s.planService().ImportPlan(s.as("luu.tru", ""), &planningv1.ImportPlanRequest{Yaml: req.Yaml, DryRun: true})
	s.must(err)
	if s.events() != before || rehearsed.GetRecordedAt() != nil {
		t.Errorf("a rehearsal was recorded: %v", rehearsed)
	}
	var header metadata.MD
	p, err := s.planService().ImportPlan(s.as("luu.tru", "38"), req, grpc.Header(&header))
	s.must(err)
	if p.GetId() != rehearsed.GetId() || p.GetNumber() != "38/KH-UBND" || !p.GetImported() || p.GetExample() || !p.GetExampleItems() ||
		!p.GetHappenedAt().AsTime().Equal(vn.Day(2022, time.February, 23)) || p.GetItemCount() != 9 || len(p.GetThemes()) != 8 {
		t.Errorf("imported %v", p)
	}
	again, err := s.planService().ImportPlan(s.as("luu.tru", ""), req)
	s.must(err)
	if !proto.Equal(p, again) || s.events() != before+1 {
		t.Errorf("again %v, %d events", again, s.events())
	}
	other := strings.Replace(string(req.Yaml), "quantity: 12", "quantity: 13", 1)
	_, err = s.planService().ImportPlan(s.as("luu.tru", ""), &planningv1.ImportPlanRequest{Yaml: []byte(other)})
	s.refused(err, errorsv1.Reason_PLAN_EXISTS)
	wrong := strings.Replace(string(req.Yaml), "lead: H24.02\n# The", "lead: H24.98\n# The", 1)
	_, err = s.planService().ImportPlan(s.as("luu.tru", ""), &planningv1.ImportPlanRequest{Yaml: []byte(wrong)})
	if wrong := s.places(err); len(wrong) != 1 || wrong[0].Row != 10 || wrong[0].Column != "lead" {
		t.Errorf("wrong %+v", wrong)
	}

	token, err := es.ParseToken(header.Get("loa-position")[0])
	s.must(err)
	ctx := rpc.WithAtLeast(s.as("cv.hongbang", ""), token)
	found, err := s.planService().GetPlan(ctx, &planningv1.GetPlanRequest{Plan: p.GetId()})
	s.must(err)
	if !proto.Equal(found, p) {
		t.Errorf("found %v, imported %v", found, p)
	}
	items := s.items(ctx, p.GetId())
	if len(items) != 9 || items[0].GetCode() != "1" || items[0].GetState() != "planned" || !items[0].GetExample() || items[6].GetTarget().GetCountsPublications() {
		t.Errorf("items %v", items)
	}
	_, err = s.planService().GetPlan(ctx, &planningv1.GetPlanRequest{Plan: "plan_00000000000000000000000000"})
	s.refused(err, errorsv1.Reason_NOT_FOUND)
	marked, err := s.planService().MarkOverdue(s.as("service:worker", ""), &planningv1.MarkOverdueRequest{Plan: p.GetId(), Day: "2023-01-01"})
	s.must(err)
	if len(marked.GetItems()) != 0 {
		t.Errorf("of a past plan %v are called late", marked.GetItems())
	}
}

func (s *service) items(ctx context.Context, planID string) (items []*planningv1.PlanItem) {
	s.Helper()
	for token := ""; ; {
		page, err := s.planService().ListPlanItems(ctx, &planningv1.ListPlanItemsRequest{Plan: planID, PageSize: 4, PageToken: token})
		s.must(err)
		items = append(items, page.GetItems()...)
		if token = page.GetNextPageToken(); token == "" {
			return items
		}
	}
}

func TestItemsOfTheCurrentPlanBecomeOverdueAndDone(t *testing.T) {
	s := start38(t)
	s.staffed()
	for _, name := range []string{"plan.yaml", "plan-current.yaml"} {
		_, err := s.planService().ImportPlan(s.as("luu.tru", ""), &planningv1.ImportPlanRequest{Yaml: s.example(name)})
		s.must(err)
	}
	list := s.listed(2)
	current := list[0]
	if current.GetNumber() != "15/KH-UBND" || !current.GetExample() || !current.GetThemes()[0].GetExample() || list[1].GetNumber() != "38/KH-UBND" {
		t.Errorf("plans %v", list)
	}
	day := current.GetDate()[:4] + "-03-11"
	_, err := s.planService().MarkOverdue(s.as("quan.tri", ""), &planningv1.MarkOverdueRequest{Plan: current.GetId(), Day: day})
	s.refused(err, errorsv1.Reason_FORBIDDEN)
	_, err = s.planService().MarkOverdue(s.as("service:worker", ""), &planningv1.MarkOverdueRequest{Plan: current.GetId(), Day: "11/3"})
	s.refused(err, errorsv1.Reason_INVALID)
	first, err := s.planService().MarkOverdue(s.as("service:worker", "d"), &planningv1.MarkOverdueRequest{Plan: current.GetId(), Day: day})
	s.must(err)
	items := s.items(s.as("cv.stttt", ""), current.GetId())
	if want := []string{items[0].GetId(), items[1].GetId()}; !slices.Equal(first.GetItems(), want) {
		t.Errorf("marked %v, want %v", first.GetItems(), want)
	}
	again, err := s.planService().MarkOverdue(s.as("service:worker", "d"), &planningv1.MarkOverdueRequest{Plan: current.GetId(), Day: day})
	s.must(err)
	if !slices.Equal(first.GetItems(), again.GetItems()) {
		t.Errorf("the same key marked %v", again.GetItems())
	}

	consumer := deliveries(s.Host)
	published, err := plan.Day(day).Start()
	s.must(err)
	for _, publication := range []string{"publication_a", "publication_a", "publication_b"} {
		m := bus.Message{ID: publication, Type: consumer.Types[0], Payload: &distributionv1.PublicationPublished{
			Publication: publication, Content: &contentv1.Content{Plan: current.GetId(), PlanItem: items[1].GetId()},
			PublishedAt: timestamppb.New(published),
		}}
		s.must(consumer.Handle(t.Context(), nil, []bus.Message{m}))
	}
	s.until(func() bool {
		items = s.items(s.as("cv.stttt", ""), current.GetId())
		return items[1].GetState() == "done"
	})
	if items[0].GetState() != "overdue" || items[1].GetState() != "done" || items[1].GetDelivered() != 2 || items[2].GetState() != "planned" {
		t.Errorf("items %v", items)
	}
	// What is withdrawn counts no more, and what was late is late again.
	for _, publication := range []string{"publication_b", "publication_b", "publication_unknown"} {
		withdrawn := &distributionv1.PublicationWithdrawn{Publication: publication}
		s.must(consumer.Handle(t.Context(), nil, []bus.Message{{ID: "withdrawn " + publication, Payload: withdrawn}}))
	}
	items = s.items(s.as("cv.stttt", ""), current.GetId())
	if items[1].GetState() != "overdue" || items[1].GetDelivered() != 1 {
		t.Errorf("withdrawn: %v", items[1])
	}
	// A correction may put it under another plan.
	other := list[1].GetId()
	moved := &distributionv1.PublicationCorrected{Publication: "publication_a", Content: &contentv1.Content{
		Plan: other, PlanItem: s.items(s.as("cv.stttt", ""), other)[0].GetId(),
	}, PublishedAt: timestamppb.New(published)}
	for range 2 {
		s.must(consumer.Handle(t.Context(), nil, []bus.Message{{ID: "corrected", Payload: moved}}))
	}
	items = s.items(s.as("cv.stttt", ""), current.GetId())
	if there := s.items(s.as("cv.stttt", ""), other)[0]; items[1].GetDelivered() != 0 || there.GetDelivered() != 1 {
		t.Errorf("moved: %v, %v", items[1], there)
	}
	s.rebuilt()
}

func (s *service) listed(n int) (plans []*planningv1.Plan) {
	s.Helper()
	s.until(func() bool {
		page, err := s.planService().ListPlans(s.as("cv.stttt", ""), &planningv1.ListPlansRequest{})
		s.must(err)
		plans = page.GetPlans()
		return len(plans) == n
	})
	return plans
}

// rebuilt asserts that read models built anew from the log say what the live ones do.
func (s *service) rebuilt() {
	s.Helper()
	for _, p := range s.Host.Module.Projections {
		s.must(s.Host.Log.WaitFor(s.Context(), p.Name, int64(s.events())))
	}
	read := func() (out []string) {
		for _, of := range [][2]string{
			{"directory", "SELECT a::text FROM agency a ORDER BY code"},
			{"directory", "SELECT p::text FROM person p ORDER BY id"},
			{"plans", "SELECT p::text FROM plan p ORDER BY id"},
			{"plans", "SELECT i::text FROM item i ORDER BY id"},
			{"plans", "SELECT d::text FROM delivery d ORDER BY publication"},
		} {
			s.must(es.Query(s.Context(), s.Host.Pool, of[0], func(tx pgx.Tx) error {
				rows, err := tx.Query(s.Context(), of[1])
				if err != nil {
					return err
				}
				texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
				out = append(out, texts...)
				return err
			}))
		}
		return out
	}
	live := read()
	if len(live) != 39+24+2+20+2 {
		s.Errorf("%d rows", len(live))
	}
	for _, p := range s.Host.Module.Projections {
		s.must(es.Replay(s.Context(), s.Host.Pool, s.Host.Module.Catalogue, p))
	}
	if rebuilt := read(); !slices.Equal(live, rebuilt) {
		s.Errorf("live %v\nrebuilt %v", live, rebuilt)
	}
	_, found, err := readmodel.New(s.Host.Pool).Agency(s.Context(), directory.Code("H24"))
	if err != nil || !found {
		s.Errorf("after a replay: %v, %v", found, err)
	}
}
