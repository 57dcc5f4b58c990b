package sample

import (
	"fmt"
	"iter"
	"strconv"

	"github.com/loa-vn/loa/pkg/document/model"
	"github.com/loa-vn/loa/pkg/vn"
)

type line struct {
	name            string
	planned, actual model.Figure
}

func known(planned, actual int64) (p, a model.Figure) {
	return model.Known(planned), model.Known(actual)
}

func themes() []line {
	lines := []line{{name: "Chủ trương của Đảng, chính sách, pháp luật của Nhà nước về cải cách hành chính"}, {name: "Phản ánh, kiến nghị về giải quyết thủ tục hành chính"}, {name: "Chỉ tiêu cải cách hành chính năm 2022 (Quyết định số 3818/QĐ-UBND)"}, {name: "Cải cách thủ tục hành chính, cơ chế một cửa, một cửa liên thông"}, {name: "Chương trình tổng thể cải cách hành chính và Nghị quyết về Chuyển đổi số"}, {name: "Xây dựng chính quyền điện tử, ứng dụng công nghệ thông tin"}, {name: "Đào tạo, tập huấn chính quyền điện tử"}, {name: "Gương tổ chức, cá nhân làm tốt cải cách hành chính"}}
	for i, f := range [][2]int64{{120, 131}, {96, 88}, {40, 40}, {64, 71}, {1180, 1204}, {52, 55}, {0, 0}, {24, 9}} {
		lines[i].planned, lines[i].actual = known(f[0], f[1])
	}
	lines[6].actual, lines[6].planned = model.Figure{}, model.Known(3)
	return lines
}

func compared(caption, first string, lines []line) model.Table {
	t := model.Table{
		Caption: caption,
		Summary: caption + ": số kế hoạch, số thực hiện, tỷ lệ phần trăm và đánh giá theo từng dòng.",
		Columns: []model.Column{{Weight: 6, Align: model.Center}, {Weight: 40}, {Weight: 15, Align: model.Right}, {Weight: 15, Align: model.Right}, {Weight: 13, Align: model.Right}, {Weight: 21}},
		Header: [][]model.Cell{
			{{Runs: model.Strong("TT"), RowSpan: 2}, {Runs: model.Strong(first), RowSpan: 2}, {Runs: model.Strong("Số lượt tin, bài"), ColSpan: 2}, {Runs: model.Strong("Tỷ lệ (%)"), RowSpan: 2}, {Runs: model.Strong("Đánh giá"), RowSpan: 2}},
			{{Runs: model.Strong("Kế hoạch")}, {Runs: model.Strong("Thực hiện")}},
		},
	}
	var body [][]model.Cell
	var planned, actual int64
	for i, l := range lines {
		p, _ := l.planned.Value()
		a, ok := l.actual.Value()
		planned, actual = planned+p, actual+a
		verdict := "Đạt kế hoạch"
		switch {
		case !ok:
			verdict = "Đơn vị chưa báo cáo"
		case a < p:
			verdict = "Chưa đạt"
		case a > p:
			verdict = "Vượt kế hoạch"
		}
		body = append(body, []model.Cell{model.Words(strconv.Itoa(i + 1)), model.Names(l.name), l.planned.Cell(), l.actual.Cell(), model.Share(l.actual, l.planned), model.Words(verdict)})
	}
	p, a := known(planned, actual)
	total := model.Cell{Runs: model.Strong("Tổng cộng (các dòng có số liệu)"), ColSpan: 2, Head: true}
	body = append(body, []model.Cell{total, p.Cell().Strong(), a.Cell().Strong(), model.Share(a, p).Strong(), {}})
	t.Rows = model.Rows(body...)
	return t
}

