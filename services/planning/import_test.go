package planning

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"google.golang.org/grpc/metadata"

	"github.com/loa-vn/loa/pkg/rpc"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
)

// typed is a context that says what the file is.
func typed(ctx context.Context, media string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, first(rpc.MediaTypeMetadata(media)), media)
}

func first(name, _ string) string { return name }

// template is the workbook that the service hands out, open to be filled.
func (s *service) template() *excelize.File {
	s.Helper()
	body, err := s.planService().GetPlanTemplate(s.as("cv.stttt", ""), &planningv1.GetPlanTemplateRequest{})
	s.must(err)
	if body.GetContentType() != xlsxType {
		s.Errorf("a template of type %s", body.GetContentType())
	}
	book, err := excelize.OpenReader(bytes.NewReader(body.GetData()))
	s.must(err)
	s.Cleanup(func() { _ = book.Close() })
	return book
}

func (s *service) fill(book *excelize.File, cells map[string]string) []byte {
	s.Helper()
	for at, value := range cells {
		sheet, cell, _ := strings.Cut(at, "!")
		s.must(book.SetCellStr(sheet, cell, value))
	}
	var out bytes.Buffer
	s.must(book.Write(&out))
	return out.Bytes()
}

// filled is a plan in the template's words.
func filled() map[string]string {
	return map[string]string{
		"Kế hoạch!B2": "Tuyên truyền chuyển đổi số năm 2027", "Kế hoạch!B5": "H24 – Ủy ban nhân dân thành phố Hải Phòng",
		"Kế hoạch!B6": "Sở TT&TT", "Kế hoạch!B8": "01/01/2027", "Kế hoạch!B9": "31/12/2027", "Kế hoạch!B10": "Tháng, Quý",
		"Kế hoạch!B13": "Nâng cao nhận thức.", "Kế hoạch!B14": "Đúng đối tượng.",
		"Chủ đề!A2": "so", "Chủ đề!B2": "Chuyển đổi số", "Chủ đề!B3": "Một cửa, một cửa liên thông",
		"Nhiệm vụ!A2": "1", "Nhiệm vụ!B2": "Đăng tin về chuyển đổi số", "Nhiệm vụ!C2": "Chuyển đổi số",
		"Nhiệm vụ!D2": "Cán bộ, công chức, viên chức; Người dân", "Nhiệm vụ!E2": "Cổng Thông tin điện tử", "Nhiệm vụ!F2": "H24.02 – Sở Thông tin và Truyền thông",
		"Nhiệm vụ!G2": "Sở Nội vụ; UBND quận Hồng Bàng", "Nhiệm vụ!H2": "Quý II/2027", "Nhiệm vụ!I2": "12", "Nhiệm vụ!J2": "tin, bài", "Nhiệm vụ!K2": "Có",
		"Nhiệm vụ!A3": "2", "Nhiệm vụ!B3": "Lớp tập huấn", "Nhiệm vụ!C3": "Một cửa, một cửa liên thông", "Nhiệm vụ!D3": "Người dân",
		"Nhiệm vụ!E3": "Hội nghị, lớp tập huấn", "Nhiệm vụ!F3": "Sở Nội vụ", "Nhiệm vụ!H3": "Thường xuyên", "Nhiệm vụ!I3": "2", "Nhiệm vụ!J3": "lớp", "Nhiệm vụ!K3": "Không",
	}
}

