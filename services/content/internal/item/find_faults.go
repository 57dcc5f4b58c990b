package item

import (
	"strconv"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// Findings is what is to be mended in the words themselves. A secrecy mark is refused when it is written; here it is found in what was
// written before the mark was known as one. A translation that is behind only warns: readers are told so too.
func (i *Item) Findings() []Found {
	var found []Found
	for _, f := range Check(i.Text) {
		if f.Reason == errorsv1.Reason_SECRECY_MARK {
			found = append(found, Found{Reason: f.Reason.String(), Blocks: true, Field: f.Field, Args: f.Args})
		}
	}
	for _, to := range i.Text.Translations {
		if i.Behind(to) {
			found = append(found, Found{
				Reason: errorsv1.Reason_TRANSLATION_BEHIND.String(), Field: PlaceOf(to),
				Args: map[string]string{"language": to.Language, "revision": strconv.Itoa(int(to.OfRevision))},
			})
		}
	}
	return found
}
