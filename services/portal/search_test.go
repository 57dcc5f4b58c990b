package portal

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/text/unicode/norm"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/loa-vn/loa/services/portal/internal/facts"
	"github.com/loa-vn/loa/services/portal/internal/find"
	"github.com/loa-vn/loa/services/portal/internal/site"
)

// found are the titles that a search shows, and the words it marks.
func found(t *testing.T, s http.Handler, query string) (titles, marks []string) {
	t.Helper()
	answer := get(s, "/tim-kiem?"+query)
	if answer.Code != http.StatusOK {
		t.Fatalf("%s: %d", query, answer.Code)
	}
	root, err := html.Parse(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	text := func(n *html.Node) string {
		var b strings.Builder
		for d := range n.Descendants() {
			if d.Type == html.TextNode {
				b.WriteString(d.Data)
			}
		}
		return strings.Join(strings.Fields(b.String()), " ")
	}
	for n := range root.Descendants() {
		switch {
		case n.Type == html.ElementNode && n.Data == "h3":
			titles = append(titles, text(n))
		case n.Type == html.ElementNode && n.Data == "mark":
			marks = append(marks, text(n))
		}
	}
	return titles, marks
}

func asked(q string, more ...string) string {
	v := url.Values{"q": {q}}
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return v.Encode()
}

// searchable is a portal in which everything is found.
func searchable(t *testing.T, w *world) http.Handler {
	t.Helper()
	s := w.process()
	eventually(t, func() bool {
		var owed int
		err := w.pool.QueryRow(t.Context(), `
			SELECT (SELECT count(*) FROM portal.publication WHERE indexed_seq < seq) + (SELECT count(*) FROM portal.plan WHERE indexed_seq < seq)
				+ (SELECT count(*) FROM portal.report WHERE indexed_seq < seq)`).Scan(&owed)
		return err == nil && owed == 0
	})
	return s
}

// Search finds words however they are typed, puts the same diacritics first and the title before the text, and marks the text's own words.
func TestSearch(t *testing.T) {
	w := newWorld(t)
	body := func(id, title, text string, hours int) *proto.Message {
		e := under("publication_"+id, id, title, march.Add(time.Duration(hours)*time.Hour))
		e.BodyHtml = text
		m := proto.Message(e)
		return &m
	}
	for _, m := range []*proto.Message{
		body("tieu-de", "Bộ phận Một cửa nhận hồ sơ", "<p>Người dân nộp hồ sơ.</p>", 1),
		body("trong-bai", "Kế hoạch cải cách", "<p>Thực hiện cơ chế <b>một</b> cửa, một cửa liên thông &amp; minh bạch.</p>", 2),
		body("cua-khau", "Hàng hóa qua mốt của khẩu", "<p>Chuyện khác.</p>", 3),
		body("roi", "Tin khác", "<p>Cửa hàng mở. Còn lại một.</p>", 4),
		body("hoa", "Quận Hoà Bình", "<p>Ủy ban nhân dân quận.</p>", 5),
		body("tan-cong", "Thử <script>alert(1)</script> tấn công", "<p>&lt;img src=x onerror=alert(1)&gt; một nghìn</p>", 6),
	} {
		w.consume(*m)
	}
	w.consume(plan38())
	s := searchable(t, w)
	for _, c := range []struct {
		query string
		want  []string
	}{
		{asked("mot cua"), []string{"Hàng hóa qua mốt của khẩu", "Bộ phận Một cửa nhận hồ sơ", "Kế hoạch cải cách", "Kế hoạch tuyên truyền cải cách hành chính năm 2022", "Tin khác"}},
		{asked("một cửa"), []string{"Bộ phận Một cửa nhận hồ sơ", "Kế hoạch cải cách", "Kế hoạch tuyên truyền cải cách hành chính năm 2022", "Hàng hóa qua mốt của khẩu", "Tin khác"}},
		{asked("mot cua", "dung", "1"), nil},
		{asked("quận hòa bình"), []string{"Quận Hoà Bình"}},
		{asked("QUẬN HOÀ"), []string{"Quận Hoà Bình"}},
		{asked("UỶ BAN"), []string{"Quận Hoà Bình"}},
		{asked(norm.NFD.String("uỷ ban nhân dân")), []string{"Quận Hoà Bình"}},
		{asked("hàng hoá"), []string{"Hàng hóa qua mốt của khẩu"}},
		{asked("một cửa", "moi", "1"), []string{"Tin khác", "Hàng hóa qua mốt của khẩu", "Kế hoạch cải cách", "Bộ phận Một cửa nhận hồ sơ", "Kế hoạch tuyên truyền cải cách hành chính năm 2022"}},
		{asked("một cửa", "tu", "2022-03-01", "den", "2022-03-01", "chu-de", "mot-cua", "doi-tuong", "nguoi-dan", "co-quan", "H24.02"), []string{"Bộ phận Một cửa nhận hồ sơ", "Kế hoạch cải cách", "Hàng hóa qua mốt của khẩu", "Tin khác"}},
		{asked("một cửa", "co-quan", "H24.77"), nil},
		{asked("một cửa", "tu", "2022-03-02"), nil},
		{asked("alert"), []string{"Thử <script>alert(1)</script> tấn công"}},
		{asked("khong co gi"), nil},
		{asked(""), nil},
		{asked("' | '' & ! <-> :* \\ "), nil},
	} {
		if titles, _ := found(t, s, c.query); fmt.Sprint(titles) != fmt.Sprint(c.want) {
			t.Errorf("%s finds\n%q, want\n%q", c.query, titles, c.want)
		}
	}
	if titles, _ := found(t, s, asked("38/KH-UBND")); len(titles) != 7 || titles[0] != "Tin khác" && !strings.HasPrefix(titles[0], "Thử") {
		t.Errorf("a number finds %q", titles)
	}
	if _, marks := found(t, s, asked("mot cua lien thong")); fmt.Sprint(marks) != "[một cửa liên thông]" {
		t.Errorf("marked is %q", marks)
	}
	if text := words(t, get(s, "/tim-kiem?"+asked("lien thong")).Body, "main"); !strings.Contains(text, "Đang hiểu là liên thông ; chỉ tìm đúng “lien thong”") || !strings.Contains(text, "1 kết quả") {
		t.Errorf("the search does not say what it understood: %s", text)
	}
	if text := words(t, get(s, "/en/tim-kiem?"+asked("xyz", "tu", "hôm qua")).Body, "main"); !strings.Contains(text, "Nothing found for “xyz”.") || !strings.Contains(text, "A date could not be read") {
		t.Errorf("nothing found: %s", text)
	}
	answer := get(s, "/tim-kiem?"+asked("alert"))
	if page := answer.Body.String(); strings.Contains(page, "<script>alert") || strings.Contains(page, "<img") {
		t.Error("text from outside comes through as markup")
	}
	if got := answer.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("a search is kept by %q", got)
	}
}

