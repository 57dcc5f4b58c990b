package planning

import (
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/es"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/planning/internal/directory"
	"github.com/loa-vn/loa/services/planning/internal/plan"
	"github.com/loa-vn/loa/services/planning/internal/readmodel"
)

// publish gives the published form of a stored event; every event of planning has one.
func publish(e es.Event) (proto.Message, error) {
	switch v := e.Data.(type) {
	case directory.AgenciesImported:
		out := &planningv1.AgenciesImported{}
		for _, a := range v.Agencies {
			out.Agencies = append(out.Agencies, agencyProto(a))
		}
		return out, nil
	case directory.PeopleImported:
		out := &planningv1.PeopleImported{}
		for _, p := range v.People {
			out.People = append(out.People, personProto(p))
		}
		return out, nil
	case plan.Imported:
		return planIssued(e, v.Document), nil
	case plan.ItemMarkedOverdue:
		return &planningv1.PlanItemOverdue{Plan: e.Aggregate, Item: string(v.Item), Deadline: string(v.Deadline)}, nil
	case plan.ItemDelivered:
		return &planningv1.PlanItemDelivered{
			Plan: e.Aggregate, Item: string(v.Item), Publication: v.Publication, Delivered: v.Delivered, Done: v.Done,
		}, nil
	default:
		return nil, nil
	}
}

func planIssued(e es.Event, d plan.Document) *planningv1.PlanIssued {
	out := &planningv1.PlanIssued{Plan: planProto(readmodel.Plan{
		ID: e.Aggregate, Document: d, HasExample: d.HasExample(), Items: len(d.Items), HappenedAt: e.HappenedAt, RecordedAt: e.RecordedAt,
	})}
	for _, i := range d.Items {
		out.Items = append(out.Items, itemProto(i, plan.Planned, 0, d.Example))
	}
	return out
}
