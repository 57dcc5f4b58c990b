package dossier

import (
	"encoding/json"
	"slices"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// Opened: a document was submitted for the first time.
type Opened struct {
	DocumentType route.DocumentType `json:"documentType"`
	Document     string             `json:"document"`
	Title        string             `json:"title"`
	Agency       string             `json:"agency"`
	Unit         string             `json:"unit,omitempty"`
	Authors      []string           `json:"authors"`
	Hash         string             `json:"hash"`
	Revision     int32              `json:"revision"` // of the document, whose text it was; 0: not known
	Levels       []route.Level      `json:"levels"`
	RouteVersion int64              `json:"routeVersion"`
	Example      bool               `json:"example,omitempty"`
}

// Resubmitted: the document came back, mended or as it was, and waits at a level.
type Resubmitted struct {
	Title    string   `json:"title"`
	Authors  []string `json:"authors"`
	Hash     string   `json:"hash"`
	Revision int32    `json:"revision"` // 0: not known
	Level    int      `json:"level"`
	Example  bool     `json:"example,omitempty"`
}

// LevelApproved: a person approved the hash at a level. Next is where it waits then, 0 when that was the last.
type LevelApproved struct {
	Decision Decision `json:"decision"`
	Next     int      `json:"next"`
}

// SentBack: a person returned it to an earlier level, or to the author (0).
type SentBack struct {
	DocumentType route.DocumentType `json:"documentType"`
	Document     string             `json:"document"`
	Decision     Decision           `json:"decision"`
	Revision     int32              `json:"revision"` // that was returned; 0: not known
	ToLevel      int                `json:"toLevel"`
}

// Completed: every level has approved the hash. The event carries what stands for it, one decision a level, in the route's order.
type Completed struct {
	DocumentType route.DocumentType `json:"documentType"`
	Document     string             `json:"document"`
	Hash         string             `json:"hash"`
	Revision     int32              `json:"revision"` // that was approved; 0: not known
	Decisions    []Decision         `json:"decisions"`
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
	return []es.Type{
		es.EventType[Opened]("approvals.dossier_opened.v2", es.Upcast{From: "approvals.dossier_opened.v1", Func: ofUnknownRevision}),
		es.EventType[Resubmitted]("approvals.dossier_resubmitted.v2", es.Upcast{From: "approvals.dossier_resubmitted.v1", Func: ofUnknownRevision}),
		es.EventType[LevelApproved]("approvals.dossier_level_approved.v1"),
		es.EventType[SentBack]("approvals.dossier_returned.v2", es.Upcast{From: "approvals.dossier_returned.v1", Func: ofUnknownRevision}),
		es.EventType[Completed]("approvals.dossier_approved.v2", es.Upcast{From: "approvals.dossier_approved.v1", Func: ofUnknownRevision}),
		es.EventType[MadeVoid]("approvals.dossier_voided.v1"),
	}
}

// ofUnknownRevision is the upcast to version 2 of the events that name a document's text: version 1 named its hash alone. What was not
// recorded is not made up: revision 0 says that it is not known, and whoever compares then has the hash alone, as before.
func ofUnknownRevision(v1 json.RawMessage) (json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(v1, &fields); err != nil {
		return nil, err
	}
	fields["revision"] = json.RawMessage("0")
	return json.Marshal(fields)
}

// Apply folds one event into the state.
func (d *Dossier) Apply(e es.Event) {
	if d.Version == 0 {
		d.ID, d.OpenedAt = e.Aggregate, e.RecordedAt
	}
	d.Version, d.UpdatedAt = e.Version, e.RecordedAt
	switch x := e.Data.(type) {
	case Opened:
		d.DocumentType, d.Document, d.Title, d.Agency, d.Unit = x.DocumentType, x.Document, x.Title, x.Agency, x.Unit
		d.Authors, d.Hash, d.Revision, d.Levels, d.Example = x.Authors, x.Hash, x.Revision, x.Levels, x.Example
		d.State, d.Current = InApproval, 1
	case Resubmitted:
		d.Title, d.Authors, d.Hash, d.Revision, d.Example = x.Title, x.Authors, x.Hash, x.Revision, x.Example
		d.State, d.Current = InApproval, x.Level
		d.cameBack(0)
	case LevelApproved:
		d.Decisions = append(slices.Clone(d.Decisions), x.Decision)
		d.Current = x.Next
		d.cameBack(x.Decision.Level)
	case SentBack:
		d.Decisions = append(slices.Clone(d.Decisions), x.Decision)
		d.Returns = append(slices.Clone(d.Returns), Sent{From: x.Decision.Level, To: x.ToLevel})
		d.Current = x.ToLevel
		if x.ToLevel == 0 {
			d.State = Returned
		} else {
			d.void(func(y Decision) bool { return y.Level == x.ToLevel })
		}
	case Completed:
		d.State, d.Current = Approved, 0
	case MadeVoid:
		d.Hash, d.Revision = x.NewHash, 0 // which revision that is, the next submission says
		d.void(func(Decision) bool { return true })
		if d.State != Returned {
			d.State, d.Current, d.Returns = Voided, 0, nil
		}
	}
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
