package approvals

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/protobuf/types/known/timestamppb"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/readmodel"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// numbering is a service with clerks, and agencies that have abbreviations.
type numbering struct {
	*service
	approvalsv1.RegisterServiceClient
	year int
}

func newNumbering(t *testing.T) *numbering {
	t.Helper()
	s := newService(t)
	s.Deliver(s.Host.Directory.Consumer("approvals").Handle, s.Message("planning", &planningv1.AgenciesImported{Agencies: []*planningv1.Agency{
		{Code: "H24", Kind: "province", Abbreviation: "UBND"},
		{Code: "H24.01", Kind: "office", Abbreviation: "VP", Parent: "H24"},
		{Code: "H24.02", Kind: "department", Abbreviation: "STTTT", Parent: "H24"},
		{Code: "H24.03", Kind: "department", Abbreviation: "SNV", Parent: "H24"},
	}}), s.Message("planning", &planningv1.PeopleImported{People: []*planningv1.Person{
		{Id: "vt.ubnd", Name: "Hoàng Thị Mai", Agency: "H24.01", Unit: "Phòng Hành chính", Position: "Văn thư", Role: "clerk", ValidFrom: "2022-01-01"},
		{Id: "vt.stttt", Name: "Bùi Thị Ngọc", Agency: "H24.02", Unit: "Văn phòng Sở", Position: "Văn thư", Role: "clerk", ValidFrom: "2022-01-01"},
		{Id: "vt.snv", Name: "Ngô Thị Hạnh", Agency: "H24.03", Unit: "Văn phòng Sở", Position: "Văn thư", Role: "clerk", ValidFrom: "2022-01-01"},
	}}))
	now, err := s.Host.Log.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return &numbering{service: s, RegisterServiceClient: approvalsv1.NewRegisterServiceClient(s.serve()), year: now.In(vn.Location()).Year()}
}

func (s *numbering) open(person, issuer string, edit func(*approvalsv1.OpenRegisterRequest)) (*approvalsv1.Register, error) {
	s.Helper()
	r := &approvalsv1.OpenRegisterRequest{Issuer: issuer, Year: int32(s.year), Types: []*approvalsv1.RegisterType{
		{DocumentType: "plan", Abbreviation: "KH"}, {DocumentType: "report", Abbreviation: "BC"},
	}}
	if edit != nil {
		edit(r)
	}
	return s.OpenRegister(s.As(person), r)
}

func (s *numbering) mustOpen(person, issuer string, edit func(*approvalsv1.OpenRegisterRequest)) *approvalsv1.Register {
	s.Helper()
	r, err := s.open(person, issuer, edit)
	if err != nil {
		s.Fatal(err)
	}
	return r
}

// approved writes a plan's dossier of H24.02 that has gone its whole way to an agency's leadership.
func (s *numbering) approved(document, scope string) string {
	s.Helper()
	of := dossier.ID(document)
	_, err := s.server.dossiers.Execute(s.Context(), of, es.Command{Key: id.NewUUID(time.Now())}, func(*dossier.Dossier, int64) ([]any, error) {
		return []any{
			dossier.Opened{
				DocumentType: "plan", Document: document, Title: "Kế hoạch " + document, Agency: "H24.02", Unit: "Phòng Thông tin", Authors: []string{"cv.stttt"},
				Hash: "h", Levels: []route.Level{{Name: "Lãnh đạo", Roles: []string{"deputy"}, Scope: scope}}, RouteVersion: 1,
			},
			dossier.Completed{DocumentType: "plan", Document: document, Hash: "h", Decisions: []dossier.Decision{
				{Outcome: dossier.ApprovedOutcome, Level: 1, Person: "pho.chu.tich", PersonName: "Lê Thị Thanh Vân", Hash: "h", At: time.Now().UTC()},
			}},
		}, nil
	})
	if err != nil {
		s.Fatal(err)
	}
	return of
}

func (s *numbering) issue(person, dossier string, edit func(*approvalsv1.IssueRequest), more ...string) (*approvalsv1.Dossier, error) {
	s.Helper()
	r := &approvalsv1.IssueRequest{Dossier: dossier}
	if edit != nil {
		edit(r)
	}
	return s.Issue(s.As(person, more...), r)
}

