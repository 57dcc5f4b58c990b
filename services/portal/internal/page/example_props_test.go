package page_test

import (
	"bytes"
	"html"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/portal/internal/page"
)

// The article of 01/03/2022 is the city's own; every other item, person and figure here is invented.

func site() page.Site {
	return page.Site{BaseURL: "https://loa.example", TagAuthority: "loa.example,2022"}
}

func frame(lang page.Lang) page.Frame {
	except := "bài về Kế hoạch 38"
	if lang == page.En {
		except = "the article on Plan 38"
	}
	return page.Frame{Site: site(), Lang: lang, Example: page.Example{Shown: true, Except: except}}
}

func at(day, clock string) time.Time {
	instant, err := time.ParseInLocation("02/01/2006 15:04", day+" "+clock, vn.Location())
	if err != nil {
		return time.Time{}
	}
	return instant
}

const (
	planTitle = "Tuyên truyền cải cách hành chính nhà nước thành phố Hải Phòng năm 2022"
	planSlug  = "ke-hoach-cai-cach-hanh-chinh-nha-nuoc-thanh-pho-hai-phong-nam-2022"
)

func latest() []page.Entry {
	return []page.Entry{
		{
			Slug: planSlug, Title: "Kế hoạch cải cách hành chính nhà nước thành phố Hải Phòng năm 2022",
			Summary:     "UBND thành phố vừa ban hành Kế hoạch số 38/KH-UBND, ngày 23/02/2022 về việc tuyên truyền cải cách hành chính nhà nước thành phố Hải Phòng năm 2022.",
			PublishedAt: at("01/03/2022", "13:20"), Issuer: "Ủy ban nhân dân thành phố Hải Phòng", Theme: "Chủ trương, chính sách cải cách hành chính", Attachments: 1,
		},
		{Slug: "lich-tiep-cong-dan", Title: "Lịch tiếp công dân tháng 3 của lãnh đạo UBND thành phố", PublishedAt: at("01/03/2022", "09:05"), Issuer: "Văn phòng Ủy ban nhân dân thành phố", Theme: "Phản ánh, kiến nghị về thủ tục", Example: true},
		{Slug: "cong-bo-chi-so", Title: "Hải Phòng công bố Chỉ số cải cách hành chính năm 2021 của các sở, ngành, quận, huyện", PublishedAt: at("28/02/2022", "16:40"), Issuer: "Sở Nội vụ", Theme: "Chỉ tiêu cải cách năm 2022", Example: true},
		{Slug: "mot-cua-truc-tuyen", Title: "Từ 01/3, Bộ phận Một cửa các quận nhận hồ sơ trực tuyến ngoài giờ hành chính", PublishedAt: at("25/02/2022", "10:15"), Issuer: "Ủy ban nhân dân quận Hồng Bàng", Theme: "Một cửa, một cửa liên thông", Example: true},
		{Slug: "online-one-stop", Title: "One-stop offices take online files after hours", Language: "en", PublishedAt: at("24/02/2022", "15:30"), Issuer: "Sở Thông tin và Truyền thông", Theme: "Đào tạo, tập huấn", Example: true},
	}
}

func homeProps(lang page.Lang) page.HomeProps {
	march, err := vn.NewPeriod(vn.Month, 2022, 3)
	if err != nil {
		return page.HomeProps{}
	}
	return page.HomeProps{
		Frame:  frame(lang),
		Latest: latest(),
		Reports: []page.ReportEntry{{
			Year: 2022, Agency: "stttt", Slug: "thang-3", Title: "Kết quả tuyên truyền cải cách hành chính tháng 3 năm 2022",
			Issuer: "Sở Thông tin và Truyền thông", Period: march, ApprovedAt: at("15/03/2022", "16:05"), Example: true,
		}},
		Themes: []page.Count{
			{Code: "chu-truong", Name: "Chủ trương, chính sách cải cách hành chính", Count: 14},
			{Code: "phan-anh", Name: "Phản ánh, kiến nghị về thủ tục", Count: 22},
			{Code: "chi-tieu", Name: "Chỉ tiêu cải cách năm 2022", Count: 6},
			{Code: "mot-cua", Name: "Một cửa, một cửa liên thông", Count: 1031},
		},
		Audiences: audiences(),
		Often:     []string{"38/KH-UBND", "một cửa liên thông", "chính quyền điện tử"},
	}
}

