package page

import (
	"encoding/xml"
	"errors"
	"io"
	"time"

	"github.com/loa-vn/loa/pkg/vn"
)

// ErrFeed says that a feed cannot be written, since ids or times that RFC 4287 requires are not there.
var ErrFeed = errors.New("page: a feed needs a tag authority, and each entry an id and a time")

// FeedProps is a feed of what was published.
type FeedProps struct {
	Site    Site
	Entries []FeedEntry // newest first
	// ThemeCode and Theme are of the theme that the feed is of; empty for all news.
	ThemeCode, Theme string
	// Started is the feed's own time while it has no entry.
	Started time.Time
}

// FeedEntry is a published item in the feed.
type FeedEntry struct {
	// ID is the stable id of the publication. Readers know an item again by it, so it is not the slug.
	ID          string
	Slug        string
	Title       string
	Summary     string
	Body        SafeHTML
	Language    string // empty is vi
	Issuer      string
	Theme       string
	PublishedAt time.Time
	UpdatedAt   time.Time // zero: as published
	Corrected   bool
	Bypassed    bool // approved in an emergency
	Example     bool
}

type atomFeed struct {
	XMLName   xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Lang      string      `xml:"xml:lang,attr"`
	ID        string      `xml:"id"`
	Title     string      `xml:"title"`
	Updated   string      `xml:"updated"`
	Links     []atomLink  `xml:"link"`
	Author    atomPerson  `xml:"author"`
	Generator string      `xml:"generator"`
	Icon      string      `xml:"icon"`
	Entries   []atomEntry `xml:"entry"`
}

type atomEntry struct {
	Lang       string         `xml:"xml:lang,attr"`
	ID         string         `xml:"id"`
	Title      string         `xml:"title"`
	Published  string         `xml:"published"`
	Updated    string         `xml:"updated"`
	Link       atomLink       `xml:"link"`
	Author     *atomPerson    `xml:"author"`
	Categories []atomCategory `xml:"category"`
	Summary    string         `xml:"summary,omitempty"`
	Content    *atomContent   `xml:"content"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr"`
	Href string `xml:"href,attr"`
}

type atomPerson struct {
	Name string `xml:"name"`
}

type atomCategory struct {
	Term  string `xml:"term,attr"`
	Label string `xml:"label,attr"`
}

type atomContent struct {
	Type string `xml:"type,attr"`
	Body string `xml:",chardata"`
}

// Feed writes the Atom feed (RFC 4287). Ids are tag URIs (RFC 4151) of the site's tag authority, so
// they stay when the address of the site changes. It answers ErrFeed when an id or a time is not given.
func Feed(w io.Writer, p FeedProps) error {
	if p.Site.TagAuthority == "" {
		return ErrFeed
	}
	words := vietnamese()
	updated := p.Started
	feed := atomFeed{
		Lang:  string(Vi),
		ID:    "tag:" + p.Site.TagAuthority + ":feed" + p.below(),
		Title: p.title(words),
		Links: []atomLink{
			{Rel: "self", Type: "application/atom+xml", Href: p.Site.absolute(p.below() + FeedPath)},
			{Rel: "alternate", Type: "text/html", Href: p.Site.absolute(p.home())},
		},
		Author:    atomPerson{Name: words.Authority},
		Generator: "Loa",
		Icon:      p.Site.absolute(StaticPath + "mark.svg"),
	}
	for _, e := range p.Entries {
		if e.ID == "" || e.PublishedAt.IsZero() {
			return ErrFeed
		}
		changed := e.UpdatedAt
		if changed.IsZero() {
			changed = e.PublishedAt
		}
		if changed.After(updated) {
			updated = changed
		}
		feed.Entries = append(feed.Entries, p.entry(e, changed, words))
	}
	if updated.IsZero() {
		return ErrFeed
	}
	feed.Updated = stamp(updated)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	return xml.NewEncoder(w).Encode(feed)
}

// below is the path of the theme, empty for all news.
func (p FeedProps) below() string {
	if p.ThemeCode == "" {
		return ""
	}
	return ThemePath(Vi, p.ThemeCode)
}

func (p FeedProps) home() string {
	if p.ThemeCode == "" {
		return "/"
	}
	return p.below()
}

func (p FeedProps) title(words words) string {
	if p.Theme == "" {
		return words.SiteName
	}
	return words.SiteName + ": " + vn.NFC(p.Theme)
}

func (p FeedProps) entry(e FeedEntry, changed time.Time, words words) atomEntry {
	entry := atomEntry{
		Lang:      e.Language,
		ID:        "tag:" + p.Site.TagAuthority + ":" + e.ID,
		Title:     e.title(words),
		Published: stamp(e.PublishedAt),
		Updated:   stamp(changed),
		Link:      atomLink{Rel: "alternate", Type: "text/html", Href: p.Site.absolute(ArticlePath(Vi, e.Slug))},
		Summary:   vn.NFC(e.Summary),
	}
	if entry.Lang == "" {
		entry.Lang = string(Vi)
	}
	if e.Issuer != "" {
		entry.Author = &atomPerson{Name: e.Issuer}
	}
	if e.Theme != "" {
		entry.Categories = append(entry.Categories, atomCategory{Term: vn.Slug(e.Theme), Label: e.Theme})
	}
	if e.Example {
		entry.Categories = append(entry.Categories, atomCategory{Term: vn.Slug(words.ExampleTag), Label: words.Example})
	}
	if e.Bypassed {
		entry.Categories = append(entry.Categories, atomCategory{Term: vn.Slug(words.BypassTag), Label: words.BypassTag})
	}
	if e.Body != "" {
		entry.Content = &atomContent{Type: "html", Body: string(e.Body)}
	}
	return entry
}

// title says first what a reader has to know of an item, since it shows nothing else of the portal.
func (e FeedEntry) title(words words) string {
	title := vn.NFC(e.Title)
	if e.Corrected {
		title = words.Corrected + ": " + title
	}
	if e.Example {
		title = words.ExampleTag + ": " + title
	}
	return title
}
