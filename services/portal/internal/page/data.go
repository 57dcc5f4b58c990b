package page

import (
	"encoding/json"

	"github.com/loa-vn/loa/pkg/vn"
)

// organization is who publishes, in the words of schema.org.
type organization struct {
	Type string `json:"@type"`
	Name string `json:"name"`
	URL  string `json:"url,omitempty"`
}

func government(name, url string) organization {
	return organization{Type: "GovernmentOrganization", Name: name, URL: url}
}

// newsArticle is an item of news, in the words of schema.org.
type newsArticle struct {
	Context       string        `json:"@context"`
	Type          string        `json:"@type"`
	Headline      string        `json:"headline"`
	Description   string        `json:"description,omitempty"`
	InLanguage    string        `json:"inLanguage"`
	DatePublished string        `json:"datePublished"`
	DateModified  string        `json:"dateModified,omitempty"`
	Section       string        `json:"articleSection,omitempty"`
	URL           string        `json:"url"`
	MainEntity    string        `json:"mainEntityOfPage"`
	Free          bool          `json:"isAccessibleForFree"`
	Author        *organization `json:"author,omitempty"`
	Publisher     organization  `json:"publisher"`
}

// articleData is what an item tells programs of itself. Letters that could end the block it stands in are escaped by the encoder.
func articleData(p ArticleProps) string {
	if p.PublishedAt.IsZero() {
		return ""
	}
	language := p.Language
	if language == "" {
		language = string(Vi)
	}
	path := p.Site.absolute(ArticlePath(p.Lang, p.Slug))
	a := newsArticle{
		Context: "https://schema.org", Type: "NewsArticle", Headline: vn.NFC(p.Title), Description: vn.NFC(p.Summary), InLanguage: language,
		DatePublished: stamp(p.PublishedAt), DateModified: stampOf(p.ChangedAt), Section: p.Theme, URL: path, MainEntity: path, Free: true,
		Publisher: government(vietnamese().Authority, p.Site.absolute("/")),
	}
	if p.Issuer != "" {
		issuer := government(p.Issuer, "")
		a.Author = &issuer
	}
	return encoded(a)
}

// siteData is what the home page tells: whose site it is and how to search it.
func siteData(f Frame) string {
	type action struct {
		Type   string `json:"@type"`
		Target string `json:"target"`
		Input  string `json:"query-input"`
	}
	return encoded(struct {
		Context    string       `json:"@context"`
		Type       string       `json:"@type"`
		Name       string       `json:"name"`
		URL        string       `json:"url"`
		InLanguage string       `json:"inLanguage"`
		Publisher  organization `json:"publisher"`
		Action     action       `json:"potentialAction"`
	}{
		"https://schema.org", "WebSite", f.words().SiteName, f.Site.absolute(HomePath(f.Lang)), f.htmlLang(), government(f.words().Authority, ""),
		action{"SearchAction", f.Site.absolute(LocalPath(f.Lang, SearchPath)) + "?" + ParameterText + "={search_term_string}", "required name=search_term_string"},
	})
}

func encoded(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "" // no value of these types is refused
	}
	return string(b)
}