func audiences() []page.Count {
	return []page.Count{
		{Code: "nguoi-dan", Name: "Người dân", Count: 30},
		{Code: "doanh-nghiep", Name: "Doanh nghiệp", Count: 4},
		{Code: "to-chuc", Name: "Tổ chức"},
		{Code: "can-bo", Name: "Cán bộ, công chức, viên chức", Count: 12},
	}
}

func listProps(lang page.Lang, kind page.ListKind) page.ListProps {
	p := page.ListProps{Frame: frame(lang), Kind: kind, Entries: latest(), Count: 1031, Paging: page.Paging{Page: 7, Pages: 52}, Themes: homeProps(lang).Themes}
	switch kind {
	case page.ThemeList:
		p.Code, p.Name = "mot-cua", "Một cửa, một cửa liên thông"
	case page.AudienceList:
		p.Code, p.Name = "nguoi-dan", "Người dân"
	case page.NewsList:
	}
	p.Entries[3].Corrected = true
	return p
}

func searchProps(lang page.Lang) page.SearchProps {
	p := page.SearchProps{
		Frame: frame(lang), Question: page.Question{Text: "mot cua", Theme: "mot-cua"}, Meant: "một cửa", Count: 31, Paging: page.Paging{Page: 1, Pages: 2},
		Themes: homeProps(lang).Themes, Audiences: audiences(), Agencies: []page.Count{{Code: "H24.01", Name: "Sở Nội vụ", Count: 8}},
		Hits: []page.Hit{
			{
				Path: page.ArticlePath(lang, planSlug), Title: []page.Piece{{Text: latest()[0].Title}}, PublishedAt: at("01/03/2022", "13:20"),
				Snippet: []page.Piece{{Text: "…thực hiện cơ chế "}, {Text: "một cửa", Marked: true}, {Text: ", "}, {Text: "một cửa", Marked: true}, {Text: " liên thông…"}},
				Issuer:  "Ủy ban nhân dân thành phố Hải Phòng",
			},
			{
				Path: page.ArticlePath(lang, "mot-cua-truc-tuyen"), Title: []page.Piece{{Text: "Từ 01/3, Bộ phận "}, {Text: "Một cửa", Marked: true}, {Text: " các quận nhận hồ sơ"}},
				PublishedAt: at("25/02/2022", "10:15"), Issuer: "Ủy ban nhân dân quận Hồng Bàng", Corrected: true, Example: true,
			},
			{Kind: page.PlanHit, Path: page.LocalPath(lang, "/ke-hoach/2022/H24/38-kh-ubnd"), Title: []page.Piece{{Text: planTitle}}, PublishedAt: at("23/02/2022", "00:00")},
			{Kind: page.ReportHit, Path: page.ReportPath(lang, 2022, "stttt", "thang-3"), Title: []page.Piece{{Text: "Báo cáo"}}, PublishedAt: at("15/03/2022", "16:05"), Example: true},
			{Path: page.ArticlePath(lang, "danh-muc"), Title: []page.Piece{{Text: "Danh mục thủ tục thí điểm"}}, PublishedAt: at("25/02/2022", "08:00"), Withdrawn: true, Example: true},
		},
	}
	return p
}

const planPath = "/ke-hoach/2022/H24/38-kh-ubnd"

func planRows() []page.Row {
	return []page.Row{
		{Name: "Phổ biến chủ trương, chính sách về cải cách hành chính", Note: "Sở Thông tin và Truyền thông, hạn 30/11/2022", Unit: "tin", Planned: page.Of(16), Actual: page.Of(5), Path: planPath + "/1"},
		{Name: "Công bố chỉ tiêu cải cách năm 2022", Note: "Sở Nội vụ, hạn 31/03/2022", Unit: "tin", Planned: page.Of(2), Actual: page.Of(1), Expected: page.Of(2), Path: planPath + "/2", Beside: "2 kết quả chờ xác nhận, chưa tính"},
		{Name: "Tập huấn chính quyền điện tử", Note: "Sở Nội vụ", Unit: "lớp", Planned: page.Of(8), Path: planPath + "/3"},
	}
}

