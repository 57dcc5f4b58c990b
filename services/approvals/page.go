package approvals

import (
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/listing"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
)

// pageOf reads what part of the list is wanted.
func pageOf(r *approvalsv1.ListDossiersRequest) (listing.Page, error) {
	page, wrong := listing.Read(r.GetPageSize(), r.GetPageToken())
	if w := r.GetWaitingFor(); w != "" && w != "me" {
		wrong = append(wrong, errs.At("waitingFor", errorsv1.Reason_BAD_FORMAT, "field", "waitingFor", "value", w, "expected", "me"))
	}
	return page, errs.Invalid(wrong)
}

func placeOf(d *dossier.Dossier) listing.Place { return listing.Place{At: d.OpenedAt, ID: d.ID} }
