package page

import (
	"encoding/json"
	"io"

	"github.com/loa-vn/loa/pkg/vn"
)

type jsonFeed struct {
	Version     string       `json:"version"`
	Title       string       `json:"title"`
	HomePageURL string       `json:"home_page_url"`
	FeedURL     string       `json:"feed_url"`
	Icon        string       `json:"icon"`
	Language    string       `json:"language"`
	Authors     []jsonAuthor `json:"authors"`
	Items       []jsonItem   `json:"items"`
}

type jsonAuthor struct {
	Name string `json:"name"`
}

type jsonItem struct {
	ID            string       `json:"id"`
	URL           string       `json:"url"`
	Title         string       `json:"title"`
	Summary       string       `json:"summary,omitempty"`
	ContentHTML   string       `json:"content_html"`
	DatePublished string       `json:"date_published"`
	DateModified  string       `json:"date_modified,omitempty"`
	Language      string       `json:"language"`
	Authors       []jsonAuthor `json:"authors,omitempty"`
	Tags          []string     `json:"tags,omitempty"`
}

// JSONFeed writes the feed as a JSON Feed 1.1 (jsonfeed.org). Its ids are those of the Atom feed. It answers ErrFeed as Feed does.
func JSONFeed(w io.Writer, p FeedProps) error {
	if p.Site.TagAuthority == "" {
		return ErrFeed
	}
	words := vietnamese()
	feed := jsonFeed{
		Version: "https://jsonfeed.org/version/1.1", Title: p.title(words), HomePageURL: p.Site.absolute(p.home()),
		FeedURL: p.Site.absolute(p.below() + JSONFeedPath), Icon: p.Site.absolute(StaticPath + "mark.svg"), Language: string(Vi),
		Authors: []jsonAuthor{{words.Authority}}, Items: []jsonItem{},
	}
	for _, e := range p.Entries {
		if e.ID == "" || e.PublishedAt.IsZero() {
			return ErrFeed
		}
		item := jsonItem{
			ID: "tag:" + p.Site.TagAuthority + ":" + e.ID, URL: p.Site.absolute(ArticlePath(Vi, e.Slug)), Title: e.title(words),
			Summary: vn.NFC(e.Summary), ContentHTML: string(e.Body), DatePublished: stamp(e.PublishedAt), DateModified: stampOf(e.UpdatedAt),
			Language: e.Language,
		}
		if item.Language == "" {
			item.Language = string(Vi)
		}
		if e.Issuer != "" {
			item.Authors = []jsonAuthor{{e.Issuer}}
		}
		for _, tag := range []string{e.Theme, ifSo(e.Example, words.ExampleTag), ifSo(e.Bypassed, words.BypassTag)} {
			if tag != "" {
				item.Tags = append(item.Tags, tag)
			}
		}
		feed.Items = append(feed.Items, item)
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false) // it is no page
	return encoder.Encode(feed)
}

func ifSo(condition bool, word string) string {
	if condition {
		return word
	}
	return ""
}
