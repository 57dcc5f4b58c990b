package plan

import (
	"encoding/json"
	"time"

	"github.com/loa-vn/loa/pkg/es"
)

// Imported is the whole plan, issued outside Loa with its own number.
type Imported struct {
	Document Document `json:"document"`
}

// ItemMarkedOverdue: the item's last day passed and its target was not reached.
type ItemMarkedOverdue struct {
	Item     ItemID `json:"item"`
	Deadline Day    `json:"deadline"`
}

// ItemDelivered: a publication or a result was done under the item, or counts no more, or an amendment changed what counts, and neither
// is named. Delivered is all that counts towards the item's target now, and State what the item is by it.
type ItemDelivered struct {
	Item        ItemID `json:"item"`
	Publication string `json:"publication,omitempty"`
	Result      string `json:"result,omitempty"`
	// Revision of the result.
	Revision int64 `json:"revision,omitempty"`
	// Quantity is of what was done, and nought when it counts no more; Unit is a result's.
	Quantity int64  `json:"quantity,omitempty"`
	Unit     string `json:"unit,omitempty"`
	// At is when it was done; not known of publications that version 1 counted.
	At        time.Time `json:"at,omitzero"`
	Delivered int64     `json:"delivered"`
	// State is empty where version 1 did not say it: the item's state stays.
	State State `json:"state,omitempty"`
	// Beside says that Delivered is what it was: it was done in another unit, or before the plan's first day. An amendment may let it count.
	Beside bool `json:"beside,omitempty"`
}

// Drafted: an officer began a plan, perhaps with all its items from a file.
type Drafted struct {
	Agency   Code     `json:"agency"`
	Unit     string   `json:"unit,omitempty"`
	Author   string   `json:"author"`
	Document Document `json:"document"`
	Hash     string   `json:"hash"`
}

// Revised: a draft of the plan, or of the amendment that is named, was edited. Approvals of any other hash are void.
type Revised struct {
	Amendment AmendmentID `json:"amendment,omitempty"`
	Author    string      `json:"author"`
	Revision  int32       `json:"revision"`
	Hash      string      `json:"hash"`
	// Head is the document without its items.
	Head Document `json:"head"`
	// Items are those that are new, at the end, or changed, where they stood; Removed are those that went.
	Items   []Item   `json:"items,omitempty"`
	Removed []ItemID `json:"removed,omitempty"`
}

// Submitted: it went up its approval route as it then was. The event is whole, so that others hear it from it alone. Changes are what
// an amendment changes.
type Submitted struct {
	Amendment AmendmentID `json:"amendment,omitempty"`
	Reason    string      `json:"reason,omitempty"`
	Agency    Code        `json:"agency"`
	Unit      string      `json:"unit,omitempty"`
	Authors   []string    `json:"authors"`
	Document  Document    `json:"document"`
	Hash      string      `json:"hash"`
	Revision  int32       `json:"revision"`
	Changes   []Change    `json:"changes,omitempty"`
}

// DossierOpened: this dossier carries it.
type DossierOpened struct {
	Amendment AmendmentID `json:"amendment,omitempty"`
	Dossier   string      `json:"dossier"`
}

// Returned: an approver sent this hash back to the author.
type Returned struct {
	Amendment AmendmentID `json:"amendment,omitempty"`
	Hash      string      `json:"hash"`
	Comment   string      `json:"comment"`
}

// Approved: the whole route approved this hash.
type Approved struct {
	Amendment AmendmentID `json:"amendment,omitempty"`
	Hash      string      `json:"hash"`
}

// Issued: the plan has its number and date, and is in force.
type Issued struct {
	Document  Document   `json:"document"`
	Hash      string     `json:"hash"`
	Decisions []Decision `json:"decisions"`
}

// AmendmentDrafted: an amendment was begun, as the plan then stood.
type AmendmentDrafted struct {
	Amendment AmendmentID `json:"amendment"`
	Reason    string      `json:"reason"`
	Agency    Code        `json:"agency"`
	Unit      string      `json:"unit,omitempty"`
	Author    string      `json:"author"`
	Hash      string      `json:"hash"`
}

// Amended: the amendment has its number and date, and the plan is what it says.
type Amended struct {
	Amendment AmendmentID `json:"amendment"`
	Number    string      `json:"number"`
	Date      Day         `json:"date"`
	Document  Document    `json:"document"`
	Hash      string      `json:"hash"`
	Changes   []Change    `json:"changes"`
	Decisions []Decision  `json:"decisions"`
}

// Closed: the plan ended for good.
type Closed struct {
	Reason string `json:"reason"`
}

// Discarded: the draft of the plan, or the amendment that is named, was dropped.
type Discarded struct {
	Amendment AmendmentID `json:"amendment,omitempty"`
}

// File is a document as it was stored when it was issued: its format (pdf, docx), its digest and its size in bytes.
type File struct {
	Format string `json:"format"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// DocumentsStored: the official document of the plan, or of the amendment that is named, is kept as it was issued.
type DocumentsStored struct {
	Amendment AmendmentID `json:"amendment,omitempty"`
	Files     []File      `json:"files"`
}

// Catalogue lists the stored events of a plan.
func Catalogue() *es.Catalogue {
	return es.NewCatalogue(
		es.EventType[Imported]("planning.plan_imported.v1"),
		es.EventType[ItemMarkedOverdue]("planning.plan_item_marked_overdue.v1"),
		es.EventType[ItemDelivered]("planning.plan_item_delivered.v2", es.Upcast{From: "planning.plan_item_delivered.v1", Func: ofOnePublication}),
		es.EventType[Drafted]("planning.plan_drafted.v1"),
		es.EventType[Revised]("planning.plan_revised.v1"),
		es.EventType[Submitted]("planning.plan_submitted.v1"),
		es.EventType[DossierOpened]("planning.plan_dossier_opened.v1"),
		es.EventType[Returned]("planning.plan_returned.v1"),
		es.EventType[Approved]("planning.plan_approved.v1"),
		es.EventType[Issued]("planning.plan_issued.v1"),
		es.EventType[AmendmentDrafted]("planning.plan_amendment_drafted.v1"),
		es.EventType[Amended]("planning.plan_amended.v1"),
		es.EventType[Closed]("planning.plan_closed.v1"),
		es.EventType[Discarded]("planning.plan_discarded.v1"),
		es.EventType[DocumentsStored]("planning.plan_documents_stored.v1"),
	)
}

// ofOnePublication is the upcast to version 2: version 1 was always a publication that counted from then on, and said only that the
// target was reached.
func ofOnePublication(v1 json.RawMessage) (json.RawMessage, error) {
	var was struct {
		Item        ItemID `json:"item"`
		Publication string `json:"publication"`
		Delivered   int64  `json:"delivered"`
		Done        bool   `json:"done"`
	}
	if err := json.Unmarshal(v1, &was); err != nil {
		return nil, err
	}
	is := ItemDelivered{Item: was.Item, Publication: was.Publication, Quantity: 1, Delivered: was.Delivered}
	if was.Done {
		is.State = Done
	}
	return json.Marshal(is)
}
