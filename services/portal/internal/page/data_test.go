package page_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/loa-vn/loa/services/portal/internal/page"
)

// A page tells programs what it is in the words of schema.org and of Open Graph, and nothing in a title gets out of the block it stands in.
func TestPagesTellProgramsWhatTheyAre(t *testing.T) {
	const attack = `</script><script>alert(1)</script><!-- "`
	p := translatedProps(t, page.En)
	p.Title, p.Summary = attack, attack
	var b bytes.Buffer
	if err := page.Article(&b, p); err != nil {
		t.Fatal(err)
	}
	root := parse(t, b.Bytes())
	block := only(t, root, "data block", tag(atom.Script))
	var article struct {
		Type      string `json:"@type"`
		Headline  string `json:"headline"`
		Language  string `json:"inLanguage"`
		Published string `json:"datePublished"`
		Modified  string `json:"dateModified"`
		URL       string `json:"url"`
		Author    struct {
			Name string `json:"name"`
		} `json:"author"`
	}
	if err := json.Unmarshal([]byte(block.FirstChild.Data), &article); err != nil {
		t.Fatal(err)
	}
	if article.Type != "NewsArticle" || article.Headline != attack || article.Language != "en" || article.Published != "2022-03-01T13:20:00+07:00" ||
		article.Modified != "2022-03-03T09:00:00+07:00" || article.URL != "https://loa.example/en/tin/"+planSlug || article.Author.Name == "" {
		t.Errorf("the item tells %+v", article)
	}
	for property, want := range map[string]string{
		"og:type": "article", "og:title": attack, "og:url": "https://loa.example/en/tin/" + planSlug, "og:locale": "en_GB",
		"article:published_time": "2022-03-01T13:20:00+07:00", "article:modified_time": "2022-03-03T09:00:00+07:00",
	} {
		meta := only(t, root, property, func(n *html.Node) bool { return attribute(n, "property") == property })
		if got := attribute(meta, "content"); got != want {
			t.Errorf("%s is %q, want %q", property, got, want)
		}
	}
	home := only(t, parse(t, rendered(t)["home-vi.html"]), "data block", tag(atom.Script))
	if !json.Valid([]byte(home.FirstChild.Data)) || !strings.Contains(home.FirstChild.Data, `/tim-kiem?q={search_term_string}`) {
		t.Errorf("home tells %s", home.FirstChild.Data)
	}
}

// A sitemap of many pages is one file after the other, each within what is allowed, and names of languages read as their speakers write them.
func TestSitemapIndexAndLanguages(t *testing.T) {
	var b bytes.Buffer
	if err := page.SitemapIndex(&b, site(), 3); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"https://loa.example/sitemap-1.xml", "https://loa.example/sitemap-3.xml"} {
		if !strings.Contains(b.String(), "<loc>"+want+"</loc>") {
			t.Errorf("%s is not named: %s", want, b.String())
		}
	}
	text := string(rendered(t)["article-translated-vi.html"])
	for _, want := range []string{`hreflang="zh">中文</a>`, `hreflang="en">English</a>`} {
		if !strings.Contains(text, want) {
			t.Errorf("the item does not lead to %s", want)
		}
	}
}
