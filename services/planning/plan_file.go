package planning

import (
	"archive/zip"
	"bytes"
	"context"
	"slices"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/rpc"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/planning/internal/plan"
	"github.com/loa-vn/loa/services/planning/internal/planfile"
	"github.com/loa-vn/loa/services/planning/internal/plantable"
)

// Media types of the files that a plan comes in besides YAML.
const (
	xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	docxType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
)

// planFile is a plan as a file has it.
type planFile struct {
	document plan.Document
	// locate turns what is wrong with the plan into a refusal that names the file's places.
	locate func(wrong []errs.Field) error
	// tells says that a dry run answers place by place instead of refusing; rehearsed is what it answers.
	tells     bool
	rehearsed func(wrong []errs.Field) []*planningv1.PlanReading
	// lacking tells, place by place, what is still missing of a draft.
	lacking func(missing []errs.Field) []*planningv1.PlanReading
}

// faulty says that the file, or the plan in it, has something wrong.
func (f planFile) faulty(wrong []errs.Field) bool { return f.locate(wrong) != nil }

// readFile reads the file of an import, by the type its sender says it has, or by its content.
func (s *planServer) readFile(ctx context.Context, data []byte) (planFile, error) {
	var tables []plantable.Table
	var err error
	switch fileType(rpc.MediaType(ctx), data) {
	case xlsxType:
		tables, err = plantable.Workbook(data)
	case docxType:
		tables, err = plantable.Word(data)
	default:
		file, err := planfile.Read(data)
		return planFile{
			document: file.Document, locate: file.Locate,
			rehearsed: func([]errs.Field) []*planningv1.PlanReading { return nil },
			lacking:   func([]errs.Field) []*planningv1.PlanReading { return nil },
		}, err
	}
	if err != nil {
		return planFile{}, err
	}
	agencies, err := s.agencies(ctx)
	if err != nil {
		return planFile{}, err
	}
	file, err := plantable.Read(tables, agencies)
	return planFile{
		document: file.Document, locate: file.Locate, tells: true,
		rehearsed: func(wrong []errs.Field) []*planningv1.PlanReading { return each(file.Rehearsed(wrong), readingProto) },
		lacking:   func(missing []errs.Field) []*planningv1.PlanReading { return each(file.Lacking(missing), readingProto) },
	}, err
}

// fileType is the type that the sender named, when it is one of the two; otherwise what the bytes are: a ZIP archive with the part
// that makes it a workbook or a Word document.
func fileType(named string, data []byte) string {
	if named == xlsxType || named == docxType || !bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return named
	}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return xlsxType // which refuses it with a reason
	}
	if slices.ContainsFunc(archive.File, func(f *zip.File) bool { return f.Name == "word/document.xml" }) {
		return docxType
	}
	return xlsxType
}

// agencies are those by which a file's names are recognised; an old plan names agencies that are no more.
func (s *planServer) agencies(ctx context.Context) ([]plantable.Agency, error) {
	d, _, err := s.directory.Load(ctx, directoryID())
	if err != nil {
		return nil, err
	}
	return named(d.Agencies()), nil
}

func readingProto(r plantable.Reading) *planningv1.PlanReading {
	return &planningv1.PlanReading{
		Sheet: r.Sheet, Row: int32(r.Row), Column: r.Column, Field: camelPath(r.Field), Text: r.Text, Value: r.Value, How: string(r.How), Note: r.Note,
		Cell: r.Cell,
	}
}

// camelPath names a place as the API's fields are named.
func camelPath(path string) string {
	return plan.Paths([]errs.Field{{Column: path}})[0].Field
}
