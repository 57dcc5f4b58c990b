package portal

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

func plan38() *planningv1.PlanIssued {
	return &planningv1.PlanIssued{
		Plan: &planningv1.Plan{
			Id: "plan_1", Number: "38/KH-UBND", Date: "2022-02-23", Issuer: "H24", Lead: "H24.02", From: "2022-02-23", To: "2022-12-31",
			Title:  "Kế hoạch tuyên truyền cải cách hành chính năm 2022",
			Themes: []*planningv1.Theme{{Code: "mot-cua", Name: "Cơ chế một cửa"}, {Code: "guong", Name: "Gương điển hình"}},
			Audiences: []*planningv1.Audience{
				{Code: "nguoi-dan", Name: "Người dân"}, {Code: "doanh-nghiep", Name: "Doanh nghiệp"},
			},
			Channels: []*planningv1.Channel{
				{Code: "portal", Name: "Cổng Thông tin điện tử thành phố"}, {Code: "loudspeaker", Name: "Đài truyền thanh cơ sở"},
			},
		},
		Items: []*planningv1.PlanItem{
			{
				Id: "item_1", Code: "1", Title: "Tin về một cửa", Theme: "mot-cua", Lead: "H24.02", Deadline: "2022-11-30",
				Target: &planningv1.Target{Quantity: 4, Unit: "tin", CountsPublications: true},
			},
			{Id: "item_2", Code: "2", Title: "Lớp tập huấn", Theme: "guong", Lead: "H24.01", Target: &planningv1.Target{Quantity: 3, Unit: "lớp"}},
		},
	}
}

// under is an item of news under plan 38's first item, for citizens.
func under(id, slug, title string, at time.Time) *distributionv1.PublicationPublished {
	e := published(id, slug, title, at, false)
	e.Content.PlanItem, e.Content.Audiences = "item_1", []string{"nguoi-dan", "nguoi-dan"}
	return e
}

// links are the addresses that a part of a page leads to.
func links(t *testing.T, answer http.Handler, path, element string) []string {
	t.Helper()
	root, err := html.Parse(get(answer, path).Body)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || n.Data != element {
			continue
		}
		for d := range n.Descendants() {
			for _, a := range d.Attr {
				if d.Data == "a" && a.Key == "href" {
					list = append(list, a.Val)
				}
			}
		}
	}
	return list
}

// Themes and audiences have lists with counts, newest first and in pages, in both languages; codes that nobody knows have none.
func TestListsOfThemesAndAudiences(t *testing.T) {
	w := newWorld(t)
	s := w.process()
	w.consume(plan38())
	var news []proto.Message
	for i := range 45 {
		news = append(news, under(fmt.Sprintf("publication_%02d", i), fmt.Sprintf("tin-%02d", i), fmt.Sprintf("Tin số %02d", i), march.Add(time.Duration(i)*time.Hour)))
	}
	w.consume(news...)
	eventually(t, func() bool { return strings.Contains(words(t, get(s, "/chu-de/mot-cua").Body, "main"), "45 tin") })
	for path, want := range map[string]string{
		"/tin": "Tin số 44", "/tin?trang=3": "Tin số 04", "/chu-de/mot-cua?trang=2": "Tin số 24", "/doi-tuong/nguoi-dan": "Người dân",
		"/en/chu-de/mot-cua": "45 items", "/en/doi-tuong/nguoi-dan?trang=3": "Tin số 00", "/chu-de/guong": "Chưa có tin nào", "/doi-tuong/doanh-nghiep": "0 tin",
	} {
		if text := words(t, get(s, path).Body, "main"); !strings.Contains(text, want) {
			t.Errorf("%s does not say %q: %.200s", path, want, text)
		}
	}
	for _, path := range []string{
		"/tin?trang=4", "/tin?trang=1", "/tin?trang=02", "/tin?trang=-1", "/tin?trang=x", "/chu-de/khong-co", "/doi-tuong/khong-co", "/tin/tin-01/khac",
		"/chu-de", "/fr/tin", "/en/feed.atom", "/chu-de/khong-co/feed.atom", "/tin/a%00b", "/tin/%ff", "//", "/ke-hoach/2022/H24", "/sitemap-2.xml", "/sitemap-0.xml",
	} {
		if code := get(s, path).Code; code != http.StatusNotFound {
			t.Errorf("%s: %d", path, code)
		}
	}
	home := words(t, get(s, "/").Body, "main")
	for _, want := range []string{"Người dân", "Doanh nghiệp", "Cơ chế một cửa 45"} {
		if !strings.Contains(home, want) {
			t.Errorf("home does not say %q: %s", want, home)
		}
	}
	if strings.Contains(home, "Gương điển hình") {
		t.Errorf("home leads to a theme without news: %s", home)
	}
	// Another item moves every page of the list, also those that were read before.
	w.consume(under("publication_neu", "tin-moi", "Tin mới nhất", march.Add(100*time.Hour)))
	eventually(t, func() bool {
		return strings.Contains(words(t, get(s, "/chu-de/mot-cua?trang=2").Body, "main"), "Tin số 25")
	})
}

