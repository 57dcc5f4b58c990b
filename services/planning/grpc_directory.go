package planning

import (
	"context"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/auth"
	replica "github.com/loa-vn/loa/pkg/directory"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/rpc"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/planning/internal/directory"
	"github.com/loa-vn/loa/services/planning/internal/readmodel"
	"google.golang.org/protobuf/proto"
)

type directoryServer struct {
	planningv1.UnimplementedDirectoryServiceServer
	host  *app.Host
	repo  *es.Repo[directory.Directory, *directory.Directory]
	model readmodel.Model
}

func (s *directoryServer) ImportAgencies(ctx context.Context, req *planningv1.ImportAgenciesRequest) (*planningv1.ImportResponse, error) {
	if err := s.mayImport(ctx, "ImportAgencies"); err != nil {
		return nil, err
	}
	rows, err := directory.ReadAgencies(req.GetCsv())
	if err != nil {
		return nil, err
	}
	return s.load(ctx, "ImportAgencies", req, len(rows), func(d *directory.Directory) ([]any, error) { return d.ImportAgencies(rows) })
}

func (s *directoryServer) ImportPeople(ctx context.Context, req *planningv1.ImportPeopleRequest) (*planningv1.ImportResponse, error) {
	if err := s.mayImport(ctx, "ImportPeople"); err != nil {
		return nil, err
	}
	rows, err := directory.ReadPeople(req.GetCsv(), req.GetExample())
	if err != nil {
		return nil, err
	}
	return s.load(ctx, "ImportPeople", req, len(rows), func(d *directory.Directory) ([]any, error) { return d.ImportPeople(rows) })
}

// mayImport asks the directory itself who the caller is: the replica that other calls use may be an import behind.
func (s *directoryServer) mayImport(ctx context.Context, action string) error {
	d, _, err := s.repo.Load(ctx, directoryID())
	if err != nil {
		return err
	}
	now, err := s.host.Log.Now(ctx)
	if err != nil {
		return err
	}
	caller := auth.From(ctx)
	caller.Person, caller.DirectoryEmpty = nil, d.Empty() && caller.Service == ""
	if p, ok := d.Person(directory.PersonID(caller.Subject)); ok {
		known := replica.Person{
			ID: string(p.ID), Name: p.Name, Agency: string(p.Agency), Unit: p.Unit, Position: p.Position, Role: p.Role,
			ValidFrom: replica.Date(p.ValidFrom), ValidTo: replica.Date(p.ValidTo), Example: p.Example,
		}
		if known.Valid(now) {
			caller.Person = &known
		}
	}
	return s.host.Policies.Authorize(auth.With(ctx, caller), action, theDirectory(map[string]any{
		"empty": d.Empty(), "bootstrapAdmin": auth.Ref{Type: "Person", ID: s.host.Config.BootstrapAdmin},
	}))
}

// importing is a request that may be a rehearsal.
type importing interface {
	proto.Message
	GetDryRun() bool
}

func (s *directoryServer) load(ctx context.Context, method string, req importing, rows int, decide func(*directory.Directory) ([]any, error)) (*planningv1.ImportResponse, error) {
	if req.GetDryRun() {
		return s.rehearse(ctx, rows, decide)
	}
	cmd, err := rpc.Command(ctx, method, req)
	if err != nil {
		return nil, err
	}
	result, err := s.repo.Execute(ctx, directoryID(), cmd, func(d *directory.Directory, _ int64) ([]any, error) { return decide(d) })
	if err != nil {
		return nil, err
	}
	answer := &planningv1.ImportResponse{Rows: int32(rows)}
	if result.Events > 0 {
		answer.Changed = int32(result.State.Changed())
	}
	return answer, s.host.Answered(ctx, result.Position, result.Recorded)
}

// rehearse decides as the command would and records nothing.
func (s *directoryServer) rehearse(ctx context.Context, rows int, decide func(*directory.Directory) ([]any, error)) (*planningv1.ImportResponse, error) {
	d, _, err := s.repo.Load(ctx, directoryID())
	if err != nil {
		return nil, err
	}
	events, err := decide(d)
	if err != nil {
		return nil, err
	}
	answer := &planningv1.ImportResponse{Rows: int32(rows), DryRun: true}
	for _, e := range events {
		d.Apply(es.Event{Data: e})
		answer.Changed = int32(d.Changed())
	}
	return answer, nil
}

func (s *directoryServer) GetAgency(ctx context.Context, req *planningv1.GetAgencyRequest) (*planningv1.Agency, error) {
	if err := s.host.Policies.Authorize(ctx, "GetAgency", theDirectory(nil)); err != nil {
		return nil, err
	}
	a, found, err := s.model.Agency(ctx, directory.Code(req.GetCode()))
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, errs.New(errorsv1.Reason_NOT_FOUND, "what", req.GetCode())
	}
	return agencyProto(a), nil
}

func (s *directoryServer) ListAgencies(ctx context.Context, req *planningv1.ListAgenciesRequest) (*planningv1.ListAgenciesResponse, error) {
	if err := s.host.Policies.Authorize(ctx, "ListAgencies", theDirectory(nil)); err != nil {
		return nil, err
	}
	agencies, next, err := page(req.GetPageSize(), req.GetPageToken(), func(after string, limit int) ([]directory.Agency, error) {
		return s.model.Agencies(ctx, directory.Code(after), limit)
	}, func(a directory.Agency) string { return string(a.Code) })
	return &planningv1.ListAgenciesResponse{Agencies: each(agencies, agencyProto), NextPageToken: next}, err
}

func (s *directoryServer) ListPeople(ctx context.Context, req *planningv1.ListPeopleRequest) (*planningv1.ListPeopleResponse, error) {
	if err := s.host.Policies.Authorize(ctx, "ListPeople", theDirectory(nil)); err != nil {
		return nil, err
	}
	people, next, err := page(req.GetPageSize(), req.GetPageToken(), func(after string, limit int) ([]directory.Person, error) {
		return s.model.People(ctx, directory.Code(req.GetAgency()), directory.PersonID(after), limit)
	}, func(p directory.Person) string { return string(p.ID) })
	return &planningv1.ListPeopleResponse{People: each(people, personProto), NextPageToken: next}, err
}

func (s *directoryServer) ListUnits(ctx context.Context, req *planningv1.ListUnitsRequest) (*planningv1.ListUnitsResponse, error) {
	if err := s.host.Policies.Authorize(ctx, "ListUnits", theDirectory(nil)); err != nil {
		return nil, err
	}
	units, err := s.model.Units(ctx, directory.Code(req.GetAgency()))
	return &planningv1.ListUnitsResponse{Units: each(units, unitProto)}, err
}

func (s *directoryServer) GetMe(ctx context.Context, _ *planningv1.GetMeRequest) (*planningv1.Person, error) {
	if err := s.host.Policies.Authorize(ctx, "GetMe", theDirectory(nil)); err != nil {
		return nil, err
	}
	p := auth.From(ctx).Person
	return &planningv1.Person{
		Id: p.ID, Name: p.Name, Agency: p.Agency, Unit: p.Unit, Position: p.Position, Role: p.Role,
		ValidFrom: string(p.ValidFrom), ValidTo: string(p.ValidTo), Example: p.Example,
	}, nil
}

// theDirectory is what the directory's methods act on.
func theDirectory(attributes map[string]any) auth.Resource {
	return auth.Resource{Type: "Directory", ID: directory.Prefix, Attributes: attributes}
}

func each[T any, P any](values []T, reshape func(T) P) []P {
	var out []P
	for _, v := range values {
		out = append(out, reshape(v))
	}
	return out
}
