// Package item is one piece of content on its way from a draft to publication: who wrote it, what is approved of it, and in which
// state it stands. Every decision about an item is a method here that returns events; nothing here reads a clock or a database.
package item

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Prefix of an item's identifier: content_01j….
const Prefix = "content"

// State of an item.
type State string

// The states. An edit of what is in approval, approved or scheduled makes it a draft again, since approvals are of its hash.
const (
	Draft      State = "draft"
	InApproval State = "in_approval"
	Returned   State = "returned"
	Approved   State = "approved"
	Scheduled  State = "scheduled"
	Published  State = "published"
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

// Text is everything that an approval is of.
type Text struct {
	Plan       string     `json:"plan"`
	PlanItem   string     `json:"planItem"`
	Title      string     `json:"title"`
	Summary    string     `json:"summary"`
	Body       string     `json:"body"` // Markdown
	Language   string     `json:"language"`
	Theme      string     `json:"theme"`
	Audiences  []string   `json:"audiences"`
	Channels   []string   `json:"channels"`
	SourceLine string     `json:"sourceLine,omitempty"`
	Attachment Attachment `json:"attachment"`
	Example    bool       `json:"example,omitempty"` // invented, and every page says so
}

// Hash is the SHA-256 in hex of the text as canonical JSON (RFC 8785). The order of audiences and of channels does not matter.
func (t Text) Hash() (string, error) {
	var attachment *canonicalAttachment
	if t.Attachment != (Attachment{}) {
		attachment = &canonicalAttachment{
			Abstract: t.Attachment.Abstract, Date: t.Attachment.Date, Form: t.Attachment.Form,
			Issuer: t.Attachment.Issuer, Number: t.Attachment.Number, Title: t.Attachment.Title,
		}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(canonical{
		Attachment: attachment, Audiences: sorted(t.Audiences), Body: t.Body, Channels: sorted(t.Channels), Example: t.Example,
		Language: t.Language, Plan: t.Plan, PlanItem: t.PlanItem, SourceLine: t.SourceLine, Summary: t.Summary, Theme: t.Theme, Title: t.Title,
	})
	if err != nil {
		return "", fmt.Errorf("encoding a text: %w", err)
	}
	sum := sha256.Sum256(bytes.TrimSuffix(out.Bytes(), []byte("\n")))
	return hex.EncodeToString(sum[:]), nil
}

// canonical holds the members in the order of RFC 8785. Normalise has removed the two characters (U+2028 and U+2029) that
// encoding/json writes differently.
type canonical struct {
	Attachment *canonicalAttachment `json:"attachment"`
	Audiences  []string             `json:"audiences"`
	Body       string               `json:"body"`
	Channels   []string             `json:"channels"`
	Example    bool                 `json:"example"`
	Language   string               `json:"language"`
	Plan       string               `json:"plan"`
	PlanItem   string               `json:"planItem"`
	SourceLine string               `json:"sourceLine"`
	Summary    string               `json:"summary"`
	Theme      string               `json:"theme"`
	Title      string               `json:"title"`
}

type canonicalAttachment struct {
	Abstract string `json:"abstract"`
	Date     string `json:"date"`
	Form     string `json:"form"`
	Issuer   string `json:"issuer"`
	Number   string `json:"number"`
	Title    string `json:"title"`
}

func sorted(s []string) []string {
	out := append([]string{}, s...)
	slices.Sort(out)
	return out
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
	// Authors edited it since it was last published, in the order of their first edit.
	Authors       []string  `json:"authors,omitempty"`
	ReturnComment string    `json:"returnComment,omitempty"`
	Publication   string    `json:"publication,omitempty"`
	Imported      bool      `json:"imported,omitempty"`
	CreatedAt     time.Time `json:"createdAt"`
	UpdatedAt     time.Time `json:"updatedAt"`
	// PublishedAt is zero until it was published; for imported history it says when that was.
	PublishedAt time.Time `json:"publishedAt"`
	// PublishedHash is the text that readers have, PublishedAt's. An edit that raced a release leaves a draft beside it.
	PublishedHash string `json:"publishedHash,omitempty"`
	Version       int64  `json:"version"`
}

// Exists says that the item has been drafted or imported.
func (i *Item) Exists() bool { return i.Version > 0 }
