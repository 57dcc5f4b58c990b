package planning

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/rpc"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/planning/internal/plan"
)

// draft begins a plan of the caller's agency. Locate names the places of what is wrong as the request has them.
func (s *planServer) draft(ctx context.Context, method string, req proto.Message, d plan.Document, locate func([]errs.Field) error) (*planningv1.Plan, error) {
	person, agency, unit, err := author(ctx)
	if err != nil {
		return nil, err
	}
	d, wrong, err := s.checkDraft(ctx, d)
	if err != nil {
		return nil, err
	}
	if err := locate(wrong); err != nil {
		return nil, err
	}
	cmd, err := rpc.Command(ctx, method, req)
	if err != nil {
		return nil, err
	}
	planID := madeID(plan.Prefix, cmd.Key.String())
	for i := range d.Items {
		d.Items[i].ID = plan.ItemID(madeID(plan.ItemPrefix, planID, d.Items[i].Code))
	}
	result, err := s.repo.Execute(ctx, planID, cmd, func(p *plan.Plan, _ int64) ([]any, error) {
		return p.DraftPlan(planID, plan.Code(agency), unit, person, d)
	})
	if err != nil {
		return nil, err
	}
	if err := rpc.SetLocation(ctx, "/v1/plans/"+planID); err != nil {
		return nil, err
	}
	return answer(ctx, seen{id: planID, plan: result.State, inside: true}, s.host.Answered(ctx, result.Position, result.Recorded))
}

// checkDraft gives a draft its lead, which is the caller's agency, and says what is wrong with it.
func (s *planServer) checkDraft(ctx context.Context, d plan.Document) (plan.Document, []errs.Field, error) {
	_, agency, _, err := author(ctx)
	if err != nil {
		return d, nil, err
	}
	if d.Lead == "" {
		d.Lead = plan.Code(agency)
	}
	known, err := s.known(ctx)
	if err != nil {
		return d, nil, err
	}
	wrong := d.CheckDraft(known)
	if d.Lead != plan.Code(agency) && known(d.Lead) {
		f := errs.At("yaml", errorsv1.Reason_PLAN_LEAD, "agency", agency, "value", string(d.Lead))
		f.Column = "lead"
		wrong = append(wrong, f)
	}
	return d, wrong, nil
}

// byPath names what is wrong with a request that has fields.
func byPath(wrong []errs.Field) error { return errs.Invalid(plan.Paths(wrong)) }

// editRequest is a request that edits a draft.
type editRequest interface{ proto.Message }

// edited is the etag of what a request edits. An item that the draft does not have is not found.
func edited(d plan.Document, req editRequest) (string, error) {
	r, ok := req.(*planningv1.UpdatePlanItemRequest)
	if !ok {
		return etag(d), nil
	}
	item, found := d.Item(plan.ItemID(r.GetItem().GetId()))
	if !found {
		return "", errs.New(errorsv1.Reason_NOT_FOUND, "what", r.GetItem().GetId())
	}
	return etag(item), nil
}

// within names the places of an item as the request that brought it does: title instead of items[3].title.
func within(wrong []errs.Field, d plan.Document, req editRequest) []errs.Field {
	at := len(d.Items) - 1
	switch r := req.(type) {
	case *planningv1.UpdatePlanItemRequest:
		at = slices.IndexFunc(d.Items, func(i plan.Item) bool { return string(i.ID) == r.GetItem().GetId() })
	case *planningv1.CreatePlanItemRequest:
	default:
		return wrong
	}
	prefix := fmt.Sprintf("items[%d].", at)
	for i, w := range wrong {
		wrong[i].Field = strings.TrimPrefix(w.Field, prefix)
	}
	return wrong
}

// itemAnswer is an item after a command, with the ETag for its next edit. A repeat of the command that made it decides nothing; the
// draft is then as the first one left it, with the item at its end.
func itemAnswer(ctx context.Context, v seen, item plan.ItemID) (*planningv1.PlanItem, error) {
	d := v.document()
	if item == "" && len(d.Items) > 0 {
		item = d.Items[len(d.Items)-1].ID
	}
	is, found := d.Item(item)
	if !found {
		return nil, errs.New(errorsv1.Reason_NOT_FOUND, "what", string(item))
	}
	state, delivered := v.plan.ItemState(item)
	return itemProto(is, state, delivered, d.Example), rpc.SetETag(ctx, etag(is))
}

// drafted is a plan as a request says it; what only Loa writes of it is not read.
func drafted(p *planningv1.Plan) plan.Document {
	d := plan.Document{
		Issuer: plan.Code(p.GetIssuer()), Title: p.GetTitle(), From: plan.Day(p.GetFrom()), To: plan.Day(p.GetTo()), Lead: plan.Code(p.GetLead()),
		Coordinators: codes(p.GetCoordinators()), Purposes: p.GetPurposes(), ReportPeriods: p.GetReportPeriods(), Source: p.GetSource(),
		Example: p.GetExample(),
	}
	d.Themes, d.Audiences, d.Channels = terms(p.GetThemes()), terms(p.GetAudiences()), terms(p.GetChannels())
	return d.Normalise()
}

