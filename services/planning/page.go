package planning

import (
	"encoding/base64"
	"strconv"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// The sizes of a page (design: api.md, Manners).
const (
	defaultPage = 50
	maximumPage = 200
)

// pageSize is what the caller asked for, within the limits; INVALID for a negative one.
func pageSize(asked int32) (int, error) {
	switch {
	case asked < 0:
		return 0, errs.Invalid([]errs.Field{errs.At("pageSize", errorsv1.Reason_BAD_FORMAT,
			"value", strconv.Itoa(int(asked)), "field", "pageSize", "expected", "1 – 200")})
	case asked == 0:
		return defaultPage, nil
	default:
		return min(int(asked), maximumPage), nil
	}
}

// pageToken hides the last key of a page.
func pageToken(last string) string { return base64.RawURLEncoding.EncodeToString([]byte(last)) }

// pageAfter gives the key a token hides; INVALID for a token that we did not make.
func pageAfter(token string) (string, error) {
	last, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return "", badToken(token)
	}
	return string(last), nil
}

func badToken(token string) error {
	return errs.Invalid([]errs.Field{errs.At("pageToken", errorsv1.Reason_BAD_FORMAT,
		"value", token, "field", "pageToken", "expected", "nextPageToken")})
}

// page reads one entry more than the page holds, to know whether another page follows.
func page[T any](asked int32, token string, read func(after string, limit int) ([]T, error), key func(T) string) (entries []T, next string, err error) {
	size, err := pageSize(asked)
	if err != nil {
		return nil, "", err
	}
	after, err := pageAfter(token)
	if err != nil {
		return nil, "", err
	}
	entries, err = read(after, size+1)
	if err != nil || len(entries) <= size {
		return entries, "", err
	}
	entries = entries[:size]
	return entries, pageToken(key(entries[size-1])), nil
}
