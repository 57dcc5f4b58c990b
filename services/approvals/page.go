package approvals

import (
	"slices"
	"strings"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/listing"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// What a list may be asked to hold alone: what the caller may decide on, has been asked about, or is to give a number.
const (
	waitingForMe      = "me"
	waitingForOpinion = "opinion"
	waitingForNumber  = "number"
)

// pageOf reads what part of the list is wanted.
func pageOf(r *approvalsv1.ListDossiersRequest) (listing.Page, error) {
	page, wrong := listing.Read(r.GetPageSize(), r.GetPageToken())
	oneOf := func(field, value string, allowed ...string) {
		if value == "" || slices.Contains(allowed, value) {
			return
		}
		wrong = append(wrong, errs.At(field, errorsv1.Reason_BAD_FORMAT, "field", field, "value", value, "expected", strings.Join(allowed, ", ")))
	}
	oneOf("waitingFor", r.GetWaitingFor(), waitingForMe, waitingForOpinion, waitingForNumber)
	oneOf("documentType", r.GetDocumentType(), strings.Split(route.Expected(), ", ")...)
	oneOf("state", r.GetState(), string(dossier.InApproval), string(dossier.Returned), string(dossier.Approved), string(dossier.Voided),
		string(dossier.Issuing), string(dossier.Issued))
	return page, errs.Invalid(wrong)
}

func placeOf(d *dossier.Dossier) listing.Place { return listing.Place{At: d.OpenedAt, ID: d.ID} }
