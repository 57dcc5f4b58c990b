package page

import (
	"io"
	"time"
)

// ArticleProps is a published item, for its page and its print view.
type ArticleProps struct {
	Frame
	Slug        string
	Title       string
	Summary     string // for search engines and the feed; the page itself shows the body
	Language    string // of title and body; empty is vi
	Theme       string
	Issuer      string // the agency's name
	PublishedAt time.Time
	Body        SafeHTML
	Source      string // the source line without its label; empty when there is none
	Attachments []Attachment
	// ImportedAt is when an item that was published before Loa came in as history; zero for an item
	// that was approved and published here.
	ImportedAt time.Time
	Others     []Entry // other news, newest first
}

// Attachment is a document named by an item. Facts that are not known stay empty and are left out.
type Attachment struct {
	Name     string // as the source writes it
	Form     string // kế hoạch, quyết định, …
	Issuer   string
	Number   string // as written, such as 38/KH-UBND
	Date     time.Time
	Abstract string
}

// Article writes the page of a published item.
func Article(w io.Writer, p ArticleProps) error {
	code, err := newQR(p.Site.absolute(ArticlePath(p.Lang, p.Slug)))
	if err != nil {
		return err
	}
	return render(w, articlePage(p, code))
}

// ArticlePrint writes the print view of a published item, with the time it was asked for. So it is
// rendered when it is asked for.
func ArticlePrint(w io.Writer, p ArticleProps, at time.Time) error {
	code, err := newQR(p.Site.absolute(ArticlePath(p.Lang, p.Slug)))
	if err != nil {
		return err
	}
	return render(w, printPage(p, code, at))
}

func (p ArticleProps) imported() bool { return !p.ImportedAt.IsZero() }

func (p ArticleProps) head(code qrCode) pageHead {
	icons := []string{"language", "menu-2", "printer"}
	if len(p.Attachments) > 0 {
		icons = append(icons, "file-text")
	}
	if p.imported() {
		icons = append(icons, "history")
	}
	last := crumb{name: p.Theme, path: ArticlePath(p.Lang, p.Slug), lang: p.foreign("")}
	if last.name == "" {
		last.name, last.lang = p.Title, p.foreign(p.Language)
	}
	return pageHead{
		title:       p.Title,
		description: p.Summary,
		path:        ArticlePath(Vi, p.Slug),
		icons:       icons,
		qr:          &code,
		section:     newsSection,
		crumbs: []crumb{
			{name: p.words().Home, path: HomePath(p.Lang)},
			{name: p.words().News, path: HomePath(p.Lang) + "#tin"},
			last,
		},
	}
}
