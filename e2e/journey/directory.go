package journey

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/e2e/system"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
)

type message = proto.Message

// directory: the first import is for the one person that is configured; a wrong row is named and nothing of its file comes in.
func (j *Journey) directory() {
	t := j.t
	t.Helper()
	csv := func(as, path string, body []byte, key string) system.Request {
		return system.Request{As: as, Method: "POST", Path: path, Body: body, ContentType: "text/csv", Key: "journey/" + key}
	}
	agencies, people := j.file("agencies.csv"), j.file("people.csv")
	j.Client.Refused(csv("cv.stttt", "/v1/agencies:import", agencies, "agencies/stranger"), http.StatusForbidden, "DIRECTORY_EMPTY")
	j.Client.Refused(system.Request{As: "quan.tri", Method: "GET", Path: "/v1/plans"}, http.StatusForbidden, "DIRECTORY_EMPTY")

	bad := []byte("code,kind,abbreviation,name,parent,valid_from,valid_to,successor\n" +
		"H24,province,UBND,Ủy ban nhân dân thành phố Hải Phòng,,2022-01-01,,\nH24.02,department,STTTT,Sở Thông tin và Truyền thông,H24,2022-02-30,,\n")
	p := j.Client.Refused(csv("quan.tri", "/v1/agencies:import", bad, "agencies/bad"), http.StatusUnprocessableEntity, "INVALID")
	if len(p.Errors) != 1 || p.Errors[0].Row != 3 || p.Errors[0].Column != "valid_from" || p.Errors[0].Reason != "BAD_DATE" {
		t.Fatalf("the wrong row is not named by line and column: %+v", p)
	}

	in := &planningv1.ImportResponse{}
	j.Client.Must(csv("quan.tri", "/v1/agencies:import", agencies, "agencies"), in)
	if in.GetRows() == 0 || in.GetChanged() != in.GetRows() {
		t.Fatalf("of %d agencies %d are new: the refused file left something behind", in.GetRows(), in.GetChanged())
	}
	j.Client.Must(csv("quan.tri", "/v1/agencies:import", agencies, "agencies/again"), in)
	check(t, "agencies changed by the same file again", in.GetChanged(), 0)
	j.Client.Must(csv("quan.tri", "/v1/people:import?example=true", people, "people"), in)
	check(t, "people", in.GetChanged(), in.GetRows())
	me := &planningv1.Person{}
	j.get("luu.tru", "/v1/me", me)
	if me.GetRole() != "records_importer" || me.GetAgency() != "H24.02" || !me.GetExample() {
		t.Fatalf("luu.tru is %v", me)
	}
	j.Client.Refused(csv("cv.stttt", "/v1/people:import", people, "people/officer"), http.StatusForbidden, "FORBIDDEN")
}

// routes are data, set by who administers Loa.
func (j *Journey) routes() {
	t := j.t
	t.Helper()
	var routes map[string]json.RawMessage
	if err := json.Unmarshal(j.file("routes.json"), &routes); err != nil {
		t.Fatal(err)
	}
	for _, of := range slices.Sorted(maps.Keys(routes)) {
		put := system.Request{As: "quan.tri", Method: "PUT", Path: "/v1/routes/" + of, Body: []byte(routes[of]), Key: "journey/route/" + of}
		stranger := put
		stranger.As, stranger.Key = "pgd.stttt", put.Key+"/stranger"
		j.Client.Refused(stranger, http.StatusForbidden, "FORBIDDEN")
		route := &approvalsv1.Route{}
		// Everybody's replica of the directory comes by the bus.
		j.untilKnown("quan.tri")
		j.Client.Must(put, route)
		asked := &approvalsv1.Route{}
		if err := protojson.Unmarshal(routes[of], asked); err != nil {
			t.Fatal(err)
		}
		if len(route.GetLevels()) != len(asked.GetLevels()) || route.GetVersion() != 1 || route.GetDocumentType() != of {
			t.Fatalf("the route of %s is %v", of, route)
		}
	}
}

// untilKnown waits until every service that a person meets knows them.
func (j *Journey) untilKnown(person string) {
	j.t.Helper()
	for _, path := range []string{"/v1/contents", "/v1/dossiers", "/v1/publications", "/v1/reports"} {
		r := system.Request{As: person, Method: "GET", Path: path}
		system.Eventually(j.t, system.Patience, func() (bool, string) {
			a := j.Client.Do(r)
			return a.Status == http.StatusOK, string(a.Body)
		})
	}
}
