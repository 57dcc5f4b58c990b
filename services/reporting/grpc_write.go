package reporting

import (
	"context"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/rpc"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
	"github.com/loa-vn/loa/services/reporting/internal/narrative"
)

func (s *server) UpdateReport(ctx context.Context, r *reportingv1.UpdateReportRequest) (*reportingv1.Report, error) {
	id := r.GetReport().GetId()
	_, resource, err := s.visible(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := s.host.Policies.Authorize(ctx, "UpdateReport", resource); err != nil {
		return nil, err
	}
	match, ok := rpc.IfMatch(ctx)
	if !ok {
		return nil, errs.New(errorsv1.Reason_ETAG_REQUIRED)
	}
	command, err := rpc.Command(ctx, "UpdateReport", r)
	if err != nil {
		return nil, err
	}
	change := func(was narrative.Narrative) (narrative.Narrative, []errs.Field) {
		return patched(was, r.GetReport(), r.GetUpdateMask().GetPaths())
	}
	result, err := s.desk.write(ctx, id, auth.From(ctx).Person.ID, match, change, command)
	if err != nil {
		return nil, err
	}
	return s.answer(ctx, id, result)
}

// patched gives the words with the sections that a mask names taken from a report; without a mask those that it has (AIP-134). What only
// Loa writes is passed over, so that a caller may send back what they read.
func patched(is narrative.Narrative, r *reportingv1.Report, paths []string) (narrative.Narrative, []errs.Field) {
	const whole = "narrative"
	if len(paths) == 0 {
		r.GetNarrative().ProtoReflect().Range(func(f protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
			paths = append(paths, whole+"."+string(f.Name()))
			return true
		})
	}
	to := wordsOf(r.GetNarrative())
	var wrong []errs.Field
	for _, path := range paths {
		head, part, _ := strings.Cut(path, ".")
		switch {
		case path == whole:
			is = to
		case head == whole && take(&is, to, part):
		case head != whole && r.ProtoReflect().Descriptor().Fields().ByName(protoreflect.Name(head)) != nil:
		default:
			wrong = append(wrong, errs.At("updateMask", errorsv1.Reason_BAD_FORMAT, "field", "updateMask", "value", path, "expected", "narrative, narrative.direction, narrative.assessment, "+
				"narrative.difficulties, narrative.proposals, narrative.nextPeriod"))
		}
	}
	return is, wrong
}

// take takes one section, by its field's name as JSON or proto has it.
func take(is *narrative.Narrative, from narrative.Narrative, name string) bool {
	sections := is.Sections()
	at := slices.IndexFunc(sections, func(s narrative.Section) bool {
		return s.Field == name || s.Field == "nextPeriod" && name == "next_period"
	})
	if at < 0 {
		return false
	}
	*sections[at].Text = *from.Sections()[at].Text
	return true
}

func wordsOf(n *reportingv1.Narrative) narrative.Narrative {
	return narrative.Narrative{
		Direction: n.GetDirection(), Assessment: n.GetAssessment(), Difficulties: n.GetDifficulties(), Proposals: n.GetProposals(), NextPeriod: n.GetNextPeriod(),
	}
}

func narrativeOf(n *narrative.Narrative) *reportingv1.Narrative {
	if n == nil {
		return nil
	}
	return &reportingv1.Narrative{
		Direction: n.Direction, Assessment: n.Assessment, Difficulties: n.Difficulties, Proposals: n.Proposals, NextPeriod: n.NextPeriod,
	}
}
