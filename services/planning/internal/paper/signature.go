package paper

import (
	"strings"

	"github.com/loa-vn/loa/pkg/document/model"
	"github.com/loa-vn/loa/services/planning/internal/plan"
)

// signature is the block of the last decision that stands: who signs, in which capacity (NĐ 30/2020, Appendix I, II.7). What nobody has
// signed yet leaves the name open.
func (p paper) signature() model.Signature {
	var signer plan.Decision
	for _, d := range p.Decisions {
		if d.Outcome == "approved" {
			signer = d
		}
	}
	collective := strings.HasPrefix(p.name(p.Plan.Issuer), committee+" ")
	head := "THỦ TRƯỞNG CƠ QUAN"
	if collective {
		head = "CHỦ TỊCH"
	}
	if signer.Position == "" {
		return model.Signature{Standings: p.standings(collective, model.Standing{Office: head}), Name: signer.PersonName}
	}
	own := upper(signer.Position)
	s := model.Signature{Name: signer.PersonName}
	switch model.Capacity(signer.Capacity) {
	case model.Delegated, model.ByOrder:
		capacity := model.Capacity(signer.Capacity)
		s.Standings = []model.Standing{{Capacity: capacity, Office: upper(firstOf(signer.OnBehalfOfPosition, head))}, {Office: own}}
		if signer.OnBehalfOf != "" {
			s.Delegation = &model.Delegation{Name: signer.OnBehalfOfName, Office: signer.OnBehalfOfPosition}
		}
	case model.Acting:
		s.Standings = p.standings(collective, model.Standing{Capacity: model.Acting, Office: own})
	case model.Deputy, model.Collective, model.Own:
		if above, deputy := strings.CutPrefix(own, "PHÓ "); deputy {
			s.Standings = append(p.standings(collective, model.Standing{Capacity: model.Deputy, Office: above}), model.Standing{Office: own})
		} else {
			s.Standings = p.standings(collective, model.Standing{Office: own})
		}
	}
	return s
}

// standings puts the committee above who signs for it.
func (p paper) standings(collective bool, last model.Standing) []model.Standing {
	if collective {
		return []model.Standing{{Capacity: model.Collective, Office: upper(committee)}, last}
	}
	return []model.Standing{last}
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
