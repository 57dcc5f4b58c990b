package content

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/services/content/internal/item"
	"github.com/loa-vn/loa/services/content/internal/readmodel"
)

// Sizes of a page.
const (
	defaultPage = 50
	largestPage = 200
)

// pageOf reads what part of the list is wanted. A size over the limit is the limit (AIP-158).
func pageOf(r *contentv1.ListContentsRequest) (after readmodel.Key, size int, err error) {
	var fields []errs.Field
	switch size = int(r.GetPageSize()); {
	case size < 0:
		fields = append(fields, errs.At("pageSize", errorsv1.Reason_BAD_FORMAT, "field", "pageSize", "value", strconv.Itoa(size), "expected", "1–200"))
	case size == 0:
		size = defaultPage
	}
	after, err = keyOf(r.GetPageToken())
	if err != nil {
		fields = append(fields, errs.At("pageToken", errorsv1.Reason_BAD_FORMAT, "field", "pageToken", "value", r.GetPageToken(), "expected", "nextPageToken"))
	}
	switch s := item.State(r.GetState()); s {
	case "", item.Draft, item.InApproval, item.Returned, item.Approved, item.Scheduled, item.Published:
	default:
		fields = append(fields, errs.At("state", errorsv1.Reason_BAD_FORMAT, "field", "state", "value", string(s), "expected",
			"draft, in_approval, returned, approved, scheduled, published"))
	}
	return after, min(size, largestPage), errs.Invalid(fields)
}

// tokenOf is where the next page begins: after this key.
func tokenOf(k readmodel.Key) string {
	return base64.RawURLEncoding.EncodeToString([]byte(k.CreatedAt.UTC().Format(time.RFC3339Nano) + " " + k.ID))
}

func keyOf(token string) (readmodel.Key, error) {
	if token == "" {
		return readmodel.Key{}, nil
	}
	plain, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return readmodel.Key{}, err
	}
	at, id, ok := strings.Cut(string(plain), " ")
	created, err := time.Parse(time.RFC3339Nano, at)
	if !ok || err != nil || id == "" || strings.ContainsRune(id, 0) {
		return readmodel.Key{}, fmt.Errorf("%q is no page token", token)
	}
	return readmodel.Key{CreatedAt: created, ID: id}, nil
}
