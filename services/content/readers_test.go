package content

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"

	"github.com/loa-vn/loa/pkg/errs"
)

// carried is a dossier as the test has it told to content.
type carried struct {
	documentType, agency, issuer string
	seats                        []*approvalsv1.Seat
	asked                        []*approvalsv1.ConsultTarget
	people                       []string
}

// world is what the test knows of who may read what.
type world struct {
	contents    []string // the oldest first
	agency      map[string]string
	dossiers    map[string]*carried
	delegations []*approvalsv1.Delegation
}

// Whatever the world, a list holds what one may get one by one, no more and no less, however it is cut into pages; and that is what the
// rules say.
func TestAListShowsWhatGetShows(t *testing.T) {
	s := newService(t)
	r := rand.New(rand.NewPCG(38, 2022))
	w := s.mixedWorld(r, 24)
	through := 0
	for _, p := range people() {
		var shown []string
		for request := (&contentv1.ListContentsRequest{PageSize: int32(1 + r.IntN(5))}); ; {
			page, err := s.ListContents(s.As(p.GetId()), request)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range page.GetContents() {
				shown = append(shown, c.GetId())
			}
			if request.PageToken = page.GetNextPageToken(); request.GetPageToken() == "" {
				break
			}
		}
		var may []string
		for _, id := range slices.Backward(w.contents) { // the newest first
			_, err := s.GetContent(s.As(p.GetId()), &contentv1.GetContentRequest{Content: id})
			if err != nil && errs.ReasonOf(err) != errorsv1.Reason_NOT_FOUND {
				t.Fatal(err)
			}
			if err == nil {
				may = append(may, id)
			}
			plainly, named := w.readsPlainly(p, id, s.state(id)), w.readsThrough(p, id)
			if (plainly || named) != (err == nil) {
				t.Errorf("%s, %s of %s: by the rules %t, by its dossier %t, and is answered %v", p.GetId(), s.state(id), w.agency[id], plainly, named, err)
			}
			if named && !plainly {
				through++
			}
		}
		if !slices.Equal(shown, may) {
			t.Errorf("%s lists\n%v, and gets\n%v", p.GetId(), shown, may)
		}
	}
	if through < len(w.contents) {
		t.Errorf("only %d times is somebody shown an item through its dossier: the world is not mixed", through)
	}
}

// A delegation that is taken back ends then, whatever its end was to be.
func TestARevokedDelegateReadsNoMore(t *testing.T) {
	s := newService(t)
	c := s.draft("cv.stttt")
	s.Deliver(s.server.followApprovals, s.Message("approvals", &approvalsv1.DossierOpened{DocumentType: "content", Document: c.GetId(), Dossier: "dossier_1"}))
	s.Deliver(s.server.followReaders,
		s.Message("approvals", &approvalsv1.DossierOpened{
			DocumentType: "content", Document: c.GetId(), Dossier: "dossier_1", Agency: "H24.02", Issuer: "H24.02", Seats: []*approvalsv1.Seat{{Role: "leader", Agency: "H24.02"}},
		}),
		s.Message("approvals", &approvalsv1.DelegationGiven{Delegation: &approvalsv1.Delegation{
			Id: "delegation_1", Delegator: "gd.stttt", Delegate: "tp.snv", From: timestamppb.New(time.Now().Add(-time.Hour)), To: timestamppb.New(time.Now().Add(time.Hour)),
		}}))
	s.get("tp.snv", c.GetId())
	s.Deliver(s.server.followReaders, s.Message("approvals", &approvalsv1.DelegationRevoked{Delegation: &approvalsv1.Delegation{Id: "delegation_1", RevokedAt: timestamppb.Now()}}))
	_, err := s.GetContent(s.As("tp.snv"), &contentv1.GetContentRequest{Content: c.GetId()})
	reason(t, err, errorsv1.Reason_NOT_FOUND)
}

// people are the staff and a clerk of the office of the committee.
func people() []*planningv1.Person {
	return append(staff(), &planningv1.Person{
		Id: "vt.ubnd", Name: "Phan Thị Yến", Agency: "H24.01", Unit: "Phòng Hành chính", Position: "Văn thư", Role: "clerk", ValidFrom: "2022-01-01", Example: true,
	})
}

