package site

import (
	"github.com/loa-vn/loa/services/portal/internal/facts"
	"github.com/loa-vn/loa/services/portal/internal/page"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
)

// outcomeObjected is what approvals calls a review that does not agree.
const outcomeObjected = "objected"

// bypassOf is what readers are told of an approval in an emergency: when, in which capacity, why, and what somebody else said of it.
func bypassOf(told *distributionv1.Bypass, decisions []*approvalsv1.Decision) *page.Bypass {
	told = facts.BypassOf(told, decisions)
	if told == nil {
		return nil
	}
	b := &page.Bypass{At: told.GetAt().AsTime(), Position: told.GetPosition(), Reason: told.GetReason()}
	if r := told.GetReview(); r != nil {
		b.Review = &page.BypassReview{Objected: r.GetOutcome() == outcomeObjected, Position: r.GetPosition(), At: r.GetAt().AsTime()}
	}
	return b
}
