package plantable

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/planning/internal/plan"
)

func city() []Agency {
	return []Agency{
		{"H24", "province", "UBND", "Ủy ban nhân dân thành phố Hải Phòng"},
		{"H24.01", "office", "VP", "Văn phòng Ủy ban nhân dân thành phố"},
		{"H24.02", "department", "STTTT", "Sở Thông tin và Truyền thông"},
		{"H24.03", "department", "SNV", "Sở Nội vụ"},
		{"H24.05", "department", "SKHĐT", "Sở Kế hoạch và Đầu tư"},
		{"H24.18", "department", "SNGV", "Sở Ngoại vụ"},
		{"H24.31", "district", "UBND", "Ủy ban nhân dân quận Hồng Bàng"},
		{"H24.32", "district", "UBND", "Ủy ban nhân dân quận Ngô Quyền"},
		{"H24.61", "press", "BHP", "Báo Hải Phòng"},
		{"H24.62", "press", "THP", "Đài Phát thanh và Truyền hình Hải Phòng"},
	}
}

func rows(lines ...string) []Row {
	var out []Row
	for i, l := range lines {
		out = append(out, rowOf(i+1, strings.Split(l, "|")))
	}
	return out
}

func TestHeadingsAreRecognisedInTheirSpellings(t *testing.T) {
	for heading, want := range map[string]struct {
		field field
		sure  bool
	}{
		"Nội dung công việc":      {title, true},
		"NHIỆM VỤ":                {title, true},
		"Nhiệm vụ, giải pháp":     {title, true},
		"Đơn vị\nchủ trì":         {lead, true},
		"Cơ quan, đơn vị chủ trì": {lead, true},
		"Cơ quan phối hợp":        {coordinators, true},
		"Thời gian hoàn thành":    {deadline, true},
		"Thời hạn":                {deadline, true},
		"Sản phẩm/ Kết quả":       {product, true},
		"Chỉ tiêu":                {quantity, true},
		"Kênh":                    {channels, true},
		"Đối tượng":               {audiences, true},
		"Đơn vị tính":             {unit, true},
		"STT":                     {code, true},
		"Đơn vị chủ trì tham mưu, thực hiện":               {lead, false},
		"Nội dung nhiệm vụ cụ thể của Kế hoạch":            {title, false},
		"Thời gian hoàn thành (dự kiến)":                   {deadline, false},
		"Ghi chú":                                          {nothing, true},
		"Noi dung cong viec":                               {title, true},
		"No\u0302\u0323i dung co\u0302ng vie\u0323\u0302c": {title, true},
	} {
		f, known, sure := recognise(heading)
		if !known || f != want.field || sure != want.sure {
			t.Errorf("%q: %q, known %v, sure %v", heading, f, known, sure)
		}
	}
	if _, known, _ := recognise("Xin chào"); known {
		t.Error("a greeting is no heading")
	}
}