func (s *service) state(id string) string {
	s.Helper()
	return s.get("thanh.tra", id).GetState()
}

// readsPlainly says whether somebody reads an item whatever its dossier.
func (w *world) readsPlainly(p *planningv1.Person, id, state string) bool {
	return p.GetAgency() == w.agency[id] || state == "published" || p.GetRole() == "auditor" ||
		p.GetRole() == "portal_editor" && slices.Contains([]string{"approved", "scheduled", "withdrawn", "expired"}, state)
}

// readsThrough says whether somebody reads an item because of its dossier.
func (w *world) readsThrough(p *planningv1.Person, id string) bool {
	d := w.dossiers[id]
	if d == nil {
		return false
	}
	holds := func(p *planningv1.Person) bool {
		return slices.ContainsFunc(d.seats, func(x *approvalsv1.Seat) bool {
			return x.GetRole() == p.GetRole() && x.GetAgency() == p.GetAgency() && (!x.GetOfUnit() || x.GetUnit() == p.GetUnit())
		})
	}
	in := func(scope []string, of string) bool { return len(scope) == 0 || slices.Contains(scope, of) }
	now := time.Now()
	return holds(p) || slices.Contains(d.people, p.GetId()) ||
		slices.ContainsFunc(d.asked, func(x *approvalsv1.ConsultTarget) bool {
			return x.GetAgency() == p.GetAgency() && (x.GetUnit() == "" || x.GetUnit() == p.GetUnit())
		}) ||
		p.GetRole() == "clerk" && (d.issuer == p.GetAgency() || d.issuer == "H24" && p.GetAgency() == "H24.01") ||
		slices.ContainsFunc(w.delegations, func(x *approvalsv1.Delegation) bool {
			return x.GetDelegate() == p.GetId() && in(x.GetDocumentTypes(), d.documentType) && in(x.GetAgencies(), d.agency) &&
				!x.GetFrom().AsTime().After(now) && x.GetTo().AsTime().After(now) && x.GetRevokedAt() == nil &&
				slices.ContainsFunc(people(), func(from *planningv1.Person) bool { return from.GetId() == x.GetDelegator() && holds(from) })
		})
}

// mixedWorld has two agencies' items in every state, each with a dossier of its own, or with none.
func (s *service) mixedWorld(r *rand.Rand, size int) *world {
	s.Helper()
	s.Deliver(s.Host.Directory.Consumer("content").Handle,
		s.Message("planning", &planningv1.AgenciesImported{Agencies: []*planningv1.Agency{{Code: "H24.01", Parent: "H24", Kind: "office"}}}),
		s.Message("planning", &planningv1.PeopleImported{People: people()}))
	w := &world{agency: map[string]string{}, dossiers: map[string]*carried{}}
	for i := range size {
		author := []string{"cv.stttt", "cv.snv"}[r.IntN(2)]
		c := s.draft(author)
		w.contents, w.agency[c.GetId()] = append(w.contents, c.GetId()), c.GetAgency()
		if r.IntN(6) == 0 {
			continue
		}
		hash := s.submit(author, c.GetId()).GetHash()
		d := &carried{
			documentType: []string{"content", "correction"}[r.IntN(2)], agency: c.GetAgency(), issuer: []string{c.GetAgency(), "H24", "H24.03"}[r.IntN(3)],
			seats: anySeats(r, 1+r.IntN(3)),
		}
		w.dossiers[c.GetId()] = d
		s.carry(r, w, c.GetId(), fmt.Sprintf("dossier_%d", i), d)
		switch s.approved(c.GetId(), hash); r.IntN(5) {
		case 0:
			s.scheduled(c.GetId(), hash)
		case 1:
			s.published(c.GetId(), hash)
		case 2:
			s.published(c.GetId(), hash)
			s.Deliver(s.server.followDistribution, s.Message("distribution", &distributionv1.PublicationWithdrawn{
				Publication: "publication_" + hash, Content: c.GetId(), Reason: "Sai.", WithdrawnAt: timestamppb.Now(),
			}))
		case 3:
			if _, err := s.retitle(author, c.GetId(), s.get(author, c.GetId()).GetEtag(), "Tên khác"); err != nil {
				s.Fatal(err)
			}
		}
	}
	return w
}

