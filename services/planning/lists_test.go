package planning

import (
	"slices"
	"testing"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/planning/internal/readmodel"
)

// A draft of another agency is in a reader's list when its dossier lets them read it, in its place and page by page; while nobody can say
// that, it is in no list of theirs, and the rest is.
func TestDraftsThatAreReadThroughADossier(t *testing.T) {
	s := start38(t)
	s.staffed()
	var ids []string
	for n := range 3 {
		p, err := s.planService().CreatePlan(s.as("cv.stttt", ""), &planningv1.CreatePlanRequest{Plan: head()})
		s.must(err)
		ids = append(ids, p.GetId())
		if n < 2 {
			s.tell("opened "+p.GetId(), &approvalsv1.DossierOpened{Dossier: "dossier_" + p.GetId(), DocumentType: "plan", Document: p.GetId(), Hash: p.GetHash()})
		}
	}
	slices.Sort(ids)
	s.must(s.Host.Log.WaitFor(s.Context(), readmodel.PlansName, int64(s.events())))
	hidden, err := s.desk.model.Hidden(s.Context(), "H24.31")
	s.must(err)
	slices.Sort(hidden)
	if len(hidden) != 2 {
		t.Fatalf("hidden %v", hidden)
	}
	if of, err := s.desk.model.Hidden(s.Context(), "H24.02"); err != nil || len(of) != 0 {
		t.Errorf("from their own agency %v, %v", of, err)
	}
	f := readmodel.Filter{Reader: "H24.31", Readable: hidden, HowMany: 1}
	var shown []string
	for {
		plans, err := s.desk.model.Plans(s.Context(), f)
		s.must(err)
		if len(plans) == 0 {
			break
		}
		shown = append(shown, plans[0].ID)
		f.After = plans[0].ID
	}
	if slices.Sort(shown); !slices.Equal(shown, hidden) {
		t.Errorf("shown %v of %v", shown, hidden)
	}
	list, err := s.planService().ListPlans(s.as("cv.hongbang", ""), &planningv1.ListPlansRequest{})
	if s.must(err); len(list.GetPlans()) != 0 {
		t.Errorf("%v", list)
	}
	if list, err = s.planService().ListPlans(s.as("cv.stttt", ""), &planningv1.ListPlansRequest{}); err != nil || len(list.GetPlans()) != 3 {
		t.Errorf("%v, %v", list, err)
	}
}
