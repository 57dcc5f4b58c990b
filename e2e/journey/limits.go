package journey

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/e2e/system"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
)

// calendars: the years that Loa comes with are data, each day with its source or with the mark that it was recalled.
func (j *Journey) calendars() {
	for year := 2022; year <= 2026; year++ {
		c := &approvalsv1.Calendar{}
		j.get("cv.stttt", fmt.Sprintf("/v1/calendars/%d", year), c)
		days := slices.Concat(c.GetHolidays(), c.GetWorkingDays())
		if len(c.GetHolidays()) < 9 {
			j.t.Fatalf("%d has %d holidays", year, len(c.GetHolidays()))
		}
		for _, d := range days {
			if !strings.HasPrefix(d.GetDate(), fmt.Sprint(year)) || d.GetName() == "" || d.GetSource() == "" && !d.GetRecalled() {
				j.t.Fatalf("a day of %d without its source: %v", year, d)
			}
		}
	}
	j.Client.Refused(system.Request{As: "cv.stttt", Method: http.MethodGet, Path: "/v1/calendars/1899"}, http.StatusUnprocessableEntity, "INVALID")
}

// inTime: what is delegated holds from its beginning, and no moment after its end; it is recorded with its paper or not at all.
func (j *Journey) inTime() {
	t := j.t
	c := j.Submit(j.Draft("Quyết định trong thời gian ủy quyền", "in-time").GetId(), "in-time/submit")
	d := j.Dossier("tp.stttt", c.GetId())
	give := func(as string, r *approvalsv1.GiveDelegationRequest, key string) system.Request {
		return system.Request{As: as, Method: http.MethodPost, Path: "/v1/delegations", Body: r, Key: "journey/in-time/" + key}
	}
	at := func(after time.Duration) *timestamppb.Timestamp { return timestamppb.New(time.Now().Add(after)) }
	approve := func(key string) system.Request {
		return onDossier("cv2.stttt", d.GetId(), ":approve", &approvalsv1.ApproveRequest{Hash: d.GetHash(), OnBehalfOf: "tp.stttt"}, "in-time/approve/"+key)
	}
	j.Client.Refused(approve("none"), http.StatusForbidden, "DELEGATION_NONE")
	for key, wrong := range map[string]*approvalsv1.GiveDelegationRequest{
		"backwards": {Delegate: "cv2.stttt", From: at(2 * time.Hour), To: at(time.Hour)},
		"endless":   {Delegate: "cv2.stttt"},
		"nobody":    {Delegate: "khong.co", To: at(time.Hour)},
		"type":      {Delegate: "cv2.stttt", DocumentTypes: []string{"công văn"}, To: at(time.Hour)},
	} {
		j.Client.Refused(give("tp.stttt", wrong, key), http.StatusUnprocessableEntity, "INVALID")
	}
	j.Client.Refused(give("quan.tri", &approvalsv1.GiveDelegationRequest{Delegator: "tp.stttt", Delegate: "cv2.stttt", To: at(time.Hour)}, "paper"), http.StatusUnprocessableEntity, "INVALID")
	j.Client.Refused(give("cv2.stttt", &approvalsv1.GiveDelegationRequest{Delegator: "tp.stttt", Delegate: "cv2.stttt", To: at(time.Hour), Paper: "1/GUQ"}, "oneself"), http.StatusForbidden, "FORBIDDEN")

	pending, short := &approvalsv1.Delegation{}, &approvalsv1.Delegation{}
	j.Client.Must(give("tp.stttt", &approvalsv1.GiveDelegationRequest{Delegate: "cv2.stttt", From: at(time.Hour), To: at(2 * time.Hour), Paper: "21/GUQ-STTTT"}, "later"), pending)
	check(t, "state of what begins later", pending.GetState(), "pending")
	j.Client.Refused(approve("early"), http.StatusForbidden, "DELEGATION_NONE")
	j.Client.Must(give("tp.stttt", &approvalsv1.GiveDelegationRequest{Delegate: "cv2.stttt", To: at(700 * time.Millisecond), Paper: "22/GUQ-STTTT"}, "short"), short)
	j.Client.Until("tp.stttt", "/v1/delegations/"+short.GetId(), short, func() bool { return short.GetState() == "over" })
	j.Client.Refused(approve("late"), http.StatusForbidden, "DELEGATION_NONE")
	j.Client.Refused(system.Request{
		As: "tp.stttt", Method: http.MethodPost, Path: "/v1/delegations/" + short.GetId() + ":revoke", Body: &approvalsv1.RevokeDelegationRequest{Reason: "Về rồi."}, Key: "journey/in-time/revoke",
	}, http.StatusConflict, "DELEGATION_OVER")
	j.Client.Must(give("tp.stttt", &approvalsv1.GiveDelegationRequest{Delegate: "cv2.stttt", To: at(time.Hour), Paper: "23/GUQ-STTTT"}, "now"), &approvalsv1.Delegation{})
	after := &approvalsv1.Dossier{}
	j.Client.Must(approve("now"), after)
	if last := after.GetDecisions()[0]; after.GetState() != "approved" || last.GetCapacity() != "TUQ." || last.GetPerson() != "cv2.stttt" || last.GetOnBehalfOf() != "tp.stttt" {
		t.Fatalf("decided within the time: %v", after)
	}
}

