package plan

import (
	"slices"
	"time"

	"github.com/loa-vn/loa/pkg/es"
)

// State of an item.
type State string

// The states of an item.
const (
	Planned State = "planned"
	Overdue State = "overdue"
	Done    State = "done"
)

// Plan is the state of one plan.
type Plan struct {
	// Document is the plan in force; zero until it was issued.
	Document Document
	// First is the plan as it was issued, before any amendment, and Files is its official document as it was stored then.
	First Document
	Files []File
	// HappenedAt is when it was issued, RecordedAt when Loa learnt of it; of a draft when it was begun.
	HappenedAt time.Time
	RecordedAt time.Time
	// Imported says that it was issued outside Loa.
	Imported bool
	// Hash and Decisions are of the plan as it was first issued; none of an imported one.
	Hash      string
	Decisions []Decision
	// Amendments are all there ever were, the oldest first.
	Amendments  []Amendment
	Closed      bool
	CloseReason string

	own     *Draft
	amended int
	// items are all that the plan ever had; facts what was done under them, by the identifier of the publication or the result.
	items  map[ItemID]progress
	facts  map[string]fact
	marked []ItemID
}

// Apply takes one recorded event.
func (p *Plan) Apply(e es.Event) {
	switch v := e.Data.(type) {
	case Imported:
		p.Imported = true
		p.inForceFrom(e, v.Document)
	case ItemMarkedOverdue:
		at := p.items[v.Item]
		at.overdue = true
		p.items[v.Item] = at
		p.marked = append(p.marked, v.Item)
	case ItemDelivered:
		p.count(v)
	case Drafted:
		p.RecordedAt = e.RecordedAt
		p.own = &Draft{
			Agency: v.Agency, Unit: v.Unit, Authors: []string{v.Author}, Document: v.Document.clone(), Hash: v.Hash, Revision: 1, Stage: StageDraft,
		}
	case AmendmentDrafted:
		p.Amendments = append(p.Amendments, Amendment{ID: v.Amendment, Reason: v.Reason, Draft: Draft{
			Agency: v.Agency, Unit: v.Unit, Authors: []string{v.Author}, Document: p.Document.clone(), Hash: v.Hash, Revision: 1, Stage: StageDraft,
		}})
	case Issued:
		p.own.Stage, p.own.Document, p.own.Hash = StageIssued, Document{}, v.Hash
		p.Hash, p.Decisions = v.Hash, v.Decisions
		p.inForceFrom(e, v.Document)
	case Amended:
		a := p.Amendment(v.Amendment)
		a.Number, a.Date, a.Changes, a.Decisions = v.Number, v.Date, v.Changes, v.Decisions
		a.Stage, a.Document, a.Hash, a.submitted = StageIssued, v.Document, v.Hash, Submitted{}
		p.items = p.under(v.Document)
		p.Document = v.Document
		p.amended++
	case DocumentsStored:
		if a := p.Amendment(v.Amendment); a != nil {
			a.Files = v.Files
		} else {
			p.Files = v.Files
		}
	case Closed:
		p.Closed, p.CloseReason = true, v.Reason
	default:
		p.applyToDraft(e.Data)
	}
}

// applyToDraft takes what happens to a plan or an amendment on its way to its number.
func (p *Plan) applyToDraft(data any) {
	switch v := data.(type) {
	case Revised:
		p.Draft(v.Amendment).revise(v)
	case Submitted:
		d := p.Draft(v.Amendment)
		d.Stage, d.Comment, d.submitted = StageInApproval, "", v
	case DossierOpened:
		p.Draft(v.Amendment).Dossier = v.Dossier
	case Returned:
		d := p.Draft(v.Amendment)
		d.Stage, d.Comment = StageReturned, v.Comment
	case Approved:
		p.Draft(v.Amendment).Stage = StageApproved
	case Discarded:
		d := p.Draft(v.Amendment)
		d.Stage, d.submitted = StageDropped, Submitted{}
	}
}

// revise changes the draft's own copy in place: a plan of a thousand items is edited item by item.
func (d *Draft) revise(v Revised) {
	items := d.Document.Items
	for _, put := range v.Items {
		if i := slices.IndexFunc(items, func(i Item) bool { return i.ID == put.ID }); i >= 0 {
			items[i] = put
		} else {
			items = append(items, put)
		}
	}
	if len(v.Removed) > 0 {
		items = slices.DeleteFunc(items, func(i Item) bool { return slices.Contains(v.Removed, i.ID) })
	}
	d.Document = v.Head
	d.Document.Items = items
	d.Hash, d.Revision = v.Hash, v.Revision
	if !slices.Contains(d.Authors, v.Author) {
		d.Authors = append(d.Authors, v.Author)
	}
	// What was returned stays so while it is mended, and keeps its comment; what was on its way up is a draft again.
	if d.Stage != StageReturned {
		d.Stage = StageDraft
	}
}

func (p *Plan) inForceFrom(e es.Event, d Document) {
	p.Document, p.First = d, d
	p.HappenedAt, p.RecordedAt = e.HappenedAt, e.RecordedAt
	p.items, p.facts = map[ItemID]progress{}, map[string]fact{}
	for _, i := range d.Items {
		p.items[i.ID] = progress{}
	}
}

// Exists says that the plan was issued.
func (p *Plan) Exists() bool { return p.Document.Number != "" }

// ItemState says how far an item has come: its state, and how much of its target was delivered, in the target's unit.
func (p *Plan) ItemState(item ItemID) (State, int64) {
	at := p.items[item]
	return at.state(), at.delivered
}

// Over says whether the plan's last day lies before the day.
func (p *Plan) Over(day Day) bool { return p.Document.To < day }

// History says that the plan was over before Loa learnt of it: what was done under it elsewhere is not known, so nothing of it can
// be called late.
func (p *Plan) History() bool { return p.Exists() && p.Over(DayOf(p.RecordedAt)) }

// LastMarked are the last n items marked overdue, in the order they were marked.
func (p *Plan) LastMarked(n int) []ItemID {
	return slices.Clone(p.marked[max(0, len(p.marked)-n):])
}
