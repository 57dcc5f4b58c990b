package publication

import (
	"encoding/json"
	"time"

	"github.com/loa-vn/loa/pkg/es"
)

// PublicationScheduled fixes what will be public and when: what is released later is this, whatever happens to the content.
type PublicationScheduled struct {
	Snapshot  Snapshot   `json:"snapshot"`
	Decisions []Decision `json:"decisions"`
	Slug      string     `json:"slug"`
	PublishAt time.Time  `json:"publishAt"`
	ExpiresAt time.Time  `json:"expiresAt,omitzero"`
	// Review is of the bypass among the decisions, if there is one and it was reviewed before.
	Review Review `json:"review,omitzero"`
}

// PublicationPublished carries all that a channel shows.
type PublicationPublished struct {
	Snapshot    Snapshot   `json:"snapshot"`
	Decisions   []Decision `json:"decisions"`
	Slug        string     `json:"slug"`
	PublishedAt time.Time  `json:"publishedAt"`
	ExpiresAt   time.Time  `json:"expiresAt,omitzero"`
	// Review is of the bypass among the decisions, if there is one and it was reviewed before.
	Review Review `json:"review,omitzero"`
}

// PublicationImported is content that was published before Loa.
type PublicationImported struct {
	Snapshot    Snapshot  `json:"snapshot"`
	Slug        string    `json:"slug"`
	PublishedAt time.Time `json:"publishedAt"`
}

// PublicationCancelled says that the publication was called off before its time came.
type PublicationCancelled struct {
	Content string `json:"content"`
	// Hash is of what will not be published; EditedTo of what the content became, empty when an editor called it off.
	Hash     string `json:"hash"`
	EditedTo string `json:"editedTo"`
}

// PublicationRescheduled says when what waits becomes public, and until when it is shown. Both are whole: zero is no time.
type PublicationRescheduled struct {
	Content string `json:"content"`
	// Hash is of the text that waits, or of the public one when none does.
	Hash      string    `json:"hash"`
	PublishAt time.Time `json:"publishAt,omitzero"`
	ExpiresAt time.Time `json:"expiresAt,omitzero"`
}

// CorrectionScheduled fixes which text will take the place of the public one, and when.
type CorrectionScheduled struct {
	Number    int32      `json:"number"`
	Kind      string     `json:"kind"`
	Reason    string     `json:"reason"`
	Snapshot  Snapshot   `json:"snapshot"`
	Decisions []Decision `json:"decisions"`
	Slug      string     `json:"slug"`
	PublishAt time.Time  `json:"publishAt"`
	// Review is of the bypass among the decisions, if there is one and it was reviewed before.
	Review Review `json:"review,omitzero"`
}

// CorrectionCancelled says that a correction was called off before its time came. What is public stays.
type CorrectionCancelled struct {
	Content string `json:"content"`
	// Hash is of what will not be published; EditedTo of what the content became, empty when an editor called it off.
	Hash     string `json:"hash"`
	EditedTo string `json:"editedTo,omitempty"`
}

// PublicationCorrected carries all that a channel shows from now on.
type PublicationCorrected struct {
	// Number counts corrections, from 1.
	Number int32 `json:"number"`
	// Kind is content or form, Reason what readers are told.
	Kind      string     `json:"kind"`
	Reason    string     `json:"reason"`
	Snapshot  Snapshot   `json:"snapshot"`
	Decisions []Decision `json:"decisions"`
	Slug      string     `json:"slug"`
	// PreviousHash is of what was shown before.
	PreviousHash string `json:"previousHash"`
	// PublishedAt is when the publication became public at first.
	PublishedAt time.Time `json:"publishedAt"`
	CorrectedAt time.Time `json:"correctedAt"`
	// Review is of the bypass among the decisions, if there is one and it was reviewed before.
	Review Review `json:"review,omitzero"`
}

// PublicationExpired says that it was to be shown until now.
type PublicationExpired struct {
	Content   string    `json:"content"`
	Slug      string    `json:"slug"`
	ExpiredAt time.Time `json:"expiredAt"`
}

