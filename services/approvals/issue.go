package approvals

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/pkg/rpc"
	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/readmodel"
	"github.com/loa-vn/loa/services/approvals/internal/register"
)

// Issue gives an approved document its number in three commands, each of which is recorded once (docs/adr/0018): the dossier says that
// it is being issued, the register answers, the dossier takes the answer. What a crash leaves after the first, finishIssues ends.
func (s *server) Issue(ctx context.Context, r *approvalsv1.IssueRequest) (*approvalsv1.Dossier, error) {
	of, err := s.issuable(ctx, r.GetDossier())
	if err != nil {
		return nil, err
	}
	order, err := s.orderOf(ctx, of.Issuer(), r)
	if err != nil {
		return nil, err
	}
	command, err := rpc.Command(ctx, "Issue", r)
	if err != nil {
		return nil, err
	}
	begun, err := s.dossiers.Execute(ctx, r.GetDossier(), command, func(d *dossier.Dossier, _ int64) ([]any, error) {
		return s.beginIssue(ctx, d, order)
	})
	if err != nil || begun.State.State != dossier.Issuing {
		return answered(ctx, s, begun, err, dossierMessage)
	}
	issued, refusal, err := s.finishIssue(ctx, begun.State)
	if err != nil {
		return nil, errs.New(errorsv1.Reason_IN_DOUBT, "key", command.Key.String()).Because(err)
	}
	if refusal != nil {
		return nil, refusal
	}
	return answered(ctx, s, issued, nil, dossierMessage)
}

// issuable loads a dossier that the caller may give a number.
func (s *server) issuable(ctx context.Context, id string) (*dossier.Dossier, error) {
	d, version, err := s.dossiers.Load(ctx, id)
	if err != nil {
		return nil, err
	}
	keeps, err := s.keeps(ctx, d.Issuer())
	if err != nil {
		return nil, err
	}
	refused := s.host.Policies.Authorize(ctx, "Issue", auth.Resource{Type: "Dossier", ID: id, Attributes: map[string]any{"keeps": keeps}})
	switch {
	case errs.ReasonOf(refused) == errorsv1.Reason_FORBIDDEN: // or not theirs to know
		if _, err := s.readable(ctx, id, "GetDossier"); err != nil {
			return nil, err
		}
		return nil, refused
	case refused != nil:
		return nil, refused
	case version == 0:
		return nil, errs.New(errorsv1.Reason_NOT_FOUND, "what", id)
	default:
		return d, nil
	}
}

// orderOf reads what is asked for. Without a date the register is that of the year it is now.
func (s *server) orderOf(ctx context.Context, issuer string, r *approvalsv1.IssueRequest) (dossier.IssueOrder, error) {
	order := dossier.IssueOrder{Issuer: issuer, Date: r.GetDate(), Number: vn.NFC(r.GetNumber()), Unit: vn.NFC(r.GetUnitAbbreviation())}
	date := order.Date
	if date == "" {
		today, err := s.today(ctx)
		if err != nil {
			return order, err
		}
		date = today
	}
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return order, errs.Invalid([]errs.Field{errs.At("date", errorsv1.Reason_BAD_DATE, "field", "date", "value", date)})
	}
	order.Year = day.Year()
	return order, nil
}

// today is the day in Vietnam by the log's clock, which every process shares.
func (s *server) today(ctx context.Context) (string, error) {
	now, err := s.host.Log.Now(ctx)
	return now.In(vn.Location()).Format(time.DateOnly), err
}

// beginIssue begins an issue that the register, as it stands, would not refuse.
func (s *server) beginIssue(ctx context.Context, d *dossier.Dossier, order dossier.IssueOrder) ([]any, error) {
	stands, err := s.stands(ctx, d.Issue)
	if err != nil {
		return nil, err
	}
	events, err := d.BeginIssue(order, stands)
	if err != nil {
		return nil, err
	}
	if _, begins := events[0].(dossier.IssueBegun); begins {
		registry, err := s.registry(ctx, register.RegistryID(order.Issuer, order.Year))
		if err != nil {
			return nil, err
		}
		if _, err := s.allocate(ctx, registry, orderFor(d, order)); err != nil {
			return nil, err
		}
	}
	return events, nil
}

// stands says whether a number that the document had before is still good.
func (s *server) stands(ctx context.Context, i *dossier.Issue) (bool, error) {
	if i == nil || i.Number == "" {
		return false, nil
	}
	registry, err := s.registry(ctx, register.RegistryID(i.Order.Issuer, i.Order.Year))
	if err != nil {
		return false, err
	}
	of, _ := registry.Find(i.Register)
	number, ok := leadingNumber(i.Number)
	return ok && of.Has(number) && !of.IsVoid(number), nil
}

func leadingNumber(text string) (int, bool) {
	end := 0
	for end < len(text) && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(text[:end])
	return n, err == nil
}

func orderFor(d *dossier.Dossier, o dossier.IssueOrder) register.Order {
	return register.Order{
		Dossier: d.ID, Document: d.Document, Type: d.DocumentType, Title: d.Title, Hash: d.Hash, Example: d.Example,
		Issuer: o.Issuer, Year: o.Year, Date: o.Date, Number: o.Number, Unit: o.Unit,
	}
}

