package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// approved is what an approval of a plan is of; of an amendment also which plan it amends, and why.
type approved struct {
	Plan     string   `json:"plan"`
	Reason   string   `json:"reason,omitempty"`
	Document Document `json:"document"`
}

// Hash is the SHA-256 in hex of what is approved as canonical JSON (RFC 8785): the plan's identifier, the document with its items,
// and of an amendment its reason. The number and the date of a plan that is being drafted come later and are not in it.
func (d Document) Hash(planID, reason string) (string, error) {
	raw, err := json.Marshal(approved{Plan: planID, Reason: reason, Document: d.Normalise()})
	if err != nil {
		return "", fmt.Errorf("encoding a plan: %w", err)
	}
	return digest(raw)
}

// Tag is a short digest of the document without its items, that changes when it does.
func (d Document) Tag() (string, error) { return tag(d.head()) }

// Tag is a short digest of the item's text, that changes when it does.
func (i Item) Tag() (string, error) { return tag(i) }

func tag(of any) (string, error) {
	raw, err := json.Marshal(of)
	if err != nil {
		return "", fmt.Errorf("encoding a plan: %w", err)
	}
	sum, err := digest(raw)
	if err != nil {
		return "", err
	}
	return sum[:16], nil
}

// digest reads JSON and hashes it in canonical form: encoding/json sorts the members of a map, whose names are ASCII here, and every
// number is a whole one that it writes as it stood.
func digest(raw []byte) (string, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var plain any
	if err := decoder.Decode(&plain); err != nil {
		return "", fmt.Errorf("encoding a plan: %w", err)
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(plain); err != nil {
		return "", fmt.Errorf("encoding a plan: %w", err)
	}
	sum := sha256.Sum256(bytes.TrimSuffix(out.Bytes(), []byte("\n")))
	return hex.EncodeToString(sum[:]), nil
}
