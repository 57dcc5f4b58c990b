package approvals

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/services/approvals/internal/dossier"
)

// delegated has somebody delegate to another from a moment ago.
func (s *service) delegated(from, to string, hold time.Duration, types ...string) *approvalsv1.Delegation {
	s.Helper()
	d, err := s.GiveDelegation(s.As(from), &approvalsv1.GiveDelegationRequest{
		Delegate: to, DocumentTypes: types, From: timestamppb.New(time.Now().Add(-time.Minute)), To: timestamppb.New(time.Now().Add(hold)), Paper: "12/GUQ-STTTT ngày 01/03/2022",
	})
	if err != nil {
		s.Fatal(err)
	}
	return d
}

func TestADelegateDecidesInThePlaceOfTheDelegator(t *testing.T) {
	s := newService(t)
	s.setRoute("content")
	s.submitted("content_1", "a", "cv.stttt")
	of := dossier.ID("content_1")
	_, err := s.approve("tp2.stttt", of, "a")
	reason(t, err, errorsv1.Reason_NOT_YOUR_LEVEL)
	given := s.delegated("tp.stttt", "tp2.stttt", time.Hour, "content")
	if given.GetState() != "active" || given.GetDelegatorName() != "Nguyễn Văn Hùng" || given.GetAgency() != "H24.02" {
		t.Errorf("%v", given)
	}
	if got := s.waitingFor("tp2.stttt"); !slices.Equal(got, []string{"content_1"}) {
		t.Errorf("for the delegate wait %v", got)
	}
	d := s.mustApprove("tp2.stttt", of, "a")
	x := d.GetDecisions()[0]
	if x.GetPerson() != "tp2.stttt" || x.GetPersonName() != "Ngô Văn Bình" || x.GetPosition() != "Trưởng phòng" || x.GetCapacity() != "TUQ." ||
		x.GetOnBehalfOf() != "tp.stttt" || x.GetOnBehalfOfName() != "Nguyễn Văn Hùng" || x.GetOnBehalfOfPosition() != "Trưởng phòng" || x.GetDelegation() != given.GetId() {
		t.Errorf("the decision is %v", x)
	}
	_, err = s.approve("tp.stttt", of, "a")
	reason(t, err, errorsv1.Reason_ALREADY_DECIDED)
	// KT.: a deputy signs in the place of the head.
	if x := s.mustApprove("pgd.stttt", of, "a").GetDecisions()[1]; x.GetCapacity() != "KT." || x.GetOnBehalfOf() != "" {
		t.Errorf("the deputy's decision is %v", x)
	}
}

