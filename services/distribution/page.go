package distribution

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
	usualPage   = 50
	largestPage = 200
)

func pageSize(asked int32) (int, error) {
	switch {
	case asked < 0 || asked > largestPage:
		return 0, errs.Invalid([]errs.Field{errs.At("pageSize", errorsv1.Reason_BAD_FORMAT,
			"value", strconv.Itoa(int(asked)), "field", "pageSize", "expected", "1–"+strconv.Itoa(largestPage))})
	case asked == 0:
		return usualPage, nil
	default:
		return int(asked), nil
	}
}

// place is where a page of a list ends.
type place struct {
	at time.Time
	id string
}

// String is the token of the next page: opaque to callers.
func (p place) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(p.at.UnixMicro(), 10) + " " + p.id))
}

func readPlace(token string) (place, error) {
	if token == "" {
		return place{}, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	at, id, ok := strings.Cut(string(raw), " ")
	micros, err2 := strconv.ParseInt(at, 10, 64)
	if err != nil || err2 != nil || !ok {
		return place{}, errs.Invalid([]errs.Field{errs.At("pageToken", errorsv1.Reason_BAD_FORMAT,
			"value", token, "field", "pageToken", "expected", "nextPageToken")})
	}
	return place{time.UnixMicro(micros).UTC(), id}, nil
}