func planProps(lang page.Lang) page.PlanProps {
	return page.PlanProps{
		Frame: frame(lang), Path: planPath, Title: "Kế hoạch tuyên truyền cải cách hành chính nhà nước thành phố Hải Phòng năm 2022", Number: "38/KH-UBND",
		Date: vn.Day(2022, 2, 23), Issuer: "Ủy ban nhân dân thành phố Hải Phòng", Leader: "Sở Thông tin và Truyền thông",
		From: vn.Day(2022, 2, 23), To: vn.Day(2022, 12, 31), Purposes: []string{"Đẩy mạnh công tác thông tin, tuyên truyền.", "Phát huy vai trò giám sát."},
		Figures: []page.Figure{
			{Name: frame(lang).PlanWords().Done, Value: page.Of(1), Of: page.Of(3)},
			{Name: frame(lang).PlanWords().Overdue, Value: page.Of(1), Of: page.Of(3)},
			{Name: frame(lang).PlanWords().Published, Value: page.Of(6)},
			{Name: frame(lang).PlanWords().Confirmed, Value: page.Of(0)},
		},
		Groups:  []page.ItemGroup{{Theme: "Chủ trương, chính sách", Rows: planRows()[:2]}, {Theme: "Đào tạo, tập huấn", Rows: planRows()[2:]}},
		Reports: homeProps(lang).Reports, ClosedAt: vn.Day(2023, 1, 10), Closed: "Hết thời gian thực hiện", Imported: true,
		Amendments: []page.Amendment{{
			Number: "52/KH-UBND", Date: vn.Day(2022, 5, 4), Reason: "Thêm việc theo ý kiến của Sở Nội vụ",
			Changes: []page.PlanChange{{Kind: "changed", Item: "2 Công bố chỉ tiêu", Field: "hạn", Before: "2022-03-31", After: "2022-06-30"}, {Kind: "added", Item: "3 Tập huấn"}},
		}},
	}
}

func itemProps(lang page.Lang) page.ItemProps {
	return page.ItemProps{
		Frame: frame(lang), PlanPath: planPath, PlanNumber: "38/KH-UBND", Code: "2", Row: planRows()[1], Counts: true,
		Entries: latest()[:2], Count: 2, Paging: page.Paging{Page: 1, Pages: 1},
		Results: []page.ResultEntry{
			{
				HappenedAt: at("05/03/2022", "08:00"), Quantity: 1200, Unit: "tờ rơi", Place: "Quận Hồng Bàng", Note: "Phát tại Bộ phận Một cửa", Agency: "Sở Nội vụ",
				Evidence: []page.Link{{Name: "Ảnh phát tờ rơi"}, {Name: "Bài trên báo", Href: "https://bao.example/bai"}, {Name: "Xấu", Href: "javascript:alert(1)"}},
				Imported: true, Example: true,
			},
			{HappenedAt: at("06/03/2022", "08:00"), Quantity: 1, Unit: "lớp", State: page.ResultRecorded},
			{HappenedAt: at("07/03/2022", "08:00"), Quantity: 2, Unit: "lớp", State: page.ResultQuestioned},
		},
	}
}

// translated is an item with an English and a Chinese text, in the language asked for.
func translatedProps(t *testing.T, lang page.Lang) page.ArticleProps {
	p := articleProps(t, lang)
	p.Languages, p.Language, p.ThemeCode = []page.Lang{page.Vi, page.En, "zh"}, "vi", "chu-truong"
	p.ChangedAt = at("03/03/2022", "09:00")
	if lang != page.Vi {
		p.Title, p.Language, p.Body, p.Behind = "Administrative reform plan of Hai Phong City for 2022", string(lang), "<p>The People’s Committee has issued Plan 38/KH-UBND.</p>", true
	}
	return p
}

// articleBody takes the paragraphs of the real article: all between the line of date and time and
// the line that names the attached document.
func articleBody(t *testing.T) page.SafeHTML {
	t.Helper()
	text, err := os.ReadFile("testdata/article-2022-03-01.txt")
	if err != nil {
		t.Fatal(err)
	}
	var body strings.Builder
	for i, paragraph := range strings.Split(string(text), "\n\n") {
		if i == 0 {
			continue
		}
		if strings.HasPrefix(paragraph, "Tài liệu đính kèm") {
			break
		}
		body.WriteString("<p>" + html.EscapeString(strings.TrimSpace(paragraph)) + "</p>")
	}
	return page.SafeHTML(body.String())
}

