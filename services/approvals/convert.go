package approvals

import (
	"strconv"

	"google.golang.org/protobuf/types/known/timestamppb"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"

	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

func routeMessage(r *route.Route) *approvalsv1.Route {
	m := &approvalsv1.Route{DocumentType: string(r.DocumentType), Version: int32(r.Version), Etag: etag(r.Version)}
	for _, l := range r.Levels {
		m.Levels = append(m.Levels, &approvalsv1.Level{Name: l.Name, Roles: l.Roles, Scope: l.Scope})
	}
	return m
}

func levelsOf(m *approvalsv1.Route) []route.Level {
	levels := make([]route.Level, 0, len(m.GetLevels()))
	for _, l := range m.GetLevels() {
		levels = append(levels, route.Level{Name: l.GetName(), Roles: l.GetRoles(), Scope: l.GetScope()})
	}
	return levels
}

func dossierMessage(d *dossier.Dossier) *approvalsv1.Dossier {
	m := &approvalsv1.Dossier{
		Id: d.ID, DocumentType: string(d.DocumentType), Document: d.Document, Title: d.Title, Agency: d.Agency, Unit: d.Unit,
		Authors: d.Authors, Hash: d.Hash, State: string(d.State), CurrentLevel: int32(d.Current), Example: d.Example,
		OpenedAt: timestamppb.New(d.OpenedAt), UpdatedAt: timestamppb.New(d.UpdatedAt), Decisions: decisionMessages(d.Decisions),
	}
	for i, l := range d.Levels {
		m.Levels = append(m.Levels, &approvalsv1.DossierLevel{Name: l.Name, Roles: l.Roles, Scope: l.Scope, State: levelState(d, i+1)})
	}
	return m
}

// levelState is how a level shows: current, approved (it approved this hash), returned (it sent the dossier back and has not had it
// back), or waiting.
func levelState(d *dossier.Dossier, level int) string {
	_, approved := d.Standing(level)
	switch {
	case d.Current == level:
		return "current"
	case approved:
		return "approved"
	}
	for _, sent := range d.Returns {
		if sent.From == level {
			return "returned"
		}
	}
	return "waiting"
}

func decisionMessages(decisions []dossier.Decision) []*approvalsv1.Decision {
	messages := make([]*approvalsv1.Decision, 0, len(decisions))
	for _, x := range decisions {
		messages = append(messages, &approvalsv1.Decision{
			Outcome: string(x.Outcome), Level: int32(x.Level), Person: x.Person, PersonName: x.PersonName, Position: x.Position,
			PersonExample: x.PersonExample, Hash: x.Hash, Comment: x.Comment, At: timestamppb.New(x.At), Voided: x.Voided,
		})
	}
	return messages
}

// etag is a version, quoted as RFC 9110 has it.
func etag(version int64) string { return strconv.Quote(strconv.FormatInt(version, 10)) }
