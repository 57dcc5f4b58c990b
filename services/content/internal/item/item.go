// Package item is one piece of content on its way from a draft to publication: who wrote it, what is approved of it, and in which
// state it stands. Every decision about an item is a method here that returns events; nothing here reads a clock or a database.
package item

import "time"

// Prefix of an item's identifier: content_01j….
const Prefix = "content"

// State of an item.
type State string

// The states. An edit of what is in approval, approved or scheduled makes it a draft again, since approvals are of its hash; so does an
// edit of what is or was public, whose publication stays as it is meanwhile.
const (
	Draft      State = "draft"
	InApproval State = "in_approval"
	Returned   State = "returned"
	Approved   State = "approved"
	Scheduled  State = "scheduled"
	Published  State = "published"
	Withdrawn  State = "withdrawn"
	Expired    State = "expired"
)

// Formats of a body.
const (
	Markdown = "markdown"
	HTML     = "html"
)

// Attachment names a document that belongs to an item (NĐ 42/2022: form, issuer, number, date, abstract).
type Attachment struct {
	Title    string `json:"title,omitempty"`
	Form     string `json:"form,omitempty"`
	Issuer   string `json:"issuer,omitempty"`
	Number   string `json:"number,omitempty"`
	Date     string `json:"date,omitempty"` // YYYY-MM-DD
	Abstract string `json:"abstract,omitempty"`
}

// File is one that is attached to an item.
type File struct {
	SHA256      string     `json:"sha256"` // of its bytes, in hex: its name in the store
	Name        string     `json:"name"`
	MediaType   string     `json:"mediaType"`
	Size        int64      `json:"size"` // bytes
	Line        Attachment `json:"line"`
	Alternative string     `json:"alternative,omitempty"` // what a picture tells
}

// Translation is the words of an item in one more language.
type Translation struct {
	Language string `json:"language"`
	Title    string `json:"title"`
	Summary  string `json:"summary"`
	Body     string `json:"body"`
	// OfRevision is the revision of the original that it translates.
	OfRevision int32 `json:"ofRevision"`
	// HTML is the body, rendered and cleaned.
	HTML string `json:"html"`
}

// Correction says why what is public is published again.
type Correction struct {
	Kind   string `json:"kind,omitempty"` // content or form
	Reason string `json:"reason,omitempty"`
}

// Kinds of a correction (NĐ 30/2020: what it said was wrong, or only how it was written).
const (
	OfContent = "content"
	OfForm    = "form"
)

// Text is everything that an approval is of.
type Text struct {
	Plan       string     `json:"plan"`
	PlanItem   string     `json:"planItem"`
	Title      string     `json:"title"`
	Summary    string     `json:"summary"`
	Body       string     `json:"body"`
	BodyFormat string     `json:"bodyFormat,omitempty"` // empty is Markdown
	Language   string     `json:"language"`
	Theme      string     `json:"theme"`
	Audiences  []string   `json:"audiences"`
	Channels   []string   `json:"channels"`
	SourceLine string     `json:"sourceLine,omitempty"`
	Attachment Attachment `json:"attachment"`
	Example    bool       `json:"example,omitempty"` // invented, and every page says so
	// In the order that its author gave them.
	Attachments []File `json:"attachments,omitempty"`
	// In the order of their languages.
	Translations []Translation `json:"translations,omitempty"`
	// Only of what is or was public: why this text is to be published again.
	Correction Correction `json:"correction"`
	// UrgentUntil is until when the home page names it as urgent; zero: it is not urgent.
	UrgentUntil time.Time `json:"urgentUntil,omitzero"`
}

// SameWords says that two texts say the same in the original's language.
func (t Text) SameWords(o Text) bool {
	return t.Title == o.Title && t.Summary == o.Summary && t.Body == o.Body && t.BodyFormat == o.BodyFormat
}

// Item is the state folded from an item's events.
type Item struct {
	ID     string `json:"id"`
	Agency string `json:"agency"`
	Unit   string `json:"unit,omitempty"`
	Text   Text   `json:"text"`
	HTML   string `json:"html"` // the body as clean HTML
	Hash   string `json:"hash"`
	State  State  `json:"state"`
	// Revision counts the texts it has had, from 1.
	Revision int32 `json:"revision"`
	// WordsRevision is the revision whose words in the original's language are still the ones there are.
	WordsRevision int32 `json:"wordsRevision,omitempty"`
	// Edition counts publications: 0 before the first. The next correction has this number.
	Edition int32 `json:"edition,omitempty"`
	// Authors edited it since it was last published, in the order of their first edit.
	Authors       []string  `json:"authors,omitempty"`
	ReturnComment string    `json:"returnComment,omitempty"`
	Publication   string    `json:"publication,omitempty"`
	Imported      bool      `json:"imported,omitempty"`
	CreatedAt     time.Time `json:"createdAt"`
	UpdatedAt     time.Time `json:"updatedAt"`
	// PublishedAt is zero until it was published; for imported history it says when that was.
	PublishedAt time.Time `json:"publishedAt"`
	// PublishedHash is the text that readers have. An edit that raced a release, or a correction that is being written, is a draft beside it.
	PublishedHash string `json:"publishedHash,omitempty"`
	// Public says that they still have it.
	Public  bool  `json:"public,omitempty"`
	Version int64 `json:"version"`
}

// Exists says that the item has been drafted or imported.
func (i *Item) Exists() bool { return i.Version > 0 }
