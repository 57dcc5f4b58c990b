package page

import (
	"io"
	"slices"
	"time"
)

// ArticleProps is a published item, for its page and its print view.
type ArticleProps struct {
	Frame
	Slug    string
	Title   string
	Summary string // for search engines and the feed; the page itself shows the body
	// Language is that of title, summary and body; empty is vi. Frame.Languages are all that the item stands in, its own first.
	Language string
	// Behind says that the text is a translation that does not follow the original's last change.
	Behind      bool
	Theme       string
	ThemeCode   string
	Issuer      string // the agency's name
	PublishedAt time.Time
	ChangedAt   time.Time // of the last correction; zero before
	Body        SafeHTML
	Source      string // the source line without its label; empty when there is none
	Attachments []Attachment
	// ImportedAt is when an item that was published before Loa came in as history; zero for an item
	// that was approved and published here.
	ImportedAt time.Time
	Others     []Entry // other news, newest first
	// Corrections, the last in front; what the last one changed is marked in Body.
	Corrections []Correction
	// Superseded is set on the page of an earlier version.
	Superseded *Superseded
	Hash       string     // SHA-256 of what was approved, in hex
	Approvals  []Approval // of this version
	Bypass     *Bypass    // by which it was approved; nil when it walked its route
}

// Attachment is a document named by an item. Facts that are not known stay empty and are left out.
type Attachment struct {
	Name     string // as the source writes it
	Form     string // kế hoạch, quyết định, …
	Issuer   string
	Number   string // as written, such as 38/KH-UBND
	Date     time.Time
	Abstract string
	// Path is where its file is fetched, empty when there is none; Size is in bytes.
	Path, MediaType string
	Size            int64
}

// Same says that nothing of two attachments differs; days are compared as moments, whose places in memory differ.
func (a Attachment) Same(b Attachment) bool {
	a.Date, b.Date = a.Date.UTC(), b.Date.UTC()
	return a == b
}

// file says what a file is: its format and how large it is.
func (a Attachment) file(lang Lang) string {
	return formatName(a.Name, a.Path, a.MediaType) + ", " + sizeOf(a.Size, lang)
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

// original is the language that the item was written in.
func (p ArticleProps) original() Lang { return p.languages()[0] }

// absent says that the item does not stand in the language of the page.
func (p ArticleProps) absent() bool {
	return len(p.Languages) > 0 && !slices.Contains(p.Languages, p.lang())
}

func (p ArticleProps) lang() Lang {
	if p.Lang == "" {
		return Vi
	}
	return p.Lang
}

func (p ArticleProps) others() []Lang {
	return slices.DeleteFunc(slices.Clone(p.Languages), func(l Lang) bool { return l == p.lang() || string(l) == p.Language })
}

func (p ArticleProps) head(code qrCode) pageHead {
	last := crumb{name: p.Theme, path: ArticlePath(p.Lang, p.Slug), lang: p.foreign("")}
	if last.name == "" {
		last.name, last.lang = p.Title, p.foreign(p.Language)
	}
	return pageHead{
		title:       p.Title,
		description: p.Summary,
		path:        ArticlePath(Vi, p.Slug),
		qr:          &code,
		section:     newsSection,
		card:        &card{kind: "article", published: stampOf(p.PublishedAt), modified: stampOf(p.ChangedAt), section: p.Theme},
		data:        articleData(p),
		crumbs: []crumb{
			{name: p.words().Home, path: HomePath(p.Lang)},
			{name: p.words().News, path: LocalPath(p.Lang, NewsPath)},
			last,
		},
	}
}
