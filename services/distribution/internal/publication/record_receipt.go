package publication

import (
	"slices"
	"strings"
	"time"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// RecordReceipt keeps a channel's word that it carries the publication. A channel's first receipt stands; repeated, nothing happens.
// The portal is the only channel that answers for itself, so its receipt completes them.
func (p *Publication) RecordReceipt(channel, place string, at time.Time) ([]any, error) {
	var wrong []errs.Field
	switch {
	case channel == "":
		wrong = append(wrong, errs.At("channel", errorsv1.Reason_REQUIRED, "field", "channel"))
	case channel != Portal && !slices.Contains(p.Snapshot.Channels, channel):
		wrong = append(wrong, errs.At("channel", errorsv1.Reason_UNKNOWN_CHANNEL, "value", channel))
	}
	if strings.TrimSpace(place) == "" {
		wrong = append(wrong, errs.At("place", errorsv1.Reason_REQUIRED, "field", "place"))
	}
	if err := errs.Invalid(wrong); err != nil {
		return nil, err
	}
	if p.State != Published {
		return nil, p.refuse(Published)
	}
	if slices.ContainsFunc(p.Receipts, func(r Receipt) bool { return r.Channel == channel }) {
		return nil, nil
	}
	return []any{ReceiptRecorded{Channel: channel, Place: place, At: at.UTC(), Complete: p.Verified || channel == Portal}}, nil
}
