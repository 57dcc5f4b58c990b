package replica

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"

	"github.com/loa-vn/loa/pkg/directory"
)

// Reader is who reads through dossiers: in their own position, and in those of who lets them decide in their place.
type Reader struct {
	Person    directory.Person
	Delegated []Delegated
	// Keeps are the issuers whose documents the reader, a clerk, gives numbers.
	Keeps []string
}

// Delegated is a position in whose place a reader may decide: on documents of some types and agencies, on all where none are named.
type Delegated struct {
	Position        directory.Person
	Types, Agencies []string
}

// ThroughDossier is the SQL condition that a reader, whose arguments are Arguments, reads the item c because of its dossier: its route names
// them or who delegated to them, it asks them for an opinion, they have decided on it, or they are to give it its number. It says what
// approvals' policy of GetDossier says of people of other agencies, which a journey holds against it.
const ThroughDossier = `EXISTS (SELECT FROM content.dossier d JOIN content.dossier_reader r ON r.dossier = d.id WHERE d.content = c.id
	AND (r.seats && @own OR r.asked && @asked OR @person = ANY (r.people) OR r.issuer = ANY (@keeps)
		OR EXISTS (SELECT FROM jsonb_to_recordset(@delegated::jsonb) AS held (seats text[], types text[], agencies text[])
			WHERE r.seats && held.seats AND (types = '{}' OR r.document_type = ANY (types)) AND (agencies = '{}' OR r.agency = ANY (agencies)))))`

// Arguments are those of ThroughDossier.
func (r Reader) Arguments() (pgx.NamedArgs, error) {
	type held struct {
		Seats    []string `json:"seats"`
		Types    []string `json:"types"`
		Agencies []string `json:"agencies"`
	}
	delegated := []held{}
	for _, d := range r.Delegated {
		delegated = append(delegated, held{seats(d.Position), list(d.Types), list(d.Agencies)})
	}
	raw, err := json.Marshal(delegated)
	return pgx.NamedArgs{
		"own": seats(r.Person), "asked": []string{target(r.Person.Agency, ""), target(r.Person.Agency, r.Person.Unit)},
		"person": r.Person.ID, "keeps": list(r.Keeps), "delegated": string(raw),
	}, err
}

// ReadsThroughDossier says whether a reader reads an item because of its dossier.
func (r Replica) ReadsThroughDossier(ctx context.Context, reader Reader, content string) (yes bool, err error) {
	arguments, err := reader.Arguments()
	if err != nil {
		return false, err
	}
	arguments["content"] = content
	err = r.Pool.QueryRow(ctx, "SELECT "+ThroughDossier+" FROM (SELECT @content AS id) c", arguments).Scan(&yes)
	return yes, err
}

// Delegation is one that somebody holds at a moment.
type Delegation struct {
	Delegator       string
	Types, Agencies []string
}

// Delegations are those that a person holds at a moment.
func (r Replica) Delegations(ctx context.Context, delegate string, at time.Time) ([]Delegation, error) {
	rows, err := r.Pool.Query(ctx, `SELECT delegator, document_types, agencies FROM content.delegation
		WHERE delegate = $1 AND begins_at <= $2 AND $2 < ends_at`, delegate, at)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (d Delegation, err error) {
		return d, row.Scan(&d.Delegator, &d.Types, &d.Agencies)
	})
}

// KeepReaders writes what an event of approvals says of who reads which dossier.
func KeepReaders(ctx context.Context, tx pgx.Tx, event any) error {
	switch e := event.(type) {
	case *approvalsv1.DossierOpened:
		keys := []string{}
		for _, s := range e.GetSeats() {
			keys = append(keys, seat(s.GetRole(), s.GetAgency(), s.GetOfUnit(), s.GetUnit()))
		}
		_, err := tx.Exec(ctx, `INSERT INTO content.dossier_reader (dossier, document_type, agency, issuer, seats) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (dossier) DO NOTHING`, e.GetDossier(), e.GetDocumentType(), e.GetAgency(), e.GetIssuer(), keys)
		return err
	case *approvalsv1.OpinionsRequested:
		keys := []string{}
		for _, t := range e.GetTargets() {
			keys = append(keys, target(t.GetAgency(), t.GetUnit()))
		}
		_, err := tx.Exec(ctx, `UPDATE content.dossier_reader SET asked = asked || $2 WHERE dossier = $1`, e.GetDossier(), keys)
		return err
	case *approvalsv1.DossierLevelApproved:
		return decided(ctx, tx, e.GetDossier(), e.GetPerson(), e.GetOnBehalfOf())
	case *approvalsv1.DossierReturned:
		return decided(ctx, tx, e.GetDossier(), e.GetPerson(), e.GetOnBehalfOf())
	case *approvalsv1.DossierApproved: // a bypass is no level's
		people := []string{}
		for _, d := range e.GetDecisions() {
			people = append(people, d.GetPerson(), d.GetOnBehalfOf())
		}
		return decided(ctx, tx, e.GetDossier(), people...)
	case *approvalsv1.DelegationGiven:
		d := e.GetDelegation()
		_, err := tx.Exec(ctx, `INSERT INTO content.delegation (id, delegator, delegate, document_types, agencies, begins_at, ends_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING`,
			d.GetId(), d.GetDelegator(), d.GetDelegate(), list(d.GetDocumentTypes()), list(d.GetAgencies()), d.GetFrom().AsTime(), d.GetTo().AsTime())
		return err
	case *approvalsv1.DelegationRevoked:
		_, err := tx.Exec(ctx, `UPDATE content.delegation SET ends_at = least(ends_at, $2) WHERE id = $1`,
			e.GetDelegation().GetId(), e.GetDelegation().GetRevokedAt().AsTime())
		return err
	default:
		return nil
	}
}

func decided(ctx context.Context, tx pgx.Tx, dossier string, people ...string) error {
	_, err := tx.Exec(ctx, `UPDATE content.dossier_reader
		SET people = ARRAY(SELECT DISTINCT p FROM unnest(people || $2::text[]) p WHERE p <> '' ORDER BY p) WHERE dossier = $1`, dossier, people)
	return err
}

// seats are those that somebody in a position holds, as keys.
func seats(p directory.Person) []string {
	return []string{seat(p.Role, p.Agency, false, ""), seat(p.Role, p.Agency, true, p.Unit)}
}

func seat(role, agency string, ofUnit bool, unit string) string {
	if !ofUnit {
		return role + "/" + agency
	}
	return role + "/" + agency + "/" + unit
}

// target is who is asked: a unit, or with no unit the whole agency.
func target(agency, unit string) string {
	if unit == "" {
		return agency
	}
	return agency + "/" + unit
}
