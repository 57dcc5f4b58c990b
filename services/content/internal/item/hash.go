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

// Hash is the SHA-256 in hex of the text as canonical JSON (RFC 8785). The order of audiences and of channels does not matter.
func (t Text) Hash() (string, error) {
	var attachment *canonicalAttachment
	if t.Attachment != (Attachment{}) {
		line := canonicalLine(t.Attachment)
		attachment = &line
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(canonical{
		Attachment: attachment, Attachments: canonicalFiles(t.Attachments), BodyFormat: t.BodyFormat, Correction: canonicalCorrectionOf(t.Correction),
		Translations: canonicalTranslations(t.Translations), Audiences: sorted(t.Audiences), Body: t.Body, Channels: sorted(t.Channels), Example: t.Example,
		Language: t.Language, Plan: t.Plan, PlanItem: t.PlanItem, SourceLine: t.SourceLine, Summary: t.Summary, Theme: t.Theme, Title: t.Title,
		UrgentUntil: canonicalTime(t.UrgentUntil),
	})
	if err != nil {
		return "", fmt.Errorf("encoding a text: %w", err)
	}
	sum := sha256.Sum256(bytes.TrimSuffix(out.Bytes(), []byte("\n")))
	return hex.EncodeToString(sum[:]), nil
}

// canonical holds the members in the order of RFC 8785. Normalise has removed the two characters (U+2028 and U+2029) that
// encoding/json writes differently.
//
// A member that came later is left out where there is nothing in it, so that what was approved before has the hash it had.
type canonical struct {
	Attachment   *canonicalAttachment   `json:"attachment"`
	Attachments  []canonicalFile        `json:"attachments,omitempty"`
	Audiences    []string               `json:"audiences"`
	Body         string                 `json:"body"`
	BodyFormat   string                 `json:"bodyFormat,omitempty"`
	Channels     []string               `json:"channels"`
	Correction   *canonicalCorrection   `json:"correction,omitempty"`
	Example      bool                   `json:"example"`
	Language     string                 `json:"language"`
	Plan         string                 `json:"plan"`
	PlanItem     string                 `json:"planItem"`
	SourceLine   string                 `json:"sourceLine"`
	Summary      string                 `json:"summary"`
	Theme        string                 `json:"theme"`
	Title        string                 `json:"title"`
	Translations []canonicalTranslation `json:"translations,omitempty"`
	UrgentUntil  string                 `json:"urgentUntil,omitempty"`
}

type canonicalFile struct {
	Alternative string              `json:"alternative"`
	Line        canonicalAttachment `json:"line"`
	MediaType   string              `json:"mediaType"`
	Name        string              `json:"name"`
	SHA256      string              `json:"sha256"`
	Size        int64               `json:"size"`
}

type canonicalCorrection struct {
	Kind   string `json:"kind"`
	Reason string `json:"reason"`
}

type canonicalTranslation struct {
	Body       string `json:"body"`
	Language   string `json:"language"`
	OfRevision int32  `json:"ofRevision"`
	Summary    string `json:"summary"`
	Title      string `json:"title"`
}

func canonicalLine(a Attachment) canonicalAttachment {
	return canonicalAttachment{Abstract: a.Abstract, Date: a.Date, Form: a.Form, Issuer: a.Issuer, Number: a.Number, Title: a.Title}
}

func canonicalFiles(files []File) []canonicalFile {
	var out []canonicalFile
	for _, f := range files {
		out = append(out, canonicalFile{Alternative: f.Alternative, Line: canonicalLine(f.Line), MediaType: f.MediaType, Name: f.Name, SHA256: f.SHA256, Size: f.Size})
	}
	return out
}

func canonicalCorrectionOf(c Correction) *canonicalCorrection {
	if c == (Correction{}) {
		return nil
	}
	return &canonicalCorrection{Kind: c.Kind, Reason: c.Reason}
}

func canonicalTranslations(translations []Translation) []canonicalTranslation {
	var out []canonicalTranslation
	for _, t := range translations {
		out = append(out, canonicalTranslation{Body: t.Body, Language: t.Language, OfRevision: t.OfRevision, Summary: t.Summary, Title: t.Title})
	}
	return out
}

type canonicalAttachment struct {
	Abstract string `json:"abstract"`
	Date     string `json:"date"`
	Form     string `json:"form"`
	Issuer   string `json:"issuer"`
	Number   string `json:"number"`
	Title    string `json:"title"`
}

// canonicalTime is empty for none.
func canonicalTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func sorted(s []string) []string {
	out := append([]string{}, s...)
	slices.Sort(out)
	return out
}
