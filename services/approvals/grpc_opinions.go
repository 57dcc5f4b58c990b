package approvals

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/directory"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

func (s *server) Consult(ctx context.Context, r *approvalsv1.ConsultRequest) (*approvalsv1.Dossier, error) {
	seen, err := s.readable(ctx, r.GetDossier(), "Consult")
	if err != nil {
		return nil, err
	}
	question, fields := dossier.Text("question", r.GetQuestion())
	if question == "" {
		fields = append(fields, errs.At("question", errorsv1.Reason_REQUIRED, "field", "question"))
	}
	if n := r.GetTerm(); n < 0 || n > route.TermLimit {
		fields = append(fields, errs.At("term", errorsv1.Reason_BAD_FORMAT, "field", "term", "value", strconv.Itoa(int(n)), "expected", "0–"+strconv.Itoa(route.TermLimit)))
	}
	targets, wrong, err := s.targetsOf(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := errs.Invalid(append(fields, wrong...)); err != nil {
		return nil, err
	}
	return s.act(ctx, "Consult", r, seen, func(d *dossier.Dossier, seats []dossier.Actor, o dossier.Office) ([]any, error) {
		a, err := seatFor(d, seats, "", o.At)
		if err != nil {
			return nil, err
		}
		return d.Consult(a, targets, question, int(r.GetTerm()), o)
	})
}

// targetsOf reads who is asked, each once, and names who does not exist: an agency, or a unit in which nobody holds a position.
func (s *server) targetsOf(ctx context.Context, r *approvalsv1.ConsultRequest) ([]dossier.Target, []errs.Field, error) {
	var targets []dossier.Target
	var fields []errs.Field
	switch n := len(r.GetTargets()); {
	case n == 0:
		fields = append(fields, errs.At("targets", errorsv1.Reason_REQUIRED, "field", "targets"))
	case n > dossier.TargetsLimit:
		return nil, []errs.Field{errs.At("targets", errorsv1.Reason_TOO_LONG, "field", "targets", "length", strconv.Itoa(n), "limit", strconv.Itoa(dossier.TargetsLimit))}, nil
	}
	for i, m := range r.GetTargets() {
		t := dossier.Target{Agency: strings.TrimSpace(m.GetAgency()), Unit: strings.TrimSpace(vn.NFC(m.GetUnit()))}
		if slices.Contains(targets, t) {
			continue
		}
		_, found, err := s.host.Directory.Agency(ctx, t.Agency, s.host.Now())
		if err != nil {
			return nil, nil, err
		}
		if !found {
			fields = append(fields, errs.At(fmt.Sprintf("targets[%d].agency", i), errorsv1.Reason_UNKNOWN_AGENCY, "value", t.Agency))
			continue
		}
		staff, err := s.host.Directory.Staff(ctx, []string{t.Agency}, s.host.Now())
		if err != nil {
			return nil, nil, err
		}
		if !slices.ContainsFunc(staff, func(p directory.Person) bool { return t.Unit == "" || p.Unit == t.Unit }) {
			field := fmt.Sprintf("targets[%d].unit", i)
			fields = append(fields, errs.At(field, errorsv1.Reason_BAD_FORMAT, "field", field, "value", t.Unit, "expected", "đơn vị có người trong danh bạ (a unit with people in the directory)"))
			continue
		}
		targets = append(targets, t)
	}
	return targets, fields, nil
}

func (s *server) GiveOpinion(ctx context.Context, r *approvalsv1.GiveOpinionRequest) (*approvalsv1.Dossier, error) {
	seen, err := s.readable(ctx, r.GetDossier(), "GiveOpinion")
	if err != nil {
		return nil, err
	}
	text, fields := dossier.Text("text", r.GetText())
	outcome := dossier.Outcome(r.GetOutcome())
	if !slices.Contains(dossier.Opinions(), outcome) {
		fields = append(fields, errs.At("outcome", errorsv1.Reason_BAD_FORMAT, "field", "outcome", "value", r.GetOutcome(), "expected", "agree, agree_with_comments, disagree"))
	}
	if err := errs.Invalid(fields); err != nil {
		return nil, err
	}
	return s.act(ctx, "GiveOpinion", r, seen, func(d *dossier.Dossier, seats []dossier.Actor, o dossier.Office) ([]any, error) {
		return d.GiveOpinion(seats[0], int(r.GetConsultation()), outcome, text, o.At)
	})
}
