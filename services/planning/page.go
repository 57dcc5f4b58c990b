package planning

import (
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/listing"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// page reads one page of a list that is sorted by a key, and where the next one begins.
func page[T any](asked int32, token string, read func(after string, limit int) ([]T, error), key func(T) string) (entries []T, next string, err error) {
	p, wrong := listing.Read(asked, token)
	if err := errs.Invalid(wrong); err != nil {
		return nil, "", err
	}
	if entries, err = read(p.After.ID, p.Size+1); err != nil {
		return nil, "", err
	}
	entries, next = listing.Cut(p, entries, func(e T) listing.Place { return listing.Place{ID: key(e)} })
	return entries, next, nil
}

func badToken(token string) error {
	return errs.Invalid([]errs.Field{errs.At("pageToken", errorsv1.Reason_BAD_FORMAT,
		"value", token, "field", "pageToken", "expected", "nextPageToken")})
}