func (s *numbering) numbers(person, register string) string {
	s.Helper()
	r, err := s.ListNumbers(s.As(person), &approvalsv1.ListNumbersRequest{Register: register})
	if err != nil {
		s.Fatal(err)
	}
	var lines []string
	for _, n := range r.GetNumbers() {
		lines = append(lines, fmt.Sprintf("%d %s %s %s", n.GetNumber(), n.GetText(), n.GetState(), n.GetDocument()))
	}
	return strings.Join(lines, "; ")
}

// The clerk of the committee's office numbers what the committee signed, though another agency drafted it; the department's clerk
// numbers what the department signed.
func TestAClerkOfTheIssuerGivesTheNumber(t *testing.T) {
	s := newNumbering(t)
	city := s.mustOpen("vt.ubnd", "H24", nil)
	own := s.mustOpen("vt.stttt", "H24.02", func(r *approvalsv1.OpenRegisterRequest) { r.First = 15 })
	plan, internal := s.approved("plan_1", "H24"), s.approved("plan_2", "agency")
	waiting := func(wants ...string) {
		t.Helper()
		for i, person := range []string{"vt.ubnd", "vt.stttt", "vt.snv", "quan.tri"} {
			r, err := s.ListDossiers(s.As(person), &approvalsv1.ListDossiersRequest{WaitingFor: "number"})
			if got := strings.Join(documents(r), " "); err != nil || got != wants[i] {
				t.Errorf("%q waits for a number of %s, want %q: %v", got, person, wants[i], err)
			}
		}
	}
	waiting("plan_1", "plan_2", "", "")
	for _, person := range []string{"vt.stttt", "pho.chu.tich", "quan.tri", "cv.stttt", "gd.stttt"} {
		_, err := s.issue(person, plan, nil)
		reason(t, err, errorsv1.Reason_FORBIDDEN)
	}
	_, err := s.issue("vt.snv", plan, nil)
	reason(t, err, errorsv1.Reason_NOT_FOUND)
	_, err = s.issue("vt.ubnd", dossier.ID("plan_9"), nil)
	reason(t, err, errorsv1.Reason_NOT_FOUND)
	issued, err := s.issue("vt.ubnd", plan, nil)
	today := time.Now().In(vn.Location()).Format(time.DateOnly)
	if err != nil || issued.GetState() != "issued" || issued.GetNumber() != "01/KH-UBND" || issued.GetIssueDate() != today || issued.GetIssuer() != "H24" ||
		issued.GetRegister() != city.GetId() {
		t.Fatalf("%v %v", issued, err)
	}
	if issued, err = s.issue("vt.stttt", internal, nil); err != nil || issued.GetNumber() != "15/KH-STTTT" {
		t.Fatalf("%v %v", issued, err)
	}
	waiting("", "", "", "")
	if r, err := s.ListDossiers(s.As("vt.ubnd"), &approvalsv1.ListDossiersRequest{}); err != nil || strings.Join(documents(r), " ") != "plan_1" {
		t.Errorf("the clerk sees %v %v", r, err)
	}
	if got := s.numbers("thanh.tra", city.GetId()); got != "1 01/KH-UBND issued plan_1" {
		t.Error(got)
	}
	if got := s.numbers("cv.stttt", own.GetId()); got != "15 15/KH-STTTT issued plan_2" {
		t.Error(got)
	}
	if read, err := s.GetDossier(s.As("vt.ubnd"), &approvalsv1.GetDossierRequest{Dossier: plan}); err != nil || read.GetNumber() != "01/KH-UBND" {
		t.Errorf("%v %v", read, err)
	}
	published := s.published()
	if len(published) != 2 || published[0].GetNumber() != "01/KH-UBND" || published[0].GetDate() != today || published[0].GetIssuer() != "H24" ||
		published[0].GetRegister() != city.GetId() || published[0].GetHash() != "h" || len(published[0].GetDecisions()) != 1 {
		t.Errorf("%v", published)
	}
}

// published is what the log says of issues to other services.
func (s *numbering) published() (all []*approvalsv1.DossierIssued) {
	s.Helper()
	events, err := s.Host.Log.Read(s.Context(), 0, 10_000)
	if err != nil {
		s.Fatal(err)
	}
	for _, e := range events {
		message, err := publish(e)
		if err != nil {
			s.Fatal(err)
		}
		if issued, ok := message.(*approvalsv1.DossierIssued); ok {
			all = append(all, issued)
		}
	}
	return all
}

