// Package listing cuts lists into pages: how many entries a page has, and where the next one begins. Every list of the API reads its
// request with it, so that sizes and tokens behave the same everywhere.
package listing

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// Sizes of a page (design: api.md, Manners).
const (
	Usual   = 50
	Largest = 200
)

// Place is where a page of a list ends: the sort key of its last entry. At is zero in a list that is sorted by identifier alone; the
// zero Place is before the first entry.
type Place struct {
	At time.Time
	ID string
}

// Page is what part of a list is asked for.
type Page struct {
	Size  int
	After Place
}

// Read reads pageSize and pageToken of a request; what is wrong comes back as places for errs.Invalid. A size over the largest is the
// largest (AIP-158), none is the usual one.
func Read(size int32, token string) (Page, []errs.Field) {
	var wrong []errs.Field
	p := Page{Size: min(int(size), Largest)}
	switch {
	case size < 0:
		wrong = append(wrong, errs.At("pageSize", errorsv1.Reason_BAD_FORMAT,
			"field", "pageSize", "value", strconv.Itoa(int(size)), "expected", "1–"+strconv.Itoa(Largest)))
	case size == 0:
		p.Size = Usual
	}
	after, ok := parse(token)
	if !ok {
		wrong = append(wrong, errs.At("pageToken", errorsv1.Reason_BAD_FORMAT, "field", "pageToken", "value", token, "expected", "nextPageToken"))
	}
	p.After = after
	return p, wrong
}

// Token is the nextPageToken of the page that ends here: opaque to callers.
func (p Place) Token() string {
	at := ""
	if !p.At.IsZero() {
		at = strconv.FormatInt(p.At.UnixMicro(), 10)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(at + " " + p.ID))
}

func parse(token string) (Place, bool) {
	if token == "" {
		return Place{}, true
	}
	plain, err := base64.RawURLEncoding.DecodeString(token)
	at, id, ok := strings.Cut(string(plain), " ")
	if err != nil || !ok || id == "" || strings.ContainsRune(id, 0) {
		return Place{}, false
	}
	p := Place{ID: id}
	if at != "" {
		micros, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			return Place{}, false
		}
		p.At = time.UnixMicro(micros).UTC()
	}
	return p, true
}

// Cut takes a page of a list of which one entry more than the page holds was read, and tells where the next page begins: "" when
// there is none.
func Cut[T any](p Page, entries []T, place func(T) Place) (page []T, next string) {
	if len(entries) <= p.Size {
		return entries, ""
	}
	page = entries[:p.Size]
	return page, place(page[p.Size-1]).Token()
}
