package approvals

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
)

// Whatever the world, a list holds what one may get one by one, no more and no less, however it is cut into pages.
func TestAListShowsWhatGetShows(t *testing.T) {
	s := newService(t)
	r := rand.New(rand.NewPCG(38, 2022))
	all := s.mixedWorld(r, 30)
	// Somebody who decided works elsewhere by now: what they decided on they still read, and not what their old post does.
	moved := staff()
	for _, p := range moved {
		if p.GetId() == "tp.snv" {
			p.Agency, p.Unit = "H24.63", "Ban Biên tập"
		}
	}
	s.Deliver(s.Host.Directory.Consumer("approvals").Handle, s.Message("planning", &planningv1.PeopleImported{People: moved}))

	beyond := 0
	for _, p := range moved {
		var shown []string
		for request := (&approvalsv1.ListDossiersRequest{PageSize: int32(1 + r.IntN(5))}); ; {
			page, err := s.ListDossiers(s.As(p.GetId()), request)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range page.GetDossiers() {
				shown = append(shown, d.GetId())
			}
			if request.PageToken = page.GetNextPageToken(); request.GetPageToken() == "" {
				break
			}
		}
		var may []string
		for _, id := range slices.Backward(all) { // the newest first
			d, err := s.GetDossier(s.As(p.GetId()), &approvalsv1.GetDossierRequest{Dossier: id})
			switch {
			case err == nil:
				may = append(may, id)
				if d.GetAgency() != p.GetAgency() && p.GetRole() != "auditor" {
					beyond++
				}
			case errs.ReasonOf(err) != errorsv1.Reason_NOT_FOUND:
				t.Fatal(err)
			}
		}
		if !slices.Equal(shown, may) {
			t.Errorf("%s lists\n%v, and gets\n%v", p.GetId(), shown, may)
		}
	}
	if beyond < len(all) {
		t.Errorf("only %d times is somebody shown a dossier of another agency: the world is not mixed", beyond)
	}
}

// mixedWorld submits documents of two agencies and types over changing routes, with opinions, decisions, returns, edits and delegations of
// every scope and time in between, and gives the dossiers, the oldest first.
func (s *service) mixedWorld(r *rand.Rand, size int) (all []string) {
	people := staff()
	anybody := func() string { return people[r.IntN(len(people))].GetId() }
	authors := map[string]string{"H24.02": "cv.stttt", "H24.03": "cv.snv"}
	units := map[string]string{"H24.02": "Phòng Thông tin", "H24.03": "Phòng Cải cách hành chính"}
	for i := range size {
		agency := []string{"H24.02", "H24.03"}[r.IntN(2)]
		document, hash := fmt.Sprintf("content_%d", i), fmt.Sprintf("%064d", i)
		s.setAnyRoute(r, "content")
		s.setAnyRoute(r, "report")
		if r.IntN(3) > 0 {
			s.Deliver(s.server.follow, s.Message("content", &contentv1.ContentSubmitted{Content: &contentv1.Content{
				Id: document, Title: "Tin", Agency: agency, Unit: units[agency], Hash: hash, Authors: []string{authors[agency]},
			}}))
		} else {
			document = fmt.Sprintf("report_%d", i)
			s.Deliver(s.server.follow, s.Message("reporting", &reportingv1.ReportSubmitted{
				Report: &reportingv1.Report{Id: document, Title: "Báo cáo", Agency: agency, Hash: hash}, Unit: units[agency], Authors: []string{authors[agency]},
			}))
		}
		id := dossier.ID(document)
		all = append(all, id)
		if r.IntN(3) == 0 {
			target := people[r.IntN(len(people))]
			ask := &approvalsv1.ConsultTarget{Agency: target.GetAgency()}
			if r.IntN(2) == 0 {
				ask.Unit = target.GetUnit()
			}
			tried(s.Consult(s.As(authors[agency]), &approvalsv1.ConsultRequest{Dossier: id, Question: "Ý kiến?", Targets: []*approvalsv1.ConsultTarget{ask}}))
		}
		s.delegate(r, anybody(), anybody())
		s.delegate(r, anybody(), anybody())
		for range 3 {
			of := all[r.IntN(len(all))]
			for _, p := range people {
				switch r.IntN(6) {
				case 0:
					tried(s.Return(s.As(p.GetId()), &approvalsv1.ReturnRequest{Dossier: of, Hash: hash, Comment: "Sửa."}))
				case 1, 2:
					tried(s.approve(p.GetId(), of, hash))
				}
			}
		}
	}
	return all
}

// delegate has somebody delegate to somebody, in any scope and time, and sometimes take it back.
func (s *service) delegate(r *rand.Rand, from, to string) {
	given := &approvalsv1.GiveDelegationRequest{
		Delegate: to, From: timestamppb.New(time.Now().Add(time.Duration(r.IntN(3)-1) * time.Hour)), To: timestamppb.New(time.Now().Add(2 * time.Hour)),
	}
	if r.IntN(2) == 0 {
		given.DocumentTypes = []string{[]string{"content", "report"}[r.IntN(2)]}
	}
	if r.IntN(2) == 0 {
		given.Agencies = []string{[]string{"H24.02", "H24.03"}[r.IntN(2)]}
	}
	d := tried(s.GiveDelegation(s.As(from), given))
	if d != nil && r.IntN(4) == 0 {
		tried(s.RevokeDelegation(s.As(from), &approvalsv1.RevokeDelegationRequest{Delegation: d.GetId(), Reason: "Đã về."}))
	}
}

// setAnyRoute sets a type's route anew, with levels here and elsewhere.
func (s *service) setAnyRoute(r *rand.Rand, documentType string) {
	s.Helper()
	route := &approvalsv1.Route{DocumentType: documentType}
	for i := range 1 + r.IntN(3) {
		route.Levels = append(route.Levels, &approvalsv1.Level{
			Name: fmt.Sprint("Bước ", i+1), Roles: [][]string{{"head", "deputy_head"}, {"leader", "deputy"}, {"officer"}}[r.IntN(3)],
			Scope: []string{"unit", "agency", "H24", "H24.01", "H24.03"}[r.IntN(5)],
		})
	}
	var more []string
	if was, err := s.GetRoute(s.As("quan.tri"), &approvalsv1.GetRouteRequest{DocumentType: documentType}); err == nil {
		more = []string{"if-match", was.GetEtag()}
	}
	if _, err := s.PutRoute(s.As("quan.tri", more...), &approvalsv1.PutRouteRequest{Route: route}); err != nil {
		s.Fatal(err)
	}
}

// tried gives what was answered, or nil where a rule refused it.
func tried[M any](m *M, err error) *M {
	if err != nil {
		return nil
	}
	return m
}