func articleProps(t *testing.T, lang page.Lang) page.ArticleProps {
	t.Helper()
	e := latest()[0]
	return page.ArticleProps{
		Frame: frame(lang), Slug: e.Slug, Title: e.Title, Summary: e.Summary, Theme: e.Theme, Issuer: e.Issuer, PublishedAt: e.PublishedAt,
		Body: articleBody(t), Source: "Cổng Thông tin điện tử thành phố Hải Phòng",
		Attachments: []page.Attachment{{
			Name: "Kế hoạch số 38/KH-UBND", Form: "Kế hoạch", Issuer: "Ủy ban nhân dân thành phố Hải Phòng", Number: "38/KH-UBND",
			Date: vn.Day(2022, 2, 23), Abstract: planTitle,
		}},
		ImportedAt: at("24/11/2026", "08:30"),
		Others:     latest()[1:],
	}
}

func counted(n int) []page.Evidence {
	var all []page.Evidence
	for _, e := range latest()[:n] {
		all = append(all, page.Evidence{Slug: e.Slug, Title: e.Title, Language: e.Language, PublishedAt: e.PublishedAt})
	}
	return all
}

func reportProps(t *testing.T, lang page.Lang) page.ReportProps {
	t.Helper()
	march, err := vn.NewPeriod(vn.Month, 2022, 3)
	if err != nil {
		t.Fatal(err)
	}
	return page.ReportProps{
		Frame: page.Frame{Site: site(), Lang: lang, Example: page.Example{Shown: true}},
		Year:  2022, Agency: "stttt", Slug: "thang-3",
		Title:  "Kết quả tuyên truyền cải cách hành chính tháng 3 năm 2022",
		Period: march, Issuer: "Sở Thông tin và Truyền thông",
		Plan: page.PlanReference{Number: "38/KH-UBND", IssuedAt: vn.Day(2022, 2, 23), Title: planTitle},
		Lead: "Tháng đầu thực hiện kế hoạch, các cơ quan hoàn thành 4 trên 36 tin của cả năm; lớp tập huấn chưa mở, phần của huyện Bạch Long Vĩ chưa có.",
		Figures: []page.Figure{
			{Name: "Tin đã đăng", Value: page.Of(4), Of: page.Of(36), Unit: "cả năm"},
			{Name: "Việc chậm", Value: page.Of(1)},
			{Name: "Lượt xem", Value: page.Of(48310)},
			{Name: "Phản ánh đúng hạn"},
		},
		Breakdowns: []page.Breakdown{
			{By: page.ByItem, Rows: []page.Row{
				{Name: "Phổ biến chủ trương, chính sách về cải cách hành chính", Note: "Sở Thông tin và Truyền thông, hạn 30/11/2022", Unit: "tin", Planned: page.Of(16), Actual: page.Of(1), Expected: page.Of(1), Scheduled: page.Of(2), Counted: counted(1)},
				{Name: "Công bố chỉ tiêu cải cách năm 2022", Note: "Sở Nội vụ, hạn 31/03/2022", Unit: "tin", Planned: page.Of(2), Actual: page.Of(3), Expected: page.Of(2), Counted: counted(3)},
				{Name: "Tập huấn chính quyền điện tử cho cán bộ, công chức", Note: "Sở Nội vụ, hạn 15/06/2022", Unit: "lớp", Planned: page.Of(8), Actual: page.Of(0), Expected: page.Of(1)},
				{Name: "Loa truyền thanh phường, xã", Note: "Ủy ban nhân dân quận Hồng Bàng", Unit: "bản tin", Actual: page.Of(5)},
			}},
			{By: page.ByAgency, Rows: []page.Row{
				{Name: "Sở Thông tin và Truyền thông", Unit: "tin", Planned: page.Of(24), Actual: page.Of(1.5), Counted: counted(1)},
				{Name: "Ủy ban nhân dân huyện Bạch Long Vĩ", Unit: "tin", Planned: page.Of(10)},
			}},
			{By: page.ByTheme, Rows: []page.Row{{Name: "Chủ trương, chính sách cải cách hành chính", Unit: "tin", Planned: page.Of(16), Actual: page.Of(1), Counted: counted(1)}}},
			{By: page.ByAudience, Rows: []page.Row{{Name: "Người dân", Unit: "tin", Planned: page.Of(30), Actual: page.Of(4), Counted: counted(4)}}},
			{By: page.ByChannel, Rows: []page.Row{{Name: "Cổng Thông tin điện tử thành phố", Unit: "tin", Planned: page.Of(36), Actual: page.Of(4), Counted: counted(4)}}},
		},
		Approvals: []page.Approval{
			{Name: "Nguyễn Văn Hùng", Position: "Trưởng phòng, Phòng Thông tin - Báo chí - Xuất bản", Agency: "Sở Thông tin và Truyền thông", Invented: true, At: at("15/03/2022", "10:12")},
			{Name: "Trần Thị Minh Nguyệt", Position: "Phó Giám đốc", Agency: "Sở Thông tin và Truyền thông", Invented: true, At: at("15/03/2022", "16:05")},
		},
		ApprovedAt: at("15/03/2022", "16:05"),
		Hash:       "7d1f93ab04c2e8157d1f93ab04c2e8157d1f93ab04c2e8157d1f93ab04c2e815",
	}
}