// A dry run of a workbook that is not finished names every place that has to be filled before it is submitted; so does the import itself.
func TestAnUnfinishedTemplateTellsAllThatIsMissing(t *testing.T) {
	s := start38(t)
	s.staffed()
	service := s.planService()
	missing := func(p *planningv1.Plan, err error) string {
		t.Helper()
		s.must(err)
		var out []string
		for _, r := range p.GetReading() {
			if r.GetHow() != "missing" {
				continue
			}
			out = append(out, r.GetSheet()+"!"+r.GetCell()+" "+r.GetField())
			if r.GetNote() == "" || (r.GetRow() == 0) != (r.GetSheet() == "") || (r.GetCell() == "") != (r.GetColumn() == "") {
				t.Errorf("%v", r)
			}
		}
		return strings.Join(out, "\n")
	}
	data := s.fill(s.template(), map[string]string{"Kế hoạch!B2": "Tuyên truyền chuyển đổi số", "Nhiệm vụ!A2": "1", "Nhiệm vụ!B2": "Đăng tin", "Nhiệm vụ!A3": "2", "Nhiệm vụ!B3": "Mở lớp", "Nhiệm vụ!I3": "2"})
	tried, err := service.ImportPlan(s.as("cv.stttt", ""), &planningv1.ImportPlanRequest{Yaml: data, DryRun: true})
	want := strings.Join([]string{
		"Kế hoạch!B5 issuer", "Kế hoạch!B8 from", "Kế hoạch!B9 to", "Kế hoạch!B13 purposes", "Chủ đề!B2 themes",
		"Nhiệm vụ!F2 items[0].lead", "Nhiệm vụ!H2 items[0].deadline", "Nhiệm vụ!I2 items[0].target.quantity", "Nhiệm vụ!J2 items[0].target.unit",
		"Nhiệm vụ!C2 items[0].theme", "Nhiệm vụ!D2 items[0].audiences", "Nhiệm vụ!E2 items[0].channels",
		"Nhiệm vụ!F3 items[1].lead", "Nhiệm vụ!H3 items[1].deadline", "Nhiệm vụ!J3 items[1].target.unit",
		"Nhiệm vụ!C3 items[1].theme", "Nhiệm vụ!D3 items[1].audiences", "Nhiệm vụ!E3 items[1].channels",
	}, "\n")
	if got := missing(tried, err); got != want {
		t.Errorf("missing\n%s", got)
	}
	if got := missing(service.ImportPlan(s.as("cv.stttt", "m"), &planningv1.ImportPlanRequest{Yaml: data})); got != want {
		t.Errorf("of the draft\n%s", got)
	}
	done := s.fill(s.template(), filled())
	if got := missing(service.ImportPlan(s.as("cv.stttt", ""), &planningv1.ImportPlanRequest{Yaml: done, DryRun: true})); got != "" {
		t.Errorf("of a finished one\n%s", got)
	}
	// An office's own table without a column for it: the row is named.
	own := s.fill(excelize.NewFile(), map[string]string{
		"Sheet1!A1": "Kế hoạch tuyên truyền năm 2027", "Sheet1!A2": "TT", "Sheet1!B2": "Nội dung công việc", "Sheet1!C2": "Thời hạn", "Sheet1!D2": "Đơn vị chủ trì",
		"Sheet1!A3": "1", "Sheet1!B3": "Đăng tin", "Sheet1!D3": "Sở Nội vụ",
	})
	if got := missing(service.ImportPlan(s.as("cv.stttt", ""), &planningv1.ImportPlanRequest{Yaml: own, DryRun: true})); !strings.Contains(got, "C3 items[0].deadline") || !strings.Contains(got, "! items[0].audiences") {
		t.Errorf("of an office's own\n%s", got)
	}
}