func TestDaysAreReadInTheirForms(t *testing.T) {
	for text, want := range map[string]struct {
		day plan.Day
		how How
	}{
		"31/3/2022":                  {"2022-03-31", Understood},
		"31-03-2022":                 {"2022-03-31", Understood},
		"31.3.2022":                  {"2022-03-31", Understood},
		"2022-03-31":                 {"2022-03-31", Understood},
		"ngày 31 tháng 3 năm 2022":   {"2022-03-31", Understood},
		"Trước ngày 31/3/2022":       {"2022-03-31", Guessed},
		"Từ 01/3/2022 đến 31/3/2022": {"2022-03-31", Understood},
		"31/3/22":                    {"2022-03-31", Guessed},
		"31/3":                       {"2022-03-31", Guessed},
		"Quý II/2022":                {"2022-06-30", Understood},
		"Quý 2 năm 2022":             {"2022-06-30", Understood},
		"quý IV":                     {"2022-12-31", Guessed},
		"Quý I, II/2022":             {"2022-06-30", Understood},
		"Tháng 3/2022":               {"2022-03-31", Understood},
		"tháng 02 năm 2024":          {"2024-02-29", Understood},
		"Tháng 3":                    {"2022-03-31", Guessed},
		"Tháng 3 - 5/2022":           {"2022-05-31", Understood},
		"T12/2022":                   {"2022-12-31", Understood},
		"12/2022":                    {"2022-12-31", Understood},
		"6 tháng đầu năm 2022":       {"2022-06-30", Understood},
		"6 tháng cuối năm":           {"2022-12-31", Guessed},
		"Cả năm":                     {"2022-12-31", Guessed},
		"Năm 2022":                   {"2022-12-31", Understood},
		"Thường xuyên":               {"2022-12-20", Guessed},
		"Thường xuyên trong năm":     {"2022-12-20", Guessed},
		"Hằng tháng":                 {"2022-12-20", Guessed},
		"44651":                      {"2022-03-31", Understood},
		"31/2/2022":                  {"", NotUnderstood},
		"khi nào xong":               {"", NotUnderstood},
		"Quý 5/2022":                 {"", NotUnderstood},
		"12":                         {"", NotUnderstood},
	} {
		day, how, _ := readDay(text, "2022-12-20", 2022)
		if day != want.day || how != want.how {
			t.Errorf("%q: %q %s, want %q %s", text, day, how, want.day, want.how)
		}
	}
}

func TestAgenciesAreFoundByWhatOfficesCallThem(t *testing.T) {
	n := index(city())
	for text, want := range map[string]struct {
		codes string
		sure  bool
	}{
		"H24.02": {"H24.02", true},
		"H24.02 – Sở Thông tin và Truyền thông": {"H24.02", true},
		"Sở Thông tin và Truyền thông":          {"H24.02", true},
		"SỞ THÔNG TIN & TRUYỀN THÔNG":           {"H24.02", true},
		"Sở TT&TT":                              {"H24.02", true},
		"Sở TTTT":                               {"H24.02", true},
		"STTTT":                                 {"H24.02", true},
		"Sở KH&ĐT":                              {"H24.05", true},
		"Sở NV":                                 {"H24.03 H24.18", false},
		"Văn phòng UBND thành phố":              {"H24.01", true},
		"UBND TP":                               {"H24", false},
		"UBND quận Hồng Bàng":                   {"H24.31", true},
		"UBND":                                  {"H24 H24.31 H24.32", false},
		"Đài PT-TH Hải Phòng":                   {"H24.62", true},
		"Đài PTTH":                              {"H24.62", false},
		"UBND các quận, huyện":                  {"H24.31 H24.32", false},
		"Sở Xây dựng":                           {"", false},
	} {
		found, sure, _ := n.find(text)
		if got := strings.Join(texts(found), " "); got != want.codes || sure != want.sure {
			t.Errorf("%q: %q sure %v, want %q %v", text, got, sure, want.codes, want.sure)
		}
	}
	for cell, want := range map[string]string{
		"Sở Nội vụ, Báo Hải Phòng; UBND các quận, huyện": "Sở Nội vụ|Báo Hải Phòng|UBND các quận, huyện",
		"Sở TT&TT và Sở Nội vụ":                          "Sở TT&TT|Sở Nội vụ",
		"Sở Thông tin và Truyền thông":                   "Sở Thông tin và Truyền thông",
		"Các sở, ban, ngành, đoàn thể":                   "Các sở, ban, ngành, đoàn thể",
		"- Sở Nội vụ\n- Sở Ngoại vụ":                     "Sở Nội vụ|Sở Ngoại vụ",
		"Các cơ quan, đơn vị liên quan":                  "Các cơ quan, đơn vị liên quan",
	} {
		if got := strings.Join(n.partition(cell), "|"); got != want {
			t.Errorf("%q: %q, want %q", cell, got, want)
		}
	}
}