func feedProps(t *testing.T) page.FeedProps {
	t.Helper()
	p := page.FeedProps{Site: site(), Started: at("01/01/2022", "00:00")}
	for i, e := range latest() {
		p.Entries = append(p.Entries, page.FeedEntry{
			ID: "pub_0" + string(rune('1'+i)), Slug: e.Slug, Title: e.Title, Summary: e.Summary, Language: e.Language,
			Issuer: e.Issuer, Theme: e.Theme, PublishedAt: e.PublishedAt, Example: e.Example,
		})
	}
	p.Entries[0].Body = articleBody(t)
	return p
}

// rendered is every kind of page in both languages, full and empty, by file name.
func rendered(t *testing.T) map[string][]byte {
	t.Helper()
	pages := make(map[string][]byte)
	add := func(name string, write func(*bytes.Buffer) error) {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		pages[name] = b.Bytes()
	}
	for _, lang := range []page.Lang{page.Vi, page.En} {
		suffix := "-" + string(lang) + ".html"
		empty := page.Frame{Site: site(), Lang: lang}
		add("home"+suffix, func(b *bytes.Buffer) error { return page.Home(b, homeProps(lang)) })
		add("home-empty"+suffix, func(b *bytes.Buffer) error { return page.Home(b, page.HomeProps{Frame: empty}) })
		add("article"+suffix, func(b *bytes.Buffer) error { return page.Article(b, articleProps(t, lang)) })
		add("article-bare"+suffix, func(b *bytes.Buffer) error {
			return page.Article(b, page.ArticleProps{
				Frame: empty, Slug: "a", Title: "Thông báo", PublishedAt: at("01/03/2022", "13:20"),
				Body: "<h2>Mục</h2><ul><li>Một</li><li>Hai</li></ul><blockquote><p>Lời</p></blockquote><table><tbody><tr><th scope=\"row\">Số</th><td>1</td></tr></tbody></table>",
			})
		})
		add("print"+suffix, func(b *bytes.Buffer) error {
			return page.ArticlePrint(b, articleProps(t, lang), at("02/03/2022", "14:02"))
		})
		add("report"+suffix, func(b *bytes.Buffer) error { return page.Report(b, reportProps(t, lang)) })
		add("report-bare"+suffix, func(b *bytes.Buffer) error {
			return page.Report(b, page.ReportProps{Frame: empty, Year: 2026, Agency: "stttt", Slug: "y", Title: "Báo cáo", Breakdowns: []page.Breakdown{{By: page.ByItem}}})
		})
		add("article-translated"+suffix, func(b *bytes.Buffer) error { return page.Article(b, translatedProps(t, lang)) })
		add("news"+suffix, func(b *bytes.Buffer) error { return page.List(b, listProps(lang, page.NewsList)) })
		add("theme"+suffix, func(b *bytes.Buffer) error { return page.List(b, listProps(lang, page.ThemeList)) })
		add("audience"+suffix, func(b *bytes.Buffer) error { return page.List(b, listProps(lang, page.AudienceList)) })
		add("theme-empty"+suffix, func(b *bytes.Buffer) error {
			return page.List(b, page.ListProps{Frame: empty, Kind: page.ThemeList, Code: "a", Name: "Chủ đề", Paging: page.Paging{Page: 1, Pages: 1}})
		})
		add("search"+suffix, func(b *bytes.Buffer) error { return page.Search(b, searchProps(lang)) })
		add("search-empty"+suffix, func(b *bytes.Buffer) error { return page.Search(b, page.SearchProps{Frame: empty}) })
		add("search-empty-found"+suffix, func(b *bytes.Buffer) error {
			return page.Search(b, page.SearchProps{Frame: empty, Question: page.Question{Text: "<b>không có</b>", Exactly: true, From: "2022-01-01"}, BadDate: true})
		})
		add("plans"+suffix, func(b *bytes.Buffer) error {
			return page.Plans(b, page.PlansProps{Frame: frame(lang), Entries: []page.PlanEntry{{
				Path: planPath, Title: planTitle, Number: "38/KH-UBND", Date: vn.Day(2022, 2, 23), Issuer: "Ủy ban nhân dân thành phố Hải Phòng", Items: 12, Example: true,
			}}})
		})
		add("plans-empty"+suffix, func(b *bytes.Buffer) error { return page.Plans(b, page.PlansProps{Frame: empty}) })
		add("plan"+suffix, func(b *bytes.Buffer) error { return page.Plan(b, planProps(lang)) })
		add("item"+suffix, func(b *bytes.Buffer) error { return page.Item(b, itemProps(lang)) })
		add("item-empty"+suffix, func(b *bytes.Buffer) error {
			return page.Item(b, page.ItemProps{Frame: empty, PlanPath: planPath, PlanNumber: "38/KH-UBND", Code: "3", Row: planRows()[2]})
		})
		add("reports"+suffix, func(b *bytes.Buffer) error {
			return page.Reports(b, page.ReportsProps{Frame: frame(lang), Entries: homeProps(lang).Reports, Paging: page.Paging{Page: 2, Pages: 3}})
		})
		add("article-corrected"+suffix, func(b *bytes.Buffer) error { return page.Article(b, correctedProps(t, lang)) })
		add("article-edition"+suffix, func(b *bytes.Buffer) error { return page.Edition(b, editionProps(t, lang)) })
		add("article-withdrawn"+suffix, func(b *bytes.Buffer) error { return page.Gone(b, goneProps(lang)) })
		add("article-expired"+suffix, func(b *bytes.Buffer) error { return page.Gone(b, expiredProps(lang)) })
		add("print-corrected"+suffix, func(b *bytes.Buffer) error {
			return page.ArticlePrint(b, correctedProps(t, lang), at("02/03/2022", "14:02"))
		})
		add("home-urgent"+suffix, func(b *bytes.Buffer) error { return page.Home(b, urgentProps(lang)) })
		add("article-bypassed"+suffix, func(b *bytes.Buffer) error { return page.Article(b, bypassedProps(t, lang, nil)) })
		add("article-bypassed-reviewed"+suffix, func(b *bytes.Buffer) error { return page.Article(b, bypassedProps(t, lang, upheld())) })
		add("print-bypassed"+suffix, func(b *bytes.Buffer) error {
			return page.ArticlePrint(b, bypassedProps(t, lang, upheld()), at("04/03/2022", "10:00"))
		})
		add("verify"+suffix, func(b *bytes.Buffer) error { return page.Verify(b, verifyProps(lang)) })
		add("verify-empty"+suffix, func(b *bytes.Buffer) error { return page.Verify(b, page.VerifyProps{Frame: empty}) })
		add("verify-empty-wrong"+suffix, func(b *bytes.Buffer) error { return page.Verify(b, page.VerifyProps{Frame: empty, Asked: "<abc>"}) })
		add("verify-empty-unknown"+suffix, func(b *bytes.Buffer) error {
			return page.Verify(b, page.VerifyProps{Frame: empty, Asked: someHash, Hash: someHash})
		})
		add("preview"+suffix, func(b *bytes.Buffer) error { return page.Preview(b, previewProps(t, lang)) })
		add("preview-empty-gone"+suffix, func(b *bytes.Buffer) error { return page.PreviewGone(b, empty) })
		add("file-empty-gone"+suffix, func(b *bytes.Buffer) error { return page.FileGone(b, empty) })
		add("report-issued"+suffix, func(b *bytes.Buffer) error {
			p := reportProps(t, lang)
			p.Number, p.IssuedAt = "15/BC-STTTT", at("16/03/2022", "00:00")
			for _, format := range []string{"pdf", "docx", "xlsx", "csv"} {
				p.Documents = append(p.Documents, page.Document{Format: format, Path: page.FilePath(someHash, "thang-3."+format), Size: 318_000})
			}
			return page.Report(b, p)
		})
		add("not-found"+suffix, func(b *bytes.Buffer) error { return page.NotFound(b, empty) })
		add("unavailable"+suffix, func(b *bytes.Buffer) error { return page.Unavailable(b, empty) })
	}
	return pages
}
