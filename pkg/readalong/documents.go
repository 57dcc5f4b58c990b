// Package readalong asks approvals, on a caller's behalf, which documents of other agencies they read through their dossiers. Lists ask it,
// so that they show what the documents' own pages show.
package readalong

import (
	"context"

	"github.com/loa-vn/loa/pkg/errs"
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// pages of dossiers are read at most: 4,000 of one type is more than the routes of any one person hold.
const pages = 20

// Documents gives those of some documents of a type whose dossiers the caller may see. While approvals is away these are none: the documents
// cannot be opened then either, and a list does not stop for it. What approvals answers otherwise is returned.
func Documents(ctx context.Context, approvals approvalsv1.ApprovalServiceClient, documentType string, documents []string) ([]string, error) {
	asked := map[string]bool{}
	for _, d := range documents {
		asked[d] = true
	}
	var readable []string
	request := &approvalsv1.ListDossiersRequest{DocumentType: documentType, PageSize: 200}
	for range pages {
		if len(asked) == 0 {
			break
		}
		answer, err := approvals.ListDossiers(ctx, request)
		switch errs.ReasonOf(err) {
		case errorsv1.Reason_UNAVAILABLE, errorsv1.Reason_FORBIDDEN:
			return nil, nil
		default:
		}
		if err != nil {
			return nil, err
		}
		for _, d := range answer.GetDossiers() {
			if asked[d.GetDocument()] {
				delete(asked, d.GetDocument())
				readable = append(readable, d.GetDocument())
			}
		}
		if request.PageToken = answer.GetNextPageToken(); request.PageToken == "" {
			break
		}
	}
	return readable, nil
}
