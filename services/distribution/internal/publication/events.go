package publication

import (
	"time"

	"github.com/loa-vn/loa/pkg/es"
)

// PublicationScheduled fixes what will be public and when: what is released later is this, whatever happens to the content.
type PublicationScheduled struct {
	Snapshot  Snapshot   `json:"snapshot"`
	Decisions []Decision `json:"decisions"`
	Slug      string     `json:"slug"`
	PublishAt time.Time  `json:"publishAt"`
}

// PublicationPublished carries all that a channel shows.
type PublicationPublished struct {
	Snapshot    Snapshot   `json:"snapshot"`
	Decisions   []Decision `json:"decisions"`
	Slug        string     `json:"slug"`
	PublishedAt time.Time  `json:"publishedAt"`
}

// PublicationImported is content that was published before Loa.
type PublicationImported struct {
	Snapshot    Snapshot  `json:"snapshot"`
	Slug        string    `json:"slug"`
	PublishedAt time.Time `json:"publishedAt"`
}

// PublicationCancelled says that the content was edited before its time came.
type PublicationCancelled struct {
	Content string `json:"content"`
	// Hash is of what will not be published; EditedTo of what the content became.
	Hash     string `json:"hash"`
	EditedTo string `json:"editedTo"`
}

// ReceiptRecorded is a channel's word that it carries the publication.
type ReceiptRecorded struct {
	Channel string `json:"channel"`
	// Place is where it stands there: the page's path.
	Place string    `json:"place"`
	At    time.Time `json:"at"`
	// Complete says that no receipt is waited for any more.
	Complete bool `json:"complete"`
}

// EventTypes are the stored events of a publication.
func EventTypes() []es.Type {
	return []es.Type{
		es.EventType[PublicationScheduled]("distribution.publication_scheduled.v1"),
		es.EventType[PublicationPublished]("distribution.publication_published.v1"),
		es.EventType[PublicationImported]("distribution.publication_imported.v1"),
		es.EventType[PublicationCancelled]("distribution.publication_cancelled.v1"),
		es.EventType[ReceiptRecorded]("distribution.receipt_recorded.v1"),
	}
}
