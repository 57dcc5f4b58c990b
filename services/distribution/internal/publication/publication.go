// Package publication is the life of one publication: approved content is scheduled, released once at its time, and answered by each
// channel with a receipt, or cancelled by an edit before its time came. History from before Loa enters as published.
package publication

import (
	"slices"
	"strconv"
	"time"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/pkg/vn"
)

// Prefix is that of a publication's identifier.
const Prefix = "publication"

// Portal is the channel that carries every publication: the city's public site.
const Portal = "portal"

// State of a publication.
type State string

// The states of a publication; none before it is scheduled.
const (
	None      State = ""
	Scheduled State = "scheduled"
	Published State = "published"
	Cancelled State = "cancelled"
)

// Snapshot is the content as it was approved: all that a channel shows, and who answers for it.
type Snapshot struct {
	Content    string     `json:"content"`
	Revision   int32      `json:"revision"`
	Hash       string     `json:"hash"`
	Plan       string     `json:"plan"`
	PlanItem   string     `json:"planItem"`
	Agency     string     `json:"agency"`
	Unit       string     `json:"unit,omitempty"`
	Title      string     `json:"title"`
	Summary    string     `json:"summary,omitempty"`
	Body       string     `json:"body"`
	BodyHTML   string     `json:"bodyHtml"`
	Theme      string     `json:"theme,omitempty"`
	Audiences  []string   `json:"audiences,omitempty"`
	Channels   []string   `json:"channels,omitempty"`
	Language   string     `json:"language,omitempty"`
	SourceLine string     `json:"sourceLine,omitempty"`
	Attachment Attachment `json:"attachment,omitzero"`
	Authors    []string   `json:"authors,omitempty"`
	Example    bool       `json:"example,omitempty"`
	CreatedAt  time.Time  `json:"createdAt,omitzero"`
	UpdatedAt  time.Time  `json:"updatedAt,omitzero"`
}

// Attachment names a document that belongs to the content; zero for none.
type Attachment struct {
	Title    string `json:"title,omitempty"`
	Form     string `json:"form,omitempty"`
	Issuer   string `json:"issuer,omitempty"`
	Number   string `json:"number,omitempty"`
	Date     string `json:"date,omitempty"`
	Abstract string `json:"abstract,omitempty"`
}

// Decision is one level's word in the approval of the snapshot's hash.
type Decision struct {
	Outcome       string    `json:"outcome"`
	Level         int32     `json:"level"`
	Person        string    `json:"person"`
	PersonName    string    `json:"personName"`
	Position      string    `json:"position"`
	PersonExample bool      `json:"personExample,omitempty"`
	Hash          string    `json:"hash"`
	Comment       string    `json:"comment,omitempty"`
	At            time.Time `json:"at"`
}

// Receipt is a channel's word that it carries the publication.
type Receipt struct {
	Channel, Place string
	At             time.Time
}

// Publication is one approved revision of a content on its way to every channel.
type Publication struct {
	State       State
	Snapshot    Snapshot
	Decisions   []Decision
	Slug        string
	PublishAt   time.Time
	PublishedAt time.Time
	Imported    bool
	Receipts    []Receipt
	// Verified says that every channel that answers for itself has given its receipt.
	Verified bool
}

// ID is the identifier of the publication of one revision of a content: scheduled twice, it is the same one, and text that was
// approved anew after an edit is another one, even where the edit was taken back.
func ID(content, hash string, revision int32) string {
	return id.Format(Prefix, id.Derive(time.Time{}, Prefix, content, hash, strconv.Itoa(int(revision))))
}

// Slug is the last part of the page's address. The end of the content's identifier keeps equal titles apart.
func Slug(title, content string) string {
	tail := content[max(0, len(content)-8):]
	if words := vn.Slug(title); words != "" {
		return words + "-" + tail
	}
	return tail
}

// Path is the page's path on the portal.
func Path(slug string) string { return "/tin/" + slug }

// Apply brings the publication up to an event.
func (p *Publication) Apply(e es.Event) {
	switch event := e.Data.(type) {
	case PublicationScheduled:
		*p = Publication{State: Scheduled, Snapshot: event.Snapshot, Decisions: event.Decisions, Slug: event.Slug, PublishAt: event.PublishAt}
	case PublicationPublished:
		p.State, p.PublishedAt = Published, event.PublishedAt
	case PublicationImported:
		*p = Publication{State: Published, Snapshot: event.Snapshot, Slug: event.Slug, PublishAt: event.PublishedAt, PublishedAt: event.PublishedAt, Imported: true}
	case PublicationCancelled:
		p.State = Cancelled
	case ReceiptRecorded:
		p.Receipts = append(slices.Clone(p.Receipts), Receipt{Channel: event.Channel, Place: event.Place, At: event.At})
		p.Verified = event.Complete
	}
}
