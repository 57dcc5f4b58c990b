package directory

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/pkg/bus"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
)

// ConsumerName is the consumer that keeps a service's replica, as its marks are named.
func ConsumerName(service string) string { return service + ".directory" }

// Consumer keeps this replica of a service up to date: each import's rows are written in the transaction that moves the mark.
func (d *Directory) Consumer(service string) bus.Consumer {
	return bus.Consumer{
		Name:    ConsumerName(service),
		Sources: []string{"planning"},
		Types:   []string{"loa.planning.v1.AgenciesImported", "loa.planning.v1.PeopleImported"},
		Handle:  d.handle,
	}
}

func (d *Directory) handle(ctx context.Context, tx pgx.Tx, messages []bus.Message) error {
	if len(messages) == 0 {
		return nil
	}
	rows := &pgx.Batch{}
	for _, m := range messages {
		switch event := m.Payload.(type) {
		case *planningv1.AgenciesImported:
			for _, a := range event.GetAgencies() {
				rows.Queue(upsertAgency, a.GetCode(), a.GetKind(), a.GetAbbreviation(), a.GetName(), a.GetParent(),
					a.GetValidFrom(), a.GetValidTo(), a.GetSuccessor())
			}
		case *planningv1.PeopleImported:
			for _, p := range event.GetPeople() {
				rows.Queue(upsertPerson, p.GetId(), p.GetName(), p.GetAgency(), p.GetUnit(), p.GetPosition(), p.GetRole(),
					p.GetValidFrom(), p.GetValidTo(), p.GetExample())
			}
		default:
			return fmt.Errorf("the directory does not know the event %s", m.Type)
		}
	}
	if err := tx.SendBatch(ctx, rows).Close(); err != nil {
		return fmt.Errorf("writing the directory's replica: %w", err)
	}
	// Last, since the row's lock is what two writers would wait for.
	var revision int64
	if err := tx.QueryRow(ctx, "UPDATE directory.revision SET number = number + 1 RETURNING number").Scan(&revision); err != nil {
		return fmt.Errorf("moving the revision of the directory's replica: %w", err)
	}
	d.expect(revision)
	return nil
}

const upsertAgency = `INSERT INTO directory.agency (code, kind, abbreviation, name, parent, valid_from, valid_to, successor)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
	ON CONFLICT (code) DO UPDATE SET kind = excluded.kind, abbreviation = excluded.abbreviation, name = excluded.name,
		parent = excluded.parent, valid_from = excluded.valid_from, valid_to = excluded.valid_to, successor = excluded.successor`

const upsertPerson = `INSERT INTO directory.person (id, name, agency, unit, position, role, valid_from, valid_to, example)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
	ON CONFLICT (id) DO UPDATE SET name = excluded.name, agency = excluded.agency, unit = excluded.unit,
		position = excluded.position, role = excluded.role, valid_from = excluded.valid_from, valid_to = excluded.valid_to,
		example = excluded.example`
