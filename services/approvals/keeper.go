package approvals

import (
	"context"
	"slices"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/services/approvals/internal/readmodel"
)

// office is the kind of agency that keeps the papers of the committee above it: the clerk of the Văn phòng UBND numbers what the UBND
// issues.
const office = "office"

// clerk is the role of who keeps registers.
const clerk = "clerk"

// keeps says whether the caller's agency keeps an issuer's registers: it is the issuer, or its office.
func (s *server) keeps(ctx context.Context, issuer string) (bool, error) {
	agencies, err := s.keptBy(ctx)
	return issuer != "" && slices.Contains(agencies, issuer), err
}

// keptBy is the issuers whose registers the caller's agency keeps.
func (s *server) keptBy(ctx context.Context) ([]string, error) {
	p := auth.From(ctx).Person
	if p == nil {
		return nil, nil
	}
	agency, found, err := s.host.Directory.Agency(ctx, p.Agency, s.host.Now())
	if err != nil || !found || agency.Kind != office || agency.Parent == "" {
		return []string{p.Agency}, err
	}
	return []string{p.Agency, agency.Parent}, nil
}

// registersOf is the registers that the caller may see.
func (s *server) registersOf(ctx context.Context) (readmodel.RegisterFilter, error) {
	p := positionOf(ctx)
	issuers, err := s.keptBy(ctx)
	return readmodel.RegisterFilter{Everyone: p.Role == "auditor" || p.Role == "administrator", Issuers: issuers}, err
}
