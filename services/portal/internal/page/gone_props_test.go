package page_test

import (
	"testing"
	"time"

	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/portal/internal/page"
)

const someHash = "7d1f93ab04c2e8157d1f93ab04c2e8157d1f93ab04c2e8157d1f93ab04c2e815"

func signed() []page.Approval {
	return []page.Approval{
		{Name: "Nguyễn Văn Hùng", Position: "Trưởng phòng, Phòng Thông tin - Báo chí - Xuất bản", Invented: true, At: at("02/03/2022", "08:10")},
		{Name: "Trần Thị Minh Nguyệt", Position: "Phó Giám đốc", Invented: true, At: at("02/03/2022", "08:40")},
	}
}

func correctedProps(t *testing.T, lang page.Lang) page.ArticleProps {
	p := articleProps(t, lang)
	p.ImportedAt = time.Time{}
	p.ChangedAt, p.Hash, p.Approvals = at("02/03/2022", "08:45"), someHash, signed()
	p.Body += "<p>Các cấp và <ins>Nhân dân</ins> về ý nghĩa, mục tiêu.</p>"
	p.Attachments[0].Path, p.Attachments[0].Size = page.FilePath(someHash, "ke-hoach.pdf"), 412_300
	p.Corrections = []page.Correction{
		{
			Number: 2, At: p.ChangedAt, Reason: "Viết sai một chữ", Approvals: signed(), More: 3, Reached: []page.Reached{{Channel: p.PortalChannel(), At: at("02/03/2022", "08:45")}},
			Changes: []page.WordChange{
				{Where: p.ParagraphPlace(4, false), Before: "Nhân ân", After: "Nhân dân"},
				{Where: p.TitlePlace(), After: "năm 2022"},
				{Where: p.ParagraphPlace(6, true), Before: "Một đoạn đã bỏ."},
				{Where: p.FilesPlace(), After: "Kế hoạch số 38/KH-UBND"},
			},
		},
		{Number: 1, At: at("01/03/2022", "15:00"), Form: true, Reason: "Sửa cách trình bày"},
	}
	return p
}

func goneProps(lang page.Lang) page.GoneProps {
	replacement := latest()[3]
	return page.GoneProps{
		Frame: frame(lang), Slug: "danh-muc", Title: "Danh mục thủ tục thí điểm nhận hồ sơ ngoài giờ tại quận Hồng Bàng", Theme: "Một cửa, một cửa liên thông",
		Issuer: "Ủy ban nhân dân quận Hồng Bàng", PublishedAt: at("25/02/2022", "10:15"), At: at("07/03/2022", "15:10"),
		Reason:      "Danh mục nêu trong bài chưa phải bản được UBND quận phê duyệt. Danh mục đúng được công bố tại bài thay thế dưới đây.",
		Replacement: &replacement, Approvals: signed(), Bypass: bypass(upheld()), Hash: someHash, Others: latest()[:3],
		Reached: []page.Reached{{Channel: frame(lang).PortalChannel(), At: at("07/03/2022", "15:10")}},
	}
}

func expiredProps(lang page.Lang) page.GoneProps {
	p := goneProps(lang)
	p.Expired, p.Reason, p.Replacement, p.Approvals, p.Bypass, p.Reached = true, "", nil, nil, nil, nil
	return p
}

func editionProps(t *testing.T, lang page.Lang) page.ArticleProps {
	p := correctedProps(t, lang)
	p.Corrections, p.Superseded = nil, &page.Superseded{Number: 1, Until: at("02/03/2022", "08:45")}
	return p
}

func verifyProps(lang page.Lang) page.VerifyProps {
	return page.VerifyProps{Frame: frame(lang), Asked: someHash, Hash: someHash, Found: []page.Authentic{
		{
			Title: latest()[0].Title, Issuer: latest()[0].Issuer, At: at("01/03/2022", "13:20"), Approvals: signed(), State: page.WasCorrected, Bypass: bypass(nil),
			Path: page.ArticlePath(lang, planSlug), Example: true,
		},
		{Kind: page.OfDocument, Format: "PDF", Title: "Báo cáo tháng 3", Number: "15/BC-STTTT", At: vn.Day(2022, 3, 16), Day: true, Path: page.ReportPath(lang, 2022, "stttt", "thang-3")},
		{Kind: page.OfPlan, Title: planTitle, Number: "38/KH-UBND", At: vn.Day(2022, 2, 23), Day: true, Imported: true, State: page.WasAmended, Path: page.LocalPath(lang, planPath)},
	}}
}

func previewProps(t *testing.T, lang page.Lang) page.PreviewProps {
	p := translatedProps(t, lang)
	p.Languages = []page.Lang{page.Vi, page.En}
	return page.PreviewProps{ArticleProps: p, ExpiresAt: at("02/03/2022", "17:00"), Path: page.PreviewPath + "/token", UrgentUntil: at("03/03/2022", "17:00")}
}
