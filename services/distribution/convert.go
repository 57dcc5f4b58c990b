package distribution

import (
	"slices"
	"strconv"
	"time"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/listing"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/distribution/internal/publication"
	"github.com/loa-vn/loa/services/distribution/internal/readmodel"
)

func etag(version int64) string { return strconv.Quote(strconv.FormatInt(version, 10)) }

// publicationOf is a publication as the API gives it, one by one and in lists alike.
func publicationOf(id string, p *publication.Publication, version int64) *distributionv1.Publication {
	s := p.Snapshot
	out := &distributionv1.Publication{
		Id: id, Content: s.Content, Plan: s.Plan, PlanItem: s.PlanItem, Agency: s.Agency, Theme: s.Theme, Title: s.Title, Hash: s.Hash,
		Slug: p.Slug, Slugs: p.Slugs(), Path: publication.Path(p.Slug), State: string(p.State), PublishAt: timestamp(p.PublishAt),
		PublishedAt: timestamp(p.PublishedAt), Number: p.Number(), CorrectedAt: timestamp(p.CorrectedAt()), ExpiresAt: timestamp(p.ExpiresAt),
		Channels: slices.Clone(s.Channels), Imported: p.Imported, Example: s.Example, Verified: p.Verified, Waiting: p.Waiting(), Etag: etag(version),
		Bypass: bypassTo(p.Decisions, p.Review),
	}
	switch p.State {
	case publication.Expired:
		out.ExpiredAt = timestamp(p.EndedAt)
	case publication.Withdrawn:
		out.WithdrawnAt = timestamp(p.EndedAt)
	default:
	}
	if c := p.Correction; c.Number > 0 {
		out.Correction = &distributionv1.Correction{
			Number: c.Number, Kind: c.Kind, Reason: c.Reason, Title: c.Snapshot.Title, Hash: c.Snapshot.Hash, Slug: c.Slug, PublishAt: timestamp(c.PublishAt),
			Bypass: bypassTo(c.Decisions, c.Review),
		}
	}
	if w := p.Withdrawal; w.State != "" {
		out.Withdrawal = &distributionv1.Withdrawal{
			Id: w.ID, Reason: w.Reason, Replacement: w.Replacement, State: string(w.State), Hash: w.Hash, Authors: slices.Clone(w.Authors),
			SubmittedAt: timestamp(w.SubmittedAt), Comment: w.Comment, Bypass: bypassTo(w.Decisions, w.Review),
		}
	}
	return out
}

// shown is a publication as those inside see it, who know of it before it is public, or as everybody else does: of one that is public they
// are not told what is only planned, nor who asked for its withdrawal.
func shown(id string, p *publication.Publication, version int64, inside bool) *distributionv1.Publication {
	out := publicationOf(id, p, version)
	if inside {
		return out
	}
	out.Correction = nil
	if p.Withdrawal.State != publication.WithdrawalStateApproved {
		out.Withdrawal = nil
	} else {
		out.Withdrawal.Authors, out.Withdrawal.Comment = nil, ""
	}
	return out
}

// versionsOf gives every text that was shown, without its authors, as channels have it.
func versionsOf(id string, p *publication.Publication) []*distributionv1.Version {
	var out []*distributionv1.Version
	for _, v := range p.Versions {
		c := contentOf(v.Snapshot)
		c.Publication = id
		out = append(out, &distributionv1.Version{
			Number: v.Number, Kind: v.Kind, Reason: v.Reason, Content: c, BodyHtml: v.Snapshot.BodyHTML, Slug: v.Slug, At: timestamp(v.At),
			Decisions: decisionsTo(v.Decisions), Bypass: bypassTo(v.Decisions, v.Review),
		})
	}
	return out
}

// queryOf reads what a list request asks for; the query takes one row more than the page, which tells whether another page follows.
func queryOf(r *distributionv1.ListPublicationsRequest) (readmodel.Query, listing.Page, error) {
	page, wrong := listing.Read(r.GetPageSize(), r.GetPageToken())
	switch publication.State(r.GetState()) {
	case publication.None, publication.Scheduled, publication.Published, publication.Cancelled, publication.Expired, publication.Withdrawn:
	default:
		wrong = append(wrong, errs.At("state", errorsv1.Reason_BAD_FORMAT,
			"value", r.GetState(), "field", "state", "expected", "scheduled, published, cancelled, expired, withdrawn"))
	}
	from, to := moment(r.GetFrom()), moment(r.GetTo())
	if !from.IsZero() && !to.IsZero() && !to.After(from) {
		wrong = append(wrong, errs.At("to", errorsv1.Reason_BAD_FORMAT, "value", to.Format(time.RFC3339), "field", "to", "expected", "> from"))
	}
	q := readmodel.Query{
		Content: r.GetContent(), Plan: r.GetPlan(), PlanItem: r.GetPlanItem(), State: r.GetState(), Agency: r.GetAgency(), Theme: r.GetTheme(),
		From: from, To: to, Waiting: r.GetWaiting(), Before: page.After.At, BeforeID: page.After.ID, Limit: page.Size + 1,
	}
	return q, page, errs.Invalid(wrong)
}
