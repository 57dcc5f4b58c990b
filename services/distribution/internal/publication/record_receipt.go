package publication

import (
	"slices"
	"strings"
	"time"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// RecordReceipt keeps a channel's word that it did something about the publication: showed it, showed its correction, took it away. A
// channel's first receipt of an act stands; repeated, nothing happens. A receipt of an act before the last one is kept too, and completes
// nothing. The portal is the only channel that answers for itself, so its receipt completes them. At is the command's moment.
func (p *Publication) RecordReceipt(r Receipt) ([]any, error) {
	if r.Act == "" {
		r.Act = ActPublished
	}
	if r.Act != ActCorrected {
		r.Number = 0
	}
	var wrong []errs.Field
	switch {
	case r.Channel == "":
		wrong = append(wrong, errs.At("channel", errorsv1.Reason_REQUIRED, "field", "channel"))
	case r.Channel != Portal && !slices.Contains(p.Snapshot.Channels, r.Channel):
		wrong = append(wrong, errs.At("channel", errorsv1.Reason_UNKNOWN_CHANNEL, "value", r.Channel))
	}
	if strings.TrimSpace(r.Place) == "" {
		wrong = append(wrong, errs.At("place", errorsv1.Reason_REQUIRED, "field", "place"))
	}
	if !slices.Contains([]Act{ActPublished, ActCorrected, ActExpired, ActWithdrawn}, r.Act) {
		wrong = append(wrong, errs.At("act", errorsv1.Reason_BAD_FORMAT, "field", "act", "value", string(r.Act),
			"expected", "published, corrected, expired, withdrawn"))
	}
	if err := errs.Invalid(wrong); err != nil {
		return nil, err
	}
	if err := p.happened(r.Act, r.Number); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(p.Receipts, func(x Receipt) bool { return x.Channel == r.Channel && x.Act == r.Act && x.Number == r.Number }) {
		return nil, nil
	}
	act, number := p.LastAct()
	recorded := ReceiptRecorded{
		Channel: r.Channel, Place: r.Place, At: r.At.UTC().Truncate(time.Microsecond), Act: r.Act, Number: r.Number,
		Complete: p.Verified || r.Channel == Portal && r.Act == act && r.Number == number,
	}
	return []any{recorded}, nil
}

// happened refuses a receipt of what has not happened.
func (p *Publication) happened(act Act, number int32) error {
	switch act {
	case ActPublished:
		if !p.State.WasPublic() {
			return p.refuse(Published)
		}
	case ActExpired:
		if p.State != Expired {
			return p.refuse(Expired)
		}
	case ActWithdrawn:
		if p.State != Withdrawn {
			return p.refuse(Withdrawn)
		}
	case ActCorrected:
		if !p.State.WasPublic() {
			return p.refuse(Published)
		}
		if number < 1 || number > p.Number() {
			return errs.Invalid([]errs.Field{errs.At("number", errorsv1.Reason_BAD_FORMAT, "field", "number", "value", count(int(number)),
				"expected", "1–"+count(int(p.Number())))})
		}
	}
	return nil
}
