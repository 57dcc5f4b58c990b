package item

import (
	"slices"
	"time"

	"github.com/loa-vn/loa/pkg/es"
)

// Drafted: an officer wrote the first text.
type Drafted struct {
	Agency string `json:"agency"`
	Unit   string `json:"unit,omitempty"`
	Author string `json:"author"`
	Text   Text   `json:"text"`
	HTML   string `json:"html"`
	Hash   string `json:"hash"`
}

// Revised: someone changed the text. Approvals of any other hash are void.
type Revised struct {
	Author   string `json:"author"`
	Revision int32  `json:"revision"`
	Text     Text   `json:"text"`
	HTML     string `json:"html"`
	Hash     string `json:"hash"`
}

// Submitted: it went up its approval route as it then was. The event is whole, so that what was submitted can be published from it
// alone.
type Submitted struct {
	Agency    string    `json:"agency"`
	Unit      string    `json:"unit,omitempty"`
	Text      Text      `json:"text"`
	HTML      string    `json:"html"`
	Hash      string    `json:"hash"`
	Revision  int32     `json:"revision"`
	Authors   []string  `json:"authors"`
	CreatedAt time.Time `json:"createdAt"`
}

// ReturnedToAuthor: an approver sent this hash back with a comment.
type ReturnedToAuthor struct {
	Hash    string `json:"hash"`
	Comment string `json:"comment"`
}

// ApprovedAtEveryLevel: the whole route approved this hash.
type ApprovedAtEveryLevel struct {
	Hash string `json:"hash"`
}

// ScheduledForPublication: an editor chose the time.
type ScheduledForPublication struct {
	Hash        string    `json:"hash"`
	Publication string    `json:"publication"`
	PublishAt   time.Time `json:"publishAt"`
}

// Unscheduled: the publication was called off before its time.
type Unscheduled struct {
	Publication string `json:"publication"`
}

// WasPublished: readers have this hash.
type WasPublished struct {
	Hash        string    `json:"hash"`
	Publication string    `json:"publication"`
	PublishedAt time.Time `json:"publishedAt"`
}

// Imported: it was published before Loa.
type Imported struct {
	Agency      string    `json:"agency"`
	Unit        string    `json:"unit,omitempty"`
	Text        Text      `json:"text"`
	HTML        string    `json:"html"`
	Hash        string    `json:"hash"`
	PublishedAt time.Time `json:"publishedAt"`
}

// Catalogue lists the events of content's log. A name, once released, stays; a changed struct gets the next version and an upcast.
func Catalogue() *es.Catalogue {
	return es.NewCatalogue(
		es.EventType[Drafted]("content.item_drafted.v1"),
		es.EventType[Revised]("content.item_revised.v1"),
		es.EventType[Submitted]("content.item_submitted.v1"),
		es.EventType[ReturnedToAuthor]("content.item_returned.v1"),
		es.EventType[ApprovedAtEveryLevel]("content.item_approved.v1"),
		es.EventType[ScheduledForPublication]("content.item_scheduled.v1"),
		es.EventType[Unscheduled]("content.item_unscheduled.v1"),
		es.EventType[WasPublished]("content.item_published.v1"),
		es.EventType[Imported]("content.item_imported.v1"),
	)
}

// Apply folds one event into the state.
func (i *Item) Apply(e es.Event) {
	if i.Version == 0 {
		i.ID, i.CreatedAt = e.Aggregate, e.RecordedAt
	}
	i.Version, i.UpdatedAt = e.Version, e.RecordedAt
	switch d := e.Data.(type) {
	case Drafted:
		i.Agency, i.Unit, i.State, i.Revision = d.Agency, d.Unit, Draft, 1
		i.Text, i.HTML, i.Hash, i.Authors = d.Text, d.HTML, d.Hash, []string{d.Author}
	case Revised:
		i.Text, i.HTML, i.Hash, i.Revision = d.Text, d.HTML, d.Hash, d.Revision
		if !slices.Contains(i.Authors, d.Author) {
			i.Authors = append(slices.Clone(i.Authors), d.Author)
		}
		// What was returned stays so while it is mended, and keeps its comment; what was on its way up is a draft again.
		if i.State != Returned {
			i.State = Draft
		}
		i.Publication = ""
	case Submitted:
		i.State, i.ReturnComment = InApproval, ""
	case ReturnedToAuthor:
		i.State, i.ReturnComment = Returned, d.Comment
	case ApprovedAtEveryLevel:
		i.State = Approved
	case ScheduledForPublication:
		i.State, i.Publication = Scheduled, d.Publication
	case Unscheduled:
		i.State, i.Publication = Approved, ""
	case WasPublished:
		i.PublishedHash, i.PublishedAt = d.Hash, d.PublishedAt
		if d.Hash == i.Hash {
			i.State, i.Publication, i.Authors = Published, d.Publication, nil
		}
	case Imported:
		i.Agency, i.Unit, i.State, i.Revision, i.Imported = d.Agency, d.Unit, Published, 1, true
		i.Text, i.HTML, i.Hash = d.Text, d.HTML, d.Hash
		i.PublishedHash, i.PublishedAt = d.Hash, d.PublishedAt
	}
}
