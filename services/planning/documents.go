package planning

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"google.golang.org/genproto/googleapis/api/httpbody"

	"github.com/loa-vn/loa/pkg/document/docx"
	"github.com/loa-vn/loa/pkg/document/letters"
	"github.com/loa-vn/loa/pkg/document/model"
	"github.com/loa-vn/loa/pkg/document/pdf"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/pkg/rpc"
	"github.com/loa-vn/loa/pkg/vn"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/planning/internal/directory"
	"github.com/loa-vn/loa/services/planning/internal/paper"
	"github.com/loa-vn/loa/services/planning/internal/plan"
)

// maxDocument bounds a rendered document, in bytes: what fits into one answer.
const maxDocument = 3 << 20

// formats are those of a plan's document, with their media types. The first two are stored when it is issued.
func formats() []format {
	return []format{{"pdf", "application/pdf", pdf.Write}, {"docx", docxType, docx.Write}}
}

type format struct {
	name, media string
	write       func(io.Writer, *model.Document) error
}

func (s *planServer) GetPlanDocument(ctx context.Context, req *planningv1.GetPlanDocumentRequest) (*httpbody.HttpBody, error) {
	v, err := s.readable(ctx, req.GetPlan(), req.GetAmendment(), "GetPlanDocument")
	if err != nil {
		return nil, err
	}
	var c conditions
	c.oneOf("format", req.GetFormat(), "pdf", "docx", "xlsx")
	if err := errs.Invalid(c.wrong); err != nil {
		return nil, err
	}
	name, media, data, err := s.document(ctx, v, req.GetFormat())
	if err != nil {
		return nil, err
	}
	return &httpbody.HttpBody{ContentType: media, Data: data}, rpc.SetFileName(ctx, v.fileName(name))
}

// fileName says what the file is of: ke-hoach-38-kh-ubnd.pdf.
func (v seen) fileName(extension string) string {
	number, kind := v.plan.First.Number, "ke-hoach-"
	if a := v.plan.Amendment(v.amendment); a != nil {
		number, kind = a.Number, "sua-doi-ke-hoach-"
	}
	if number == "" {
		number = "du-thao"
	}
	return kind + vn.Slug(number) + "." + extension
}

// document is a document in a format: as it was stored, when it was issued here; otherwise rendered now.
func (s *planServer) document(ctx context.Context, v seen, asked string) (name, media string, data []byte, err error) {
	if asked == "xlsx" {
		data, err = s.tasksSheet(ctx, v)
		return asked, xlsxType, data, err
	}
	f := formats()[0]
	if i := slices.IndexFunc(formats(), func(f format) bool { return f.name == asked }); i >= 0 {
		f = formats()[i]
	}
	if v.kept() && s.host.Blobs != nil {
		data, err = s.stored(ctx, v, f.name)
	} else {
		data, err = s.render(ctx, v, f)
	}
	return f.name, f.media, data, err
}

// kept says that the document was issued here, so that it is stored.
func (v seen) kept() bool {
	if a := v.plan.Amendment(v.amendment); a != nil {
		return a.Stage == plan.StageIssued
	}
	return v.plan.Exists() && !v.plan.Imported
}

func (v seen) files() []plan.File {
	if a := v.plan.Amendment(v.amendment); a != nil {
		return a.Files
	}
	return v.plan.Files
}

// stored reads a stored document, storing it first when that has not been done yet.
func (s *planServer) stored(ctx context.Context, v seen, name string) (data []byte, err error) {
	files := v.files()
	if len(files) == 0 {
		if files, err = s.store(ctx, v); err != nil {
			return nil, err
		}
	}
	i := slices.IndexFunc(files, func(f plan.File) bool { return f.Format == name })
	if i < 0 {
		return nil, errs.New(errorsv1.Reason_NOT_FOUND, "what", name)
	}
	content, _, err := s.host.Blobs.Open(ctx, files[i].SHA256)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, content.Close()) }()
	return io.ReadAll(content)
}