// A question never breaks the query it becomes, whatever it is made of.
func TestAnyQuestionIsAnswered(t *testing.T) {
	w := newWorld(t)
	f := facts.New(w.pool)
	rapid.Check(t, func(t *rapid.T) {
		ask := facts.Ask{
			Query:  find.Parse(rapid.StringN(0, 40, -1).Draw(t, "question"), rapid.Bool().Draw(t, "exactly")),
			Filter: find.Filter{Theme: rapid.StringMatching(`[a-z'"\\& ]{0,8}`).Draw(t, "theme")}, Newest: rapid.Bool().Draw(t, "newest"), Limit: 20,
		}
		if _, _, err := f.Search(w.t.Context(), ask); err != nil {
			t.Fatal(err)
		}
	})
}

// More results than anybody reads are leafed through to a limit, in an order without gaps.
func TestLeafingThroughResults(t *testing.T) {
	w := newWorld(t)
	var news []proto.Message
	for i := range 45 {
		title := fmt.Sprintf("Tin số %02d", i)
		if i%3 == 0 {
			title += " về một cửa"
		}
		e := under(fmt.Sprintf("publication_%02d", i), fmt.Sprintf("tin-%02d", i), title, march.Add(time.Duration(i)*time.Hour))
		e.BodyHtml = "<p>Cơ chế một cửa.</p>"
		news = append(news, e)
	}
	w.consume(news...)
	s := searchable(t, w)
	seen := map[string]bool{}
	for n := 1; n <= 3; n++ {
		query := asked("một cửa")
		if n > 1 {
			query = asked("một cửa", "trang", fmt.Sprint(n))
		}
		titles, _ := found(t, s, query)
		for i, title := range titles {
			if seen[title] {
				t.Errorf("%q stands on two pages", title)
			}
			seen[title] = true
			if inTitle := strings.Contains(title, "một cửa"); inTitle != ((n-1)*20+i < 15) {
				t.Errorf("%q stands at %d of page %d", title, i, n)
			}
		}
	}
	if len(seen) != 45 {
		t.Errorf("%d of 45 are found", len(seen))
	}
	if code := get(s, "/tim-kiem?"+asked("một cửa", "trang", "51")).Code; code != http.StatusNotFound {
		t.Errorf("beyond the last page that is answered: %d", code)
	}
}