func TestAFilledTemplateBecomesADraft(t *testing.T) {
	s := start38(t)
	s.staffed()
	service := s.planService()
	data := s.fill(s.template(), filled())
	before := s.events()
	tried, err := service.ImportPlan(typed(s.as("cv.stttt", ""), xlsxType), &planningv1.ImportPlanRequest{Yaml: data, DryRun: true})
	s.must(err)
	how := map[string]int{}
	for _, r := range tried.GetReading() {
		how[r.GetHow()]++
	}
	if s.events() != before || tried.GetId() != "" || tried.GetItemCount() != 2 || how["not_understood"] != 0 || how["guessed"] != 2 || how["understood"] < 30 {
		t.Errorf("tried %v: %v", how, tried)
	}
	_, err = service.ImportPlan(s.as("luu.tru", ""), &planningv1.ImportPlanRequest{Yaml: data})
	if wrong := s.places(err); wrong[0].Reason != errorsv1.Reason_REQUIRED {
		t.Errorf("as an issued plan it lacks its number: %v", wrong)
	}
	p, err := service.ImportPlan(s.as("cv.stttt", "x"), &planningv1.ImportPlanRequest{Yaml: data})
	s.must(err)
	items := s.items(s.as("cv.stttt", ""), p.GetId())
	one, two := items[0], items[1]
	if p.GetState() != "draft" || p.GetIssuer() != "H24" || p.GetLead() != "H24.02" || len(p.GetPurposes()) != 2 || len(p.GetReportPeriods()) != 2 ||
		len(p.GetThemes()) != 2 || p.GetThemes()[1].GetCode() != "mot-cua-mot-cua-lien-thong" || len(p.GetReading()) == 0 {
		t.Errorf("drafted %v", p)
	}
	if one.GetTheme() != "so" || strings.Join(one.GetAudiences(), " ") != "can-bo-cong-chuc-vien-chuc nguoi-dan" || one.GetDeadline() != "2027-06-30" ||
		strings.Join(one.GetCoordinators(), " ") != "H24.03 H24.31" || !one.GetTarget().GetCountsPublications() || one.GetTarget().GetQuantity() != 12 ||
		two.GetDeadline() != "2027-12-31" || two.GetChannels()[0] != "training" || two.GetLead() != "H24.03" {
		t.Errorf("items %v, %v", one, two)
	}
	s.submitted(p.GetId(), "")

	// With its number and date it was issued outside Loa.
	issued := filled()
	issued["Kế hoạch!B3"], issued["Kế hoạch!B4"] = "77/KH-UBND", "23/02/2026"
	data = s.fill(s.template(), issued)
	_, err = service.ImportPlan(s.as("cv.stttt", ""), &planningv1.ImportPlanRequest{Yaml: data})
	s.refused(err, errorsv1.Reason_FORBIDDEN)
	p, err = service.ImportPlan(s.as("luu.tru", ""), &planningv1.ImportPlanRequest{Yaml: data})
	s.must(err)
	if p.GetState() != "issued" || !p.GetImported() || p.GetNumber() != "77/KH-UBND" || p.GetDate() != "2026-02-23" {
		t.Errorf("issued %v", p)
	}
}

func TestEveryWrongCellIsNamed(t *testing.T) {
	s := start38(t)
	s.staffed()
	service := s.planService()
	bad := filled()
	bad["Kế hoạch!B9"], bad["Chủ đề!A2"] = "31/02/2027", "Số"
	bad["Nhiệm vụ!F2"], bad["Nhiệm vụ!C3"], bad["Nhiệm vụ!H3"], bad["Nhiệm vụ!A3"] = "Sở Không có", "Chủ đề lạ", "khi rảnh", "1"
	bad["Nhiệm vụ!I3"], bad["Nhiệm vụ!K3"] = "nhiều", "có lẽ"
	data := s.fill(s.template(), bad)
	_, err := service.ImportPlan(s.as("cv.stttt", ""), &planningv1.ImportPlanRequest{Yaml: data})
	at := map[string]string{}
	for _, w := range s.places(err) {
		at[fmt.Sprintf("%s@%d", w.Column, w.Row)] = w.Reason.String()
	}
	want := map[string]string{
		"Kế hoạch: Đến ngày@9": "PLAN_CELL", "Chủ đề: Tên chủ đề@2": "BAD_FORMAT", "Nhiệm vụ: Đơn vị chủ trì@2": "PLAN_AGENCY_NAME",
		"Nhiệm vụ: Chủ đề@3": "PLAN_CELL", "Nhiệm vụ: Thời hạn@3": "PLAN_CELL", "Nhiệm vụ: Chỉ tiêu@3": "PLAN_CELL",
		"Nhiệm vụ: Tính tin, bài đăng trên cổng@3": "PLAN_CELL",
	}
	for place, reason := range want {
		if at[place] != reason {
			t.Errorf("%s: %q, want %s (of %v)", place, at[place], reason, at)
		}
	}
	tried, err := service.ImportPlan(s.as("cv.stttt", ""), &planningv1.ImportPlanRequest{Yaml: data, DryRun: true})
	s.must(err)
	told := 0
	for _, r := range tried.GetReading() {
		if r.GetHow() == "not_understood" {
			if told++; r.GetNote() == "" || r.GetSheet() == "" {
				t.Errorf("without a word: %v", r)
			}
		}
	}
	if told != len(at) {
		t.Errorf("%d told, %d refused", told, len(at))
	}
}