// store renders and keeps the documents of what was issued, once: the first ones stay.
func (s *planServer) store(ctx context.Context, v seen) ([]plan.File, error) {
	var files []plan.File
	for _, f := range formats() {
		data, err := s.render(ctx, v, f)
		if err != nil {
			return nil, err
		}
		kept, err := s.host.Blobs.Put(ctx, bytes.NewReader(data), maxDocument)
		if err != nil {
			return nil, err
		}
		files = append(files, plan.File{Format: f.name, SHA256: kept.SHA256, Size: kept.Size})
	}
	command := es.Command{
		Key:   id.Derive(time.Time{}, "planning", "documents", v.id, string(v.amendment)),
		Actor: "service:planning", Causation: v.id,
	}
	result, err := s.repo.Execute(ctx, v.id, command, func(p *plan.Plan, _ int64) ([]any, error) { return p.StoreDocuments(v.amendment, files), nil })
	if err != nil {
		return nil, err
	}
	v.plan = result.State
	return v.files(), nil
}

func (s *planServer) render(ctx context.Context, v seen, f format) ([]byte, error) {
	in, err := s.paperInput(ctx, v)
	if err != nil {
		return nil, err
	}
	// What was acknowledged is always printed: texts from before their letters were checked, and names from the directory, may have some
	// that the typeface lacks.
	document := letters.Document(paper.Document(in))
	var out bytes.Buffer
	if err := f.write(&out, document); err != nil {
		return nil, err
	}
	if out.Len() > maxDocument {
		return nil, errs.New(errorsv1.Reason_TOO_LARGE, "limit", "3 MiB")
	}
	return out.Bytes(), nil
}

// paperInput is what a document is made of: the plan as it was issued, the draft, or an amendment with the plan as it makes it.
func (s *planServer) paperInput(ctx context.Context, v seen) (paper.Input, error) {
	d, _, err := s.directory.Load(ctx, directoryID())
	if err != nil {
		return paper.Input{}, err
	}
	in := paper.Input{
		Plan: v.plan.First, Issued: v.plan.Exists(), Imported: v.plan.Imported, Hash: v.plan.Hash, Decisions: v.plan.Decisions,
		Agencies: each(d.Agencies(), func(a directory.Agency) paper.Agency {
			return paper.Agency{Code: plan.Code(a.Code), Kind: a.Kind, Abbreviation: a.Abbreviation, Name: a.Name, Parent: plan.Code(a.Parent)}
		}),
	}
	if a := v.plan.Amendment(v.amendment); a != nil {
		in.Plan, in.Issued, in.Hash, in.Decisions = a.Document, a.Stage == plan.StageIssued, a.Hash, a.Decisions
		in.Amendment = &paper.Amendment{Number: a.Number, Date: a.Date, Reason: a.Reason, Changes: a.Changes}
		if a.Open() {
			in.Amendment.Changes = plan.Difference(v.plan.Document, a.Document)
		}
	} else if !in.Issued {
		in.Plan = v.document()
	}
	if !in.Issued || in.Hash == "" {
		in.Hash = ""
	} else if s.host.Config != nil {
		in.Authenticity = s.host.Config.BaseURL() + "/xac-thuc/" + in.Hash
	}
	return in, nil
}

// storeIssued keeps the documents of what is issued, from the log: what was issued while nobody did so, then what comes. What cannot be
// rendered is told, and tried again when somebody asks for it and at the next start. What is away ends it for now, and it begins again.
func (s *planServer) storeIssued(ctx context.Context) error {
	if s.host.Blobs == nil {
		return nil
	}
	head, err := s.host.Log.Head(ctx)
	if err != nil {
		return err
	}
	waiting, err := s.model.Unstored(ctx)
	if err != nil {
		return err
	}
	for _, w := range waiting {
		if err := s.storeOne(ctx, w.Plan, w.Amendment); err != nil {
			return err
		}
	}
	return s.host.Log.Follow(ctx, "documents", head, 100, func(ctx context.Context, events []es.Event) error {
		for _, e := range events {
			var err error
			switch v := e.Data.(type) {
			case plan.Issued:
				err = s.storeOne(ctx, e.Aggregate, "")
			case plan.Amended:
				err = s.storeOne(ctx, e.Aggregate, v.Amendment)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// storeOne stores one document, or tells why that cannot be; what waiting mends is returned.
func (s *planServer) storeOne(ctx context.Context, planID string, amendment plan.AmendmentID) error {
	p, _, err := s.repo.Load(ctx, planID)
	if v := (seen{id: planID, plan: p, amendment: amendment}); err == nil && v.kept() && len(v.files()) == 0 {
		_, err = s.store(ctx, v)
	}
	if rpc.Passing(err) || ctx.Err() != nil {
		return err
	}
	if err != nil {
		s.host.Logger.ErrorContext(ctx, "a plan's official document could not be stored", "plan", planID, "amendment", amendment, "error", err)
	}
	return nil
}
