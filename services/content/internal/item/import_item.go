package item

import (
	"time"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
)

// Import takes in what was published before Loa, at the time it happened.
func (i *Item) Import(agency, unit string, publishedAt time.Time, c Composed) ([]any, error) {
	if i.Exists() {
		return nil, i.refuse("—")
	}
	if c.Text.Correction != (Correction{}) {
		return nil, errs.Invalid([]errs.Field{errs.At("correction", errorsv1.Reason_CORRECTION_EARLY)})
	}
	text, err := i.dated(c.Text)
	if err != nil {
		return nil, err
	}
	hash, err := text.Hash()
	if err != nil {
		return nil, err
	}
	return []any{Imported{Agency: agency, Unit: unit, Text: text, HTML: c.HTML, Hash: hash, PublishedAt: publishedAt.UTC()}}, nil
}

// CheckPublishedAt names what is wrong with the time of something published before Loa. The zero time is one not given.
func CheckPublishedAt(at, now time.Time) []errs.Field {
	switch {
	case at.IsZero():
		return []errs.Field{errs.At("publishedAt", errorsv1.Reason_REQUIRED, "field", "publishedAt")}
	case !at.Before(now):
		return []errs.Field{errs.At("publishedAt", errorsv1.Reason_BAD_FORMAT, "field", "publishedAt", "value", at.Format(time.RFC3339),
			"expected", "một thời điểm đã qua (a past moment)")}
	default:
		return nil
	}
}
