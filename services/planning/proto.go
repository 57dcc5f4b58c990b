package planning

import (
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

// issued is the one state a plan has so far.
const issued = "issued"

func planProto(p readmodel.Plan) *planningv1.Plan {
	d := p.Document
	out := &planningv1.Plan{
		Id: p.ID, Number: d.Number, Date: string(d.Date), Issuer: string(d.Issuer), Title: d.Title, From: string(d.From), To: string(d.To),
		Lead: string(d.Lead), Coordinators: texts(d.Coordinators), Purposes: d.Purposes, ReportPeriods: d.ReportPeriods,
		State: issued, Imported: true, Example: d.Example, ExampleItems: p.HasExample, Source: d.Source, ItemCount: int32(p.Items),
		HappenedAt: moment(p.HappenedAt), RecordedAt: moment(p.RecordedAt),
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

// itemProto marks an item as example data when any part of it is, or the whole plan.
func itemProto(i plan.Item, state plan.State, delivered int64, example bool) *planningv1.PlanItem {
	return &planningv1.PlanItem{
		Id: string(i.ID), Code: i.Code, Title: i.Title, Theme: i.Theme, Audiences: i.Audiences, Channels: i.Channels,
		Lead: string(i.Lead), Coordinators: texts(i.Coordinators), Deadline: string(i.Deadline),
		Target: &planningv1.Target{Quantity: i.Target.Quantity, Unit: i.Target.Unit, CountsPublications: i.Target.CountsPublications},
		State:  string(state), Delivered: delivered, Example: example || i.HasExample(),
	}
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
