package item

import (
	"strconv"
	"time"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
)

// UrgentDays is how many days ahead something may be urgent: what is urgent for longer is no longer that.
const UrgentDays = 30

// CheckUrgent names what is wrong with the time until which an author says that an item is urgent. One that stays as it was may have
// passed meanwhile, as what was written before may.
func CheckUrgent(was, is, now time.Time) []errs.Field {
	if is.IsZero() || is.Equal(was) || is.After(now) && !is.After(now.AddDate(0, 0, UrgentDays)) {
		return nil
	}
	return []errs.Field{errs.At("urgentUntil", errorsv1.Reason_URGENT_UNTIL, "value", is.Format(time.RFC3339), "limit", strconv.Itoa(UrgentDays))}
}
