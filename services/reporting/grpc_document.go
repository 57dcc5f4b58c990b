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

// pieceOf a document in bytes.
const pieceOf = 64 << 10

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
	return send(stream, f.mediaType, func(w io.Writer) error { return f.write(w, paper) })
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
	return send(stream, d.MediaType, func(w io.Writer) error {
		_, err := io.Copy(w, file)
		return err
	})
}

// send sends what is written in pieces; the first one has the type.
func send(stream grpc.ServerStreamingServer[httpbody.HttpBody], mediaType string, write func(io.Writer) error) error {
	w := &pieces{stream: stream, mediaType: mediaType, buffer: make([]byte, 0, pieceOf)}
	if err := write(w); err != nil {
		return err
	}
	return w.flush()
}

// pieces gathers what is written until it is worth a message.
type pieces struct {
	stream    grpc.ServerStreamingServer[httpbody.HttpBody]
	mediaType string
	buffer    []byte
}

func (p *pieces) Write(b []byte) (int, error) {
	for n := 0; n < len(b); {
		room := min(pieceOf-len(p.buffer), len(b)-n)
		p.buffer = append(p.buffer, b[n:n+room]...)
		n += room
		if len(p.buffer) == pieceOf {
			if err := p.flush(); err != nil {
				return n, err
			}
		}
	}
	return len(b), nil
}

func (p *pieces) flush() error {
	if len(p.buffer) == 0 {
		return nil
	}
	err := p.stream.Send(&httpbody.HttpBody{ContentType: p.mediaType, Data: p.buffer})
	p.buffer = make([]byte, 0, pieceOf) // the message may keep the last one
	return err
}

func (s *server) printer() printer {
	return printer{desk: s.desk, directory: s.host.Directory, home: s.host.Config.BaseURL()}
}