// office is a table as an office has it: a name above, merged group rows, numbers that begin anew, words of its own.
func office() Table {
	return Table{Name: "Phụ lục", Rows: rows(
		"PHỤ LỤC",
		"Nhiệm vụ tuyên truyền cải cách hành chính năm 2022",
		"TT|Nội dung công việc|Đơn vị chủ trì|Cơ quan phối hợp|Thời gian hoàn thành|Sản phẩm|Hình thức|Ghi chú",
		"(1)|(2)|(3)|(4)|(5)|(6)|(7)|(8)",
		"I|Tuyên truyền trên báo chí||||||",
		"1|Đăng tin, bài về một cửa|Sở TT&TT|Các cơ quan, đơn vị liên quan|Quý II/2022|12 tin, bài|Cổng thông tin điện tử; Báo chí|x",
		"2|Phóng sự truyền hình|Đài PTTH|Sở Nội vụ|Thường xuyên|Phóng sự|Truyền hình|",
		"II|Tập huấn||||||",
		"1|Lớp tập huấn cho cán bộ, công chức|Sở Nội vụ, Sở TT&TT|UBND các quận, huyện|30/9|2 lớp|Hội nghị, lớp tập huấn|",
		"||||||",
		"3|Việc không rõ|Ban Quản lý ABC||khi nào xong|||",
		"|Tổng cộng||||14||",
	)}
}

func TestAnOfficesOwnTableIsUnderstood(t *testing.T) {
	f, err := Read([]Table{office()}, city())
	if err != nil {
		t.Fatal(err)
	}
	d := f.Document
	if d.Title != "PHỤ LỤC Nhiệm vụ tuyên truyền cải cách hành chính năm 2022" || d.From != "2022-01-01" || d.To != "2022-12-31" {
		t.Errorf("head %q %s %s", d.Title, d.From, d.To)
	}
	if len(d.Items) != 4 {
		t.Fatalf("items %+v", d.Items)
	}
	first, second, third, fourth := d.Items[0], d.Items[1], d.Items[2], d.Items[3]
	if first.Code != "1" || first.Lead != "H24.02" || len(first.Coordinators) != 0 || first.Deadline != "2022-06-30" ||
		first.Target != (plan.Target{Quantity: 12, Unit: "tin, bài", CountsPublications: true}) || strings.Join(first.Channels, " ") != "portal press" ||
		first.Theme != "tuyen-truyen-tren-bao-chi" {
		t.Errorf("first %+v", first)
	}
	if second.Lead != "H24.62" || second.Deadline != "2022-12-31" || second.Target.Quantity != 1 || second.Target.Unit != "Phóng sự" || second.Channels[0] != "truyen-hinh" {
		t.Errorf("second %+v", second)
	}
	if third.Code != "II.1" || third.Lead != "H24.03" || strings.Join(texts(third.Coordinators), " ") != "H24.02 H24.31 H24.32" ||
		third.Deadline != "2022-09-30" || third.Channels[0] != "training" || third.Theme != "tap-huan" {
		t.Errorf("third %+v", third)
	}
	if fourth.Lead != "" || fourth.Deadline != "" {
		t.Errorf("fourth %+v", fourth)
	}
	wrong := map[errs.Reason]int{}
	for _, w := range f.wrong {
		wrong[w.Reason] = w.Row
	}
	if len(wrong) != 2 || wrong[errorsv1.Reason_PLAN_AGENCY_NAME] != 11 || wrong[errorsv1.Reason_PLAN_CELL] != 11 {
		t.Errorf("wrong %+v", f.wrong)
	}
	how := map[How]int{}
	for _, r := range f.Readings {
		how[r.How]++
	}
	if how[Understood] < 10 || how[Guessed] < 8 || how[NotUnderstood] != 2 || how[Ignored] < 3 {
		t.Errorf("readings %v", how)
	}
	known := func(c plan.Code) bool { return c != "" }
	if err := f.Locate(d.CheckComplete(known)); err == nil || !strings.Contains(err.Error(), "row 11") {
		t.Errorf("located %v", err)
	}
}

