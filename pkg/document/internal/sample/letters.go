package sample

import (
	"github.com/loa-vn/loa/pkg/document/model"
	"github.com/loa-vn/loa/pkg/vn"
)

// Letter is an official letter to several, signed by delegation; its subject stands under the number.
func Letter() *model.Document {
	return &model.Document{
		Kind: model.Letter, Parent: "UBND THÀNH PHỐ HẢI PHÒNG", Agency: []string{"SỞ THÔNG TIN VÀ TRUYỀN THÔNG"},
		Number: "214/STTTT-TTBCXB", Place: "Hải Phòng", Date: vn.Day(2022, 3, 18),
		Subject: "phối hợp cung cấp thông tin tuyên truyền cải cách hành chính quý II năm 2022",
		To:      []string{"Các sở, ban, ngành thành phố;", "Ủy ban nhân dân các quận, huyện;", "Báo Hải Phòng, Đài Phát thanh và Truyền hình Hải Phòng, các cơ quan báo chí thường trú trên địa bàn thành phố."},
		Body: []model.Block{
			model.Text("Thực hiện Kế hoạch số 38/KH-UBND ngày 23/02/2022 của Ủy ban nhân dân thành phố, Sở Thông tin và Truyền thông đề nghị các cơ quan, đơn vị phối hợp thực hiện các nội dung sau (văn bản minh họa):"),
			model.Heading{Level: 2, Label: "1.", Text: "Rà soát nội dung tuyên truyền quý II năm 2022"},
			model.Text("Lập danh mục theo mẫu, nêu rõ chủ đề, đối tượng, kênh và thời hạn; gửi trước ngày 31 tháng 3 năm 2022."),
			model.Heading{Level: 2, Label: "2.", Text: "Phân công người phát ngôn và cung cấp thông tin cho báo chí"},
			model.Text("Đề nghị các cơ quan, đơn vị quan tâm, phối hợp thực hiện./."),
		},
		Recipients: []string{"Như trên;", "UBND thành phố (để báo cáo);", "Lưu: VT, TTBCXB."},
		Signature: model.Signature{
			Standings:  []model.Standing{{Capacity: model.Delegated, Office: "GIÁM ĐỐC"}, {Office: "TRƯỞNG PHÒNG THÔNG TIN, BÁO CHÍ, XUẤT BẢN"}},
			Name:       "Lê Văn Minh Họa",
			Delegation: &model.Delegation{Name: "Phạm Thị Minh Họa", Office: "Giám đốc Sở", Instrument: "Giấy ủy quyền số 12/GUQ-STTTT ngày 01/3/2022"},
		},
		Authenticity: authenticity("214/STTTT-TTBCXB"),
		Marks:        []model.Mark{model.ExampleData},
	}
}

// Notice is a correction notice, issued past its levels in an emergency and entered into Loa as history.
func Notice() *model.Document {
	return &model.Document{
		Kind: model.Notice, Parent: "UBND THÀNH PHỐ HẢI PHÒNG", Agency: []string{"SỞ THÔNG TIN VÀ TRUYỀN THÔNG"},
		Number: "07/TB-STTTT", Place: "Hải Phòng", Date: vn.Day(2022, 4, 4),
		Subject:   "Đính chính thời hạn tại Phụ lục Kế hoạch số 38/KH-UBND",
		Emergency: "BAN HÀNH THEO THỦ TỤC KHẨN CẤP, HẬU KIỂM SAU",
		Body: []model.Block{
			model.Text("Do sơ suất về thể thức khi trình bày, Sở Thông tin và Truyền thông đính chính Phụ lục Kế hoạch số 38/KH-UBND ngày 23/02/2022 như sau (văn bản minh họa):"),
			model.Table{
				Summary: "Nội dung đã in và nội dung đúng.", Columns: []model.Column{{Weight: 8}, {Weight: 20}, {Weight: 20}},
				Header: model.Headings("Vị trí", "Đã in", "Sửa thành"),
				Rows:   model.Rows([]model.Cell{model.Names("Dòng 3, cột Thời hạn"), model.Words("14/6/2020"), model.Words("14/6/2022")}),
			},
			model.Text("Các nội dung khác của Kế hoạch không thay đổi./."),
		},
		Recipients:   []string{"Các sở, ban, ngành thành phố;", "Cổng Thông tin điện tử thành phố;", "Lưu: VT."},
		Signature:    model.Signature{Standings: []model.Standing{{Capacity: model.Acting, Office: "GIÁM ĐỐC"}}, Name: "Phạm Thị Minh Họa"},
		Authenticity: authenticity("07/TB-STTTT"),
		Marks:        []model.Mark{model.ExampleData, model.HistoryData},
	}
}