func TestADelegationHoldsInItsTimeAndScopeAlone(t *testing.T) {
	s := newService(t)
	s.setRoute("content")
	s.setRoute("report")
	s.submitted("content_1", "a", "cv.stttt")
	of := dossier.ID("content_1")
	onBehalf := func(person, of, delegator string) error {
		_, err := s.Approve(s.As(person), &approvalsv1.ApproveRequest{Dossier: of, Hash: "a", OnBehalfOf: delegator})
		return err
	}
	s.delegated("tp.stttt", "tp2.stttt", time.Hour, "report")
	reason(t, onBehalf("tp2.stttt", of, "tp.stttt"), errorsv1.Reason_DELEGATION_NONE)
	other, err := s.GiveDelegation(s.As("tp.stttt"), &approvalsv1.GiveDelegationRequest{
		Delegate: "tp2.stttt", Agencies: []string{"H24.03"}, To: timestamppb.New(time.Now().Add(time.Hour)),
	})
	if err != nil {
		t.Fatal(err)
	}
	reason(t, onBehalf("tp2.stttt", of, "tp.stttt"), errorsv1.Reason_DELEGATION_NONE)
	later, err := s.GiveDelegation(s.As("tp.stttt"), &approvalsv1.GiveDelegationRequest{
		Delegate: "tp2.stttt", From: timestamppb.New(time.Now().Add(time.Hour)), To: timestamppb.New(time.Now().Add(2 * time.Hour)),
	})
	if err != nil || later.GetState() != "pending" {
		t.Fatalf("%v, %v", later, err)
	}
	reason(t, onBehalf("tp2.stttt", of, "tp.stttt"), errorsv1.Reason_DELEGATION_NONE)
	// No second hop: what is delegated cannot be delegated on.
	good := s.delegated("tp.stttt", "cv.snv", time.Hour)
	s.delegated("cv.snv", "tp.snv", time.Hour)
	reason(t, onBehalf("tp.snv", of, "tp.stttt"), errorsv1.Reason_NOT_FOUND)
	reason(t, onBehalf("tp.snv", of, "cv.snv"), errorsv1.Reason_NOT_FOUND)
	if got := s.waitingFor("tp.snv"); len(got) != 0 {
		t.Errorf("by a second hop wait %v", got)
	}
	// A delegate of another agency reads what they may decide on.
	if got := s.waitingFor("cv.snv"); !slices.Equal(got, []string{"content_1"}) {
		t.Errorf("for the delegate elsewhere wait %v", got)
	}
	if _, err := s.RevokeDelegation(s.As("cv.stttt"), &approvalsv1.RevokeDelegationRequest{Delegation: good.GetId()}); err == nil {
		t.Error("a colleague revoked it")
	}
	revoked, err := s.RevokeDelegation(s.As("quan.tri"), &approvalsv1.RevokeDelegationRequest{Delegation: good.GetId(), Reason: "Đi công tác về."})
	if err != nil || revoked.GetState() != "revoked" || revoked.GetRevokedBy() != "quan.tri" {
		t.Fatalf("%v, %v", revoked, err)
	}
	reason(t, onBehalf("cv.snv", of, "tp.stttt"), errorsv1.Reason_NOT_FOUND)
	_, err = s.RevokeDelegation(s.As("quan.tri"), &approvalsv1.RevokeDelegationRequest{Delegation: good.GetId()})
	reason(t, err, errorsv1.Reason_DELEGATION_OVER)
	_ = other
}

func TestWhoDelegates(t *testing.T) {
	s := newService(t)
	to := timestamppb.New(time.Now().Add(time.Hour))
	give := func(by string, r *approvalsv1.GiveDelegationRequest) error {
		r.To = to
		_, err := s.GiveDelegation(s.As(by), r)
		return err
	}
	reason(t, give("cv.stttt", &approvalsv1.GiveDelegationRequest{Delegator: "gd.stttt", Delegate: "cv.stttt", Paper: "1"}), errorsv1.Reason_FORBIDDEN)
	reason(t, give("quan.tri", &approvalsv1.GiveDelegationRequest{Delegator: "tp.snv", Delegate: "cv.snv", Paper: "1"}), errorsv1.Reason_FORBIDDEN)
	reason(t, give("quan.tri", &approvalsv1.GiveDelegationRequest{Delegator: "gd.stttt", Delegate: "pgd.stttt"}), errorsv1.Reason_INVALID)
	if err := give("quan.tri", &approvalsv1.GiveDelegationRequest{Delegator: "gd.stttt", Delegate: "pgd.stttt", Paper: "15/GUQ-STTTT ngày 01/03/2022"}); err != nil {
		t.Error(err)
	}
	_, err := s.GiveDelegation(s.As("gd.stttt"), &approvalsv1.GiveDelegationRequest{Delegate: "gd.stttt", DocumentTypes: []string{"letter"}, Agencies: []string{"H99"}})
	refused(t, err, errorsv1.Reason_INVALID, 422, "Có 4 chỗ chưa đúng; xem danh sách lỗi.", "4 places are wrong; see the list of errors.")
	r, err := s.ListDelegations(s.As("pgd.stttt"), &approvalsv1.ListDelegationsRequest{Delegate: "pgd.stttt", Active: true})
	if err != nil || len(r.GetDelegations()) != 1 || r.GetDelegations()[0].GetRecordedBy() != "quan.tri" {
		t.Errorf("%v, %v", r, err)
	}
	if r, err := s.ListDelegations(s.As("cv.snv"), &approvalsv1.ListDelegationsRequest{}); err != nil || len(r.GetDelegations()) != 0 {
		t.Errorf("another agency reads %v, %v", r, err)
	}
	_, err = s.GetDelegation(s.As("cv.snv"), &approvalsv1.GetDelegationRequest{Delegation: "delegation_00000000000000000000000000"})
	reason(t, err, errorsv1.Reason_NOT_FOUND)
}