func TestIssueIsAnsweredOnceAndRefusedBeforeItBegins(t *testing.T) {
	s := newNumbering(t)
	of := s.approved("plan_1", "H24")
	refuse := func(want errorsv1.Reason, edit func(*approvalsv1.IssueRequest)) {
		t.Helper()
		_, err := s.issue("vt.ubnd", of, edit)
		reason(t, err, want)
		if d, err := s.GetDossier(s.As("vt.ubnd"), &approvalsv1.GetDossierRequest{Dossier: of}); err != nil || d.GetState() != "approved" {
			t.Errorf("after a refusal: %v %v", d, err)
		}
	}
	refuse(errorsv1.Reason_REGISTER_MISSING, nil)
	s.mustOpen("quan.tri", "H24", nil)
	refuse(errorsv1.Reason_INVALID, func(r *approvalsv1.IssueRequest) { r.Date = "23/02/2022" })
	refuse(errorsv1.Reason_NUMBER_ALLOCATED, func(r *approvalsv1.IssueRequest) { r.Number = "38/KH-UBND" })
	refuse(errorsv1.Reason_REGISTER_MISSING, func(r *approvalsv1.IssueRequest) { r.Date = "2022-02-23" })
	first, err := s.issue("vt.ubnd", of, nil, "idempotency-key", "one")
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.issue("vt.ubnd", of, nil, "idempotency-key", "one")
	if err != nil || again.GetNumber() != first.GetNumber() || again.GetState() != "issued" {
		t.Errorf("%v %v", again, err)
	}
	_, err = s.issue("vt.ubnd", of, nil)
	refused(t, err, errorsv1.Reason_DOSSIER_STATE, 409, "Hồ sơ đang ở trạng thái “issued”; việc này chỉ làm được khi: approved.",
		"The dossier is “issued”; this is possible only when: approved.")
	if got := s.published(); len(got) != 1 {
		t.Errorf("%v", got)
	}
}

func TestANumberOfTheOfficesOwnSystem(t *testing.T) {
	s := newNumbering(t)
	of := s.mustOpen("vt.ubnd", "H24", func(r *approvalsv1.OpenRegisterRequest) { r.Year, r.Managed = 2022, "elsewhere" })
	plan, other := s.approved("plan_1", "H24"), s.approved("plan_2", "H24")
	entered := func(number string) func(*approvalsv1.IssueRequest) {
		return func(r *approvalsv1.IssueRequest) { r.Number, r.Date = number, "2022-02-23" }
	}
	_, err := s.issue("vt.ubnd", plan, entered(""))
	reason(t, err, errorsv1.Reason_REQUIRED)
	_, err = s.issue("vt.ubnd", plan, entered("38a/KH-UBND"))
	refused(t, err, errorsv1.Reason_NUMBER_FORM, 422, "“38a/KH-UBND” không đúng thể thức số, ký hiệu của loại văn bản này; ví dụ: 38/KH-UBND.",
		"“38a/KH-UBND” is not a number and symbol of this type of document; for example: 38/KH-UBND.")
	issued, err := s.issue("vt.ubnd", plan, entered("38/KH-UBND"))
	if err != nil || issued.GetNumber() != "38/KH-UBND" || issued.GetIssueDate() != "2022-02-23" {
		t.Fatalf("%v %v", issued, err)
	}
	_, err = s.issue("vt.ubnd", other, entered("38/KH-UBND"))
	reason(t, err, errorsv1.Reason_NUMBER_TAKEN)
	if got := s.published(); len(got) != 1 || got[0].GetRegister() != "" {
		t.Errorf("%v", got)
	}
	if got := s.numbers("vt.ubnd", of.GetId()); got != "38 38/KH-UBND issued plan_1" {
		t.Error(got)
	}
}