// quorums: more than half of those who may act have to approve, and one who has approved is asked no more. What cannot be a route is none.
func (j *Journey) quorums() {
	t := j.t
	route := &approvalsv1.Route{}
	j.get("quan.tri", "/v1/routes/content?agency=H24.02", route)
	for field, wrong := range map[string]*approvalsv1.Level{
		"levels[0].quorum":   {Name: "Lãnh đạo", Roles: []string{"head"}, Scope: "unit", Quorum: "hai phần ba"},
		"levels[0].term":     {Name: "Lãnh đạo", Roles: []string{"head"}, Scope: "unit", Term: -1},
		"levels[0].parallel": {Name: "Lãnh đạo", Roles: []string{"head"}, Scope: "unit", Parallel: true},
		"levels[0].roles":    {Name: "Lãnh đạo", Scope: "unit"},
	} {
		p := j.Client.Refused(system.Request{
			As: "quan.tri", Method: http.MethodPut, Path: "/v1/routes/content", IfMatch: route.GetEtag(), Key: "journey/quorums/" + field,
			Body: &approvalsv1.Route{Agency: "H24.02", Levels: []*approvalsv1.Level{wrong}},
		}, http.StatusUnprocessableEntity, "INVALID")
		if len(p.Errors) != 1 || p.Errors[0].Field != field {
			t.Fatalf("a level with a wrong %s: %+v", field, p)
		}
	}
	set := j.routeOf(route.GetEtag(), "quorums/majority", &approvalsv1.Level{
		Name: "Hội đồng biên tập", Roles: []string{"leader", "deputy", "head"}, Scope: "agency", Quorum: "majority",
	})
	c := j.Submit(j.Draft("Bài do hội đồng biên tập duyệt", "quorums").GetId(), "quorums/submit")
	d := j.Dossier("gd.stttt", c.GetId())
	if l := d.GetLevels()[0]; l.GetNeeded() != 2 || !slices.Equal(l.GetCandidates(), []string{"gd.stttt", "pgd.stttt", "tp.stttt"}) {
		t.Fatalf("the council is %v", l)
	}
	one := j.approve("pgd.stttt", c.GetId(), "quorums/pgd")
	if one.GetState() != "in_approval" || one.GetLevels()[0].GetGiven() != 1 {
		t.Fatalf("after one of three: %v", one)
	}
	waiting := &approvalsv1.ListDossiersResponse{}
	j.get("pgd.stttt", "/v1/dossiers?waitingFor=me&document="+c.GetId(), waiting)
	check(t, "dossiers that wait for who has approved", len(waiting.GetDossiers()), 0)
	check(t, "state after two of three", j.approve("tp.stttt", c.GetId(), "quorums/tp").GetState(), "approved")
	j.Client.Refused(onDossier("gd.stttt", d.GetId(), ":approve", &approvalsv1.ApproveRequest{Hash: d.GetHash()}, "quorums/gd"), http.StatusConflict, "DOSSIER_STATE")
	j.routeOf(set.GetEtag(), "quorums/back", route.GetLevels()...)
}
