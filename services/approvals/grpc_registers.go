package approvals

import (
	"context"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/listing"
	"github.com/loa-vn/loa/pkg/rpc"
	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/readmodel"
	"github.com/loa-vn/loa/services/approvals/internal/register"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// Where a register's numbers are managed.
const (
	managedHere      = "loa"
	managedElsewhere = "elsewhere"
)

func (s *server) OpenRegister(ctx context.Context, r *approvalsv1.OpenRegisterRequest) (*approvalsv1.Register, error) {
	spec := specOf(r)
	if err := s.authorizeRegister(ctx, "OpenRegister", "", spec.Issuer); err != nil {
		return nil, err
	}
	if err := s.checkRegister(ctx, r, spec); err != nil {
		return nil, err
	}
	command, err := rpc.Command(ctx, "OpenRegister", r)
	if err != nil {
		return nil, err
	}
	result, err := s.registries.Execute(ctx, register.RegistryID(spec.Issuer, spec.Year), command, func(is *register.Registry, _ int64) ([]any, error) {
		return is.Open(spec)
	})
	if err != nil {
		return nil, err
	}
	if err := s.host.Answered(ctx, result.Position, result.Recorded); err != nil {
		return nil, err
	}
	opened, _ := result.Recorded[0].Data.(register.Opened)
	of, _ := result.State.Find(opened.Register)
	return registerMessage(of), rpc.SetLocation(ctx, "/v1/registers/"+of.ID)
}

func specOf(r *approvalsv1.OpenRegisterRequest) register.Spec {
	spec := register.Spec{
		Issuer: r.GetIssuer(), Year: int(r.GetYear()), Name: r.GetName(), Elsewhere: r.GetManaged() == managedElsewhere,
		First: int(r.GetFirst()), Abbreviation: r.GetAbbreviation(),
	}
	for _, t := range r.GetTypes() {
		spec.Types = append(spec.Types, register.Type{
			Document: route.DocumentType(t.GetDocumentType()), Form: vn.SymbolForm(t.GetForm()), Abbreviation: t.GetAbbreviation(), Unit: t.GetUnit(),
		})
	}
	return register.Normalise(spec)
}

// checkRegister names every place of a request that is wrong.
func (s *server) checkRegister(ctx context.Context, r *approvalsv1.OpenRegisterRequest, spec register.Spec) error {
	now, err := s.host.Log.Now(ctx)
	if err != nil {
		return err
	}
	fields := register.Check(spec, now.In(vn.Location()).Year())
	if m := r.GetManaged(); m != "" && m != managedHere && m != managedElsewhere {
		fields = append(fields, errs.At("managed", errorsv1.Reason_BAD_FORMAT, "field", "managed", "value", m, "expected", "loa, elsewhere"))
	}
	// An agency that has ended since may still have registers of its years.
	_, found, err := s.host.Directory.Agency(ctx, spec.Issuer, time.Time{})
	if err != nil {
		return err
	}
	if spec.Issuer != "" && !found {
		fields = append(fields, errs.At("issuer", errorsv1.Reason_UNKNOWN_AGENCY, "value", spec.Issuer))
	}
	return errs.Invalid(fields)
}

// authorizeRegister asks the policy of an action on an issuer's register. A register that the caller may not read is not found.
func (s *server) authorizeRegister(ctx context.Context, action, id, issuer string) error {
	keeps, err := s.keeps(ctx, issuer)
	if err != nil {
		return err
	}
	resource := auth.Resource{Type: "Register", ID: id, Attributes: map[string]any{"issuer": issuer, "keeps": keeps}}
	refused := s.host.Policies.Authorize(ctx, action, resource)
	if id == "" || errs.ReasonOf(refused) != errorsv1.Reason_FORBIDDEN {
		return refused
	}
	if errs.ReasonOf(s.host.Policies.Authorize(ctx, "GetRegister", resource)) == errorsv1.Reason_FORBIDDEN {
		return errs.New(errorsv1.Reason_NOT_FOUND, "what", id)
	}
	return refused
}

// registerFor finds a register for an action of the caller.
func (s *server) registerFor(ctx context.Context, id, action string) (register.Register, error) {
	of, found, err := readmodel.GetRegister(ctx, s.host.Pool, id)
	if err != nil {
		return of, err
	}
	refused := s.authorizeRegister(ctx, action, id, of.Issuer)
	if !found && (refused == nil || errs.ReasonOf(refused) == errorsv1.Reason_FORBIDDEN) {
		return of, errs.New(errorsv1.Reason_NOT_FOUND, "what", id)
	}
	return of, refused
}

func (s *server) GetRegister(ctx context.Context, r *approvalsv1.GetRegisterRequest) (*approvalsv1.Register, error) {
	of, err := s.registerFor(ctx, r.GetRegister(), "GetRegister")
	if err != nil {
		return nil, err
	}
	return registerMessage(of), nil
}

func (s *server) ListRegisters(ctx context.Context, r *approvalsv1.ListRegistersRequest) (*approvalsv1.ListRegistersResponse, error) {
	if err := s.host.Policies.Authorize(ctx, "ListRegisters", auth.Resource{Type: "Registers"}); err != nil {
		return nil, err
	}
	page, wrong := listing.Read(r.GetPageSize(), r.GetPageToken())
	if err := errs.Invalid(wrong); err != nil {
		return nil, err
	}
	filter, err := s.registersOf(ctx)
	if err != nil {
		return nil, err
	}
	filter.Issuer, filter.Year = r.GetIssuer(), int(r.GetYear())
	registers, err := readmodel.ListRegisters(ctx, s.host.Pool, filter, page.After.ID, page.Size+1)
	if err != nil {
		return nil, err
	}
	response := &approvalsv1.ListRegistersResponse{}
	registers, response.NextPageToken = listing.Cut(page, registers, func(x register.Register) listing.Place { return listing.Place{ID: x.ID} })
	for _, x := range registers {
		response.Registers = append(response.Registers, registerMessage(x))
	}
	return response, nil
}

func (s *server) ListNumbers(ctx context.Context, r *approvalsv1.ListNumbersRequest) (*approvalsv1.ListNumbersResponse, error) {
	if _, err := s.registerFor(ctx, r.GetRegister(), "ListNumbers"); err != nil {
		return nil, err
	}
	page, wrong := listing.Read(r.GetPageSize(), r.GetPageToken())
	after, err := strconv.Atoi("0" + page.After.ID)
	if err != nil {
		wrong = append(wrong, errs.At("pageToken", errorsv1.Reason_BAD_FORMAT, "field", "pageToken", "value", r.GetPageToken(), "expected", "nextPageToken"))
	}
	if err := errs.Invalid(wrong); err != nil {
		return nil, err
	}
	numbers, err := readmodel.ListNumbers(ctx, s.host.Pool, r.GetRegister(), after, page.Size+1)
	if err != nil {
		return nil, err
	}
	response := &approvalsv1.ListNumbersResponse{}
	numbers, response.NextPageToken = listing.Cut(page, numbers, func(x readmodel.Number) listing.Place { return listing.Place{ID: strconv.Itoa(x.Number)} })
	for _, x := range numbers {
		response.Numbers = append(response.Numbers, numberMessage(x))
	}
	return response, nil
}

func (s *server) VoidNumber(ctx context.Context, r *approvalsv1.VoidNumberRequest) (*approvalsv1.RegisterNumber, error) {
	of, err := s.registerFor(ctx, r.GetRegister(), "VoidNumber")
	if err != nil {
		return nil, err
	}
	number, reason, err := voidOf(r)
	if err != nil {
		return nil, err
	}
	command, err := rpc.Command(ctx, "VoidNumber", r)
	if err != nil {
		return nil, err
	}
	result, err := s.registries.Execute(ctx, register.RegistryID(of.Issuer, of.Year), command, func(is *register.Registry, _ int64) ([]any, error) {
		return is.Void(of.ID, number, reason)
	})
	if err != nil {
		return nil, err
	}
	if err := s.host.Answered(ctx, result.Position, result.Recorded); err != nil {
		return nil, err
	}
	return s.voided(ctx, of.ID, number, result)
}

// voided is the number as the list has it, whatever that has seen yet of its end.
func (s *server) voided(ctx context.Context, of string, number int, result es.Result[register.Registry]) (*approvalsv1.RegisterNumber, error) {
	numbers, err := readmodel.ListNumbers(ctx, s.host.Pool, of, number-1, 1)
	if err != nil {
		return nil, err
	}
	m := &approvalsv1.RegisterNumber{Register: of, Number: int32(number)}
	if len(numbers) == 1 && numbers[0].Number == number {
		m = numberMessage(numbers[0])
	}
	for _, e := range result.Recorded {
		if x, ok := e.Data.(register.Voided); ok {
			m.State, m.Reason, m.VoidedAt = "voided", x.Reason, timestamppb.New(e.RecordedAt)
		}
	}
	return m, nil
}

func voidOf(r *approvalsv1.VoidNumberRequest) (number int, reason string, err error) {
	text := r.GetNumber()
	number, malformed := strconv.Atoi(text)
	if malformed != nil || number < 1 || number > vn.LastNumber || strings.HasPrefix(text, "+") {
		return 0, "", errs.New(errorsv1.Reason_NOT_FOUND, "what", r.GetRegister()+"/numbers/"+text)
	}
	reason, fields := dossier.Comment(r.GetReason())
	for i := range fields {
		fields[i].Field, fields[i].Args["field"] = "reason", "reason"
	}
	if reason == "" {
		fields = append(fields, errs.At("reason", errorsv1.Reason_REQUIRED, "field", "reason"))
	}
	return number, reason, errs.Invalid(fields)
}

func registerMessage(r register.Register) *approvalsv1.Register {
	m := &approvalsv1.Register{
		Id: r.ID, Issuer: r.Issuer, Year: int32(r.Year), Name: r.Name, Managed: managedHere, First: int32(r.First), Abbreviation: r.Abbreviation,
		LastNumber: int32(r.Last), LastDate: r.LastDate, OpenedAt: timestamppb.New(r.OpenedAt),
	}
	if r.Elsewhere {
		m.Managed = managedElsewhere
	}
	for _, t := range r.Types {
		m.Types = append(m.Types, &approvalsv1.RegisterType{
			DocumentType: string(t.Document), Form: string(t.Form), Abbreviation: t.Abbreviation, Unit: t.Unit,
		})
	}
	return m
}

func numberMessage(n readmodel.Number) *approvalsv1.RegisterNumber {
	m := &approvalsv1.RegisterNumber{
		Register: n.Register, Number: int32(n.Number), Text: n.Text, State: n.State, Entered: n.Entered, Dossier: n.Dossier,
		DocumentType: n.DocumentType, Document: n.Document, Title: n.Title, Date: n.Date, Reason: n.Reason, Signer: n.Signer,
		Example: n.Example, AllocatedAt: timestamppb.New(n.AllocatedAt),
	}
	if n.VoidedAt != nil {
		m.VoidedAt = timestamppb.New(*n.VoidedAt)
	}
	return m
}
