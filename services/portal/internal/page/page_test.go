package page_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/unicode/norm"

	"github.com/loa-vn/loa/services/portal/internal/page"
)

func parse(t *testing.T, content []byte) *html.Node {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func all(root *html.Node, match func(*html.Node) bool) []*html.Node {
	var found []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && match(n) {
			found = append(found, n)
		}
	}
	return found
}

func tag(a atom.Atom) func(*html.Node) bool {
	return func(n *html.Node) bool { return n.DataAtom == a }
}

func class(name string) func(*html.Node) bool {
	return func(n *html.Node) bool {
		for word := range strings.FieldsSeq(attribute(n, "class")) {
			if word == name {
				return true
			}
		}
		return false
	}
}

func only(t *testing.T, root *html.Node, what string, match func(*html.Node) bool) *html.Node {
	t.Helper()
	found := all(root, match)
	if len(found) != 1 {
		t.Fatalf("%d times %s, want once", len(found), what)
	}
	return found[0]
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key && a.Namespace == "" {
			return a.Val
		}
	}
	return ""
}

// text is what a reader sees of a node: spaces folded, the glue of headings too.
func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func TestEveryPageKeepsToTheSecurityPolicy(t *testing.T) {
	for name, content := range rendered(t) {
		for _, n := range all(parse(t, content), func(*html.Node) bool { return true }) {
			// A data block is no script; what it says is read by TestPagesTellProgramsWhatTheyAre.
			if n.DataAtom == atom.Script && attribute(n, "type") == "application/ld+json" && len(n.Attr) == 1 {
				continue
			}
			if n.DataAtom == atom.Script || n.DataAtom == atom.Style || n.DataAtom == atom.Iframe || n.DataAtom == atom.Base {
				t.Errorf("%s has <%s>", name, n.Data)
			}
			for _, a := range n.Attr {
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
					t.Errorf("%s: <%s %s>", name, n.Data, a.Key)
				}
				if a.Key == "src" || (n.DataAtom == atom.Link && a.Key == "href" && attribute(n, "rel") != "canonical" && attribute(n, "rel") != "alternate") {
					if u, err := url.Parse(a.Val); err != nil || u.IsAbs() || u.Host != "" {
						t.Errorf("%s loads %s from elsewhere", name, a.Val)
					}
				}
			}
		}
	}
}

// exists knows the routes of the portal.
func exists(local, path string) bool {
	path, _, _ = strings.Cut(path, "?")
	local, _, _ = strings.Cut(local, "?")
	for _, feed := range []string{page.FeedPath, page.JSONFeedPath} {
		if path == feed || strings.HasPrefix(path, page.ThemesPath+"/") && strings.HasSuffix(path, feed) {
			return true
		}
	}
	for _, below := range []string{"/tin/", "/bao-cao/2", "/ke-hoach/2", "/chu-de/", "/doi-tuong/", "/tep/", "/xac-thuc/", "/xem-truoc/"} {
		if strings.HasPrefix(local, below) {
			return true
		}
	}
	return slices.Contains([]string{page.NewsPath, page.PlansPath, page.ReportsPath, page.SearchPath, page.VerifyPath}, local)
}

// TestLinksLeadToPagesThatExist holds every link against the routes the portal has.
func TestLinksLeadToPagesThatExist(t *testing.T) {
	for name, content := range rendered(t) {
		root := parse(t, content)
		ids := make(map[string]bool)
		for _, n := range all(root, func(n *html.Node) bool { return attribute(n, "id") != "" }) {
			ids[attribute(n, "id")] = true
		}
		home := strings.HasPrefix(name, "home")
		for _, a := range all(root, tag(atom.A)) {
			path, fragment, _ := strings.Cut(attribute(a, "href"), "#")
			if attribute(a, "rel") == "external nofollow" {
				continue // evidence elsewhere
			}
			local := strings.TrimPrefix(strings.TrimPrefix(path, "/en"), "/zh")
			switch {
			case path == "":
				if !ids[fragment] {
					t.Errorf("%s: no #%s", name, fragment)
				}
			case local == "/", local == "":
				if home && fragment != "" && !ids[fragment] {
					t.Errorf("%s: home has no #%s", name, fragment)
				}
			case exists(local, path):
			default:
				t.Errorf("%s links to %s, which is not there", name, path)
			}
		}
		for _, use := range all(root, func(n *html.Node) bool { return n.Data == "use" }) {
			if target := strings.TrimPrefix(attribute(use, "href"), "#"); !ids[target] {
				t.Errorf("%s draws #%s, which is not there", name, target)
			}
		}
		used := make(map[string]bool)
		for _, use := range all(root, func(n *html.Node) bool { return n.Data == "use" }) {
			used[strings.TrimPrefix(attribute(use, "href"), "#")] = true
		}
		for _, symbol := range all(root, func(n *html.Node) bool { return n.Data == "symbol" }) {
			if !used[attribute(symbol, "id")] {
				t.Errorf("%s carries #%s for nothing", name, attribute(symbol, "id"))
			}
			for _, path := range all(symbol, func(n *html.Node) bool { return n.Data == "path" }) {
				if attribute(path, "d") == "" {
					t.Errorf("%s: icon %s has no outline", name, attribute(symbol, "id"))
				}
			}
		}
	}
}

