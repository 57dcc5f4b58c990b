package journey

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loa-vn/loa/e2e/system"

	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
)

const (
	xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	docxType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
)

// zipped is an archive of files, as name, content pairs.
func (j *Journey) zipped(files ...string) []byte {
	j.t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i := 0; i+1 < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err != nil {
			j.t.Fatal(err)
		}
		if _, err := io.WriteString(w, files[i+1]); err != nil {
			j.t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		j.t.Fatal(err)
	}
	return out.Bytes()
}

// unzipped is all that the files of an archive say, one after the other.
func (j *Journey) unzipped(archive []byte) string {
	j.t.Helper()
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		j.t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			j.t.Fatal(err)
		}
		if _, err := io.Copy(&all, r); err != nil { //nolint:gosec // Loa made the archive
			j.t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			j.t.Fatal(err)
		}
	}
	return all.String()
}

// workbook is a workbook of one sheet, written as an office's own program might.
func (j *Journey) workbook(rows ...[]string) []byte {
	j.t.Helper()
	const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	var sheet strings.Builder
	for r, cells := range rows {
		fmt.Fprintf(&sheet, `<row r="%d">`, r+1)
		for c, text := range cells {
			if text == "" {
				continue
			}
			fmt.Fprintf(&sheet, `<c r="%c%d" t="inlineStr"><is><t>`, 'A'+rune(c), r+1)
			if err := xml.EscapeText(&sheet, []byte(text)); err != nil {
				j.t.Fatal(err)
			}
			sheet.WriteString(`</t></is></c>`)
		}
		sheet.WriteString(`</row>`)
	}
	const relations, relation = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`, "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	return j.zipped(
		"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`,
		"_rels/.rels", relations+`<Relationship Id="rId1" Type="`+relation+`/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml", `<workbook xmlns="`+main+`" xmlns:r="`+relation+`"><sheets><sheet name="Phụ lục" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", relations+`<Relationship Id="rId1" Type="`+relation+`/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml", `<worksheet xmlns="`+main+`"><sheetData>`+sheet.String()+`</sheetData></worksheet>`,
	)
}

// ownTable is the annex of a plan as an office keeps it, with a deadline of the second task that the caller gives.
func ownTable(deadline, lead string) [][]string {
	return [][]string{
		{"KẾ HOẠCH TUYÊN TRUYỀN CHUYỂN ĐỔI SỐ NĂM 2027"},
		{"TT", "Nhiệm vụ, giải pháp", "Đơn vị\nchủ trì", "Cơ quan phối hợp", "Tiến độ", "Sản phẩm/ Kết quả", "Người theo dõi"},
		{"I. Dữ liệu mở"},
		{"1", "Tin về cổng dữ liệu mở", "Sở TT&TT", "Sở Nội vụ; UBND quận Hồng Bàng", "Quý I/2027", "5 tin, bài", "Bà Lan"},
		{"2", "Lớp tập huấn về dữ liệu", lead, "", deadline, "1 lớp", "Ông Long"},
	}
}

