package paper

import (
	"fmt"
	"io"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/loa-vn/loa/pkg/document/documenttest"
	"github.com/loa-vn/loa/pkg/document/docx"
	"github.com/loa-vn/loa/pkg/document/model"
	"github.com/loa-vn/loa/pkg/document/pdf"
	"github.com/loa-vn/loa/pkg/document/sheet"
	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/reporting/internal/figures"
	"github.com/loa-vn/loa/services/reporting/internal/narrative"
	"github.com/loa-vn/loa/services/reporting/internal/report"
)

// plan has items that publications count towards and items in units of their own, of several agencies.
func plan() figures.Plan {
	p := figures.Plan{
		ID: "plan_38", Number: "38/KH-UBND", Title: "Kế hoạch tuyên truyền cải cách hành chính nhà nước thành phố Hải Phòng năm 2022",
		From: vn.Day(2022, time.February, 23), To: vn.Day(2022, time.December, 31), Issuer: "H24", Lead: "H24.02", Coordinators: []string{"H24.01", "H24.03"},
		Themes: []figures.Named{
			{Code: "mot-cua", Name: "Cải cách thủ tục hành chính, cơ chế một cửa, một cửa liên thông"},
			{Code: "so", Name: "Chương trình tổng thể cải cách hành chính giai đoạn 2021–2025 và Nghị quyết về Chuyển đổi số"},
			{Code: "dao-tao", Name: "Đào tạo, tập huấn", Example: true},
		},
		Audiences: []figures.Named{{Code: "nguoi-dan", Name: "Người dân"}, {Code: "doanh-nghiep", Name: "Doanh nghiệp"}},
		Channels:  []figures.Named{{Code: "portal", Name: "Cổng Thông tin điện tử thành phố"}, {Code: "loa", Name: "Loa phường"}},
	}
	for n := range 12 {
		i := figures.Item{
			ID: fmt.Sprintf("item_%d", n+1), Code: fmt.Sprint(n + 1), Title: "Đăng tin, bài về giải quyết thủ tục hành chính tại bộ phận một cửa các quận, huyện", Theme: "mot-cua",
			Audiences: []string{"nguoi-dan", "doanh-nghiep"}, Channels: []string{"portal"}, Lead: fmt.Sprintf("H24.0%d", n%3+1),
			Deadline: vn.Day(2022, time.Month(3+n%8), 14), Target: int64(10 + 5*n), Unit: "tin, bài", Counts: true, Example: n == 3,
		}
		if n%4 == 2 {
			i.Title, i.Theme, i.Channels, i.Unit, i.Counts = "Lớp tập huấn chính quyền điện tử cho cán bộ, công chức, viên chức", "dao-tao", []string{"loa"}, "lớp", false
		}
		p.Items = append(p.Items, i)
	}
	return p
}

// done is what was published, recorded, questioned and withdrawn in March 2022, so many facts of it.
func done(n int) []figures.Fact {
	facts := make([]figures.Fact, 0, n)
	for k := range n {
		f := figures.Fact{
			Kind: figures.Published, ID: fmt.Sprintf("publication_%04d", k), Standing: figures.Counts, Content: "c", Item: fmt.Sprintf("item_%d", k%12+1), Quantity: 1,
			Title: "Hải Phòng đẩy mạnh cải cách hành chính, nâng cao chất lượng phục vụ người dân và doanh nghiệp", Theme: "mot-cua", Audiences: []string{"nguoi-dan"},
			Channels: []string{"portal"}, Agency: "H24.02", At: vn.Day(2022, time.February, 24).Add(time.Duration(k) * time.Hour / 2), Path: fmt.Sprintf("/tin/cai-cach-hanh-chinh-%d", k),
			Hash: strings.Repeat("0123456789abcdef", 4), Event: "distribution/1.7", Imported: k%9 == 0, Example: k%5 == 0,
		}
		switch k % 12 {
		case 2: // classes, some of which nobody confirmed; of item 7 nothing is known
			f.Kind, f.Title, f.Unit, f.Quantity, f.Path = figures.Result, "Ảnh lớp tập huấn, UBND quận Hồng Bàng 📷", "lớp", 2, "https://bao.example/"+strings.Repeat("lop-tap-huan-", 8)
			if k%24 == 2 {
				f.Standing = figures.Unconfirmed
			}
		case 6:
			continue
		case 10:
			f.Kind, f.Unit, f.Quantity, f.Path, f.Hash = figures.Result, "học viên", 1_250, "", ""
		case 5:
			f.Standing = figures.Withdrawn
		}
		facts = append(facts, f)
	}
	return facts
}

// march is the report of March 2022 on so many facts, with what was done a year before when it is known, and late facts.
func march(t *testing.T, n int, lastYear bool) Report {
	t.Helper()
	period, err := vn.ParsePeriod("2022-M03")
	if err != nil {
		t.Fatal(err)
	}
	var entries []figures.Entry
	c := figures.NewCompiler(plan(), period)
	if lastYear {
		before := plan()
		before.ID = "plan_21"
		c.LastYear([]figures.Plan{before})
	}
	register := figures.NewRegister(plan())
	for _, f := range figures.Collate(done(n)) {
		c.Add(f)
		if f.Standing == figures.Counts {
			entries = append(entries, register.Entry(f))
		}
	}
	d := c.Document(map[string]string{"H24.01": "Văn phòng Ủy ban nhân dân thành phố", "H24.02": "Sở Thông tin và Truyền thông", "H24.03": "Sở Nội vụ"})
	if lastYear {
		late := []figures.LateFact{}
		for k, kind := range []string{"added", "removed", "changed"} {
			late = append(late, figures.LateFact{Kind: kind, Report: "report_2", Period: "2022-M02", Entry: entries[k], RecordedAt: "2022-03-20T01:00:00Z"})
		}
		d.Late(late)
	}
	_, hash, err := d.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	return Report{
		Document: d, Hash: hash, Number: "12/BC-STTTT", Date: "2022-03-16", Issuer: "Sở Thông tin và Truyền thông", Above: "Ủy ban nhân dân thành phố Hải Phòng",
		Place: "Hải Phòng", Home: "https://loa.haiphong.example", Next: plan().Items[1:4],
		Signing: report.Signing{Person: "p", PersonName: "Phạm Thị Minh Họa", Position: "Giám đốc", PersonExample: true},
		Entries: each(entries),
	}
}