// A plan shows how far each item has come: publications and confirmed results in the item's unit, each leading to what it counts; what
// is not confirmed stands beside.
func TestPlanWithProgress(t *testing.T) {
	w := newWorld(t)
	s := w.process()
	const path = "/ke-hoach/2022/H24/38-kh-ubnd"
	result := func(id, state, unit string, quantity int64) *planningv1.Result {
		return &planningv1.Result{
			Id: id, Plan: "plan_1", PlanItem: "item_2", Agency: "H24.01", Quantity: quantity, Unit: unit, State: state, HappenedAt: timestamppb.New(march),
			Place: "Quận Hồng Bàng", Evidence: []*planningv1.Evidence{{Kind: "link", Title: "Bài báo", Link: "https://bao.example/bai"}},
		}
	}
	w.consume(
		plan38(), under("publication_1", "tin-1", "Tin một", march), under("publication_2", "tin-2", "Tin hai", march.Add(time.Hour)),
		&planningv1.ResultRecorded{Result: result("result_1", "recorded", "lớp", 2)},
		&planningv1.ResultRecorded{Result: result("result_2", "recorded", "tờ rơi", 500)},
		&planningv1.PlanItemOverdue{Plan: "plan_1", Item: "item_2", Deadline: "2022-03-01"},
	)
	page := func() string { return words(t, get(s, path).Body, "main") }
	eventually(t, func() bool { return strings.Contains(page(), "2 / 4 tin") })
	if text := page(); !strings.Contains(text, "Chưa có / 3 lớp") || !strings.Contains(text, "2 kết quả chờ xác nhận, chưa tính") {
		t.Errorf("before anything is confirmed: %s", text)
	}
	w.consume(&planningv1.ResultConfirmed{Result: result("result_1", "confirmed", "lớp", 2)})
	eventually(t, func() bool { return strings.Contains(page(), "2 / 3 lớp") })
	if text := page(); !strings.Contains(text, "1 kết quả chờ xác nhận") || !strings.Contains(text, "Việc quá hạn 1 / 2") {
		t.Errorf("confirmed: %s", text)
	}
	// What planning says of the item holds: done it is not overdue, and overdue again when what made it done is taken back.
	w.consume(&planningv1.PlanItemDelivered{Plan: "plan_1", Item: "item_2", Result: "result_1", Delivered: 3, Done: true, State: "done"})
	eventually(t, func() bool { return strings.Contains(page(), "Việc quá hạn 0 / 2") })
	w.consume(&planningv1.PlanItemDelivered{Plan: "plan_1", Item: "item_2", Result: "result_1", Delivered: 2, State: "overdue"})
	eventually(t, func() bool { return strings.Contains(page(), "Việc quá hạn 1 / 2") })
	if !strings.Contains(strings.Join(links(t, s, path, "main"), " "), path+"/1") {
		t.Error("a figure does not lead to what it counts")
	}
	if list := strings.Join(links(t, s, path+"/1", "main"), " "); !strings.Contains(list, "/tin/tin-1") || !strings.Contains(list, "/tin/tin-2") {
		t.Errorf("the page of the item leads to %s", list)
	}
	results := words(t, get(s, path+"/2").Body, "main")
	for _, want := range []string{"2 lớp, Quận Hồng Bàng", "Đã xác nhận", "500 tờ rơi", "Chờ xác nhận, chưa tính", "Bài báo"} {
		if !strings.Contains(results, want) {
			t.Errorf("the page of the second item does not say %q: %s", want, results)
		}
	}
	w.consume(&planningv1.ResultRetracted{Result: result("result_1", "retracted", "lớp", 2)})
	eventually(t, func() bool { return strings.Contains(page(), "Chưa có / 3 lớp") })

	amended := plan38()
	amended.Items[0].Target.Quantity = 8
	w.consume(&planningv1.PlanAmended{
		Plan: amended.Plan, Items: amended.Items, Amendment: "amendment_1", Number: "52/KH-UBND", Date: "2022-05-04",
		Changes: []*planningv1.PlanChange{{Kind: "changed", Item: "item_1", ItemCode: "1", ItemTitle: "Tin về một cửa", Field: "target", Before: "4", After: "8"}},
	})
	eventually(t, func() bool { return strings.Contains(page(), "2 / 8 tin") })
	if text := page(); !strings.Contains(text, "Điều chỉnh số 52/KH-UBND, ngày 04/05/2022") || !strings.Contains(text, "chỉ tiêu: 4 nay là 8") {
		t.Errorf("amended: %s", text)
	}
	w.consume(&planningv1.PlanClosed{Plan: "plan_1", ClosedAt: timestamppb.New(march), Reason: "Hết thời gian"})
	eventually(t, func() bool { return strings.Contains(page(), "Kế hoạch đã kết thúc ngày 01/03/2022.") })
	for _, other := range []string{"/en" + path, "/ke-hoach", "/en/ke-hoach", "/en" + path + "/2"} {
		if code := get(s, other).Code; code != http.StatusOK {
			t.Errorf("%s: %d", other, code)
		}
	}
	for _, absent := range []string{path + "/3", path + "/1?trang=2", "/ke-hoach/2022/H24/39-kh-ubnd"} {
		if code := get(s, absent).Code; code != http.StatusNotFound {
			t.Errorf("%s: %d", absent, code)
		}
	}
}