// Whatever is in the cells, reading ends, loses no task and makes no code stand twice.
func TestReadingKeepsEveryTask(t *testing.T) {
	words := rapid.SampledFrom([]string{
		"", "1", "I", "Sở Nội vụ", "Sở TT&TT; UBND các quận, huyện", "Quý II/2022", "31/3/2022", "12 tin", "Tổng", "Nội dung", "a,b;c", "x\ny",
		"Thường xuyên", "Cổng", "||", "\u0301", "9999999999999999999", "(1)",
	})
	rapid.Check(t, func(t *rapid.T) {
		table := Table{Name: "t", Rows: rows("STT|Nội dung|Chủ đề|Đối tượng|Kênh|Đơn vị chủ trì|Phối hợp|Thời hạn|Chỉ tiêu|Đơn vị tính")}
		want := 0
		for n := range rapid.IntRange(0, 20).Draw(t, "rows") {
			cells := rapid.SliceOfN(rapid.OneOf(words, rapid.String()), 10, 10).Draw(t, "cells")
			if rapid.Bool().Draw(t, "task") {
				cells[0], cells[1], cells[5], cells[7] = "9", "Việc cần làm", "Sở Nội vụ", "31/3/2022"
				want++
			}
			table.Rows = append(table.Rows, rowOf(n+2, cells))
		}
		f, err := Read([]Table{table}, city())
		if err != nil {
			t.Fatal(err)
		}
		codes, tasks := map[string]bool{}, 0
		for _, i := range f.Document.Items {
			if i.Code != "" && codes[i.Code] {
				t.Fatalf("code %q stands twice", i.Code)
			}
			codes[i.Code] = true
			if i.Title == "Việc cần làm" {
				tasks++
			}
		}
		if tasks != want {
			t.Fatalf("%d of %d tasks", tasks, want)
		}
	})
}

func TestWhatHoldsNoTasksIsRefused(t *testing.T) {
	_, err := Read([]Table{{Name: "a", Rows: rows("Họ tên|Ngày sinh", "A|1/1/2000")}}, city())
	if errs.ReasonOf(err) != errorsv1.Reason_PLAN_FILE_NO_ITEMS {
		t.Error(err)
	}
	long := Table{Name: "a", Rows: make([]Row, maxRows+1)}
	if _, err := Read([]Table{long}, city()); errs.ReasonOf(err) != errorsv1.Reason_INVALID {
		t.Error(err)
	}
	for _, data := range [][]byte{nil, []byte("PK\x03\x04"), []byte("number: 1")} {
		if _, err := Workbook(data); errs.ReasonOf(err) != errorsv1.Reason_PLAN_FILE {
			t.Errorf("%q: %v", data, err)
		}
		if _, err := Word(data); errs.Status(errs.ReasonOf(err)) != 422 {
			t.Errorf("%q: %v", data, err)
		}
	}
}

// A file of little size that unfolds to one long text in many cells is read as fast as any other.
func TestOneLongTextInManyCells(t *testing.T) {
	table := Table{Name: "t", Rows: rows("STT|Nội dung|Đơn vị chủ trì|Thời hạn")}
	long := strings.Repeat("Sở ", 1<<20)
	cells := []string{"", "Việc " + long, long, "Quý " + long}
	for n := range 300 {
		table.Rows = append(table.Rows, rowOf(n+2, cells))
	}
	f, err := Read([]Table{table}, city())
	if err != nil || len(f.Document.Items) != 300 {
		t.Fatalf("%d items, %v", len(f.Document.Items), err)
	}
	size := 0
	for _, r := range f.Readings {
		size += len(r.Text) + len(r.Value) + len(r.Note)
	}
	if len(f.Readings) > maxReadings || size > 3<<20 {
		t.Errorf("%d readings of %d bytes", len(f.Readings), size)
	}
}