// word is a Word file with the paragraphs and the table of an office, whose cells span rows and columns.
func word(t *testing.T) []byte {
	t.Helper()
	cell := func(text, properties string) string {
		return "<w:tc><w:tcPr>" + properties + "</w:tcPr><w:p><w:r><w:t>" + text + "</w:t></w:r></w:p></w:tc>"
	}
	row := func(cells ...string) string { return "<w:tr>" + strings.Join(cells, "") + "</w:tr>" }
	plain := func(texts ...string) string {
		var cells []string
		for _, text := range texts {
			cells = append(cells, cell(text, ""))
		}
		return row(cells...)
	}
	body := `<w:p><w:r><w:t>KẾ HOẠCH</w:t></w:r></w:p><w:p><w:r><w:t>Tuyên truyền cải cách hành chính năm 2027</w:t></w:r></w:p><w:tbl><w:tblPr><w:tblBorders><w:top w:val="single"/></w:tblBorders></w:tblPr><w:tblGrid>` +
		strings.Repeat(`<w:gridCol w:w="1000"/>`, 6) + `</w:tblGrid>` +
		plain("TT", "Nhiệm vụ", "Đơn vị chủ trì", "Đơn vị phối hợp", "Thời gian hoàn thành", "Sản phẩm") +
		row(cell("I. Tuyên truyền trên cổng", `<w:gridSpan w:val="6"/>`)) +
		row(cell("1", ""), cell("Đăng tin", ""), cell("Sở TT&amp;TT", `<w:vMerge w:val="restart"/>`), cell("Các sở, ban, ngành", ""), cell("Quý I/2027", ""), cell("10 tin, bài", "")) +
		row(cell("2", ""), cell("Chuyên mục", ""), cell("", `<w:vMerge/>`), cell("", ""), cell("Thường xuyên", ""), cell("Chuyên mục", "")) +
		`</w:tbl><w:sectPr/>`
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, text := range map[string]string{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`,
		"_rels/.rels":         `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`,
		"word/document.xml":   `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>` + body + `</w:body></w:document>`,
	} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestAWordTableBecomesADraft(t *testing.T) {
	s := start38(t)
	s.staffed()
	p, err := s.planService().ImportPlan(s.as("cv.stttt", ""), &planningv1.ImportPlanRequest{Yaml: word(t)})
	s.must(err)
	items := s.items(s.as("cv.stttt", ""), p.GetId())
	if p.GetTitle() != "KẾ HOẠCH Tuyên truyền cải cách hành chính năm 2027" || p.GetTo() != "2027-12-31" || len(items) != 2 {
		t.Fatalf("drafted %v, %v", p, items)
	}
	one, two := items[0], items[1]
	if one.GetLead() != "H24.02" || two.GetLead() != "H24.02" || len(one.GetCoordinators()) != 18 || one.GetDeadline() != "2027-03-31" ||
		two.GetDeadline() != "2027-12-31" || one.GetTheme() != "tuyen-truyen-tren-cong" || two.GetTarget().GetUnit() != "Chuyên mục" {
		t.Errorf("items %v\n%v", one, two)
	}
}

func TestFilesThatAreNoPlanAreRefused(t *testing.T) {
	s := start38(t)
	s.staffed()
	var bomb bytes.Buffer
	z := zip.NewWriter(&bomb)
	for name, size := range map[string]int{"[Content_Types].xml": 10, "xl/worksheets/sheet1.xml": 40 << 20} {
		w, err := z.Create(name)
		s.must(err)
		_, err = w.Write(make([]byte, size))
		s.must(err)
	}
	s.must(z.Close())
	for name, c := range map[string]struct {
		data []byte
		want errorsv1.Reason
	}{
		"a bomb":           {bomb.Bytes(), errorsv1.Reason_PLAN_FILE},
		"half a file":      {word(t)[:200], errorsv1.Reason_PLAN_FILE},
		"an empty archive": {[]byte("PK\x05\x06" + strings.Repeat("\x00", 18)), errorsv1.Reason_INVALID},
		"a sheet of names": {s.fill(excelize.NewFile(), map[string]string{"Sheet1!A1": "Họ tên"}), errorsv1.Reason_PLAN_FILE_NO_ITEMS},
	} {
		_, err := s.planService().ImportPlan(s.as("cv.stttt", ""), &planningv1.ImportPlanRequest{Yaml: c.data})
		if got := err; got == nil {
			t.Errorf("%s was taken", name)
			continue
		}
		s.refused(err, c.want)
	}
}