// WithdrawalSubmitted asks for the approval of a withdrawal.
type WithdrawalSubmitted struct {
	// Withdrawal is the identifier of the document.
	Withdrawal string `json:"withdrawal"`
	Title      string `json:"title"`
	Reason     string `json:"reason"`
	// Replacement is the publication that takes its place; empty when none does.
	Replacement string `json:"replacement,omitempty"`
	Agency      string `json:"agency"`
	Unit        string `json:"unit,omitempty"`
	// Authors are all who have submitted it so far.
	Authors []string `json:"authors"`
	// Hash is of what is approved: SHA-256 in hex, another one for every submission.
	Hash    string `json:"hash"`
	Attempt int32  `json:"attempt"`
	Example bool   `json:"example,omitempty"`
}

// WithdrawalReturned says that the withdrawal was not approved as it is.
type WithdrawalReturned struct {
	Hash    string `json:"hash"`
	Comment string `json:"comment,omitempty"`
}

// PublicationWithdrawn says that no channel may show it any more, only that it was withdrawn and why.
type PublicationWithdrawn struct {
	Content string `json:"content"`
	Slug    string `json:"slug"`
	Title   string `json:"title"`
	Agency  string `json:"agency"`
	Reason  string `json:"reason"`
	// Replacement is the publication that takes its place, ReplacementPath where that stands; empty when none does.
	Replacement     string     `json:"replacement,omitempty"`
	ReplacementPath string     `json:"replacementPath,omitempty"`
	PublishedAt     time.Time  `json:"publishedAt"`
	WithdrawnAt     time.Time  `json:"withdrawnAt"`
	Decisions       []Decision `json:"decisions"`
	Example         bool       `json:"example,omitempty"`
}

// ReceiptRecorded is a channel's word that it did something about the publication.
type ReceiptRecorded struct {
	Channel string `json:"channel"`
	// Place is where it stands there: the page's path.
	Place string    `json:"place"`
	At    time.Time `json:"at"`
	// Complete says that no receipt is waited for any more.
	Complete bool `json:"complete"`
	// Act is what the channel did. Number is that of a correction.
	Act    Act   `json:"act"`
	Number int32 `json:"number,omitempty"`
}

// EventTypes are the stored events of a publication. Version 2 of the first three tells more of the content (files, translations, how
// each approver acted) and until when it is shown, of which version 1 knew none; version 3, and version 2 of corrections, until when the
// content is urgent and what was said of a bypass, of which there was none. Version 2 of a receipt says of which act it is.
func EventTypes() []es.Type {
	same := func(from string) es.Upcast {
		return es.Upcast{From: "distribution." + from, Func: func(data json.RawMessage) (json.RawMessage, error) { return data, nil }}
	}
	return []es.Type{
		es.EventType[PublicationScheduled]("distribution.publication_scheduled.v3", same("publication_scheduled.v1"), same("publication_scheduled.v2")),
		es.EventType[PublicationPublished]("distribution.publication_published.v3", same("publication_published.v1"), same("publication_published.v2")),
		es.EventType[PublicationImported]("distribution.publication_imported.v3", same("publication_imported.v1"), same("publication_imported.v2")),
		es.EventType[PublicationCancelled]("distribution.publication_cancelled.v1"),
		es.EventType[PublicationRescheduled]("distribution.publication_rescheduled.v1"),
		es.EventType[CorrectionScheduled]("distribution.correction_scheduled.v2", same("correction_scheduled.v1")),
		es.EventType[CorrectionCancelled]("distribution.correction_cancelled.v1"),
		es.EventType[PublicationCorrected]("distribution.publication_corrected.v2", same("publication_corrected.v1")),
		es.EventType[PublicationExpired]("distribution.publication_expired.v1"),
		es.EventType[WithdrawalSubmitted]("distribution.withdrawal_submitted.v1"),
		es.EventType[WithdrawalReturned]("distribution.withdrawal_returned.v1"),
		es.EventType[PublicationWithdrawn]("distribution.publication_withdrawn.v1"),
		es.EventType[BypassReviewed]("distribution.bypass_reviewed.v1"),
		es.EventType[ReceiptRecorded]("distribution.receipt_recorded.v2", es.Upcast{From: "distribution.receipt_recorded.v1", Func: ofPublishing}),
	}
}

// ofPublishing: when there was no other act, a receipt was of the publication's text becoming public.
func ofPublishing(data json.RawMessage) (json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil, err
	}
	fields["act"] = json.RawMessage(`"published"`)
	return json.Marshal(fields)
}
