package publication

import "time"

// Snapshot is the content as it was approved: all that a channel shows, and who answers for it.
type Snapshot struct {
	Content      string        `json:"content"`
	Revision     int32         `json:"revision"`
	Hash         string        `json:"hash"`
	Plan         string        `json:"plan"`
	PlanItem     string        `json:"planItem"`
	Agency       string        `json:"agency"`
	Unit         string        `json:"unit,omitempty"`
	Title        string        `json:"title"`
	Summary      string        `json:"summary,omitempty"`
	Body         string        `json:"body"`
	BodyFormat   string        `json:"bodyFormat,omitempty"`
	BodyHTML     string        `json:"bodyHtml"`
	Theme        string        `json:"theme,omitempty"`
	Audiences    []string      `json:"audiences,omitempty"`
	Channels     []string      `json:"channels,omitempty"`
	Language     string        `json:"language,omitempty"`
	SourceLine   string        `json:"sourceLine,omitempty"`
	Attachment   Attachment    `json:"attachment,omitzero"`
	Attachments  []File        `json:"attachments,omitempty"`
	Translations []Translation `json:"translations,omitempty"`
	Authors      []string      `json:"authors,omitempty"`
	Example      bool          `json:"example,omitempty"`
	CreatedAt    time.Time     `json:"createdAt,omitzero"`
	UpdatedAt    time.Time     `json:"updatedAt,omitzero"`
	// UrgentUntil is until when the home page names it as urgent; zero: it is not urgent.
	UrgentUntil time.Time `json:"urgentUntil,omitzero"`
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

// File is a file of the content; its bytes are in the store of blobs under SHA256.
type File struct {
	SHA256      string     `json:"sha256"`
	Name        string     `json:"name"`
	MediaType   string     `json:"mediaType,omitempty"`
	Size        int64      `json:"size"`
	Line        Attachment `json:"line,omitzero"`
	Alternative string     `json:"alternative,omitempty"`
}

// Translation is the content in one more language.
type Translation struct {
	Language   string `json:"language"`
	Title      string `json:"title"`
	Summary    string `json:"summary,omitempty"`
	Body       string `json:"body"`
	BodyHTML   string `json:"bodyHtml"`
	OfRevision int32  `json:"ofRevision,omitempty"`
	Behind     bool   `json:"behind,omitempty"`
}

// Decision is one level's word in the approval of the snapshot's hash, or of a withdrawal's.
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
	// Capacity is how the person acts (NĐ 30/2020, Appendix I): TM., KT., TUQ., TL., Q. The others are of a delegation.
	Capacity           string `json:"capacity,omitempty"`
	OnBehalfOf         string `json:"onBehalfOf,omitempty"`
	OnBehalfOfName     string `json:"onBehalfOfName,omitempty"`
	OnBehalfOfPosition string `json:"onBehalfOfPosition,omitempty"`
	Delegation         string `json:"delegation,omitempty"`
	// Bypass: the route was left out in an emergency.
	Bypass bool `json:"bypass,omitempty"`
}
