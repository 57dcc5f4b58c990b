package approvals

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"

	"github.com/loa-vn/loa/pkg/rpc"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
)

func (s *server) Remind(ctx context.Context, r *approvalsv1.RemindRequest) (*approvalsv1.Dossier, error) {
	return s.term(ctx, "Remind", r.GetDossier(), r, func(d *dossier.Dossier, o dossier.Office) ([]any, error) {
		return d.Remind(int(r.GetLevel()), int(r.GetPercent()), o)
	})
}

func (s *server) Escalate(ctx context.Context, r *approvalsv1.EscalateRequest) (*approvalsv1.Dossier, error) {
	return s.term(ctx, "Escalate", r.GetDossier(), r, func(d *dossier.Dossier, o dossier.Office) ([]any, error) {
		return d.Escalate(int(r.GetLevel()), o)
	})
}

func (s *server) RecordSilence(ctx context.Context, r *approvalsv1.RecordSilenceRequest) (*approvalsv1.Dossier, error) {
	return s.term(ctx, "RecordSilence", r.GetDossier(), r, func(d *dossier.Dossier, o dossier.Office) ([]any, error) {
		return d.RecordSilence(int(r.GetConsultation()), o.At)
	})
}

// term runs a command of the dossier's workflow. What time it is, the log's clock says, which every process shares.
func (s *server) term(ctx context.Context, method, id string, r proto.Message, rule func(*dossier.Dossier, dossier.Office) ([]any, error)) (*approvalsv1.Dossier, error) {
	seen, err := s.readable(ctx, id, method)
	if err != nil {
		return nil, err
	}
	command, err := rpc.Command(ctx, method, r)
	if err != nil {
		return nil, err
	}
	o, err := s.officeNow(ctx, seen)
	if err != nil {
		return nil, err
	}
	command.HappenedAt = o.At
	result, err := s.dossiers.Execute(ctx, id, command, func(d *dossier.Dossier, _ int64) ([]any, error) { return rule(d, o) })
	return answered(ctx, s, result, err, view{calendar: o.Calendar, now: o.At}.message)
}

func (s *server) officeNow(ctx context.Context, d *dossier.Dossier) (dossier.Office, error) {
	now, err := s.host.Log.Now(ctx)
	if err != nil {
		return dossier.Office{}, err
	}
	return s.office(ctx, now.Truncate(time.Microsecond), d.Agency, d.Levels)
}