// carry tells content of a dossier and of what happens to it, and of a delegation.
func (s *service) carry(r *rand.Rand, w *world, content, dossier string, d *carried) {
	s.Helper()
	everybody := people()
	anybody := func() *planningv1.Person { return everybody[r.IntN(len(everybody))] }
	opened := s.Message("approvals", &approvalsv1.DossierOpened{
		Dossier: dossier, DocumentType: d.documentType, Document: content, Agency: d.agency, Seats: d.seats, Issuer: d.issuer,
	})
	s.Deliver(s.server.followApprovals, opened)
	s.Deliver(s.server.followReaders, opened)
	if r.IntN(3) == 0 {
		x := &approvalsv1.ConsultTarget{Agency: anybody().GetAgency()}
		if p := anybody(); r.IntN(2) == 0 {
			x.Agency, x.Unit = p.GetAgency(), p.GetUnit()
		}
		d.asked = append(d.asked, x)
		s.Deliver(s.server.followReaders, s.Message("approvals", &approvalsv1.OpinionsRequested{Dossier: dossier, Targets: d.asked}))
	}
	if r.IntN(2) == 0 {
		by, of := anybody().GetId(), anybody().GetId()
		d.people = append(d.people, by, of)
		s.Deliver(s.server.followReaders, s.Message("approvals", []proto.Message{
			&approvalsv1.DossierLevelApproved{Dossier: dossier, Level: 1, Person: by, OnBehalfOf: of},
			&approvalsv1.DossierReturned{Dossier: dossier, ToLevel: 1, Person: by, OnBehalfOf: of},
			&approvalsv1.DossierApproved{Dossier: dossier, Bypassed: true, Decisions: []*approvalsv1.Decision{{Person: by, OnBehalfOf: of, Bypass: true}}},
		}[r.IntN(3)]))
	}
	for n := range 3 {
		s.delegate(r, w, fmt.Sprintf("delegation_%s_%d", dossier, n))
	}
}

// delegate has somebody delegate to somebody, in any scope and time, and sometimes take it back.
func (s *service) delegate(r *rand.Rand, w *world, id string) {
	s.Helper()
	everybody := people()
	anybody := func() *planningv1.Person { return everybody[r.IntN(len(everybody))] }
	x := &approvalsv1.Delegation{
		Id: id, Delegator: anybody().GetId(), Delegate: anybody().GetId(),
		From: timestamppb.New(time.Now().Add(time.Duration(r.IntN(4)-2) * time.Hour)), To: timestamppb.New(time.Now().Add(time.Duration(r.IntN(4)-1) * time.Hour)),
	}
	if r.IntN(2) == 0 {
		x.DocumentTypes = []string{[]string{"content", "correction", "report"}[r.IntN(3)]}
	}
	if r.IntN(2) == 0 {
		x.Agencies = []string{[]string{"H24.02", "H24.03"}[r.IntN(2)]}
	}
	s.Deliver(s.server.followReaders, s.Message("approvals", &approvalsv1.DelegationGiven{Delegation: x}))
	if r.IntN(2) == 0 {
		x.RevokedAt = timestamppb.Now()
		s.Deliver(s.server.followReaders, s.Message("approvals", &approvalsv1.DelegationRevoked{Delegation: &approvalsv1.Delegation{Id: x.GetId(), RevokedAt: x.GetRevokedAt()}}))
	}
	w.delegations = append(w.delegations, x)
}

// anySeats are some that people hold, and some that nobody does.
func anySeats(r *rand.Rand, n int) []*approvalsv1.Seat {
	everybody := people()
	var seats []*approvalsv1.Seat
	for range n {
		p := everybody[r.IntN(len(everybody))]
		x := &approvalsv1.Seat{Role: p.GetRole(), Agency: p.GetAgency(), OfUnit: r.IntN(2) == 0}
		if x.GetOfUnit() {
			x.Unit = []string{p.GetUnit(), "", "Phòng khác"}[r.IntN(3)]
		}
		seats = append(seats, x)
	}
	return seats
}
