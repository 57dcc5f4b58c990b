package approvals

import (
	"google.golang.org/protobuf/proto"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
)

// publish maps a stored event to its published form. Routes, single levels and resubmissions are private.
func publish(e es.Event) (proto.Message, error) {
	switch d := e.Data.(type) {
	case dossier.Opened:
		return &approvalsv1.DossierOpened{Dossier: e.Aggregate, DocumentType: string(d.DocumentType), Document: d.Document, Hash: d.Hash}, nil
	case dossier.SentBack:
		return &approvalsv1.DossierReturned{
			Dossier: e.Aggregate, DocumentType: string(d.DocumentType), Document: d.Document, Hash: d.Decision.Hash, ToLevel: int32(d.ToLevel),
			Comment: d.Decision.Comment, Revision: d.Revision,
		}, nil
	case dossier.Completed:
		return &approvalsv1.DossierApproved{
			Dossier: e.Aggregate, DocumentType: string(d.DocumentType), Document: d.Document, Hash: d.Hash, Revision: d.Revision,
			Decisions: decisionMessages(d.Decisions),
		}, nil
	case dossier.MadeVoid:
		return &approvalsv1.DossierVoided{Dossier: e.Aggregate, DocumentType: string(d.DocumentType), Document: d.Document, Hash: d.Hash}, nil
	default:
		return nil, nil
	}
}
