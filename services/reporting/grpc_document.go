package reporting

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/rpc"
	"github.com/loa-vn/loa/pkg/vn"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
	"github.com/loa-vn/loa/services/reporting/internal/report"
)

// GetReportDocument sends a report's document piece by piece: the stored one of an issued report, else a draft as it is made.
func (s *server) GetReportDocument(r *reportingv1.GetReportDocumentRequest, stream grpc.ServerStreamingServer[httpbody.HttpBody]) error {
	ctx := stream.Context()
	found, resource, err := s.visible(ctx, r.GetReport())
	if err != nil {
		return err
	}
	if err := s.host.Policies.Authorize(ctx, "GetReportDocument", resource); err != nil {
		return err
	}
	f, err := formatOf(r.GetFormat())
	if err != nil {
		return err
	}
	if err := rpc.SetFileName(ctx, fileName(found, f)); err != nil {
		return err
	}
	if i := slices.IndexFunc(found.Documents, func(d report.StoredDocument) bool { return d.Format == f.name }); i >= 0 {
		return s.sendStored(ctx, found.Documents[i], stream)
	}
	paper, err := s.printer().paper(ctx, found)
	if err != nil {
		return err
	}
	return rpc.SendFile(stream, f.mediaType, func(w io.Writer) error { return f.write(w, paper) })
}

func formatOf(name string) (format, error) {
	all := formats()
	if name == "" {
		return all[0], nil
	}
	var names []string
	for _, f := range all {
		if f.name == name {
			return f, nil
		}
		names = append(names, f.name)
	}
	return format{}, errs.Invalid([]errs.Field{errs.At("format", errorsv1.Reason_BAD_FORMAT, "field", "format", "value", name, "expected", strings.Join(names, ", "))})
}

// fileName is like bao-cao-2022-m03-38-kh-ubnd.pdf, with "du-thao" while it is a draft.
func fileName(r *report.Report, f format) string {
	name := "Báo cáo " + r.Sheet.Period + " " + r.Sheet.PlanNumber
	if r.Number == "" {
		name = "Dự thảo " + name
	}
	return vn.Slug(name) + "." + f.name
}

func (s *server) sendStored(ctx context.Context, d report.StoredDocument, stream grpc.ServerStreamingServer[httpbody.HttpBody]) (err error) {
	file, _, err := s.host.Blobs.Open(ctx, d.SHA256)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return rpc.SendStored(stream, d.MediaType, file)
}

func (s *server) printer() printer {
	return printer{desk: s.desk, directory: s.host.Directory, home: s.host.Config.BaseURL()}
}
