// Package sample makes the documents that the tests of the renderers set: Plan 38/KH-UBND with the words of the city's own article
// of 1 March 2022, and a report, a notice and a letter whose figures and people are invented and say so.
package sample

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"github.com/loa-vn/loa/pkg/document/model"
	"github.com/loa-vn/loa/pkg/vn"
)

// Digest is the SHA-256 of a text in hexadecimal.
func Digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func authenticity(what string) model.Authenticity {
	hash := Digest(what)
	return model.Authenticity{URL: "https://loa.haiphong.example/xac-thuc/" + hash, Hash: hash}
}

// Plan is Plan 38/KH-UBND. What the article does not state (targets, dates, who signs) is invented.
func Plan() *model.Document {
	return &model.Document{
		Kind:    model.Plan,
		Agency:  []string{"ỦY BAN NHÂN DÂN", "THÀNH PHỐ HẢI PHÒNG"},
		Number:  "38/KH-UBND",
		Place:   "Hải Phòng",
		Date:    vn.Day(2022, 2, 23),
		Subject: "Tuyên truyền cải cách hành chính nhà nước thành phố Hải Phòng năm 2022",
		Body:    planBody(),
		Annexes: []model.Annex{{
			Label: "PHỤ LỤC", Title: "DANH MỤC NHIỆM VỤ TUYÊN TRUYỀN CẢI CÁCH HÀNH CHÍNH NĂM 2022",
			Note:      "(Kèm theo Kế hoạch số 38/KH-UBND ngày 23 tháng 02 năm 2022 của Ủy ban nhân dân thành phố Hải Phòng)",
			Landscape: true, Body: []model.Block{tasks()},
		}},
		Recipients: []string{"Bộ Nội vụ (để báo cáo);", "Thường trực Thành ủy, Thường trực HĐND thành phố;", "Chủ tịch, các Phó Chủ tịch UBND thành phố;", "Các sở, ban, ngành thành phố;", "UBND các quận, huyện;", "Báo Hải Phòng, Đài PT&TH Hải Phòng;", "Cổng Thông tin điện tử thành phố;", "Lưu: VT, TTTT."},
		Signature: model.Signature{
			Standings: []model.Standing{{Capacity: model.Collective, Office: "ỦY BAN NHÂN DÂN"}, {Capacity: model.Deputy, Office: "CHỦ TỊCH"}, {Office: "PHÓ CHỦ TỊCH"}},
			Name:      "Trần Văn Minh Họa",
		},
		Authenticity: authenticity("38/KH-UBND"),
		Marks:        []model.Mark{model.ExampleData},
	}
}

