package approvals

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/services/approvals/internal/readmodel"
)

// Sizes of a page.
const (
	defaultPage = 50
	largestPage = 200
)

// pageOf reads what part of the list is wanted. A size over the limit is the limit (AIP-158).
func pageOf(r *approvalsv1.ListDossiersRequest) (after readmodel.Key, size int, err error) {
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
	if w := r.GetWaitingFor(); w != "" && w != "me" {
		fields = append(fields, errs.At("waitingFor", errorsv1.Reason_BAD_FORMAT, "field", "waitingFor", "value", w, "expected", "me"))
	}
	return after, min(size, largestPage), errs.Invalid(fields)
}

// tokenOf is where the next page begins: after this key.
func tokenOf(k readmodel.Key) string {
	return base64.RawURLEncoding.EncodeToString([]byte(k.OpenedAt.UTC().Format(time.RFC3339Nano) + " " + k.ID))
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
	opened, err := time.Parse(time.RFC3339Nano, at)
	if !ok || err != nil || id == "" || strings.ContainsRune(id, 0) {
		return readmodel.Key{}, fmt.Errorf("%q is no page token", token)
	}
	return readmodel.Key{OpenedAt: opened, ID: id}, nil
}
