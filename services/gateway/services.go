package gateway

import (
	"context"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoreflect"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

// service is one that has REST paths and a log. Only clients are registered: a server registered directly would be called past its interceptors.
type service struct {
	name     string
	files    []protoreflect.FileDescriptor
	register func(ctx context.Context, mux *runtime.ServeMux, conn grpc.ClientConnInterface) error
}

// services are tried by the multiplexer one pattern after another, what was registered last first: what is asked most stands last.
func services() []service {
	return []service{
		{"planning", []protoreflect.FileDescriptor{planningv1.File_loa_planning_v1_planning_proto, planningv1.File_loa_planning_v1_results_proto}, func(ctx context.Context, mux *runtime.ServeMux, conn grpc.ClientConnInterface) error {
			if err := planningv1.RegisterDirectoryServiceHandlerClient(ctx, mux, planningv1.NewDirectoryServiceClient(conn)); err != nil {
				return err
			}
			if err := planningv1.RegisterPlanServiceHandlerClient(ctx, mux, planningv1.NewPlanServiceClient(conn)); err != nil {
				return err
			}
			return planningv1.RegisterResultServiceHandlerClient(ctx, mux, planningv1.NewResultServiceClient(conn))
		}},
		{"approvals", []protoreflect.FileDescriptor{approvalsv1.File_loa_approvals_v1_approvals_proto, approvalsv1.File_loa_approvals_v1_registers_proto}, func(ctx context.Context, mux *runtime.ServeMux, conn grpc.ClientConnInterface) error {
			if err := approvalsv1.RegisterRegisterServiceHandlerClient(ctx, mux, approvalsv1.NewRegisterServiceClient(conn)); err != nil {
				return err
			}
			return approvalsv1.RegisterApprovalServiceHandlerClient(ctx, mux, approvalsv1.NewApprovalServiceClient(conn))
		}},
		{"distribution", []protoreflect.FileDescriptor{distributionv1.File_loa_distribution_v1_distribution_proto}, func(ctx context.Context, mux *runtime.ServeMux, conn grpc.ClientConnInterface) error {
			return distributionv1.RegisterDistributionServiceHandlerClient(ctx, mux, distributionv1.NewDistributionServiceClient(conn))
		}},
		{"reporting", []protoreflect.FileDescriptor{reportingv1.File_loa_reporting_v1_reporting_proto}, func(ctx context.Context, mux *runtime.ServeMux, conn grpc.ClientConnInterface) error {
			return reportingv1.RegisterReportServiceHandlerClient(ctx, mux, reportingv1.NewReportServiceClient(conn))
		}},
		{"content", []protoreflect.FileDescriptor{contentv1.File_loa_content_v1_content_proto}, func(ctx context.Context, mux *runtime.ServeMux, conn grpc.ClientConnInterface) error {
			return contentv1.RegisterContentServiceHandlerClient(ctx, mux, contentv1.NewContentServiceClient(conn))
		}},
	}
}