func each(entries []figures.Entry) iter.Seq2[figures.Entry, error] {
	return func(yield func(figures.Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// What the service makes of reports is what archives and screen readers take, page by page within its margins.
func TestDocumentsOfReportsConform(t *testing.T) {
	plain := march(t, 60, true)
	plain.Narrative = &narrative.Narrative{
		Direction: "Đã ban hành Công văn số 215/STTTT-BCXB.\n- đôn đốc các cơ quan;\n- kiểm tra.", Assessment: "Hạn chế: lớp tập huấn chậm.", Proposals: "Bổ sung kinh phí quý II.",
		NextPeriod: "Mở hai lớp tập huấn.",
	}
	long := march(t, 150, false)
	long.Bypassed = true
	long.Signing = report.Signing{
		Person: "p", PersonName: "Nguyễn Văn Minh Họa", Position: "Chánh Văn phòng", Capacity: "TUQ.", OnBehalfOf: "q", OnBehalfOfName: "Phạm Thị Minh Họa",
		OnBehalfOfPosition: "Giám đốc",
	}
	draft := march(t, 0, false)
	draft.Number, draft.Date, draft.Next, draft.Signing = "", "", nil, report.Signing{}
	committee := march(t, 12, false)
	committee.Issuer, committee.Above, committee.Number = "Ủy ban nhân dân thành phố Hải Phòng", "", "9/BC-UBND"
	committee.Signing = report.Signing{PersonName: "Trần Văn Minh Họa", Position: "Phó Chủ tịch", Capacity: "KT."}
	b := documenttest.New(t)
	reports := map[string]Report{"report": plain, "long": long, "draft": draft, "committee": committee}
	for name, r := range reports {
		b.Put(name+".pdf", func(w io.Writer) error { return pdf.Write(w, r.Paper()) })
		b.Put(name+".docx", func(w io.Writer) error { return docx.Write(w, r.Paper()) })
		b.Put(name+".xlsx", func(w io.Writer) error { return sheet.WriteXLSX(w, r.Book()) })
	}
	b.Check()
	for name, r := range reports {
		b.Margins(name + ".pdf")
		if code := b.QR(name + ".pdf"); code != r.Home+"/xac-thuc/"+r.Hash {
			t.Errorf("%s: the QR code reads %q", name, code)
		}
	}
	for name, want := range map[string][]string{
		"report": {
			"BÁO CÁO", "Số: 12/BC-STTTT", "GIÁM ĐỐC", "Phạm Thị Minh Họa", "– (chưa có", "Cùng kỳ", "SỐ LIỆU BỔ SUNG CỦA CÁC KỲ TRƯỚC", "đã thu hồi",
			"- đôn đốc các cơ quan;", "Hạn chế: lớp tập huấn chậm.", "Bổ sung kinh phí quý II.", "Mở hai lớp tập huấn.", "chưa có nội dung về khó khăn, vướng mắc trong kỳ",
			"dấu “…” là chưa có số liệu", "Hồng Bàng □",
		},
		"long":      {"TUQ. GIÁM ĐỐC", "CHÁNH VĂN PHÒNG", "Ban hành khẩn", "chưa được xác nhận"},
		"draft":     {"DỰ THẢO", "Không có tin, bài hay kết quả nào trong kỳ.", "chưa có nội dung về đề xuất, kiến nghị trong kỳ"},
		"committee": {"TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"},
	} {
		text := strings.ReplaceAll(b.Paper(name+".pdf").Text(), "\u00a0", " ")
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s does not say %q", name, w)
			}
		}
	}
}

// A figure that nobody has reported is a sign in a table, never nought, and no word is broken over lines for want of room; what people wrote
// has a sheet of its own in the workbook, with what nobody wrote.
func TestMissingInTablesAndInTheWorkbook(t *testing.T) {
	r := march(t, 40, true)
	for _, table := range []model.Table{r.compared("Bảng 1", "Kênh", r.Channels), r.compared("Bảng 2", "Chủ đề", r.Themes), r.itemsTable()} {
		signs := 0
		for row, err := range table.Rows {
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range row {
				if strings.Contains(c.Text(), "chưa có số liệu") {
					t.Errorf("%s: %q", table.Caption, c.Text())
				}
				if c.Text() == model.MissingSign {
					signs++
				}
			}
		}
		if signs == 0 {
			t.Errorf("%s: nothing is missing", table.Caption)
		}
	}
	if got := len(r.Book().Sheets); got != 2 {
		t.Errorf("%d sheets", got)
	}
	r.Narrative = &narrative.Narrative{Direction: "=1+1"}
	words := r.Book().Sheets[2]
	var csv strings.Builder
	if err := sheet.WriteCSV(&csv, words); err != nil {
		t.Fatal(err)
	}
	if words.Name != "Thuyết minh" || !strings.Contains(csv.String(), "'=1+1") || strings.Count(csv.String(), "– (chưa có nội dung)") != 4 {
		t.Errorf("%s: %s", words.Name, csv.String())
	}
}
