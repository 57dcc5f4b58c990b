package dossier

import (
	"context"
	"strconv"
	"time"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"

	"github.com/loa-vn/loa/workflows/activity"
)

// Activities call approvals under keys that name the business, so that a repeat changes nothing.
type Activities struct {
	Approvals approvalsv1.ApprovalServiceClient
}

// ReadDossier reads what has still to be done about the dossier as it stands.
func (a *Activities) ReadDossier(ctx context.Context, dossier string) (Agenda, error) {
	d, err := a.Approvals.GetDossier(ctx, &approvalsv1.GetDossierRequest{Dossier: dossier})
	if err != nil {
		return Agenda{}, activity.Waiting(err)
	}
	return agendaOf(d), nil
}

// Remind asks approvals to record a reminder.
func (a *Activities) Remind(ctx context.Context, dossier string, step Step) error {
	ctx = withKey(ctx, dossier, step, strconv.Itoa(int(step.Level)), strconv.Itoa(int(step.Percent)))
	_, err := a.Approvals.Remind(ctx, &approvalsv1.RemindRequest{Dossier: dossier, Level: step.Level, Percent: step.Percent})
	return activity.Decided(err)
}

// Escalate asks approvals to record that a term has run out.
func (a *Activities) Escalate(ctx context.Context, dossier string, step Step) error {
	ctx = withKey(ctx, dossier, step, strconv.Itoa(int(step.Level)))
	_, err := a.Approvals.Escalate(ctx, &approvalsv1.EscalateRequest{Dossier: dossier, Level: step.Level})
	return activity.Decided(err)
}

// RecordSilence asks approvals to record who has not answered.
func (a *Activities) RecordSilence(ctx context.Context, dossier string, step Step) error {
	ctx = withKey(ctx, dossier, step, strconv.Itoa(int(step.Consultation)))
	_, err := a.Approvals.RecordSilence(ctx, &approvalsv1.RecordSilenceRequest{Dossier: dossier, Consultation: step.Consultation})
	return activity.Decided(err)
}

func withKey(ctx context.Context, dossier string, step Step, parts ...string) context.Context {
	return activity.WithKey(ctx, append([]string{"dossier", dossier, string(step.Kind), step.Began.UTC().Format(time.RFC3339Nano)}, parts...)...)
}
