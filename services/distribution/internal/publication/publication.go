// Package publication is the life of one publication: approved content is scheduled, released once at its time, corrected, withdrawn or
// shown until a set time, and each of these is answered by each channel with a receipt. History from before Loa enters as published.
package publication

import (
	"slices"
	"strconv"
	"time"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
)

// Prefix is that of a publication's identifier.
const Prefix = "publication"

// Portal is the channel that carries every publication: the city's public site.
const Portal = "portal"

// State of a publication.
type State string

// The states of a publication; none before it is scheduled. Cancelled, expired and withdrawn are ends, except that what was cancelled
// may be scheduled again.
const (
	None      State = ""
	Scheduled State = "scheduled"
	Published State = "published"
	Cancelled State = "cancelled"
	Expired   State = "expired"
	Withdrawn State = "withdrawn"
)

// WasPublic says that readers have had it, in whatever state it is now.
func (s State) WasPublic() bool { return s == Published || s == Expired || s == Withdrawn }

// Act is what a channel does about a publication, and gives its receipt of.
type Act string

// The acts.
const (
	ActPublished Act = "published"
	ActCorrected Act = "corrected"
	ActExpired   Act = "expired"
	ActWithdrawn Act = "withdrawn"
)

// Receipt is a channel's word that it did something about the publication. Number is that of a correction, 0 of any other act.
type Receipt struct {
	Channel, Place string
	Act            Act
	Number         int32
	At             time.Time
}

// Version is a text that the publication has shown. Number 0 is the first, and others are corrections.
type Version struct {
	Number       int32
	Kind, Reason string
	Snapshot     Snapshot
	Decisions    []Decision
	Slug         string
	At           time.Time
	// Review is of the bypass among the decisions; zero when there is none, or no review of it.
	Review Review
}

// Publication is what has become of one approved revision of a content and of the corrections after it.
type Publication struct {
	State State
	// Snapshot, Decisions, their Review and Slug are of what is shown, or will be at first.
	Snapshot    Snapshot
	Decisions   []Decision
	Review      Review
	Slug        string
	PublishAt   time.Time
	PublishedAt time.Time
	// ExpiresAt is until when it is shown; zero: for ever.
	ExpiresAt time.Time
	// EndedAt is when it expired or was withdrawn.
	EndedAt  time.Time
	Imported bool
	// Versions are all texts that were shown, in their order: the correction n is at n.
	Versions []Version
	// Correction waits for its time; its number is 0 when none does.
	Correction Correction
	// Withdrawal is what was last asked about withdrawing it; its state is empty when nothing was.
	Withdrawal Withdrawal
	Receipts   []Receipt
	// Verified says that every channel that answers for itself has given its receipt of the last act.
	Verified bool
}

// Correction is an approved text that takes the place of the public one at its time.
type Correction struct {
	Number int32
	// Kind is content or form, Reason what readers are told.
	Kind, Reason string
	Snapshot     Snapshot
	Decisions    []Decision
	Slug         string
	PublishAt    time.Time
	Review       Review
}

// ID is the identifier of the publication of one revision of a content: scheduled twice, it is the same one, and text that was
// approved anew after an edit is another one, even where the edit was taken back.
func ID(content, hash string, revision int32) string {
	return id.Format(Prefix, id.Derive(time.Time{}, Prefix, content, hash, strconv.Itoa(int(revision))))
}

// Path is the page's path on the portal.
func Path(slug string) string { return "/tin/" + slug }

// Number is how often it was corrected.
func (p *Publication) Number() int32 { return int32(max(0, len(p.Versions)-1)) }

// CorrectedAt is when the last correction was published; zero before the first.
func (p *Publication) CorrectedAt() time.Time {
	if n := p.Number(); n > 0 {
		return p.Versions[n].At
	}
	return time.Time{}
}

// Slugs are all it has had, oldest first; the one it is to have when it was never public.
func (p *Publication) Slugs() []string {
	if len(p.Versions) == 0 && p.Slug != "" {
		return []string{p.Slug}
	}
	var slugs []string
	for _, v := range p.Versions {
		if !slices.Contains(slugs, v.Slug) {
			slugs = append(slugs, v.Slug)
		}
	}
	return slugs
}

// Showed says whether a text was public as this publication.
func (p *Publication) Showed(hash string, revision int32) bool {
	return slices.ContainsFunc(p.Versions, func(v Version) bool { return v.Snapshot.Hash == hash && v.Snapshot.Revision == revision })
}

// LastAct is what channels have to do, or have done, about it; empty before it is public.
func (p *Publication) LastAct() (act Act, number int32) {
	switch {
	case p.State == Withdrawn:
		return ActWithdrawn, 0
	case p.State == Expired:
		return ActExpired, 0
	case p.State != Published:
		return "", 0
	case p.Number() > 0:
		return ActCorrected, p.Number()
	default:
		return ActPublished, 0
	}
}