func TestEveryPageHasItsLandmarks(t *testing.T) {
	for name, content := range rendered(t) {
		if !norm.NFC.IsNormal(content) {
			t.Errorf("%s is not NFC", name)
		}
		root := parse(t, content)
		lang := "vi"
		if strings.HasSuffix(name, "-en.html") {
			lang = "en"
		}
		if got := attribute(only(t, root, "<html>", tag(atom.Html)), "lang"); got != lang {
			t.Errorf("%s: lang %q", name, got)
		}
		only(t, root, "<h1> in "+name, tag(atom.H1))
		main := only(t, root, "<main> in "+name, tag(atom.Main))
		if strings.HasPrefix(name, "print") {
			continue
		}
		skip := only(t, root, "skip link in "+name, class("ds-skip-link"))
		if attribute(skip, "href") != "#"+attribute(main, "id") {
			t.Errorf("%s: the skip link leads to %s", name, attribute(skip, "href"))
		}
		only(t, root, "banner in "+name, class("p-top"))
		only(t, root, "footer in "+name, class("p-foot"))
	}
}

func TestExampleStripOnPagesOfExampleData(t *testing.T) {
	for name, content := range rendered(t) {
		strips := all(parse(t, content), class("example"))
		want := 1
		for _, plain := range []string{"empty", "bare", "not-found", "unavailable"} {
			if strings.Contains(name, plain) {
				want = 0
			}
		}
		if len(strips) != want {
			t.Errorf("%s has %d strips, want %d", name, len(strips), want)
		}
	}
}

func TestArticlePage(t *testing.T) {
	root := parse(t, rendered(t)["article-vi.html"])
	article := only(t, root, "<article>", tag(atom.Article))
	if got := text(only(t, article, "<h1>", tag(atom.H1))); got != "Kế hoạch cải cách hành chính nhà nước thành phố Hải Phòng năm 2022" {
		t.Errorf("title %q", got)
	}
	if raw := only(t, article, "<h1>", tag(atom.H1)).FirstChild.Data; !strings.Contains(raw, "Hải\u00a0Phòng") {
		t.Errorf("compounds in the title can break: %q", raw)
	}
	head := only(t, article, "<header>", tag(atom.Header))
	published := only(t, head, "time of publication", tag(atom.Time))
	if text(published) != "Thứ Ba, 01/03/2022, 13:20" || attribute(published, "datetime") != "2022-03-01T13:20:00+07:00" {
		t.Errorf("published %q, %q", text(published), attribute(published, "datetime"))
	}
	prose := only(t, article, "body", class("prose"))
	if paragraphs := all(prose, tag(atom.P)); len(paragraphs) != 5 || !strings.HasSuffix(text(paragraphs[4]), "để xem xét, giải quyết theo quy định.") {
		t.Errorf("%d paragraphs of the article", len(paragraphs))
	}
	if got := text(only(t, article, "source line", class("source"))); got != "Nguồn tin: Cổng Thông tin điện tử thành phố Hải Phòng" {
		t.Errorf("source line %q", got)
	}
	document := only(t, article, "attachment", class("doc"))
	if len(all(document, tag(atom.A))) != 0 {
		t.Error("the attachment is a link, and there is no file")
	}
	var facts []string
	for _, n := range all(document, func(n *html.Node) bool { return n.DataAtom == atom.Dt || n.DataAtom == atom.Dd }) {
		facts = append(facts, text(n))
	}
	if got := strings.Join(facts, "|"); got != "Hình thức|Kế hoạch|Cơ quan ban hành|Ủy ban nhân dân thành phố Hải Phòng|Số, ký hiệu|38/KH-UBND|Ngày ban hành|23/02/2022|Trích yếu|Tuyên truyền cải cách hành chính nhà nước thành phố Hải Phòng năm 2022" {
		t.Errorf("facts %q", got)
	}
	if printLinks := all(article, func(n *html.Node) bool { return attribute(n, "href") == page.PrintPath(page.Vi, planSlug) }); len(printLinks) != 1 {
		t.Errorf("%d links to the print view", len(printLinks))
	}
	if others := all(only(t, article, "other news", class("links")), tag(atom.Li)); len(others) != 4 {
		t.Errorf("%d other items", len(others))
	}
	note := only(t, article, "note on history", class("note"))
	if !strings.Contains(text(note), "24/11/2026") {
		t.Errorf("note %q", text(note))
	}
}

