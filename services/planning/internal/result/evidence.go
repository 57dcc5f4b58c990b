package result

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// keys are what tells one piece of evidence from another, within one plan item. A row of history without a link is told from another
// by all that it says.
func (r Result) keys() []string {
	var keys []string
	for _, e := range r.Evidence {
		keys = append(keys, e.keys()...)
	}
	if len(keys) == 0 && r.Imported {
		keys = append(keys, r.rowKey())
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func (e Evidence) keys() []string {
	var keys []string
	if e.Link != "" {
		keys = append(keys, "link:"+SameLink(e.Link))
	}
	if e.SHA256 != "" {
		keys = append(keys, "file:"+e.SHA256)
	}
	return keys
}

func (r Result) rowKey() string {
	plain, err := json.Marshal([]any{r.Agency, r.Quantity, r.Unit, r.HappenedAt.UTC(), r.Place, r.Channel, r.Note})
	if err != nil { // texts, numbers and a time always have a form
		return "row:" + r.ID
	}
	sum := sha256.Sum256(plain)
	return "row:" + hex.EncodeToString(sum[:])
}

// SameLink gives one form to addresses that lead to the same page: without scheme, "www.", default port, fragment, last slash and the
// parameters that only say where a reader came from. What is no address stays as it is.
func SameLink(link string) string {
	u, err := url.Parse(strings.TrimSpace(link))
	if err != nil || u.Host == "" {
		return link
	}
	host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	if port := u.Port(); port != "" && (u.Scheme != "http" || port != "80") && (u.Scheme != "https" || port != "443") {
		host += ":" + port
	}
	query := u.Query()
	for name := range query {
		if strings.HasPrefix(name, "utm_") || name == "fbclid" || name == "gclid" {
			delete(query, name)
		}
	}
	out := host + strings.TrimSuffix(u.EscapedPath(), "/")
	if len(query) > 0 {
		out += "?" + query.Encode() // sorted by name
	}
	return out
}