// An item stands in the languages it has; one that it lacks is English words around its own text, and no search engine is sent there.
func TestLanguagesOfAnItem(t *testing.T) {
	w := newWorld(t)
	s := w.process()
	e := published("publication_1", "tin", "Tin", march, false)
	e.Content.Translations = []*contentv1.Translation{
		{Language: "en", Title: "News", BodyHtml: "<p>Text of the news.</p>", Behind: true}, {Language: "zh", Title: "新闻", BodyHtml: "<p>内容</p>"},
	}
	w.consume(e, published("publication_2", "tin-khac", "Tin khác", march.Add(time.Hour), false))
	eventually(t, func() bool {
		return get(s, "/zh/tin/tin").Code == http.StatusOK && get(s, "/tin/tin-khac").Code == http.StatusOK
	})
	for path, want := range map[string]string{
		"/en/tin/tin": "This translation does not follow the last change", "/zh/tin/tin": "内容", "/en/tin/tin-khac": "There is no English translation",
		"/en/tin": "News", "/tin/tin": "Nội dung của Tin.", "/zh/tin": "新闻",
	} {
		if text := words(t, get(s, path).Body, "main"); !strings.Contains(text, want) {
			t.Errorf("%s does not say %q: %s", path, want, text)
		}
	}
	if code := get(s, "/zh/tin/tin-khac").Code; code != http.StatusNotFound {
		t.Errorf("an item without a Chinese text in Chinese: %d", code)
	}
	head := func(path string) string { return get(s, path).Body.String() }
	for _, want := range []string{
		`hreflang="vi" href="https://loa.example/tin/tin"`, `hreflang="en" href="https://loa.example/en/tin/tin"`, `hreflang="zh" href="https://loa.example/zh/tin/tin"`,
		`<link rel="canonical" href="https://loa.example/en/tin/tin">`, `property="og:title" content="News"`, `"headline":"News","inLanguage":"en"`,
	} {
		if !strings.Contains(head("/en/tin/tin"), want) {
			t.Errorf("the English page lacks %s", want)
		}
	}
	if text := head("/en/tin/tin-khac"); !strings.Contains(text, `<link rel="canonical" href="https://loa.example/tin/tin-khac">`) || strings.Contains(text, `rel="alternate" hreflang`) {
		t.Error("a page that only frames the original says it is a translation")
	}
	if text := words(t, get(s, "/tin/tin").Body, "header"); !strings.Contains(text, "English") || !strings.Contains(text, "中文") {
		t.Errorf("the item does not lead to its languages: %s", text)
	}
}

