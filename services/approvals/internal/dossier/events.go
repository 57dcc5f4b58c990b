package dossier

import (
	"slices"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// Opened: a document was submitted for the first time.
type Opened struct {
	DocumentType route.DocumentType `json:"documentType"`
	Document     string             `json:"document"`
	Edition      int32              `json:"edition"` // 0: not published before
	Title        string             `json:"title"`
	Agency       string             `json:"agency"`
	Unit         string             `json:"unit,omitempty"`
	Authors      []string           `json:"authors"`
	Hash         string             `json:"hash"`
	Revision     int32              `json:"revision"` // of the document, whose text it was; 0: not known
	Levels       []route.Level      `json:"levels"`
	Open         []int              `json:"open"` // where it waits
	RouteVersion int64              `json:"routeVersion"`
	Example      bool               `json:"example,omitempty"`
}

// Resubmitted: the document came back, mended or as it was, and waits at levels.
type Resubmitted struct {
	Title    string   `json:"title"`
	Authors  []string `json:"authors"`
	Hash     string   `json:"hash"`
	Revision int32    `json:"revision"` // 0: not known
	Open     []int    `json:"open"`
	Example  bool     `json:"example,omitempty"`
}

// LevelsEntered: the terms of levels where the dossier waits began.
type LevelsEntered struct {
	DocumentType route.DocumentType `json:"documentType"`
	Document     string             `json:"document"`
	Entries      []Entry            `json:"entries"`
}

// LevelApproved: a person approved the hash at a level. Open is where it waits then; nowhere when that was the last.
type LevelApproved struct {
	Decision Decision `json:"decision"`
	Open     []int    `json:"open"`
}

// SentBack: a person returned it to an earlier level, or to the author (0).
type SentBack struct {
	DocumentType route.DocumentType `json:"documentType"`
	Document     string             `json:"document"`
	Decision     Decision           `json:"decision"`
	Revision     int32              `json:"revision"` // that was returned; 0: not known
	ToLevel      int                `json:"toLevel"`
}

// Completed: every level has approved the hash, or a bypass did. The event carries every decision that stands for it, in the route's
// order; that of a bypass is the last.
type Completed struct {
	DocumentType route.DocumentType `json:"documentType"`
	Document     string             `json:"document"`
	Hash         string             `json:"hash"`
	Revision     int32              `json:"revision"` // that was approved; 0: not known
	Decisions    []Decision         `json:"decisions"`
	Bypassed     bool               `json:"bypassed"`
}

// MadeVoid: the document was edited, so no approval of an earlier text stands.
type MadeVoid struct {
	DocumentType route.DocumentType `json:"documentType"`
	Document     string             `json:"document"`
	Hash         string             `json:"hash"`    // whose approvals are void
	NewHash      string             `json:"newHash"` // of the document now
}

// Types lists the events of dossiers.
func Types() []es.Type {
	up := func(from string, f upcast) es.Upcast { return es.Upcast{From: "approvals." + from, Func: f} }
	return []es.Type{
		es.EventType[Opened]("approvals.dossier_opened.v3", up("dossier_opened.v1", ofUnknownRevision), up("dossier_opened.v2", atTheFirstLevel)),
		es.EventType[Resubmitted]("approvals.dossier_resubmitted.v3", up("dossier_resubmitted.v1", ofUnknownRevision), up("dossier_resubmitted.v2", atOneLevel)),
		es.EventType[LevelsEntered]("approvals.dossier_levels_entered.v1"),
		es.EventType[LevelApproved]("approvals.dossier_level_approved.v2", up("dossier_level_approved.v1", toOneLevel)),
		es.EventType[SentBack]("approvals.dossier_returned.v3", up("dossier_returned.v1", ofUnknownRevision), up("dossier_returned.v2", asItIs)),
		es.EventType[Completed]("approvals.dossier_approved.v3", up("dossier_approved.v1", ofUnknownRevision), up("dossier_approved.v2", asItIs)),
		es.EventType[MadeVoid]("approvals.dossier_voided.v1"),
		es.EventType[Reminded]("approvals.dossier_reminded.v1"),
		es.EventType[Escalated]("approvals.dossier_escalated.v1"),
		es.EventType[TermsMoved]("approvals.dossier_terms_moved.v1"),
		es.EventType[Bypassed]("approvals.dossier_bypassed.v1"),
		es.EventType[Reviewed]("approvals.dossier_reviewed.v1"),
		es.EventType[OpinionsAsked]("approvals.dossier_opinions_asked.v1"),
		es.EventType[OpinionGiven]("approvals.dossier_opinion_given.v1"),
		es.EventType[SilenceRecorded]("approvals.dossier_silence_recorded.v1"),
		es.EventType[IssueBegun]("approvals.dossier_issue_begun.v1"),
		es.EventType[IssueAbandoned]("approvals.dossier_issue_abandoned.v1"),
		es.EventType[Numbered]("approvals.dossier_issued.v1"),
	}
}

// Apply folds one event into the state.
func (d *Dossier) Apply(e es.Event) {
	if d.Version == 0 {
		d.ID, d.OpenedAt = e.Aggregate, e.RecordedAt
	}
	d.Version, d.UpdatedAt = e.Version, e.RecordedAt
	switch x := e.Data.(type) {
	case Opened:
		d.DocumentType, d.Document, d.Edition, d.Title, d.Agency, d.Unit = x.DocumentType, x.Document, x.Edition, x.Title, x.Agency, x.Unit
		d.Authors, d.Hash, d.Revision, d.Levels, d.Example = x.Authors, x.Hash, x.Revision, x.Levels, x.Example
		d.State, d.Open = InApproval, x.Open
	case Resubmitted:
		d.Title, d.Authors, d.Hash, d.Revision, d.Example = x.Title, x.Authors, x.Hash, x.Revision, x.Example
		d.State, d.Open = InApproval, x.Open
		d.cameBack(0)
	case LevelsEntered:
		d.setEntries(x.Entries)
	case LevelApproved:
		d.Decisions = append(slices.Clone(d.Decisions), x.Decision)
		d.Open = x.Open
		if !slices.Contains(x.Open, x.Decision.Level) {
			d.cameBack(x.Decision.Level)
		}
	case SentBack:
		d.Decisions = append(slices.Clone(d.Decisions), x.Decision)
		d.Returns = append(slices.Clone(d.Returns), Sent{From: x.Decision.Level, To: x.ToLevel})
		if x.ToLevel == 0 {
			d.State, d.Open = Returned, nil
		} else {
			d.Open = []int{x.ToLevel}
			d.void(func(y Decision) bool { return y.Level == x.ToLevel })
		}
	case Completed:
		d.State, d.Open, d.Completion = Approved, nil, x.Decisions
	case MadeVoid:
		d.Hash, d.Revision = x.NewHash, 0 // which revision that is, the next submission says
		d.void(func(Decision) bool { return true })
		if d.State != Returned {
			d.State, d.Open, d.Returns = Voided, nil, nil
		}
	case IssueBegun, IssueAbandoned, Numbered:
		d.applyIssue(e)
	case Reminded, Escalated, TermsMoved:
		d.applyTerm(e)
	case Bypassed, Reviewed:
		d.applyBypass(e)
	case OpinionsAsked, OpinionGiven, SilenceRecorded:
		d.applyOpinion(e)
	}
}

// setEntries puts entries in the place of the earlier ones of their levels.
func (d *Dossier) setEntries(entries []Entry) {
	kept := slices.DeleteFunc(slices.Clone(d.Entries), func(old Entry) bool {
		return slices.ContainsFunc(entries, func(e Entry) bool { return e.Level == old.Level })
	})
	d.Entries = append(kept, entries...)
	slices.SortFunc(d.Entries, func(a, b Entry) int { return a.Level - b.Level })
}

// cameBack ends the return that asked this level (0: the author) to look again.
func (d *Dossier) cameBack(level int) {
	if n := len(d.Returns); n > 0 && d.Returns[n-1].To == level {
		d.Returns = slices.Clone(d.Returns[:n-1])
	}
}

func (d *Dossier) void(which func(Decision) bool) {
	d.Decisions = slices.Clone(d.Decisions)
	for i, x := range d.Decisions {
		if x.Outcome == ApprovedOutcome && which(x) {
			d.Decisions[i].Voided = true
		}
	}
}
