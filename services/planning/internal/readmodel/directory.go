// Package readmodel is what planning answers lists and look-ups from: tables that follow the service's log. They can be dropped and
// built again from it at any time.
package readmodel

import (
	"context"
	_ "embed" // the tables
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/planning/internal/directory"
)

// directoryName names the projection of agencies and people.
const directoryName = "directory"

// PlansName is the name of the projection that lists of plans are read from.
const PlansName = "plans"

//go:embed directory.sql
var directorySchema string

// Directory is the projection of agencies and people.
func Directory() es.Projection {
	return es.Projection{Name: directoryName, Schema: directorySchema, Apply: applyDirectory}
}

func applyDirectory(ctx context.Context, tx pgx.Tx, events []es.Event) error {
	rows := &pgx.Batch{}
	for _, e := range events {
		switch v := e.Data.(type) {
		case directory.AgenciesImported:
			for _, a := range v.Agencies {
				rows.Queue(upsertAgency, a.Code, a.Kind, a.Abbreviation, a.Name, a.Parent, a.ValidFrom, a.ValidTo, a.Successor)
			}
		case directory.PeopleImported:
			for _, p := range v.People {
				rows.Queue(upsertPerson, p.ID, p.Name, vn.SortKey(p.Name), p.Agency, p.Unit, p.Position, p.Role, p.ValidFrom, p.ValidTo, p.Example)
			}
		}
	}
	return tx.SendBatch(ctx, rows).Close()
}

const upsertAgency = `
	INSERT INTO agency (code, kind, abbreviation, name, parent, valid_from, valid_to, successor)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
	ON CONFLICT (code) DO UPDATE SET kind = excluded.kind, abbreviation = excluded.abbreviation, name = excluded.name,
		parent = excluded.parent, valid_from = excluded.valid_from, valid_to = excluded.valid_to, successor = excluded.successor`

const upsertPerson = `
	INSERT INTO person (id, name, name_key, agency, unit, position, role, valid_from, valid_to, example)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
	ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key, agency = excluded.agency,
		unit = excluded.unit, position = excluded.position, role = excluded.role, valid_from = excluded.valid_from,
		valid_to = excluded.valid_to, example = excluded.example`

// Unit is a unit of an agency, known by the people in it.
type Unit struct {
	Agency directory.Code
	Name   string
	People int
}

// Model reads the tables.
type Model struct {
	pool *pgxpool.Pool
}

// New reads from the service's own database.
func New(pool *pgxpool.Pool) Model { return Model{pool: pool} }

const selectAgency = `SELECT code, kind, abbreviation, name, parent, valid_from, valid_to, successor FROM agency `

// Agency finds an agency by its code.
func (m Model) Agency(ctx context.Context, code directory.Code) (agency directory.Agency, found bool, err error) {
	err = es.Query(ctx, m.pool, directoryName, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectAgency+`WHERE code = $1`, code)
		if err != nil {
			return err
		}
		agency, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[directory.Agency])
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return agency, false, nil
	}
	return agency, err == nil, err
}

// Agencies lists agencies by code, after the one named.
func (m Model) Agencies(ctx context.Context, after directory.Code, limit int) (agencies []directory.Agency, err error) {
	err = es.Query(ctx, m.pool, directoryName, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectAgency+`WHERE code > $1 ORDER BY code LIMIT $2`, after, limit)
		if err != nil {
			return err
		}
		agencies, err = pgx.CollectRows(rows, pgx.RowToStructByPos[directory.Agency])
		return err
	})
	return agencies, err
}

// People lists people in the order of their names, after the one named; of one agency, or of all when it is empty.
func (m Model) People(ctx context.Context, agency directory.Code, after directory.PersonID, limit int) (people []directory.Person, err error) {
	err = es.Query(ctx, m.pool, directoryName, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT id, name, agency, unit, position, role, valid_from, valid_to, example FROM person
			WHERE ($1 = '' OR agency = $1) AND ($2 = '' OR (name_key, id) > (SELECT p.name_key, p.id FROM person p WHERE p.id = $2))
			ORDER BY name_key, id LIMIT $3`, agency, after, limit)
		if err != nil {
			return err
		}
		people, err = pgx.CollectRows(rows, pgx.RowToStructByPos[directory.Person])
		return err
	})
	return people, err
}

// Units lists the units people are in, by agency and name; of one agency, or of all when it is empty.
func (m Model) Units(ctx context.Context, agency directory.Code) (units []Unit, err error) {
	err = es.Query(ctx, m.pool, directoryName, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT agency, unit, count(*) FROM person WHERE $1 = '' OR agency = $1 GROUP BY agency, unit ORDER BY agency, unit`, agency)
		if err != nil {
			return err
		}
		units, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Unit])
		return err
	})
	return units, err
}