func TestAVoidedNumberStaysInTheList(t *testing.T) {
	s := newNumbering(t)
	of := s.mustOpen("vt.ubnd", "H24", nil).GetId()
	for _, document := range []string{"plan_1", "plan_2"} {
		if _, err := s.issue("vt.ubnd", s.approved(document, "H24"), nil); err != nil {
			t.Fatal(err)
		}
	}
	before, err := s.Host.Log.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	void := func(person, number, why string, more ...string) (*approvalsv1.RegisterNumber, error) {
		return s.VoidNumber(s.As(person, more...), &approvalsv1.VoidNumberRequest{Register: of, Number: number, Reason: why})
	}
	_, err = void("vt.ubnd", "2", " ")
	reason(t, err, errorsv1.Reason_INVALID)
	_, err = void("vt.ubnd", "3", "Nhầm")
	reason(t, err, errorsv1.Reason_NOT_FOUND)
	_, err = void("vt.ubnd", "hai", "Nhầm")
	reason(t, err, errorsv1.Reason_NOT_FOUND)
	_, err = void("pho.chu.tich", "2", "Nhầm")
	reason(t, err, errorsv1.Reason_FORBIDDEN)
	_, err = void("vt.snv", "2", "Nhầm")
	reason(t, err, errorsv1.Reason_NOT_FOUND)
	for range 2 { // once for its key
		if n, err := void("vt.ubnd", "02", "Cấp nhầm", "idempotency-key", "void"); err != nil || n.GetState() != "voided" || n.GetReason() != "Cấp nhầm" || n.GetText() != "02/KH-UBND" {
			t.Fatalf("%v %v", n, err)
		}
	}
	_, err = void("vt.ubnd", "2", "Nhầm")
	refused(t, err, errorsv1.Reason_NUMBER_VOIDED, 409, "Số 2 đã bị hủy trước đó.", "The number 2 was voided before.")
	if d, err := s.issue("vt.ubnd", s.approved("plan_3", "H24"), nil); err != nil || d.GetNumber() != "03/KH-UBND" {
		t.Fatalf("%v %v", d, err)
	}
	if got := s.numbers("vt.ubnd", of); got != "1 01/KH-UBND issued plan_1; 2 02/KH-UBND voided plan_2; 3 03/KH-UBND issued plan_3" {
		t.Error(got)
	}
	past, err := s.Host.Log.AsOf(t.Context(), before, s.Host.Module.Projections)
	if err != nil {
		t.Fatal(err)
	}
	then, err := readmodel.ListNumbers(past, s.Host.Pool, of, 0, 10)
	if err != nil || len(then) != 2 || then[1].State != "issued" || then[1].VoidedAt != nil {
		t.Errorf("before the number was voided: %+v %v", then, err)
	}
	page, err := s.ListNumbers(s.As("vt.ubnd"), &approvalsv1.ListNumbersRequest{Register: of, PageSize: 2})
	if err != nil || len(page.GetNumbers()) != 2 || page.GetNextPageToken() == "" {
		t.Fatalf("%v %v", page, err)
	}
	page, err = s.ListNumbers(s.As("vt.ubnd"), &approvalsv1.ListNumbersRequest{Register: of, PageSize: 2, PageToken: page.GetNextPageToken()})
	if err != nil || len(page.GetNumbers()) != 1 || page.GetNumbers()[0].GetNumber() != 3 || page.GetNextPageToken() != "" {
		t.Fatalf("%v %v", page, err)
	}
}