func planBody() []model.Block {
	h := func(level int, label, text string) model.Block {
		return model.Heading{Level: level, Label: label, Text: text}
	}
	list := func(items ...string) model.Block {
		l := model.List{}
		for _, s := range items {
			l.Items = append(l.Items, model.Plain(s))
		}
		return l
	}
	return []model.Block{
		model.Paragraph{Runs: []model.Run{{Text: "Căn cứ "}, {Text: "Quyết định số 3818/QĐ-UBND ngày 20/12/2021", Italic: true}, {Text: " của Ủy ban nhân dân thành phố, Ủy ban nhân dân thành phố ban hành Kế hoạch tuyên truyền cải cách hành chính nhà nước thành phố Hải Phòng năm 2022 như sau:"}}},
		h(1, "I.", "MỤC ĐÍCH, YÊU CẦU"),
		h(2, "1.", "Mục đích"),
		list(
			"Đẩy mạnh công tác thông tin, tuyên truyền, nâng cao nhận thức cho cán bộ, công chức, người dân, doanh nghiệp và xã hội về cải cách hành chính.",
			"Khuyến khích sự tham gia của người dân, doanh nghiệp, các tổ chức xã hội trong công tác triển khai cải cách hành chính và giám sát hoạt động thực thi công vụ, tạo sự thống nhất trong thực hiện các kế hoạch, chương trình cải cách hành chính nhà nước thành phố Hải Phòng.",
			"Nâng cao nhận thức, trách nhiệm của tập thể lãnh đạo, người đứng đầu của cán bộ, công chức, viên chức trong cơ quan hành chính nhà nước các cấp và Nhân dân về ý nghĩa, mục tiêu, tầm quan trọng của cải cách hành chính đối với sự phát triển kinh tế – xã hội và thực hiện chủ đề năm 2022 của thành phố.",
		),
		h(2, "2.", "Yêu cầu"),
		list(
			"Phát huy vai trò giám sát và tham gia của các cơ quan báo chí, truyền thông; tăng cường công tác phối hợp, chia sẻ thông tin giữa các cơ quan hành chính nhà nước với các cơ quan báo chí, bảo đảm thông tin về tình hình triển khai và kết quả thực hiện cải cách hành chính tại các Sở, ngành, địa phương được phản ánh đầy đủ, kịp thời, đúng đối tượng.",
			"Đổi mới và đa dạng các hình thức tuyên truyền, nâng cao chất lượng nội dung; chú trọng nêu gương các tổ chức cá nhân làm tốt công tác cải cách hành chính.",
		),
		h(1, "II.", "NỘI DUNG TUYÊN TRUYỀN"),
		model.Text("1. Tiếp tục đẩy mạnh tuyên truyền, phổ biến những quan điểm, chủ trương của Đảng, chính sách pháp luật của Nhà nước về cải cách hành chính; thông tin kịp thời các phản ánh, kiến nghị của người dân, tổ chức, doanh nghiệp về giải quyết thủ tục hành chính của các cơ quan, đơn vị."),
		model.Text("2. Tuyên truyền việc thực hiện một số chỉ tiêu thực hiện cải cách hành chính năm 2022 (theo Quyết định số 3818/QĐ-UBND ngày 20/12/2021 của UBND thành phố), các văn bản về cải cách thủ tục hành chính và thực hiện cơ chế một cửa, một cửa liên thông."),
		model.Text("3. Đẩy mạnh tuyên truyền về Chương trình tổng thể cải cách hành chính nhà nước tại thành phố Hải Phòng giai đoạn 2021-2025 gắn với tuyên truyền Nghị quyết của Ban Thường vụ Thành ủy về Chuyển đổi số."),
		model.Text("4. Tuyên truyền về triển khai xây dựng chính quyền điện tử thành phố và đẩy mạnh ứng dụng công nghệ thông tin trong cải cách hành chính thành phố Hải Phòng; tuyên truyền, phổ biến cho cán bộ, công chức, viên chức về kế hoạch đào tạo, tập huấn chính quyền điện tử; nêu rõ kết quả đạt được khi đưa Chính quyền số vào việc cải cách hành chính."),
		h(1, "III.", "HÌNH THỨC TUYÊN TRUYỀN"),
		model.Text("Lồng ghép việc tuyên truyền cải cách hành chính nhà nước với việc phổ biến, tuyên truyền, giáo dục về các chủ trương, chính sách của Đảng và pháp luật của Nhà nước. Triển khai có hiệu quả các ứng dụng công nghệ thông tin để nâng cao chất lượng công tác tuyên truyền, trên các kênh: Cổng Thông tin điện tử thành phố; báo chí, truyền thông; Fanpage Cổng tin tức thành phố; đài truyền thanh cơ sở; hội nghị, lớp tập huấn."),
		h(1, "IV.", "ĐỐI TƯỢNG TUYÊN TRUYỀN"),
		model.Text("Cán bộ, công chức, viên chức; các tổ chức, doanh nghiệp và mọi tầng lớp Nhân dân có nhu cầu nắm bắt, tìm hiểu thông tin về công tác cải cách hành chính nhà nước trên địa bàn thành phố Hải Phòng."),
		h(1, "V.", "KINH PHÍ THỰC HIỆN"),
		model.Text("Kinh phí thực hiện Kế hoạch bố trí trong dự toán ngân sách năm 2022 của các cơ quan, đơn vị theo phân cấp (nội dung minh họa)."),
		h(1, "VI.", "TỔ CHỨC THỰC HIỆN"),
		h(2, "1.", "Sở Thông tin và Truyền thông"),
		model.Text("Là cơ quan chủ trì giúp UBND thành phố tổ chức triển khai kế hoạch, làm đầu mối điều phối các cơ quan có liên quan trong việc thực hiện kế hoạch; tổng hợp, báo cáo kết quả thực hiện kế hoạch tuyên truyền về UBND thành phố."),
		h(2, "2.", "Các cơ quan, đơn vị liên quan"),
		model.Text("Phối hợp triển khai thực hiện, nếu có khó khăn, vướng mắc kịp thời báo cáo UBND thành phố (qua Sở Thông tin và Truyền thông tổng hợp) để xem xét, giải quyết theo quy định./."),
	}
}