// planFiles: a plan comes in as the workbook that Loa hands out, as an office's own workbook and as the table of a Word file. A dry run
// says place by place what was understood and records nothing; a file with one wrong place does not come in at all.
func (j *Journey) planFiles() {
	t := j.t
	send := func(as, query, mediaType string, file []byte, key string) system.Request {
		return system.Request{As: as, Method: http.MethodPost, Path: "/v1/plans:import" + query, ContentType: mediaType, Body: file, Key: "journey/plan-files/" + key}
	}
	plans := func() int {
		t.Helper()
		list := &planningv1.ListPlansResponse{}
		j.get("cv.stttt", "/v1/plans?pageSize=200", list)
		return len(list.GetPlans())
	}
	before := plans()
	// dry gives what a dry run understood, by field.
	dry := func(mediaType string, file []byte, key string) (p *planningv1.Plan, understood map[string]*planningv1.PlanReading, how map[string]int) {
		t.Helper()
		p, understood, how = &planningv1.Plan{}, map[string]*planningv1.PlanReading{}, map[string]int{}
		j.Client.Must(send("cv.stttt", "?dryRun=true", mediaType, file, key), p)
		for _, r := range p.GetReading() {
			understood[r.GetField()] = r
			how[r.GetHow()]++
		}
		if p.GetId() != "" || plans() != before {
			t.Fatalf("a dry run of %s left a plan: %v", key, p)
		}
		return p, understood, how
	}

	template := j.Client.Must(system.Request{As: "cv.stttt", Method: http.MethodGet, Path: "/v1/plans:template"}, nil)
	check(t, "the template's type", template.Header.Get("Content-Type"), xlsxType)
	holds(t, "the template", j.unzipped(template.Body), "<dataValidation ", "H24.02 – Sở Thông tin và Truyền thông")
	if _, _, how := dry(xlsxType, template.Body, "template/dry"); how["not_understood"] == 0 {
		t.Fatalf("the empty template is understood: %v", how)
	}
	j.Client.Refused(send("cv.stttt", "", xlsxType, template.Body, "template"), http.StatusUnprocessableEntity, "INVALID")

	book, err := os.ReadFile(filepath.Join(system.Root(t), "examples/plan-38/plan-draft.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	if p, _, how := dry(xlsxType, book, "filled/dry"); p.GetItemCount() != 3 || how["understood"] != len(p.GetReading()) {
		t.Fatalf("the filled template is understood as %v: %v", p, how)
	}
	own := j.workbook(ownTable("6 tháng đầu năm 2027", "Sở Nội vụ")...)
	_, understood, how := dry(xlsxType, own, "own/dry")
	if lead := understood["items[0].lead"]; lead.GetSheet() != "Phụ lục" || lead.GetRow() != 4 || lead.GetText() != "Sở TT&TT" || lead.GetValue() != "H24.02" || lead.GetHow() != "understood" {
		t.Fatalf("the lead of the first task is read as %v", lead)
	}
	if day := understood["items[1].deadline"]; day.GetValue() != "2027-06-30" || how["not_understood"] != 0 || how["ignored"] == 0 {
		t.Fatalf("the deadline of the second task is read as %v, the whole as %v", day, how)
	}
	word, err := os.ReadFile(filepath.Join(system.Root(t), "examples/plan-38/plan-table.docx"))
	if err != nil {
		t.Fatal(err)
	}
	if _, understood, _ := dry(docxType, word, "word/dry"); understood["items[1].lead"].GetValue() != "H24.02" || understood["items[2].deadline"].GetValue() != "2027-09-30" {
		t.Fatalf("the Word table is read as %v", understood)
	}

	// What is wrong is named by sheet, row and heading, and nothing of the file comes in.
	wrong := j.workbook(ownTable("khi nào rảnh", "Sở Không Có")...)
	p := j.Client.Refused(send("cv.stttt", "", xlsxType, wrong, "own/wrong"), http.StatusUnprocessableEntity, "INVALID")
	var places []string
	for _, e := range p.Errors {
		places = append(places, fmt.Sprintf("%d %s %s", e.Row, strings.Join(strings.Fields(e.Column), " "), e.Reason))
	}
	slices.Sort(places)
	check(t, "what is wrong in the workbook", strings.Join(places, "; "), "5 Phụ lục: Tiến độ PLAN_CELL; 5 Phụ lục: Đơn vị chủ trì PLAN_AGENCY_NAME")
	for key, refused := range map[string]struct {
		mediaType string
		file      []byte
		reason    string
	}{
		"half":    {docxType, word[:len(word)/2], "FILE_DAMAGED"},
		"bomb":    {xlsxType, j.zipped("[Content_Types].xml", "<Types/>", "xl/worksheets/sheet1.xml", strings.Repeat("\x00", 40<<20)), "PLAN_FILE"},
		"no task": {xlsxType, j.workbook([]string{"Họ tên", "Ngày sinh"}, []string{"Nguyễn Văn A", "1/1/1990"}), "PLAN_FILE_NO_ITEMS"},
	} {
		j.Client.Refused(send("cv.stttt", "", refused.mediaType, refused.file, key), http.StatusUnprocessableEntity, refused.reason)
	}
	j.Client.Refused(send("cv.stttt", "", "application/msword", word, "type"), http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE")
	j.Client.Refused(send("vt.stttt", "", docxType, word, "clerk"), http.StatusForbidden, "FORBIDDEN")
	check(t, "plans after what was refused", plans(), before)

	for key, file := range map[string]struct {
		mediaType string
		file      []byte
		leads     string
	}{"own": {xlsxType, own, "H24.02 H24.03"}, "word": {docxType, word, "H24.02 H24.02 H24.31"}} {
		drafted := &planningv1.Plan{}
		j.Client.Must(send("cv.stttt", "", file.mediaType, file.file, key), drafted)
		if drafted.GetState() != "draft" || drafted.GetNumber() != "" || drafted.GetLead() != "H24.02" || drafted.GetTo() != "2027-12-31" {
			t.Fatalf("drafted from %s: %v", key, drafted)
		}
		items := &planningv1.ListPlanItemsResponse{}
		j.get("cv.stttt", "/v1/plans/"+drafted.GetId()+"/items", items)
		var leads []string
		for _, i := range items.GetItems() {
			leads = append(leads, i.GetLead())
		}
		check(t, "leads of the tasks from "+key, strings.Join(leads, " "), file.leads)
		j.post("cv.stttt", "/v1/plans/"+drafted.GetId()+":discard", struct{}{}, "plan-files/"+key+"/discard", &planningv1.Plan{})
	}
}
