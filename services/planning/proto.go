package planning

import (
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/planning/internal/directory"
	"github.com/loa-vn/loa/services/planning/internal/plan"
	"github.com/loa-vn/loa/services/planning/internal/readmodel"
)

func agencyProto(a directory.Agency) *planningv1.Agency {
	return &planningv1.Agency{
		Code: string(a.Code), Kind: a.Kind, Abbreviation: a.Abbreviation, Name: a.Name, Parent: string(a.Parent),
		ValidFrom: a.ValidFrom, ValidTo: a.ValidTo, Successor: string(a.Successor),
	}
}

func personProto(p directory.Person) *planningv1.Person {
	return &planningv1.Person{
		Id: string(p.ID), Name: p.Name, Agency: string(p.Agency), Unit: p.Unit, Position: p.Position, Role: p.Role,
		ValidFrom: p.ValidFrom, ValidTo: p.ValidTo, Example: p.Example,
	}
}

func unitProto(u readmodel.Unit) *planningv1.Unit {
	return &planningv1.Unit{Agency: string(u.Agency), Name: u.Name, People: int32(u.People)}
}

// planProto is a plan without its amendments. Its etag is of what it says of itself; items carry their own.
func planProto(p readmodel.Plan) *planningv1.Plan {
	d := p.Document
	out := &planningv1.Plan{
		Id: p.ID, Number: d.Number, Date: string(d.Date), Issuer: string(d.Issuer), Title: d.Title, From: string(d.From), To: string(d.To),
		Lead: string(d.Lead), Coordinators: texts(d.Coordinators), Purposes: d.Purposes, ReportPeriods: d.ReportPeriods,
		State: string(p.Stage), Imported: p.Imported, Example: d.Example, ExampleItems: p.HasExample, Source: d.Source, ItemCount: int32(p.Items),
		RecordedAt: moment(p.RecordedAt), Agency: p.Agency, Unit: p.Unit, Authors: p.Authors, Hash: p.Hash, Revision: p.Revision,
		Dossier: p.Dossier, ReturnComment: p.ReturnComment, CloseReason: p.CloseReason, Etag: etag(d),
	}
	if p.HappenedAt != nil {
		out.HappenedAt = moment(*p.HappenedAt)
	}
	// Of a plan that is invented as a whole every term is.
	for _, t := range d.Themes {
		out.Themes = append(out.Themes, &planningv1.Theme{Code: t.Code, Name: t.Name, Example: t.Example || d.Example})
	}
	for _, t := range d.Audiences {
		out.Audiences = append(out.Audiences, &planningv1.Audience{Code: t.Code, Name: t.Name, Example: t.Example || d.Example})
	}
	for _, t := range d.Channels {
		out.Channels = append(out.Channels, &planningv1.Channel{Code: t.Code, Name: t.Name, Example: t.Example || d.Example})
	}
	return out
}

// planState is a plan as it stands, without its amendments.
func planState(planID string, p *plan.Plan) readmodel.Plan {
	d := p.Document
	if !p.Exists() {
		d = p.Draft("").Document
	}
	out := readmodel.Plan{
		ID: planID, Document: d, HasExample: d.HasExample(), Items: len(d.Items), Stage: p.Stage(), Imported: p.Imported, Hash: p.Hash,
		CloseReason: p.CloseReason, RecordedAt: p.RecordedAt,
	}
	if p.Exists() {
		out.HappenedAt = &p.HappenedAt
	}
	if own := p.Draft(""); own != nil {
		describe(&out, own)
	}
	for _, a := range p.Amendments {
		if a.Stage == plan.StageIssued {
			out.Hash = a.Hash
		}
	}
	return out
}

func describe(out *readmodel.Plan, d *plan.Draft) {
	out.Agency, out.Unit, out.Authors = string(d.Agency), d.Unit, d.Authors
	out.Hash, out.Revision, out.Dossier, out.ReturnComment = d.Hash, d.Revision, d.Dossier, d.Comment
}

// message is the plan as the caller sees it: as it stands, or as an amendment has it, with the amendments that they may see.
func (v seen) message() *planningv1.Plan {
	state := planState(v.id, v.plan)
	if a := v.plan.Amendment(v.amendment); a != nil {
		state.Document, state.HasExample, state.Items, state.Stage = a.Document, a.Document.HasExample(), len(a.Document.Items), a.Stage
		describe(&state, &a.Draft)
	}
	out := planProto(state)
	for _, a := range v.plan.Amendments {
		if a.Stage == plan.StageIssued || v.inside {
			out.Amendments = append(out.Amendments, amendmentProto(v.plan.Document, a))
		}
	}
	return out
}

func amendmentProto(base plan.Document, a plan.Amendment) *planningv1.PlanAmendment {
	out := &planningv1.PlanAmendment{
		Id: string(a.ID), State: string(a.Stage), Number: a.Number, Date: string(a.Date), Reason: a.Reason, Hash: a.Hash, Revision: a.Revision,
		Dossier: a.Dossier,
	}
	changes := a.Changes
	if a.Open() {
		changes = plan.Difference(base, a.Document)
	}
	out.Changes = each(changes, changeProto)
	return out
}

func changeProto(c plan.Change) *planningv1.PlanChange {
	return &planningv1.PlanChange{
		Kind: c.Kind, Item: string(c.Item), ItemCode: c.ItemCode, ItemTitle: c.ItemTitle, Field: c.Field, Before: c.Before, After: c.After,
	}
}

// itemProto marks an item as example data when any part of it is, or the whole plan.
func itemProto(i plan.Item, state plan.State, delivered int64, example bool) *planningv1.PlanItem {
	return &planningv1.PlanItem{
		Id: string(i.ID), Code: i.Code, Title: i.Title, Theme: i.Theme, Audiences: i.Audiences, Channels: i.Channels,
		Lead: string(i.Lead), Coordinators: texts(i.Coordinators), Deadline: string(i.Deadline),
		Target: &planningv1.Target{Quantity: i.Target.Quantity, Unit: i.Target.Unit, CountsPublications: i.Target.CountsPublications},
		State:  string(state), Delivered: delivered, Example: example || i.HasExample(), Etag: etag(i),
	}
}

// etag is quoted as RFC 9110 has it; it changes with the text it is of.
func etag(of interface{ Tag() (string, error) }) string {
	tag, err := of.Tag()
	if err != nil {
		return ""
	}
	return strconv.Quote(tag)
}

// moment leaves out what has not come: a rehearsal is not recorded.
func moment(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func texts[T ~string](values []T) []string {
	var out []string
	for _, v := range values {
		out = append(out, string(v))
	}
	return out
}