// What an earlier release kept is put into lists and found after an upgrade.
func TestUpgradeFillsListsAndSearch(t *testing.T) {
	w := newWorld(t)
	w.consume(plan38(), under("publication_1", "tin", "Tin về cơ chế một cửa", march))
	for _, sql := range []string{
		"TRUNCATE portal.listing, portal.tally, portal.search",
		"UPDATE portal.publication SET listed = 0, hash = '', indexed_seq = 0", "UPDATE portal.plan SET listed = 0, path = '', date = '', seq = 0, indexed_seq = 0",
	} {
		if _, err := w.pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	s := searchable(t, w)
	for path, want := range map[string]string{"/tin": "1 tin", "/chu-de/mot-cua": "Tin về cơ chế một cửa", "/ke-hoach": "38/KH-UBND", "/ke-hoach/2022/H24/38-kh-ubnd": "1 / 4 tin"} {
		if text := words(t, get(s, path).Body, "main"); !strings.Contains(text, want) {
			t.Errorf("%s does not say %q: %s", path, want, text)
		}
	}
	if titles, _ := found(t, s, asked("co che mot cua")); len(titles) != 1 {
		t.Errorf("search finds %q", titles)
	}
}

// With less memory than pages, all are answered, and what is kept stays within it.
func TestMorePagesThanMemory(t *testing.T) {
	w := newWorld(t)
	w.memory = 64 << 10
	s := w.process()
	var news []proto.Message
	for i := range 60 {
		news = append(news, under(fmt.Sprintf("publication_%02d", i), fmt.Sprintf("tin-%02d", i), fmt.Sprintf("Tin số %02d", i), march.Add(time.Duration(i)*time.Hour)))
	}
	w.consume(news...)
	eventually(t, func() bool { return get(s, "/tin/tin-59").Code == http.StatusOK })
	for i := range 60 {
		path := fmt.Sprintf("/tin/tin-%02d", i)
		first, again := get(s, path), get(s, path)
		if first.Code != http.StatusOK || first.Header().Get("ETag") != again.Header().Get("ETag") {
			t.Errorf("%s: %d, then another page", path, first.Code)
		}
	}
	if used, pages := s.Kept(); used > w.memory || pages < 5 {
		t.Errorf("%d bytes in %d pages are kept of %d", used, pages, w.memory)
	}
}

// While the database is away pages in memory are served and others are said to come back.
func TestDatabaseAway(t *testing.T) {
	w := newWorld(t)
	s := w.process()
	w.consume(under("publication_1", "tin", "Tin", march))
	eventually(t, func() bool { return get(s, "/tin/tin").Code == http.StatusOK && get(s, "/").Code == http.StatusOK })
	w.pool.Close()
	for path, want := range map[string]int{"/tin/tin": http.StatusOK, "/tin/khac": http.StatusServiceUnavailable, "/tim-kiem?q=tin": http.StatusServiceUnavailable} {
		if code := get(s, path).Code; code != want {
			t.Errorf("%s: %d, want %d", path, code, want)
		}
	}
	fresh := site.New(site.Options{Pool: w.pool, Logger: slog.New(slog.DiscardHandler), BaseURL: "https://loa.example", Memory: 1 << 20})
	if answer := get(fresh, "/"); answer.Code != http.StatusServiceUnavailable || answer.Header().Get("Retry-After") == "" || fresh.Waiting() == "" {
		t.Errorf("a process that has read nothing answers %d", answer.Code)
	}
}
