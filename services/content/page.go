package content

import (
	"strconv"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/listing"
	"github.com/loa-vn/loa/services/content/internal/item"
)

// pageOf reads what part of the list is wanted.
func pageOf(r *contentv1.ListContentsRequest) (listing.Page, error) {
	page, wrong := listing.Read(r.GetPageSize(), r.GetPageToken())
	switch s := item.State(r.GetState()); s {
	case "", item.Draft, item.InApproval, item.Returned, item.Approved, item.Scheduled, item.Published, item.Withdrawn, item.Expired:
	default:
		wrong = append(wrong, errs.At("state", errorsv1.Reason_BAD_FORMAT, "field", "state", "value", string(s), "expected",
			"draft, in_approval, returned, approved, scheduled, published, withdrawn, expired"))
	}
	return page, errs.Invalid(wrong)
}

// revisionAfter reads which revision a page follows: a token of revisions holds its number.
func revisionAfter(token string, page listing.Page, wrong []errs.Field) (int32, []errs.Field) {
	if page.After.ID == "" {
		return 0, wrong
	}
	after, err := strconv.ParseInt(page.After.ID, 10, 32)
	if err != nil {
		wrong = append(wrong, errs.At("pageToken", errorsv1.Reason_BAD_FORMAT, "field", "pageToken", "value", token, "expected", "nextPageToken"))
	}
	return int32(after), wrong
}

func placeOfRevision(r *contentv1.Revision) listing.Place {
	return listing.Place{ID: strconv.Itoa(int(r.GetRevision()))}
}

func placeOf(i *item.Item) listing.Place { return listing.Place{At: i.CreatedAt, ID: i.ID} }
