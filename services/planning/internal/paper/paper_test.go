package paper_test

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loa-vn/loa/pkg/document/documenttest"
	"github.com/loa-vn/loa/pkg/document/docx"
	"github.com/loa-vn/loa/pkg/document/pdf"
	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/planning/internal/directory"
	"github.com/loa-vn/loa/services/planning/internal/paper"
	"github.com/loa-vn/loa/services/planning/internal/plan"
	"github.com/loa-vn/loa/services/planning/internal/planfile"
)

const (
	digest  = "3b1fd2c7a0e94f5d8c6b7a89012345678901234567890abcdef1234567890ab0"
	address = "https://loa.haiphong.example/xac-thuc/" + digest
)

// plan38 is the example as it is imported, with the agencies of its city.
func plan38(t *testing.T) paper.Input {
	t.Helper()
	read := func(name string) []byte {
		data, err := os.ReadFile("../../../../examples/plan-38/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	file, err := planfile.Read(read("plan.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	in := paper.Input{Plan: file.Document, Issued: true, Hash: digest, Authenticity: address}
	rows, err := directory.ReadAgencies(read("agencies.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		in.Agencies = append(in.Agencies, paper.Agency{
			Code: plan.Code(r.Agency.Code), Kind: r.Agency.Kind, Abbreviation: r.Agency.Abbreviation, Name: r.Agency.Name, Parent: plan.Code(r.Agency.Parent),
		})
	}
	return in
}

func approved(name, position string) plan.Decision {
	return plan.Decision{
		Outcome: "approved", Level: 4, Person: "p", PersonName: name, Position: position, PersonExample: true, Hash: digest, At: vn.Day(2022, time.February, 22),
	}
}

// long has sixty tasks with long names, more coordinators than a list of recipients holds, an emergency, and a deputy head of the
// office who signs by delegation.
func long(t *testing.T) paper.Input {
	in := plan38(t)
	in.Plan.Number = "102/KH-UBND"
	in.Plan.Coordinators = nil
	for _, a := range in.Agencies[:20] {
		in.Plan.Coordinators = append(in.Plan.Coordinators, a.Code)
	}
	items := in.Plan.Items
	in.Plan.Items = nil
	for n := range 60 {
		i := items[n%len(items)]
		i.Code = fmt.Sprintf("%d.%d", n/20+1, n%20+1)
		if n%7 == 0 {
			i.Title = strings.Repeat(i.Title+"; ", 6)
			i.Coordinators = in.Plan.Coordinators
		}
		in.Plan.Items = append(in.Plan.Items, i)
	}
	bypass := approved("Trần Thị Minh Họa", "Chủ tịch")
	bypass.Bypass = true
	signed := approved("Nguyễn Văn Minh Họa", "Chánh Văn phòng")
	signed.Capacity, signed.OnBehalfOf, signed.OnBehalfOfName, signed.OnBehalfOfPosition = "TUQ.", "q", "Trần Thị Minh Họa", "Chủ tịch"
	in.Decisions = []plan.Decision{bypass, signed}
	return in
}

func amended(t *testing.T) paper.Input {
	in := plan38(t)
	before := in.Plan
	after := in.Plan
	after.Items = slices.Clone(before.Items)
	after.Title += " (điều chỉnh)"
	after.To = "2023-03-31"
	after.Items[0].Deadline, after.Items[1].Target.Quantity, after.Items[2].Lead = "2022-09-30", 12, "H24.05"
	after.Items[3].Title, after.Items[3].Target.CountsPublications = strings.Repeat("Nội dung mới rất dài ", 12), !after.Items[3].Target.CountsPublications
	added := after.Items[4]
	added.ID, added.Code = "item_new", "11"
	after.Items = append(slices.Delete(after.Items, 5, 6), added)
	after.Themes = append(slices.Clone(before.Themes[1:]), plan.Term{Code: "moi", Name: "Chủ đề mới", Example: true})
	for i := range before.Items {
		if before.Items[i].ID == "" {
			before.Items[i].ID = plan.ItemID("item_" + before.Items[i].Code)
		}
	}
	for i := range after.Items {
		if after.Items[i].ID == "" {
			after.Items[i].ID = plan.ItemID("item_" + after.Items[i].Code)
		}
	}
	for i := range after.Items {
		if after.Items[i].Theme == before.Themes[0].Code {
			after.Items[i].Theme = "moi"
		}
	}
	in.Plan = after
	in.Amendment = &paper.Amendment{
		Number: "52/KH-UBND", Date: "2022-05-04", Reason: "Thêm thời gian cho các phường, phù hợp với tiến độ của đề án.", Changes: plan.Difference(before, after),
	}
	signed := approved("Lê Văn Minh Họa", "Phó Chủ tịch")
	signed.Capacity = "KT."
	in.Decisions = []plan.Decision{signed}
	return in
}

// What the service makes of plans is what archives and screen readers take, page by page within its margins.
func TestDocumentsOfPlansConform(t *testing.T) {
	issued := plan38(t)
	signed := approved("Trần Văn Minh Họa", "Phó Chủ tịch")
	signed.Capacity = "KT."
	issued.Decisions = []plan.Decision{signed}
	imported := plan38(t)
	imported.Imported, imported.Hash, imported.Authenticity, imported.Plan.Items = true, "", "", nil
	draft := plan38(t)
	draft.Plan.Number, draft.Plan.Date, draft.Issued, draft.Hash, draft.Authenticity = "", "", false, "", ""
	draft.Plan.Items[0].Target.Quantity, draft.Plan.Items[0].Deadline, draft.Plan.Items[0].Theme, draft.Plan.Items[0].Lead = 0, "", "", ""
	bare := paper.Input{Plan: plan.Document{Issuer: "H24.02", Title: "Kế hoạch truyền thông"}, Agencies: issued.Agencies}
	b := documenttest.New(t)
	inputs := map[string]paper.Input{"issued": issued, "imported": imported, "draft": draft, "bare": bare, "long": long(t), "amendment": amended(t)}
	for name, in := range inputs {
		d := paper.Document(in)
		b.Put(name+".pdf", func(w io.Writer) error { return pdf.Write(w, &d) })
		b.Put(name+".docx", func(w io.Writer) error { return docx.Write(w, &d) })
	}
	b.Check()
	for name, in := range inputs {
		b.Margins(name + ".pdf")
		if code := b.QR(name + ".pdf"); in.Authenticity != "" && code != in.Authenticity {
			t.Errorf("%s: the QR code reads %q", name, code)
		}
	}
	for _, code := range []string{"H24.", "chu-truong-chinh-sach", "(example)"} {
		if strings.Contains(b.Paper("amendment.pdf").Text(), code) {
			t.Errorf("an amendment says the code %q", code)
		}
	}
	for name, want := range map[string][]string{
		"issued":    {"KẾ HOẠCH", "Số: 38/KH-UBND", "TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH", "VĂN BẢN MẪU – DỮ LIỆU MINH HỌA", "DANH MỤC NHIỆM VỤ"},
		"imported":  {"DỮ LIỆU LỊCH SỬ"},
		"draft":     {"DỰ THẢO"},
		"bare":      {"SỞ THÔNG TIN VÀ TRUYỀN THÔNG", "DỰ THẢO"},
		"long":      {"TUQ. CHỦ TỊCH", "CHÁNH VĂN PHÒNG", "Ban hành khẩn", "3.20", "(Kèm theo Kế hoạch số 102/KH-UBND ngày 23 tháng 02 năm 2022 của Ủy ban nhân dân thành phố Hải Phòng)"},
		"amendment": {"52/KH-UBND", "LÝ DO SỬA ĐỔI, BỔ SUNG", "30/09/2022", "14/12/2022; 8 tin, bài)", "Chủ đề mới (số liệu minh họa)"},
	} {
		text := strings.ReplaceAll(b.Paper(name+".pdf").Text(), "\n", " ")
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s does not say %q", name, w)
			}
		}
	}
}
