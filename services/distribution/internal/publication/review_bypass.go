package publication

import (
	"slices"
	"time"
)

// Review is what somebody else said afterwards of an approval by emergency bypass; zero until they have.
type Review struct {
	// Outcome is upheld or objected. Why is told inside the house only.
	Outcome string `json:"outcome"`
	// Position is the reviewer's, as it then was.
	Position string    `json:"position"`
	At       time.Time `json:"at"`
}

// BypassReviewed says that somebody else looked at the bypass by which a text of the publication, or its withdrawal, was approved.
type BypassReviewed struct {
	Content string `json:"content"`
	// Hash is of what was bypassed.
	Hash string `json:"hash"`
	// Withdrawal is the identifier of the withdrawal when it was of one; empty when it was of a text.
	Withdrawal string `json:"withdrawal,omitempty"`
	Review     Review `json:"review"`
}

// Bypass is an approval in an emergency, which left the route out, and what somebody else said of it afterwards.
type Bypass struct {
	Decision Decision
	Review   Review
}

// BypassOf finds the bypass among the decisions that approved something.
func BypassOf(decisions []Decision, review Review) (Bypass, bool) {
	at := slices.IndexFunc(decisions, func(d Decision) bool { return d.Bypass })
	if at < 0 {
		return Bypass{}, false
	}
	return Bypass{Decision: decisions[at], Review: review}, true
}

// ReviewBypass follows the review of a bypass. It counts once, for what was approved with the hash by bypass: a text that is, was or will
// be public, or the withdrawal.
func (p *Publication) ReviewBypass(hash string, review Review) []any {
	reviewed := BypassReviewed{Content: p.Snapshot.Content, Hash: hash, Review: review}
	if w := p.Withdrawal; w.Hash == hash && unreviewed(w.Decisions, w.Review) {
		reviewed.Withdrawal = w.ID
		return []any{reviewed}
	}
	text := p.State == Scheduled && p.Snapshot.Hash == hash && unreviewed(p.Decisions, p.Review) ||
		p.Correction.Number > 0 && p.Correction.Snapshot.Hash == hash && unreviewed(p.Correction.Decisions, p.Correction.Review) ||
		slices.ContainsFunc(p.Versions, func(v Version) bool { return v.Snapshot.Hash == hash && unreviewed(v.Decisions, v.Review) })
	if !text {
		return nil
	}
	return []any{reviewed}
}

func unreviewed(decisions []Decision, review Review) bool {
	b, bypassed := BypassOf(decisions, review)
	return bypassed && b.Review == (Review{})
}

func (p *Publication) reviewed(e BypassReviewed) {
	if e.Withdrawal != "" {
		p.Withdrawal.Review = e.Review
		return
	}
	if p.Snapshot.Hash == e.Hash {
		p.Review = e.Review
	}
	if p.Correction.Snapshot.Hash == e.Hash {
		p.Correction.Review = e.Review
	}
	p.Versions = slices.Clone(p.Versions)
	for i, v := range p.Versions {
		if v.Snapshot.Hash == e.Hash {
			p.Versions[i].Review = e.Review
		}
	}
}

// onlyBypass is what lists keep of decisions.
func onlyBypass(decisions []Decision) []Decision {
	b, bypassed := BypassOf(decisions, Review{})
	if !bypassed {
		return nil
	}
	return []Decision{b.Decision}
}
