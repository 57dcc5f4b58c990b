package reporting

import (
	"encoding/base64"
	"strconv"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/id"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/reporting/internal/report"
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

// placeOf is the token of the page after a report: opaque to callers.
func placeOf(report string) string { return base64.RawURLEncoding.EncodeToString([]byte(report)) }

// readPlace gives the report that a page comes after; empty for the first page.
func readPlace(token string) (string, error) {
	if token == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err == nil {
		_, err = id.Parse(report.Prefix, string(raw))
	}
	if err != nil {
		return "", errs.Invalid([]errs.Field{errs.At("pageToken", errorsv1.Reason_BAD_FORMAT,
			"value", token, "field", "pageToken", "expected", "nextPageToken")})
	}
	return string(raw), nil
}