func tasks() model.Table {
	rows := [][]string{
		{"Thông tin về Kế hoạch số 38/KH-UBND; tuyên truyền, phổ biến quan điểm, chủ trương của Đảng, chính sách, pháp luật của Nhà nước về cải cách hành chính", "Cán bộ, công chức, viên chức; tổ chức; doanh nghiệp; người dân", "Cổng Thông tin điện tử", "Sở Thông tin và Truyền thông", "Văn phòng UBND thành phố", "10/3/2022", "1 tin, bài"},
		{"Thông tin kịp thời các phản ánh, kiến nghị của người dân, tổ chức, doanh nghiệp về giải quyết thủ tục hành chính của các cơ quan, đơn vị", "Tổ chức; doanh nghiệp; người dân", "Cổng Thông tin điện tử; báo chí", "Văn phòng UBND thành phố", "Các sở, ngành", "14/12/2022", "12 tin, bài"},
		{"Tuyên truyền việc thực hiện một số chỉ tiêu cải cách hành chính năm 2022 theo Quyết định số 3818/QĐ-UBND", "Cán bộ, công chức, viên chức; người dân", "Cổng Thông tin điện tử; báo chí", "Sở Nội vụ", "Sở Thông tin và Truyền thông", "14/6/2022", "4 tin, bài"},
		{"Tuyên truyền các văn bản về cải cách thủ tục hành chính và thực hiện cơ chế một cửa, một cửa liên thông", "Tổ chức; doanh nghiệp; người dân", "Cổng Thông tin điện tử; Fanpage", "Văn phòng UBND thành phố", "Sở Tư pháp", "14/9/2022", "6 tin, bài"},
		{"Tuyên truyền Chương trình tổng thể cải cách hành chính nhà nước giai đoạn 2021–2025, gắn với Nghị quyết của Ban Thường vụ Thành ủy về Chuyển đổi số", "Mọi đối tượng", "Cổng Thông tin điện tử; báo chí", "Sở Thông tin và Truyền thông", "Các sở, ngành; UBND quận, huyện", "14/12/2022", "10 tin, bài"},
		{"Đào tạo, tập huấn chính quyền điện tử cho cán bộ, công chức, viên chức", "Cán bộ, công chức, viên chức", "Hội nghị, lớp tập huấn", "Sở Thông tin và Truyền thông", "Sở Nội vụ", "14/11/2022", "3 lớp"},
		{"Phát thanh chuyên mục cải cách hành chính trên đài truyền thanh cơ sở", "Người dân", "Đài truyền thanh cơ sở", "UBND quận, huyện", "Sở Thông tin và Truyền thông", "14/12/2022", ""},
		{"Nêu gương các tổ chức, cá nhân làm tốt công tác cải cách hành chính", "Mọi đối tượng", "Cổng Thông tin điện tử; Fanpage", "Sở Nội vụ", "Báo Hải Phòng", "14/12/2022", "8 tin, bài"},
	}
	t := model.Table{
		Summary: "Mỗi hàng là một nhiệm vụ: nội dung, đối tượng, kênh, cơ quan chủ trì, cơ quan phối hợp, thời hạn và chỉ tiêu.",
		Columns: []model.Column{{Weight: 5, Align: model.Center}, {Weight: 34}, {Weight: 19}, {Weight: 18}, {Weight: 17}, {Weight: 17}, {Weight: 12, Align: model.Center}, {Weight: 12, Align: model.Center}},
		Header:  model.Headings("TT", "Nhiệm vụ", "Đối tượng", "Kênh", "Chủ trì", "Phối hợp", "Thời hạn", "Chỉ tiêu"),
	}
	body := make([][]model.Cell, 0, len(rows))
	for i, r := range rows {
		row := []model.Cell{model.Words(strconv.Itoa(i + 1)), model.Names(r[0])}
		for _, s := range r[1:] {
			row = append(row, model.Words(s))
		}
		if r[6] == "" {
			row[7] = model.Figure{}.Cell()
		}
		body = append(body, row)
	}
	t.Rows = model.Rows(body...)
	return t
}