// allocate asks a register's rules. The clock is read here, after the state: of two that decide one after the other the later one never
// has the earlier day.
func (s *server) allocate(ctx context.Context, registry *register.Registry, o register.Order) ([]any, error) {
	today, err := s.today(ctx)
	if err != nil {
		return nil, err
	}
	return registry.Allocate(o, today, func(day string) (string, error) {
		at, err := time.ParseInLocation(time.DateOnly, day, vn.Location())
		if err != nil {
			return "", err
		}
		agency, _, err := s.host.Directory.Agency(ctx, o.Issuer, at)
		return agency.Abbreviation, err
	})
}

// finishIssue has the register answer the attempt that a dossier has begun, and the dossier take the answer. It may be done by several
// at once and any number of times: both commands have keys of the attempt. refusal is the register's, of an attempt that is abandoned.
func (s *server) finishIssue(ctx context.Context, d *dossier.Dossier) (result es.Result[dossier.Dossier], refusal, err error) {
	answer, err := s.answerAttempt(ctx, d)
	if err != nil {
		return result, nil, err
	}
	command := attemptCommand(ctx, "numbered", d)
	command.Causation = answer.ID.String()
	result, err = s.dossiers.Execute(ctx, d.ID, command, func(now *dossier.Dossier, _ int64) ([]any, error) {
		switch x := answer.Data.(type) {
		case register.Allocated:
			return now.FinishIssue(d.Issue.Attempt, dossier.Numbers{Number: x.Text, Date: x.Date, Register: x.Register, Entered: x.Entered}), nil
		case register.Refused:
			return now.AbandonIssue(d.Issue.Attempt, x.Reason), nil
		default:
			return nil, fmt.Errorf("the register answered attempt %d of %s with %T", d.Issue.Attempt, d.ID, x)
		}
	})
	if x, refused := answer.Data.(register.Refused); refused && err == nil {
		refusal = &errs.Error{Reason: errs.Reason(errorsv1.Reason_value[x.Reason]), Args: x.Args}
	}
	return result, refusal, err
}

// answerAttempt gives the event with which the register answers an attempt, the same one whenever it is asked: a number, or why there is
// none. A refusal is recorded as well, so that nobody can be given the number after the dossier has heard of the refusal.
func (s *server) answerAttempt(ctx context.Context, d *dossier.Dossier) (es.Event, error) {
	order := orderFor(d, d.Issue.Order)
	result, err := s.registries.Execute(ctx, register.RegistryID(order.Issuer, order.Year), attemptCommand(ctx, "number", d),
		func(r *register.Registry, _ int64) ([]any, error) {
			events, err := s.allocate(ctx, r, order)
			if e, refused := errors.AsType[*errs.Error](err); refused && !errs.Transient(err) {
				return []any{register.Refused{Dossier: d.ID, Reason: e.Reason.String(), Args: e.Args}}, nil
			}
			return events, err
		})
	switch {
	case err != nil:
		return es.Event{}, err
	case len(result.Recorded) != 1:
		return es.Event{}, fmt.Errorf("the register answered attempt %d of %s with %d events", d.Issue.Attempt, d.ID, len(result.Recorded))
	default:
		return result.Recorded[0], nil
	}
}

// attemptCommand is one step of an attempt, in the name of the clerk who began it, whoever carries it out.
func attemptCommand(ctx context.Context, step string, d *dossier.Dossier) es.Command {
	return es.Command{
		Key: id.Derive(time.Time{}, "approvals", step, d.ID, strconv.Itoa(d.Issue.Attempt)), Actor: d.Issue.By, Agency: d.Issue.ByAgency,
		Correlation: rpc.RequestID(ctx),
	}
}

// The loop that ends what a crash left looks this often, and leaves what has just begun to whoever began it.
const (
	issueLook  = time.Second
	issueGrace = 2 * time.Second
	issueBatch = 100
)

// finishIssues ends the issues that were begun and left, until ctx ends. Every process does so; what two do is done once.
func (s *server) finishIssues(ctx context.Context) error {
	tick := time.NewTicker(issueLook)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		err := s.finishBegun(ctx)
		switch {
		case err == nil || ctx.Err() != nil:
		case rpc.Passing(err): // the database is away; everybody waits for it
			s.host.Logger.WarnContext(ctx, "dossiers may wait for their numbers", "error", err)
		default:
			s.host.Logger.ErrorContext(ctx, "a dossier waits for its number", "error", err)
		}
	}
}

func (s *server) finishBegun(ctx context.Context) error {
	now, err := s.host.Log.Now(ctx)
	if err != nil {
		return err
	}
	waiting, err := readmodel.Issuing(ctx, s.host.Pool, now.Add(-issueGrace), issueBatch)
	if err != nil {
		return err
	}
	// The rest is done all the same; what is told is the failure that somebody has to look at.
	var failed error
	for _, one := range waiting {
		d, _, err := s.dossiers.Load(ctx, one)
		if err == nil && d.State == dossier.Issuing { // the list may be behind
			_, _, err = s.finishIssue(ctx, d)
		}
		if err != nil && (failed == nil || rpc.Passing(failed)) {
			failed = fmt.Errorf("%s: %w", one, err)
		}
	}
	return failed
}
