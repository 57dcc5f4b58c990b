package page_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"testing"
	"time"

	"github.com/loa-vn/loa/services/portal/internal/page"
)

type readFeed struct {
	XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
	ID      string   `xml:"id"`
	Updated string   `xml:"updated"`
	Links   []struct {
		Rel  string `xml:"rel,attr"`
		Href string `xml:"href,attr"`
	} `xml:"link"`
	Author  string `xml:"author>name"`
	Entries []struct {
		ID        string `xml:"id"`
		Title     string `xml:"title"`
		Published string `xml:"published"`
		Updated   string `xml:"updated"`
		Author    string `xml:"author>name"`
		Content   string `xml:"content"`
	} `xml:"entry"`
}

func TestFeed(t *testing.T) {
	p := feedProps(t)
	p.Entries[3].UpdatedAt = at("02/03/2022", "07:00")
	var b bytes.Buffer
	if err := page.Feed(&b, p); err != nil {
		t.Fatal(err)
	}
	var feed readFeed
	if err := xml.Unmarshal(b.Bytes(), &feed); err != nil {
		t.Fatal(err)
	}
	if feed.ID != "tag:loa.example,2022:feed" || feed.Updated != "2022-03-02T07:00:00+07:00" || feed.Author == "" {
		t.Errorf("feed %q, updated %q, author %q", feed.ID, feed.Updated, feed.Author)
	}
	if len(feed.Links) != 2 || feed.Links[0].Rel != "self" || feed.Links[0].Href != "https://loa.example/feed.atom" {
		t.Errorf("links %v", feed.Links)
	}
	if len(feed.Entries) != 5 {
		t.Fatalf("%d entries", len(feed.Entries))
	}
	first, second := feed.Entries[0], feed.Entries[1]
	if first.ID != "tag:loa.example,2022:pub_01" || first.Published != "2022-03-01T13:20:00+07:00" || first.Updated != first.Published || first.Author == "" {
		t.Errorf("first entry %+v", first)
	}
	if first.Content != string(articleBody(t)) {
		t.Error("the body does not come out of the feed as it went in")
	}
	if second.Title != "Ví dụ: Lịch tiếp công dân tháng 3 của lãnh đạo UBND thành phố" {
		t.Errorf("an example item is titled %q", second.Title)
	}
}

func TestFeedIDsOutliveTheAddress(t *testing.T) {
	here, moved := feedProps(t), feedProps(t)
	moved.Site.BaseURL = "https://moved.example"
	var ids [2][]string
	for i, p := range []page.FeedProps{here, moved} {
		var b bytes.Buffer
		var feed readFeed
		if err := errors.Join(page.Feed(&b, p), xml.Unmarshal(b.Bytes(), &feed)); err != nil {
			t.Fatal(err)
		}
		ids[i] = append(ids[i], feed.ID)
		for _, e := range feed.Entries {
			ids[i] = append(ids[i], e.ID)
		}
	}
	for i := range ids[0] {
		if ids[0][i] != ids[1][i] {
			t.Errorf("%s became %s", ids[0][i], ids[1][i])
		}
	}
}

func TestFeedRefusesWhatReadersCouldNotTell(t *testing.T) {
	for name, spoil := range map[string]func(*page.FeedProps){
		"no authority": func(p *page.FeedProps) { p.Site.TagAuthority = "" },
		"no id":        func(p *page.FeedProps) { p.Entries[1].ID = "" },
		"no time":      func(p *page.FeedProps) { p.Entries[0].PublishedAt = time.Time{} },
		"empty and never started": func(p *page.FeedProps) {
			p.Entries, p.Started = nil, time.Time{}
		},
	} {
		p := feedProps(t)
		spoil(&p)
		if err := page.Feed(&bytes.Buffer{}, p); !errors.Is(err, page.ErrFeed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
