package approvals

import (
	"strconv"

	"google.golang.org/protobuf/types/known/timestamppb"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"

	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

func (s *server) routeMessage(r *route.Route) *approvalsv1.Route {
	m := &approvalsv1.Route{DocumentType: string(r.DocumentType), Agency: r.Agency, Version: int32(r.Version), Etag: etag(r.Version)}
	for i, l := range r.Levels {
		m.Levels = append(m.Levels, &approvalsv1.Level{
			Name: l.Name, Roles: l.Roles, Scope: l.Scope, Quorum: string(l.Quorum), Parallel: l.Parallel,
			Term: int32(s.terms.Of(r.Levels, i+1)), TermDefault: l.Term == 0,
		})
	}
	return m
}

// levelsOf reads levels. A term that was shown as the default stays one when it is sent back.
func levelsOf(m *approvalsv1.Route) []route.Level {
	levels := make([]route.Level, 0, len(m.GetLevels()))
	for _, l := range m.GetLevels() {
		level := route.Level{Name: l.GetName(), Roles: l.GetRoles(), Scope: l.GetScope(), Quorum: route.Quorum(l.GetQuorum()), Parallel: l.GetParallel(), Term: int(l.GetTerm())}
		if l.GetTermDefault() {
			level.Term = 0
		}
		levels = append(levels, level)
	}
	return levels
}

func decisionMessages(decisions []dossier.Decision) []*approvalsv1.Decision {
	messages := make([]*approvalsv1.Decision, 0, len(decisions))
	for _, x := range decisions {
		messages = append(messages, &approvalsv1.Decision{
			Outcome: string(x.Outcome), Level: int32(x.Level), Person: x.Person, PersonName: x.PersonName, Position: x.Position,
			PersonExample: x.PersonExample, Hash: x.Hash, Comment: x.Comment, At: timestamppb.New(x.At), Voided: x.Voided,
			Capacity: x.Capacity, OnBehalfOf: x.OnBehalfOf, OnBehalfOfName: x.OnBehalfOfName, OnBehalfOfPosition: x.OnBehalfOfPosition,
			Delegation: x.Delegation, Bypass: x.Bypass,
		})
	}
	return messages
}

// etag is a version, quoted as RFC 9110 has it.
func etag(version int64) string { return strconv.Quote(strconv.FormatInt(version, 10)) }
