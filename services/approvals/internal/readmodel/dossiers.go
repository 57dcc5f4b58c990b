// Package readmodel lists dossiers: a projection of approvals' own log, and the query over it.
package readmodel

import (
	"context"
	_ "embed" // the tables
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/listing"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

//go:embed dossiers.sql
var dossiersSchema string

// Name of the projection.
const Name = "dossiers"

// Dossiers is the projection.
func Dossiers() es.Projection { return es.Projection{Name: Name, Schema: dossiersSchema, Apply: apply} }

// apply folds the events into the rows, each dossier read and written once. Routes share the log and have no rows.
func apply(ctx context.Context, tx pgx.Tx, events []es.Event) error {
	dossiers := map[string]*dossier.Dossier{}
	for _, e := range events {
		if !strings.HasPrefix(e.Aggregate, dossier.Prefix+"_") {
			continue
		}
		d, ok := dossiers[e.Aggregate]
		if !ok {
			var err error
			if d, err = load(ctx, tx, e.Aggregate); err != nil {
				return fmt.Errorf("reading the row of %s: %w", e.Aggregate, err)
			}
			dossiers[e.Aggregate] = d
		}
		d.Apply(e)
	}
	var rows pgx.Batch
	for _, id := range slices.Sorted(maps.Keys(dossiers)) {
		if err := queue(&rows, dossiers[id]); err != nil {
			return fmt.Errorf("writing the row of %s: %w", id, err)
		}
	}
	return tx.SendBatch(ctx, &rows).Close()
}

func queue(rows *pgx.Batch, d *dossier.Dossier) error {
	fold, err := json.Marshal(d)
	if err != nil {
		return err
	}
	var current route.Level
	elsewhere := []string{}
	if d.State == dossier.InApproval {
		current = d.Levels[d.Current-1]
		for _, person := range actors(d) {
			if _, yes := d.ActedElsewhere(person, d.Current); yes {
				elsewhere = append(elsewhere, person)
			}
		}
	}
	rows.Queue(`INSERT INTO dossier (id, document, agency, unit, state, opened_at, authors, actors, outside, current_roles, current_scope, acted_elsewhere, fold)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, authors = excluded.authors, actors = excluded.actors,
		current_roles = excluded.current_roles, current_scope = excluded.current_scope, acted_elsewhere = excluded.acted_elsewhere, fold = excluded.fold`,
		d.ID, d.Document, d.Agency, d.Unit, string(d.State), d.OpenedAt, list(d.Authors), actors(d), outside(d), list(current.Roles), current.Scope,
		elsewhere, string(fold))
	return nil
}

func actors(d *dossier.Dossier) []string {
	people := []string{}
	for _, x := range d.Decisions {
		if !slices.Contains(people, x.Person) {
			people = append(people, x.Person)
		}
	}
	return people
}

func outside(d *dossier.Dossier) []string {
	positions := []string{}
	for _, l := range d.Levels {
		if l.Scope == route.ScopeUnit || l.Scope == route.ScopeAgency {
			continue
		}
		for _, role := range l.Roles {
			positions = append(positions, l.Scope+"/"+role)
		}
	}
	return positions
}

func list(s []string) []string { return append([]string{}, s...) }

func load(ctx context.Context, tx pgx.Tx, id string) (*dossier.Dossier, error) {
	var fold string
	err := tx.QueryRow(ctx, `SELECT fold::text FROM dossier WHERE id = $1`, id).Scan(&fold)
	if errors.Is(err, pgx.ErrNoRows) {
		return &dossier.Dossier{}, nil
	}
	if err != nil {
		return nil, err
	}
	d := &dossier.Dossier{}
	return d, json.Unmarshal([]byte(fold), d)
}

// Filter says which dossiers are wanted, and by whom: only what the reader may see is found. It says the same as the policy of
// GetDossier and as Dossier.WaitsFor, which tests hold against it.
type Filter struct {
	Reader     route.Position
	WaitingFor bool   // only what waits for the reader
	Document   string // empty: any
}

// List gives up to limit dossiers after a place (the zero place: from the newest), the newest first.
func List(ctx context.Context, pool *pgxpool.Pool, f Filter, after listing.Place, limit int) ([]*dossier.Dossier, error) {
	var found []*dossier.Dossier
	err := es.Query(ctx, pool, Name, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT fold::text FROM dossier
			WHERE (agency = $1 OR $2 = 'auditor' OR $3 = ANY (actors) OR $1 || '/' || $2 = ANY (outside))
			AND (NOT $4 OR $2 = ANY (current_roles)
				AND CASE current_scope WHEN 'unit' THEN agency = $1 AND unit = $5 WHEN 'agency' THEN agency = $1 ELSE current_scope = $1 END
				AND NOT $3 = ANY (authors) AND NOT $3 = ANY (acted_elsewhere))
			AND ($6 = '' OR document = $6)
			AND ($8 = '' OR (opened_at, id) < ($7, $8))
			ORDER BY opened_at DESC, id DESC LIMIT $9`,
			f.Reader.Agency, f.Reader.Role, f.Reader.Person, f.WaitingFor, f.Reader.Unit, f.Document, after.At, after.ID, limit)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (*dossier.Dossier, error) {
			var fold string
			if err := row.Scan(&fold); err != nil {
				return nil, err
			}
			d := &dossier.Dossier{}
			return d, json.Unmarshal([]byte(fold), d)
		})
		return err
	})
	return found, err
}
