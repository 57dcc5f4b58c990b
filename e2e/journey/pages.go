package journey

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"

	"github.com/loa-vn/loa/e2e/system"
	"github.com/loa-vn/loa/pkg/vn"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

// checkArticle reads a published item's page and its print view the way a browser does. Attachments are named by their titles.
func (j *Journey) checkArticle(c *contentv1.Content, attachments ...string) {
	t := j.t
	t.Helper()
	path := j.Publications[c.GetId()].GetPath()
	page := j.System.UntilPage(t, path, func(system.Page) bool { return true })
	j.checkSheet(page, c, attachments)
	main := system.First(page.Root, "article")
	if system.First(main, "svg", "loa-qr") == nil {
		t.Fatalf("%s has no QR code", path)
	}
	printPath := path + "/in"
	if !slices.ContainsFunc(system.All(main, "a"), func(a *html.Node) bool { return system.Attribute(a, "href") == printPath }) {
		t.Fatalf("%s does not lead to its print view", path)
	}
	check(t, "language of "+path, system.Attribute(system.First(page.Root, "html"), "lang"), "vi")
	check(t, "example mark of "+path, system.First(page.Root, "p", "example") != nil, c.GetExample())
	sheet := j.System.Page(t, printPath)
	check(t, "status of the print view", sheet.Status, http.StatusOK)
	j.checkSheet(sheet, c, attachments)
}

// checkSheet: title, moment, text, source line and attachment lines, on the page and on its print view.
func (j *Journey) checkSheet(page system.Page, c *contentv1.Content, attachments []string) {
	t := j.t
	t.Helper()
	main := system.First(page.Root, "main")
	check(t, "h1", heading(main), c.GetTitle())
	moment := system.First(main, "time")
	at, err := time.Parse(time.RFC3339, system.Attribute(moment, "datetime"))
	if err != nil || !at.Equal(c.GetPublishedAt().AsTime().Truncate(time.Second)) && !at.Equal(c.GetPublishedAt().AsTime().Truncate(time.Minute)) {
		t.Fatalf("the page's moment is %v (%v), published %v", at, err, c.GetPublishedAt().AsTime())
	}
	holds(t, "the moment", system.Text(moment), c.GetPublishedAt().AsTime().In(vn.Location()).Format("02/01/2006, 15:04"))
	prose := system.First(main, "div", "prose")
	if system.Text(prose) == "" || len(system.All(prose, "p")) == 0 {
		t.Fatal("the page has no text")
	}
	if c.GetExample() {
		check(t, "what is strong in the text", system.Text(system.First(prose, "strong")), "Bộ phận Một cửa")
	}
	holds(t, "the source line", system.Text(system.First(main, "p", "source")), c.GetSourceLine())
	var named []string
	for _, h := range system.All(main, "h3") {
		named = append(named, system.Text(h))
	}
	if !slices.Equal(named, attachments) {
		t.Fatalf("attachments %v, wanted %v", named, attachments)
	}
	if len(attachments) > 0 {
		facts := system.Text(system.First(main, "dl", "facts"))
		holds(t, "the attachment line", facts, c.GetAttachment().GetNumber(), "23/02/2022", c.GetAttachment().GetIssuer())
	}
}

// checkHome: home and feed list what is published, newest first.
func (j *Journey) checkHome(newest ...*contentv1.Content) {
	t := j.t
	t.Helper()
	var titles, paths []string
	for _, c := range newest {
		titles = append(titles, c.GetTitle())
		paths = append(paths, j.Publications[c.GetId()].GetPath())
	}
	home := j.System.UntilPage(t, "/", func(system.Page) bool { return true })
	var listed []string
	news := system.First(home.Root, "ul", "feed")
	for _, h := range system.All(news, "h3") {
		listed = append(listed, system.Text(h))
		if a := system.First(h, "a"); !slices.Contains(paths, system.Attribute(a, "href")) {
			t.Fatalf("home leads to %q, wanted one of %v", system.Attribute(a, "href"), paths)
		}
	}
	if !slices.Equal(listed, titles) {
		t.Fatalf("home lists %q, wanted %q", listed, titles)
	}
	feed := j.System.Page(t, "/feed.atom")
	var atom struct {
		XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
		Entries []struct {
			ID    string `xml:"id"`
			Title string `xml:"title"`
			Link  struct {
				Href string `xml:"href,attr"`
			} `xml:"link"`
		} `xml:"entry"`
	}
	if err := xml.Unmarshal(feed.Body, &atom); err != nil {
		t.Fatal(err)
	}
	check(t, "entries of the feed", len(atom.Entries), len(newest))
	for i, e := range atom.Entries {
		holds(t, "the feed's title", system.Text(textNode(e.Title)), titles[i])
		check(t, "link of the feed's entry", e.Link.Href, j.System.Portal+paths[i])
	}
}

func textNode(text string) *html.Node {
	parent := &html.Node{Type: html.ElementNode, Data: "p"}
	parent.AppendChild(&html.Node{Type: html.TextNode, Data: text})
	return parent
}

// checkReport reads the public page of a report.
func (j *Journey) checkReport(r *reportingv1.Report) {
	t := j.t
	t.Helper()
	page := j.System.UntilPage(t, r.GetPath(), func(system.Page) bool { return true })
	main := system.First(page.Root, "main")
	check(t, "h1 of the report", heading(main), r.GetTitle())
	holds(t, "the report's page", system.Text(main), r.GetPlanNumber(), "15/02–14/03/2022", r.GetHash(), "Nguyễn Văn Hùng", "Trần Thị Minh Nguyệt", "nhân vật ví dụ")
	check(t, "example mark of the report", system.First(page.Root, "p", "example") != nil, true)
	article := j.Publications[j.Article.GetId()].GetPath()
	if !slices.ContainsFunc(system.All(main, "a"), func(a *html.Node) bool { return system.Attribute(a, "href") == article }) {
		t.Fatalf("the report's page does not lead to what it counts, %s", article)
	}
	home := j.System.UntilPage(t, "/", func(home system.Page) bool {
		return slices.ContainsFunc(system.All(home.Root, "a"), func(a *html.Node) bool { return system.Attribute(a, "href") == r.GetPath() })
	})
	check(t, "status of home", home.Status, http.StatusOK)
}

// heading is the words of a page's heading as they stand, whatever of it is kept on one line.
func heading(n *html.Node) string {
	h1 := system.First(n, "h1")
	if h1 == nil {
		return ""
	}
	var words strings.Builder
	for d := range h1.Descendants() {
		if d.Type == html.TextNode {
			words.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(words.String()), " ")
}