func itemOf(i *planningv1.PlanItem) plan.Item {
	return plan.Item{
		Code: i.GetCode(), Title: i.GetTitle(), Theme: i.GetTheme(), Audiences: i.GetAudiences(), Channels: i.GetChannels(),
		Lead: plan.Code(i.GetLead()), Coordinators: codes(i.GetCoordinators()), Deadline: plan.Day(i.GetDeadline()), Example: i.GetExample(),
		Target: plan.Target{
			Quantity: i.GetTarget().GetQuantity(), Unit: i.GetTarget().GetUnit(), CountsPublications: i.GetTarget().GetCountsPublications(),
		},
	}
}

func codes(texts []string) []plan.Code {
	var out []plan.Code
	for _, t := range texts {
		out = append(out, plan.Code(t))
	}
	return out
}

func terms[T interface {
	GetCode() string
	GetName() string
	GetExample() bool
}](words []T) []plan.Term {
	var out []plan.Term
	for _, w := range words {
		out = append(out, plan.Term{Code: w.GetCode(), Name: w.GetName(), Example: w.GetExample()})
	}
	return out
}

// patchPlan gives the document with the fields that a mask names taken from another. Without a mask these are the fields that are set
// (AIP-134). What only Loa writes is passed over, so that a caller may send back what they read.
func patchPlan(is plan.Document, p *planningv1.Plan, paths []string) (plan.Document, []errs.Field) {
	to := drafted(p)
	set := map[string]func(){
		"issuer": func() { is.Issuer = to.Issuer }, "title": func() { is.Title = to.Title }, "from": func() { is.From = to.From },
		"to": func() { is.To = to.To }, "lead": func() { is.Lead = to.Lead }, "coordinators": func() { is.Coordinators = to.Coordinators },
		"purposes": func() { is.Purposes = to.Purposes }, "themes": func() { is.Themes = to.Themes },
		"audiences": func() { is.Audiences = to.Audiences }, "channels": func() { is.Channels = to.Channels },
		"report_periods": func() { is.ReportPeriods = to.ReportPeriods }, "source": func() { is.Source = to.Source },
		"example": func() { is.Example = to.Example },
	}
	wrong := apply(set, p.ProtoReflect(), paths, func(path string) {
		is.ExampleParts = slices.DeleteFunc(slices.Clone(is.ExampleParts), func(part string) bool { return of(part, path) })
	})
	return is, wrong
}

func patchItem(is plan.Item, i *planningv1.PlanItem, paths []string) (plan.Item, []errs.Field) {
	to := itemOf(i)
	example := is.HasExample()
	set := map[string]func(){
		"code": func() { is.Code = to.Code }, "title": func() { is.Title = to.Title }, "theme": func() { is.Theme = to.Theme },
		"audiences": func() { is.Audiences = to.Audiences }, "channels": func() { is.Channels = to.Channels },
		"lead": func() { is.Lead = to.Lead }, "coordinators": func() { is.Coordinators = to.Coordinators },
		"deadline": func() { is.Deadline = to.Deadline }, "target": func() { is.Target = to.Target },
		"target.quantity":            func() { is.Target.Quantity = to.Target.Quantity },
		"target.unit":                func() { is.Target.Unit = to.Target.Unit },
		"target.counts_publications": func() { is.Target.CountsPublications = to.Target.CountsPublications },
		// An item shows as example data when a part of it is; sending that back changes nothing.
		"example": func() {
			if to.Example != example {
				is.Example = to.Example
			}
		},
	}
	wrong := apply(set, i.ProtoReflect(), paths, func(path string) {
		is.ExampleParts = slices.DeleteFunc(slices.Clone(is.ExampleParts), func(part string) bool { return of(part, path) })
	})
	return is, wrong
}

// of says that an invented part is what a path names, or lies in it.
func of(part, path string) bool { return part == path || strings.HasPrefix(part, path+"[") }

// apply sets the fields that a mask names, or those that the message has, and names the paths that no field has.
func apply(set map[string]func(), m protoreflect.Message, paths []string, touched func(path string)) []errs.Field {
	if len(paths) == 0 {
		for i := range m.Descriptor().Fields().Len() {
			if f := m.Descriptor().Fields().Get(i); m.Has(f) {
				paths = append(paths, string(f.Name()))
			}
		}
	}
	var wrong []errs.Field
	for _, path := range paths {
		change, ok := set[path]
		switch {
		case ok:
			change()
			touched(path)
		case m.Descriptor().Fields().ByName(protoreflect.Name(path)) == nil:
			wrong = append(wrong, errs.At("updateMask", errorsv1.Reason_BAD_FORMAT, "field", "updateMask", "value", path, "expected", names(set)))
		}
	}
	return wrong
}

func names(set map[string]func()) string {
	var out []string
	for name := range set {
		out = append(out, name)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}