// Report is a results report of some pages with an annex of so many rows; every figure is invented.
func Report(annexRows int) *model.Document {
	lines := themes()
	bars := make([]model.Bar, 0, len(lines))
	for _, l := range lines {
		bars = append(bars, model.Bar{Name: l.name, Planned: l.planned, Actual: l.actual})
	}
	channels := []line{{name: "Cổng Thông tin điện tử thành phố"}, {name: "Báo chí, truyền thông"}, {name: "Fanpage Cổng tin tức thành phố"}, {name: "Đài truyền thanh cơ sở"}, {name: "Hội nghị, lớp tập huấn"}}
	for i, f := range [][2]int64{{380, 447}, {620, 655}, {420, 538}, {60, 52}, {3, 3}} {
		channels[i].planned, channels[i].actual = known(f[0], f[1])
	}
	h := func(level int, label, text string) model.Block {
		return model.Heading{Level: level, Label: label, Text: text}
	}
	d := &model.Document{
		Kind: model.Report, Parent: "UBND THÀNH PHỐ HẢI PHÒNG", Agency: []string{"SỞ THÔNG TIN VÀ TRUYỀN THÔNG"},
		Number: "15/BC-STTTT", Place: "Hải Phòng", Date: vn.Day(2022, 3, 16),
		Subject: "Kết quả thực hiện Kế hoạch số 38/KH-UBND về tuyên truyền cải cách hành chính nhà nước quý I năm 2022",
		Body: []model.Block{
			model.Paragraph{Runs: []model.Run{{Text: "Thực hiện "}, {Text: "Kế hoạch số 38/KH-UBND ngày 23 tháng 02 năm 2022", Italic: true}, {Text: " của Ủy ban nhân dân thành phố Hải Phòng, Sở Thông tin và Truyền thông báo cáo kết quả thực hiện quý I năm 2022 (từ ngày 15/12/2021 đến hết ngày 14/3/2022) như sau; số liệu trong văn bản này là "}, {Text: "dữ liệu minh họa", Bold: true}, {Text: "."}}},
			h(1, "I.", "CÔNG TÁC CHỈ ĐẠO, ĐIỀU HÀNH"),
			model.Text("Các cơ quan, đơn vị đã ban hành kế hoạch tuyên truyền của mình và phân công đầu mối thực hiện. Công tác phối hợp, chia sẻ thông tin giữa các cơ quan hành chính nhà nước với các cơ quan báo chí được tăng cường, bảo đảm thông tin về tình hình triển khai và kết quả thực hiện cải cách hành chính được phản ánh đầy đủ, kịp thời, đúng đối tượng."),
			h(1, "II.", "KẾT QUẢ THỰC HIỆN"),
			h(2, "1.", "Kết quả theo chủ đề"),
			model.Text("Kết quả chi tiết được trình bày tại Bảng 1 và biểu đồ kèm theo. Dòng chưa có số liệu là dòng đơn vị chủ trì chưa báo cáo, không phải bằng không."),
			compared("Bảng 1. Kết quả thực hiện theo chủ đề", "Chủ đề", lines),
			model.Chart{Caption: "Biểu đồ 1. Kế hoạch và thực hiện theo chủ đề", Unit: "tin, bài", Bars: bars},
			h(2, "2.", "Kết quả theo kênh"),
			compared("Bảng 2. Kết quả thực hiện theo kênh", "Kênh", channels),
			h(1, "III.", "ĐÁNH GIÁ CHUNG"),
			h(2, "1.", "Ưu điểm"),
			model.List{Items: [][]model.Run{
				model.Plain("Việc tuyên truyền được lồng ghép với việc phổ biến, giáo dục về các chủ trương, chính sách của Đảng và pháp luật của Nhà nước;"),
				model.Plain("các ứng dụng công nghệ thông tin được triển khai có hiệu quả, nâng cao chất lượng công tác tuyên truyền."),
			}},
			h(2, "2.", "Tồn tại, hạn chế"),
			h(3, "a)", "Về nội dung"),
			model.Text("Một số sản phẩm còn dài, nhiều thuật ngữ chuyên môn, chưa có bản dễ đọc."),
			h(3, "b)", "Về số liệu"),
			model.Text("Một số đơn vị chưa cập nhật kết quả đúng hạn."),
			h(1, "IV.", "KHÓ KHĂN, VƯỚNG MẮC VÀ KIẾN NGHỊ"),
			model.Paragraph{Runs: []model.Run{{Text: "Danh mục sản phẩm kèm mã băm được trình bày tại Phụ lục và tra cứu tại "}, {Text: "trang xác thực văn bản", Link: "https://loa.haiphong.example/xac-thuc?quy=1&nam=2022"}, {Text: ". Trên đây là báo cáo kết quả thực hiện Kế hoạch số 38/KH-UBND quý I năm 2022, Sở Thông tin và Truyền thông trân trọng báo cáo./."}}},
		},
		Recipients:   []string{"UBND thành phố (để báo cáo);", "Sở Nội vụ (để phối hợp);", "Các cơ quan, đơn vị liên quan;", "Giám đốc, các Phó Giám đốc Sở;", "Lưu: VT, TTBCXB."},
		Signature:    model.Signature{Standings: []model.Standing{{Capacity: model.Deputy, Office: "GIÁM ĐỐC"}, {Office: "PHÓ GIÁM ĐỐC"}}, Name: "Nguyễn Thị Minh Họa"},
		Authenticity: authenticity("15/BC-STTTT"),
		Marks:        []model.Mark{model.ExampleData},
	}
	d.Annexes = []model.Annex{{
		Label: "PHỤ LỤC", Title: "DANH MỤC SẢN PHẨM TUYÊN TRUYỀN QUÝ I NĂM 2022",
		Note:      "(Kèm theo Báo cáo số 15/BC-STTTT ngày 16 tháng 3 năm 2022 của Sở Thông tin và Truyền thông)",
		Landscape: true,
		Body: []model.Block{model.Table{
			Summary: "Mỗi hàng là một sản phẩm: tên, kênh, ngày, liên kết và mã băm SHA-256.", Small: true,
			Columns: []model.Column{{Weight: 9, Align: model.Center}, {Weight: 37}, {Weight: 20}, {Weight: 16, Align: model.Center}, {Weight: 42}, {Weight: 50}},
			Header:  model.Headings("TT", "Sản phẩm", "Kênh", "Ngày đăng", "Liên kết", "Mã băm SHA-256"),
			Rows:    Items(annexRows),
		}},
	}}
	return d
}

// Items makes rows of published items one at a time.
func Items(n int) iter.Seq2[[]model.Cell, error] {
	return func(yield func([]model.Cell, error) bool) {
		names := []string{"Hướng dẫn nộp hồ sơ trực tuyến tại bộ phận một cửa", "Đồ họa: năm bước cấp lại giấy phép", "Phóng sự: Tổ công nghệ số cộng đồng", "Hỏi đáp về chỉ số cải cách hành chính", "Gương cán bộ một cửa tận tụy", "Bản tin truyền thanh cơ sở"}
		channels := []string{"Cổng Thông tin điện tử", "Báo chí", "Fanpage", "Đài truyền thanh cơ sở"}
		for i := range n {
			address := fmt.Sprintf("https://loa.haiphong.example/tin/san-pham-%06d", i+1)
			row := []model.Cell{
				model.Words(strconv.Itoa(i + 1)),
				model.Names(names[i%len(names)] + " (kỳ " + strconv.Itoa(i/len(names)+1) + ")"),
				model.Words(channels[i%len(channels)]),
				model.Words(vn.Date(vn.Day(2022, 1, 1+i%73))),
				{Runs: []model.Run{{Text: address, Link: address}}, Code: true},
				{Runs: model.Plain(Digest(address)), Code: true},
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}