// Feeds and sitemap name what is published, by theme too, and robots are told where.
func TestProgramsAreTold(t *testing.T) {
	w := newWorld(t)
	s := w.process()
	w.consume(plan38(), under("publication_1", "tin", "Tin <b>một</b>", march))
	eventually(t, func() bool { return get(s, "/tin/tin").Code == http.StatusOK })
	for _, path := range []string{"/feed.json", "/chu-de/mot-cua/feed.json"} {
		var feed struct {
			Version string `json:"version"`
			FeedURL string `json:"feed_url"`
			Items   []struct {
				ID, URL, Title string
				ContentHTML    string `json:"content_html"`
				DatePublished  string `json:"date_published"`
			} `json:"items"`
		}
		answer := get(s, path)
		if err := json.Unmarshal(answer.Body.Bytes(), &feed); err != nil {
			t.Fatal(err)
		}
		if feed.Version != "https://jsonfeed.org/version/1.1" || feed.FeedURL != "https://loa.example"+path || len(feed.Items) != 1 ||
			feed.Items[0].ID != "tag:loa.example,2022:publication_1" || feed.Items[0].Title != "Tin <b>một</b>" || feed.Items[0].DatePublished != "2022-03-01T13:20:00+07:00" {
			t.Errorf("%s: %+v", path, feed)
		}
		if got := answer.Header().Get("Content-Type"); !strings.HasPrefix(got, "application/feed+json") {
			t.Errorf("%s is %s", path, got)
		}
	}
	if text := words(t, get(s, "/chu-de/mot-cua/feed.atom").Body, "feed"); !strings.Contains(text, "Cơ chế một cửa") || !strings.Contains(text, "Tin <b>một</b>") {
		t.Errorf("the theme's feed says %q", text)
	}
	var sitemap struct {
		XMLName xml.Name `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
		URLs    []struct {
			Location string `xml:"loc"`
		} `xml:"url"`
	}
	if err := xml.Unmarshal(get(s, "/sitemap.xml").Body.Bytes(), &sitemap); err != nil {
		t.Fatal(err)
	}
	var named []string
	for _, u := range sitemap.URLs {
		path := strings.TrimPrefix(u.Location, "https://loa.example")
		if named = append(named, path); get(s, path).Code != http.StatusOK {
			t.Errorf("the sitemap names %s, which is not there", path)
		}
	}
	for _, want := range []string{"/", "/en", "/tin/tin", "/chu-de/mot-cua", "/en/doi-tuong/nguoi-dan", "/ke-hoach/2022/H24/38-kh-ubnd"} {
		if !strings.Contains(" "+strings.Join(named, " ")+" ", " "+want+" ") {
			t.Errorf("the sitemap does not name %s: %q", want, named)
		}
	}
	if strings.Contains(strings.Join(named, " "), "/en/tin/tin") {
		t.Error("the sitemap names a page that is no translation")
	}
	if text := get(s, "/robots.txt").Body.String(); !strings.Contains(text, "Disallow: /tim-kiem") || !strings.Contains(text, "Sitemap: https://loa.example/sitemap.xml") {
		t.Errorf("robots are told %q", text)
	}
}

// Every kind of answer has the headers of a page that trusts nobody, and sets no cookie.
func TestHeadersOfEveryAnswer(t *testing.T) {
	w := newWorld(t)
	s := w.process()
	w.consume(plan38(), under("publication_1", "tin", "Tin", march))
	eventually(t, func() bool { return get(s, "/tin/tin").Code == http.StatusOK })
	for _, path := range []string{"/", "/tin/tin", "/tin/tin/in", "/tim-kiem?q=tin", "/feed.json", "/sitemap.xml", "/khong-co"} {
		h := get(s, path).Header()
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin-when-cross-origin", "Cross-Origin-Opener-Policy": "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin", "Strict-Transport-Security": "max-age=31536000", "Set-Cookie": "",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s: %q, want %q", path, name, got, want)
			}
		}
		if policy := h.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "script") {
			t.Errorf("%s: policy %q", path, policy)
		}
		if !strings.Contains(h.Get("Permissions-Policy"), "geolocation=()") {
			t.Errorf("%s: permissions %q", path, h.Get("Permissions-Policy"))
		}
	}
}

// A report that is issued shows its number and day from then on.
func TestIssuedReport(t *testing.T) {
	w := newWorld(t)
	s := w.process()
	const path = "/bao-cao/2022/H24.02/thang-3-nam-2022"
	report := &reportingv1.Report{
		Id: "report_1", Plan: "plan_1", PlanNumber: "38/KH-UBND", Agency: "H24.02", Period: "2022-M03", Title: "Báo cáo tháng 3", Path: path,
		ApprovedAt: timestamppb.New(march), Figures: &reportingv1.Figures{},
	}
	w.consume(plan38(), &reportingv1.ReportApproved{Report: report})
	eventually(t, func() bool { return get(s, path).Code == http.StatusOK })
	issued := proto.CloneOf(report)
	issued.Number, issued.Date = "15/BC-STTTT", "2022-03-16"
	w.consume(&reportingv1.ReportIssued{Report: issued})
	eventually(t, func() bool {
		return strings.Contains(words(t, get(s, path).Body, "main"), "Báo cáo số 15/BC-STTTT, ngày 16/03/2022")
	})
	if list := strings.Join(links(t, s, path, "main"), " "); !strings.Contains(list, "/ke-hoach/2022/H24/38-kh-ubnd") {
		t.Errorf("the report does not lead to its plan: %s", list)
	}
	if text := words(t, get(s, "/bao-cao").Body, "main"); !strings.Contains(text, "Báo cáo tháng 3") {
		t.Errorf("the list of reports says %q", text)
	}
	if text := words(t, get(s, "/ke-hoach/2022/H24/38-kh-ubnd").Body, "main"); !strings.Contains(text, "Báo cáo tháng 3") {
		t.Errorf("the plan does not name its report: %q", text)
	}
}