func TestRegistersAreSeenByTheirIssuer(t *testing.T) {
	s := newNumbering(t)
	city := s.mustOpen("vt.ubnd", "H24", func(r *approvalsv1.OpenRegisterRequest) { r.Name, r.Year = "Sổ văn bản đi", 2022 })
	own := s.mustOpen("vt.stttt", "H24.02", nil)
	for _, person := range []string{"vt.stttt", "vt.snv", "pho.chu.tich", "thanh.tra"} {
		_, err := s.open(person, "H24", nil)
		reason(t, err, errorsv1.Reason_FORBIDDEN)
	}
	for _, wrong := range []func(*approvalsv1.OpenRegisterRequest){
		func(r *approvalsv1.OpenRegisterRequest) { r.Issuer = "H99" },
		func(r *approvalsv1.OpenRegisterRequest) { r.Managed = "both" },
		func(r *approvalsv1.OpenRegisterRequest) { r.Year = int32(s.year) + 2 },
		func(r *approvalsv1.OpenRegisterRequest) { r.Types = nil },
	} {
		_, err := s.open("quan.tri", "H24.03", wrong)
		reason(t, err, errorsv1.Reason_INVALID)
	}
	_, err := s.open("vt.ubnd", "H24", func(r *approvalsv1.OpenRegisterRequest) { r.Year = 2022 })
	reason(t, err, errorsv1.Reason_REGISTER_TYPE_TAKEN)
	for person, want := range map[string]string{
		"vt.ubnd": "H24", "pho.chu.tich": "H24", "cv.vp": "H24", "cv.stttt": "H24.02", "thanh.tra": "H24.02 H24", "quan.tri": "H24.02 H24", "vt.snv": "",
	} {
		r, err := s.ListRegisters(s.As(person), &approvalsv1.ListRegistersRequest{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, x := range r.GetRegisters() {
			got = append(got, x.GetIssuer())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s sees %v, want %q", person, got, want)
		}
		for _, x := range []*approvalsv1.Register{city, own} {
			_, err := s.GetRegister(s.As(person), &approvalsv1.GetRegisterRequest{Register: x.GetId()})
			if seen := strings.Contains(" "+want+" ", " "+x.GetIssuer()+" "); seen != (err == nil) {
				t.Errorf("%s reads that of %s: %v", person, x.GetIssuer(), err)
			}
			if err != nil {
				reason(t, err, errorsv1.Reason_NOT_FOUND)
			}
		}
	}
	read, err := s.GetRegister(s.As("cv.vp"), &approvalsv1.GetRegisterRequest{Register: city.GetId()})
	if err != nil || read.GetName() != "Sổ văn bản đi" || read.GetFirst() != 1 || read.GetManaged() != "loa" || len(read.GetTypes()) != 2 || read.GetYear() != 2022 {
		t.Errorf("%v %v", read, err)
	}
	r, err := s.ListRegisters(s.As("quan.tri"), &approvalsv1.ListRegistersRequest{Issuer: "H24", Year: 2022})
	if err != nil || len(r.GetRegisters()) != 1 {
		t.Errorf("%v %v", r, err)
	}
	_, err = s.GetRegister(s.As("quan.tri"), &approvalsv1.GetRegisterRequest{Register: "register_1"})
	reason(t, err, errorsv1.Reason_NOT_FOUND)
}

// The register as a workbook holds every number, voided ones too.
func TestARegisterIsAWorkbook(t *testing.T) {
	s := newNumbering(t)
	of := s.mustOpen("vt.ubnd", "H24", nil)
	for _, document := range []string{"plan_1", "plan_2"} {
		if _, err := s.issue("vt.ubnd", s.approved(document, "H24"), nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.VoidNumber(s.As("vt.ubnd"), &approvalsv1.VoidNumberRequest{Register: of.GetId(), Number: "1", Reason: "=Cấp nhầm"}); err != nil {
		t.Fatal(err)
	}
	export := func(person, format string, asOf *timestamppb.Timestamp) (*httpbody.HttpBody, error) {
		return s.ExportNumbers(s.As(person), &approvalsv1.ExportNumbersRequest{Register: of.GetId(), Format: format, AsOf: asOf})
	}
	_, err := export("vt.ubnd", "pdf", nil)
	reason(t, err, errorsv1.Reason_INVALID)
	_, err = export("vt.snv", "xlsx", nil)
	reason(t, err, errorsv1.Reason_NOT_FOUND)
	file, err := export("thanh.tra", "xlsx", nil)
	if err != nil || file.GetContentType() != xlsx {
		t.Fatalf("%v %v", file.GetContentType(), err)
	}
	book, err := excelize.OpenReader(bytes.NewReader(file.GetData()))
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("Sổ %d", s.year)
	if panes, err := book.GetPanes(name); err != nil || !panes.Freeze || panes.TopLeftCell != "A5" {
		t.Errorf("the headings stay in sight: %+v, %v", panes, err)
	}
	for _, cell := range []string{"A5", "C5"} { // the number and the date, as what they are
		value, err := book.GetCellValue(name, cell, excelize.Options{RawCellValue: true})
		if _, text := strconv.Atoi(value); err != nil || text != nil {
			t.Errorf("%s holds %q, %v", cell, value, err)
		}
	}
	rows, err := book.GetRows(name)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, row := range rows {
		fmt.Fprintln(&text, strings.Join(row, "|"))
	}
	day := time.Now().In(vn.Location()).Format("02/01/2006")
	for _, want := range []string{
		fmt.Sprintf("Sổ đăng ký văn bản đi năm %d\n", s.year), "Số|Số, ký hiệu|Ngày, tháng|Loại|Trích yếu nội dung|Người ký|Trạng thái|Lý do hủy|Ghi chú\n",
		"1|01/KH-UBND|" + day + "|Kế hoạch|Kế hoạch plan_1|Lê Thị Thanh Vân|đã hủy|=Cấp nhầm", "2|02/KH-UBND|" + day + "|Kế hoạch|Kế hoạch plan_2|Lê Thị Thanh Vân|đã phát hành",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the workbook has no %q:\n%s", want, text.String())
		}
	}
}