// DueAt is when what waits becomes public; zero when nothing waits.
func (p *Publication) DueAt() time.Time {
	switch {
	case p.State == Scheduled:
		return p.PublishAt
	case p.State == Published && p.Correction.Number > 0:
		return p.Correction.PublishAt
	default:
		return time.Time{}
	}
}

// Waiting says that something has yet to happen by itself: its time or its correction's, its end, or a receipt. History that nothing
// happened to in Loa waits for none.
func (p *Publication) Waiting() bool {
	act, _ := p.LastAct()
	owed := act != "" && !p.Verified && (!p.Imported || act != ActPublished)
	return owed || !p.DueAt().IsZero() || p.State == Published && !p.ExpiresAt.IsZero()
}

// Apply brings the publication up to an event.
func (p *Publication) Apply(e es.Event) {
	switch event := e.Data.(type) {
	case PublicationScheduled:
		*p = Publication{
			State: Scheduled, Snapshot: event.Snapshot, Decisions: event.Decisions, Slug: event.Slug, PublishAt: event.PublishAt,
			ExpiresAt: event.ExpiresAt, Review: event.Review,
		}
	case PublicationPublished:
		p.State, p.PublishedAt = Published, event.PublishedAt
		p.show(Version{Snapshot: event.Snapshot, Decisions: event.Decisions, Slug: event.Slug, At: event.PublishedAt, Review: event.Review})
	case PublicationImported:
		*p = Publication{State: Published, PublishAt: event.PublishedAt, PublishedAt: event.PublishedAt, Imported: true}
		p.show(Version{Snapshot: event.Snapshot, Slug: event.Slug, At: event.PublishedAt})
	case PublicationCancelled:
		p.State = Cancelled
	case PublicationRescheduled:
		p.reschedule(event)
	case CorrectionScheduled:
		p.Correction = Correction(event)
	case CorrectionCancelled:
		p.Correction = Correction{}
	case PublicationCorrected:
		p.show(Version{
			Number: event.Number, Kind: event.Kind, Reason: event.Reason, Snapshot: event.Snapshot, Decisions: event.Decisions, Slug: event.Slug,
			At: event.CorrectedAt, Review: event.Review,
		})
		p.Correction = Correction{}
	case PublicationExpired:
		p.end(Expired, event.ExpiredAt)
	case WithdrawalSubmitted:
		p.Withdrawal = event.withdrawal(e.RecordedAt)
	case WithdrawalReturned:
		p.Withdrawal.State, p.Withdrawal.Comment = WithdrawalStateReturned, event.Comment
	case PublicationWithdrawn:
		p.end(Withdrawn, event.WithdrawnAt)
		p.Withdrawal.State, p.Withdrawal.Decisions = WithdrawalStateApproved, event.Decisions
	case BypassReviewed:
		p.reviewed(event)
	case ReceiptRecorded:
		p.receive(event)
	}
}

func (p *Publication) show(v Version) {
	p.Snapshot, p.Decisions, p.Review, p.Slug, p.Verified = v.Snapshot, v.Decisions, v.Review, v.Slug, false
	p.Versions = append(slices.Clone(p.Versions), v)
}

func (p *Publication) end(as State, at time.Time) {
	p.State, p.EndedAt, p.Verified, p.Correction = as, at, false, Correction{}
}

func (p *Publication) reschedule(event PublicationRescheduled) {
	switch {
	case p.State == Scheduled:
		p.PublishAt = event.PublishAt
	case p.Correction.Number > 0:
		p.Correction.PublishAt = event.PublishAt
	}
	p.ExpiresAt = event.ExpiresAt
}

func (p *Publication) receive(event ReceiptRecorded) {
	p.Receipts = append(slices.Clone(p.Receipts), Receipt{
		Channel: event.Channel, Place: event.Place, Act: event.Act, Number: event.Number, At: event.At,
	})
	p.Verified = event.Complete
}

// Trim leaves out texts, files and decisions other than a bypass, which lists do not show. What is left folds later events as the whole does.
func (p *Publication) Trim() {
	p.Snapshot, p.Decisions = p.Snapshot.trimmed(), onlyBypass(p.Decisions)
	p.Correction.Snapshot, p.Correction.Decisions = p.Correction.Snapshot.trimmed(), onlyBypass(p.Correction.Decisions)
	p.Withdrawal.Decisions = onlyBypass(p.Withdrawal.Decisions)
	p.Versions = slices.Clone(p.Versions)
	for i := range p.Versions {
		p.Versions[i].Snapshot, p.Versions[i].Decisions = p.Versions[i].Snapshot.trimmed(), onlyBypass(p.Versions[i].Decisions)
	}
}

func (s Snapshot) trimmed() Snapshot {
	s.Summary, s.Body, s.BodyHTML, s.Attachments, s.Translations = "", "", "", nil, nil
	return s
}
