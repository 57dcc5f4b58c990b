package dossier

import (
	"slices"
	"time"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// The outcomes of a bypass's review.
const (
	Upheld   Outcome = "upheld"
	Objected Outcome = "objected"
)

// Bypass is an approval without the route, and what somebody else said of it afterwards.
type Bypass struct {
	Decision  Decision  `json:"decision"`
	Days      int       `json:"days"` // the term of the review, in working days
	ReviewDue time.Time `json:"reviewDue"`
	Review    Review    `json:"review,omitzero"` // zero until there is one
}

// Review is what somebody else said of a bypass.
type Review struct {
	Outcome       Outcome   `json:"outcome"`
	Person        string    `json:"person"`
	PersonName    string    `json:"personName"`
	Position      string    `json:"position"`
	PersonExample bool      `json:"personExample,omitempty"`
	Comment       string    `json:"comment,omitempty"`
	At            time.Time `json:"at"`
}

// Bypassed: the text was approved in an emergency, without what its route still asked for.
type Bypassed struct {
	DocumentType route.DocumentType `json:"documentType"`
	Document     string             `json:"document"`
	Decision     Decision           `json:"decision"`
	Days         int                `json:"days"`
	ReviewDue    time.Time          `json:"reviewDue"`
}

// Reviewed: somebody else looked at the bypass.
type Reviewed struct {
	DocumentType route.DocumentType `json:"documentType"`
	Document     string             `json:"document"`
	Hash         string             `json:"hash"` // that was bypassed
	Review       Review             `json:"review"`
}

// Bypass approves the text in an emergency. Who leads the document's agency or acts at the last level may, unless they wrote it or
// approved it as a level; nobody does it in another's place.
func (d *Dossier) Bypass(a Actor, ask Ask, o Office) ([]any, error) {
	if ask.Hash != d.Hash {
		return nil, errs.New(errorsv1.Reason_HASH_MOVED, "hash", d.Hash)
	}
	if !d.DocumentType.MayBypass() {
		return nil, errs.New(errorsv1.Reason_BYPASS_TYPE, "type", string(d.DocumentType))
	}
	if d.State != InApproval {
		return nil, errs.New(errorsv1.Reason_DOSSIER_STATE, "state", string(d.State), "allowed", string(InApproval))
	}
	if !d.MayBypass(a.Position) {
		return nil, errs.New(errorsv1.Reason_BYPASS_POSITION, "level", d.LevelName(len(d.Levels)))
	}
	if slices.Contains(d.Authors, a.Person) {
		return nil, errs.New(errorsv1.Reason_FOUR_EYES)
	}
	if level, yes := d.hasApproved(a.Person); yes {
		return nil, errs.New(errorsv1.Reason_ALREADY_DECIDED, "level", d.LevelName(level))
	}
	if _, pending := d.PendingReview(); pending {
		return nil, errs.New(errorsv1.Reason_BYPASS_UNREVIEWED)
	}
	if ask.Comment == "" {
		return nil, errs.New(errorsv1.Reason_BYPASS_REASON_REQUIRED)
	}
	a.For = nil
	decision := d.decision(a, 0, ApprovedOutcome, ask.Comment, o.At)
	decision.Bypass = true
	days := o.Terms.Review
	return []any{
		Bypassed{DocumentType: d.DocumentType, Document: d.Document, Decision: decision, Days: days, ReviewDue: o.Calendar.Due(o.At, days).UTC()},
		d.completed(append(d.tally().standing(), decision), true),
	}, nil
}

// MayBypass says whether a position may approve in an emergency: the leadership of the document's agency, and who acts at the last level.
func (d *Dossier) MayBypass(p route.Position) bool {
	return p.Agency == d.Agency && (p.Role == "leader" || p.Role == "deputy") || d.Levels[len(d.Levels)-1].Admits(p, d.Agency, d.Unit)
}

// Review upholds the bypass that waits for it or objects to it. An objection takes nothing back: what is public is corrected or withdrawn.
func (d *Dossier) Review(a Actor, outcome Outcome, comment string, at time.Time) ([]any, error) {
	b, pending := d.PendingReview()
	if !pending {
		return nil, errs.New(errorsv1.Reason_BYPASS_NONE)
	}
	if b.Decision.Of(a.Person) || slices.Contains(d.Authors, a.Person) {
		return nil, errs.New(errorsv1.Reason_REVIEW_SELF)
	}
	if !d.MayBypass(a.Position) && !d.ActsBy(a.Position) {
		return nil, errs.New(errorsv1.Reason_REVIEW_POSITION)
	}
	if outcome == Objected && comment == "" {
		return nil, errs.New(errorsv1.Reason_REVIEW_COMMENT_REQUIRED)
	}
	return []any{Reviewed{
		DocumentType: d.DocumentType, Document: d.Document, Hash: b.Decision.Hash,
		Review: Review{Outcome: outcome, Person: a.Person, PersonName: a.Name, Position: a.Title, PersonExample: a.Example, Comment: comment, At: at.UTC()},
	}}, nil
}

// PendingReview gives the bypass that nobody has reviewed. An edit after it does not spare it its review: what it approved may be public.
func (d *Dossier) PendingReview() (Bypass, bool) {
	if n := len(d.Bypasses); n > 0 && d.Bypasses[n-1].Review.Outcome == "" {
		return d.Bypasses[n-1], true
	}
	return Bypass{}, false
}

// ByBypass says that the text as it is now is approved by bypass.
func (d *Dossier) ByBypass() bool {
	return slices.ContainsFunc(d.Decisions, func(x Decision) bool { return x.Bypass && x.stands(d.Hash) })
}

func (d *Dossier) applyBypass(e es.Event) {
	switch x := e.Data.(type) {
	case Bypassed:
		d.Decisions = append(slices.Clone(d.Decisions), x.Decision)
		d.Bypasses = append(slices.Clone(d.Bypasses), Bypass{Decision: x.Decision, Days: x.Days, ReviewDue: x.ReviewDue})
	case Reviewed:
		d.Bypasses = slices.Clone(d.Bypasses)
		d.Bypasses[len(d.Bypasses)-1].Review = x.Review
	}
}