func TestEnglishWordsAroundVietnameseText(t *testing.T) {
	root := parse(t, rendered(t)["article-en.html"])
	if got := attribute(only(t, root, "body", class("prose")), "lang"); got != "vi" {
		t.Errorf("the text is marked %q", got)
	}
	for _, a := range all(only(t, root, "other news", class("links")), tag(atom.A)) {
		want := "vi"
		if text(a) == "One-stop offices take online files after hours" {
			want = ""
		}
		if got := attribute(a, "lang"); got != want {
			t.Errorf("%q is marked %q, want %q", text(a), got, want)
		}
	}
	published := only(t, only(t, root, "header", class("art-head")), "time", tag(atom.Time))
	if text(published) != "Tuesday, 1 March 2022, 13:20" {
		t.Errorf("published %q", text(published))
	}
}

func TestPrintView(t *testing.T) {
	root := parse(t, rendered(t)["print-vi.html"])
	sheet := only(t, root, "sheet", class("sheet"))
	only(t, sheet, "example strip on the sheet", class("example"))
	only(t, sheet, "QR code on the sheet", class("loa-qr"))
	foot := only(t, sheet, "foot", class("sheet-foot"))
	if got := text(foot); got != "In từ Loa Hải Phòng, loa.example/tin/"+planSlug+", lúc 14:02 ngày 02/03/2022. Bản trên mạng có thể đã được đính chính: quét mã QR để xem." {
		t.Errorf("print line %q", got)
	}
	if len(all(root, class("p-top"))) != 0 {
		t.Error("the print view carries the site's head")
	}
}

