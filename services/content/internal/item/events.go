package item

import (
	"encoding/json"
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
	// WordsRevision is the revision that wrote the words in the original's language.
	WordsRevision int32 `json:"wordsRevision"`
	// RestoredFrom is the revision whose text was taken again, 0 when it was written.
	RestoredFrom int32 `json:"restoredFrom,omitempty"`
	// Edition is which publication is being written: 0 before the first, n the n-th correction.
	Edition int32 `json:"edition,omitempty"`
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
	// Edition counts the publications before this one.
	Edition     int32  `json:"edition,omitempty"`
	Publication string `json:"publication,omitempty"`
	// WordsRevision is the revision that wrote the words in the original's language.
	WordsRevision int32   `json:"wordsRevision"`
	Checks        []Found `json:"checks,omitempty"`
}

// Found is one thing that its author should mend: a reason of loa.errors.v1 by its name, its place, and the arguments of its sentences.
type Found struct {
	Reason string            `json:"reason"`
	Blocks bool              `json:"blocks,omitempty"`
	Field  string            `json:"field"`
	Row    int               `json:"row,omitempty"` // the line of the field's text, from 1
	Args   map[string]string `json:"args,omitempty"`
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

// WasCorrected: readers have this hash instead of what they had.
type WasCorrected struct {
	Hash        string    `json:"hash"`
	Publication string    `json:"publication"`
	Number      int32     `json:"number"` // counts corrections, from 1
	CorrectedAt time.Time `json:"correctedAt"`
}

// WasWithdrawn: readers are told that it was, and why.
type WasWithdrawn struct {
	Publication string    `json:"publication"`
	Reason      string    `json:"reason"`
	WithdrawnAt time.Time `json:"withdrawnAt"`
}

// HasExpired: the time it was to be shown until has come.
type HasExpired struct {
	Publication string    `json:"publication"`
	ExpiredAt   time.Time `json:"expiredAt"`
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
		es.EventType[Drafted]("content.item_drafted.v3", asItWas("content.item_drafted.v1"), asItWas("content.item_drafted.v2")),
		es.EventType[Revised]("content.item_revised.v3", es.Upcast{From: "content.item_revised.v1", Func: wordsOfItsRevision}, asItWas("content.item_revised.v2")),
		es.EventType[Submitted]("content.item_submitted.v3",
			es.Upcast{From: "content.item_submitted.v1", Func: wordsOfItsRevision}, asItWas("content.item_submitted.v2")),
		es.EventType[ReturnedToAuthor]("content.item_returned.v1"),
		es.EventType[ApprovedAtEveryLevel]("content.item_approved.v1"),
		es.EventType[ScheduledForPublication]("content.item_scheduled.v1"),
		es.EventType[Unscheduled]("content.item_unscheduled.v1"),
		es.EventType[WasPublished]("content.item_published.v1"),
		es.EventType[WasCorrected]("content.item_corrected.v1"),
		es.EventType[WasWithdrawn]("content.item_withdrawn.v1"),
		es.EventType[HasExpired]("content.item_expired.v1"),
		es.EventType[Imported]("content.item_imported.v3", asItWas("content.item_imported.v1"), asItWas("content.item_imported.v2")),
		es.EventType[HistoryImported]("content.history_imported.v2", asItWas("content.history_imported.v1")),
	)
}

// asItWas is the upcast of an event whose text got something that there was none of before: files, translations and a correction in version
// 2, a time until which it is urgent in version 3 (of an import of many, in version 2).
func asItWas(from string) es.Upcast {
	return es.Upcast{From: from, Func: func(stored json.RawMessage) (json.RawMessage, error) { return stored, nil }}
}

// wordsOfItsRevision is the upcast to version 2 of the events that say which revision wrote the words. There were no translations to be
// behind before, so that version 1 takes them as written by its own revision.
func wordsOfItsRevision(stored json.RawMessage) (json.RawMessage, error) {
	var event map[string]json.RawMessage
	if err := json.Unmarshal(stored, &event); err != nil {
		return nil, err
	}
	event["wordsRevision"] = event["revision"]
	return json.Marshal(event)
}

// Apply folds one event into the state.
func (i *Item) Apply(e es.Event) {
	if i.Version == 0 {
		i.ID, i.CreatedAt = e.Aggregate, e.RecordedAt
	}
	i.Version, i.UpdatedAt = e.Version, e.RecordedAt
	switch d := e.Data.(type) {
	case Drafted:
		i.Agency, i.Unit, i.State, i.Revision, i.WordsRevision = d.Agency, d.Unit, Draft, 1, 1
		i.Text, i.HTML, i.Hash, i.Authors = d.Text, d.HTML, d.Hash, []string{d.Author}
	case Revised:
		i.Text, i.HTML, i.Hash, i.Revision, i.WordsRevision = d.Text, d.HTML, d.Hash, d.Revision, d.WordsRevision
		if !slices.Contains(i.Authors, d.Author) {
			i.Authors = append(slices.Clone(i.Authors), d.Author)
		}
		switch {
		case d.Hash == i.PublishedHash && i.Public:
			i.State, i.Authors, i.ReturnComment = Published, nil, "" // nothing is left of the correction that was begun
		case i.State != Returned:
			// What was returned stays so while it is mended, and keeps its comment; what was on its way up is a draft again.
			i.State = Draft
		}
		if i.Edition == 0 {
			i.Publication = ""
		}
	case Submitted:
		i.State, i.ReturnComment = InApproval, ""
	case ReturnedToAuthor:
		i.State, i.ReturnComment = Returned, d.Comment
	case ApprovedAtEveryLevel:
		i.State = Approved
	case ScheduledForPublication:
		i.State, i.Publication = Scheduled, d.Publication
	case Unscheduled:
		if i.State = Approved; i.Edition == 0 {
			i.Publication = ""
		}
	case WasPublished:
		i.PublishedAt = d.PublishedAt
		i.public(d.Hash, d.Publication)
	case WasCorrected:
		i.public(d.Hash, d.Publication)
	case WasWithdrawn:
		i.State, i.Public = Withdrawn, false
	case HasExpired:
		i.State, i.Public = Expired, false
	case Imported:
		i.Agency, i.Unit, i.Revision, i.WordsRevision, i.Imported = d.Agency, d.Unit, 1, 1, true
		i.Text, i.HTML, i.Hash, i.PublishedAt = d.Text, d.HTML, d.Hash, d.PublishedAt
		i.public(d.Hash, "")
	}
}

// public: readers have a text. An edit that raced its release is a draft beside it, and from now on a correction, which has to say why.
func (i *Item) public(hash, publication string) {
	if !i.Public || i.PublishedHash != hash {
		i.Edition++
	}
	i.PublishedHash, i.Publication, i.Public = hash, publication, true
	if hash == i.Hash {
		i.State, i.Authors = Published, nil
	} else if i.State != Returned {
		i.State = Draft
	}
}
