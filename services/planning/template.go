package planning

import (
	"bytes"
	"context"
	"io"

	"google.golang.org/genproto/googleapis/api/httpbody"

	"github.com/loa-vn/loa/pkg/rpc"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/planning/internal/directory"
	"github.com/loa-vn/loa/services/planning/internal/plan"
	"github.com/loa-vn/loa/services/planning/internal/plantable"
)

func (s *planServer) GetPlanTemplate(ctx context.Context, _ *planningv1.GetPlanTemplateRequest) (*httpbody.HttpBody, error) {
	if err := s.host.Policies.Authorize(ctx, "GetPlanTemplate", aPlan("")); err != nil {
		return nil, err
	}
	agencies, err := s.agencies(ctx)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := plantable.Template(&out, agencies); err != nil {
		return nil, err
	}
	return &httpbody.HttpBody{ContentType: xlsxType, Data: out.Bytes()}, rpc.SetFileName(ctx, "mau-ke-hoach.xlsx")
}

// WriteTemplate writes the workbook that a plan is filled in and imported from. Agencies is the directory's file of agencies (CSV), which
// the drop-downs then offer; nil for none.
func WriteTemplate(w io.Writer, agencies []byte) error {
	var offered []directory.Agency
	if agencies != nil {
		rows, err := directory.ReadAgencies(agencies)
		if err != nil {
			return err
		}
		offered = each(rows, func(r directory.AgencyRow) directory.Agency { return r.Agency })
	}
	return plantable.Template(w, named(offered))
}

// named are agencies as a file's names are recognised by.
func named(agencies []directory.Agency) []plantable.Agency {
	return each(agencies, func(a directory.Agency) plantable.Agency {
		return plantable.Agency{Code: plan.Code(a.Code), Kind: a.Kind, Abbreviation: a.Abbreviation, Name: a.Name}
	})
}