func TestReportPage(t *testing.T) {
	root := parse(t, rendered(t)["report-vi.html"])
	rows := func(dimension string) []*html.Node {
		heading := only(t, root, dimension, func(n *html.Node) bool { return attribute(n, "id") == "theo-"+dimension })
		return all(only(t, heading.Parent, "bars", class("bars")), class("name"))
	}
	for dimension, count := range map[string]int{"item": 4, "agency": 2, "theme": 1, "audience": 1, "channel": 1} {
		if got := len(rows(dimension)); got != count {
			t.Errorf("%s: %d rows, want %d", dimension, got, count)
		}
	}
	first := rows("item")[0].Parent
	if got := text(only(t, first, "figures", class("r"))); got != "1 / 16 tin" {
		t.Errorf("figures %q", got)
	}
	done := only(t, first, "bar of what is done", class("d"))
	if attribute(done, "width") != "6.2%" {
		t.Errorf("bar %q for 1 of 16", attribute(done, "width"))
	}
	if evidence := all(first, tag(atom.A)); len(evidence) != 1 || attribute(evidence[0], "href") != page.ArticlePath(page.Vi, planSlug) {
		t.Error("the figure does not name the publication it counts")
	}
	over := rows("item")[1].Parent
	if outline, beyond := only(t, over, "outline", class("p")), only(t, over, "overshoot", class("over")); attribute(outline, "width") != "66.7%" || attribute(beyond, "width") != "33.3%" {
		t.Errorf("3 of 2 drawn as %q and %q", attribute(outline, "width"), attribute(beyond, "width"))
	}
	if len(all(over, tag(atom.Details))) != 1 || len(all(over, tag(atom.A))) != 3 {
		t.Error("three publications are not listed behind one summary")
	}
	only(t, rows("item")[2].Parent, "late bar", class("late"))
	if len(all(rows("item")[3].Parent, class("bar"))) != 0 {
		t.Error("a row without a target has a bar")
	}
	missing := rows("agency")[1].Parent
	if got := text(only(t, missing, "figures", class("r"))); got != "Chưa có / 10 tin" {
		t.Errorf("a missing figure reads %q", got)
	}
	if len(all(missing, class("d"))) != 0 {
		t.Error("a missing figure is drawn")
	}
	named := all(only(t, root, "note on what is missing", class("note")), tag(atom.Li))
	if len(named) != 1 || text(named[0]) != "Ủy ban nhân dân huyện Bạch Long Vĩ" {
		t.Errorf("%d missing parts named", len(named))
	}
	approvals := all(only(t, root, "approvals", class("route")), tag(atom.Li))
	if len(approvals) != 2 || len(all(approvals[0], class("invented"))) != 1 {
		t.Error("two levels approved, both by invented people")
	}
	if got := text(only(t, only(t, root, "hash", class("hash")), "digits", class("mono"))); len(got) != 64 {
		t.Errorf("hash %q", got)
	}
	tables := all(root, tag(atom.Table))
	if len(tables) != 5 {
		t.Fatalf("%d tables behind five pictures", len(tables))
	}
	if cells := all(tables[1], class("none")); len(cells) != 1 || text(cells[0]) != "Chưa có" {
		t.Error("the table does not say which figure is missing")
	}
}

func TestTitleOfTheDocument(t *testing.T) {
	for title, want := range map[string]string{
		"Thông báo": "Thông báo | Loa Hải Phòng",
		"Kế hoạch cải cách hành chính nhà nước thành phố Hải Phòng năm 2022":                   "Kế hoạch cải cách hành chính nhà nước thành phố Hải Phòng năm 2022",
		"Hải Phòng công bố Chỉ số cải cách hành chính năm 2021 của các sở, ngành, quận, huyện": "Hải Phòng công bố Chỉ số cải cách hành chính năm 2021 của các sở…",
		norm.NFD.String("Kế hoạch"): "Kế hoạch | Loa Hải Phòng",
	} {
		var b bytes.Buffer
		if err := page.Article(&b, page.ArticleProps{Frame: frame(page.Vi), Slug: "a", Title: title}); err != nil {
			t.Fatal(err)
		}
		if got := text(only(t, parse(t, b.Bytes()), "<title>", tag(atom.Title))); got != want {
			t.Errorf("title %q, want %q", got, want)
		}
	}
}

func TestTextFromOutsideIsEscaped(t *testing.T) {
	const attack = `<script>alert(1)</script>"'`
	var b bytes.Buffer
	err := page.Article(&b, page.ArticleProps{
		Frame: frame(page.Vi), Slug: `a/../"b`, Title: attack, Theme: attack, Issuer: attack, Source: attack,
		Attachments: []page.Attachment{{Name: attack, Abstract: attack}}, Others: []page.Entry{{Slug: attack, Title: attack}},
	})
	if err != nil {
		t.Fatal(err)
	}
	root := parse(t, b.Bytes())
	if len(all(root, tag(atom.Script))) != 0 {
		t.Error("a script came through")
	}
	if got := text(only(t, root, "<h1>", tag(atom.H1))); got != attack {
		t.Errorf("title %q", got)
	}
}

func TestStylesheetIsNamedAfterItsContent(t *testing.T) {
	content, err := os.ReadFile("static/portal.css")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	want := page.StaticPath + "portal." + hex.EncodeToString(sum[:])[:12] + ".css"
	for name, rendered := range rendered(t) {
		link := only(t, parse(t, rendered), "stylesheet", func(n *html.Node) bool { return attribute(n, "rel") == "stylesheet" })
		if attribute(link, "href") != want {
			t.Fatalf("%s names %s, the content is %s: build services/portal/web", name, attribute(link, "href"), want)
		}
	}
}
