package planning

import (
	"time"

	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/services/planning/internal/directory"
	"github.com/loa-vn/loa/services/planning/internal/plan"
)

// directoryID names the one directory.
func directoryID() string {
	return id.Format(directory.Prefix, id.Derive(time.Time{}, directory.Prefix))
}

// identify gives a plan's identifier, which follows from issuer, number and year, and sets those of its items, which follow from the
// plan's and their codes. Identifiers sort by the plan's date.
func identify(d *plan.Document) (planID string, issuedAt time.Time, err error) {
	issuedAt, err = d.Date.Start()
	if err != nil {
		return "", issuedAt, err
	}
	planID = id.Format(plan.Prefix, id.Derive(issuedAt, plan.Prefix, string(d.Issuer), d.Number, issuedAt.Format("2006")))
	for i := range d.Items {
		d.Items[i].ID = plan.ItemID(id.Format(plan.ItemPrefix, id.Derive(issuedAt, plan.ItemPrefix, planID, d.Items[i].Code)))
	}
	return planID, issuedAt, nil
}
