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
	"time"

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
	_, pending := d.PendingReview()
	rows.Queue(`INSERT INTO dossier (id, document, document_type, agency, state, opened_at, actors, acts, asked, waiting, awaiting, soon_at, due_at, running,
		review_pending, fold, issuer) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, actors = excluded.actors, asked = excluded.asked, waiting = excluded.waiting,
		awaiting = excluded.awaiting, soon_at = excluded.soon_at, due_at = excluded.due_at, running = excluded.running,
		review_pending = excluded.review_pending, fold = excluded.fold`,
		d.ID, d.Document, string(d.DocumentType), d.Agency, string(d.State), d.OpenedAt, actors(d), seatKeys(d.EverySeat()), asked(d, everyTarget), seatKeys(d.Seats(d.Open...)),
		asked(d, dossier.Consultation.Awaited), moment(d.SoonFrom()), moment(d.Due()), d.Waiting(), pending, string(fold), d.Issuer())
	return nil
}

func moment(at time.Time, ok bool) *time.Time {
	if !ok {
		return nil
	}
	return &at
}

func actors(d *dossier.Dossier) []string {
	people := []string{}
	for _, x := range d.Decisions {
		for _, person := range []string{x.Person, x.OnBehalfOf} {
			if person != "" && !slices.Contains(people, person) {
				people = append(people, person)
			}
		}
	}
	return people
}

// seatKeys are the keys of seats as the query compares them.
func seatKeys(seats []dossier.Seat) []string {
	keys := make([]string, 0, len(seats))
	for _, s := range seats {
		keys = append(keys, seatKey(s))
	}
	return keys
}

func seatKey(s dossier.Seat) string {
	if !s.OfUnit {
		return s.Role + "/" + s.Agency
	}
	return s.Role + "/" + s.Agency + "/" + s.Unit
}

// keysOf are the keys of every seat that a position holds.
func keysOf(p route.Position) []string {
	return []string{
		seatKey(dossier.Seat{Role: p.Role, Agency: p.Agency}), seatKey(dossier.Seat{Role: p.Role, Agency: p.Agency, OfUnit: true, Unit: p.Unit}),
	}
}

func everyTarget(c dossier.Consultation) []dossier.Target { return c.Targets }

func asked(d *dossier.Dossier, which func(dossier.Consultation) []dossier.Target) []string {
	keys := []string{}
	for _, c := range d.Consultations {
		for _, t := range which(c) {
			key := t.Agency
			if t.Unit != "" {
				key += "/" + t.Unit
			}
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return keys
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
// GetDossier, which a test holds against it.
type Filter struct {
	Reader route.Position
	// All: the reader is a machine that sees everything.
	All bool
	// Delegated are the positions in whose place the reader may decide, and on what.
	Delegated []Delegated
	// Seats are the positions that the reader decides by, with Decides: their own, and those of who delegated to them.
	Seats []route.Position
	// Decides asks for what waits for one of the seats alone, and says of a dossier whether it does; nil asks for all.
	Decides func(*dossier.Dossier) bool
	// Keeps are the issuers whose documents the reader, a clerk, gives numbers.
	Keeps []string
	// Number: only what is approved and waits for a number of theirs.
	Number bool
	// Opinion: only what waits for an opinion of the reader's unit.
	Opinion       bool
	Document      string // empty: any; so the next two
	DocumentType  string
	State         string
	Overdue       bool // a term has run out by Now
	DueSoon       bool // less than a fifth of a term is left at Now
	Now           time.Time
	Running       bool // a term has still to be seen to
	ReviewPending bool
}

// Delegated is a position in whose place the reader may decide: on documents of some types and agencies, on all where none are named.
type Delegated struct {
	Position route.Position
	Types    []route.DocumentType
	Agencies []string
}

// held are the keys of who delegated, as the query reads them.
func held(delegated []Delegated) (string, error) {
	type seats struct {
		Keys     []string             `json:"keys"`
		Types    []route.DocumentType `json:"types"`
		Agencies []string             `json:"agencies"`
	}
	rows := []seats{}
	for _, d := range delegated {
		rows = append(rows, seats{keysOf(d.Position), append([]route.DocumentType{}, d.Types...), list(d.Agencies)})
	}
	raw, err := json.Marshal(rows)
	return string(raw), err
}

// List gives up to limit dossiers after a place (the zero place: from the newest), the newest first.
func List(ctx context.Context, pool *pgxpool.Pool, f Filter, after listing.Place, limit int) ([]*dossier.Dossier, error) {
	found := []*dossier.Dossier{}
	err := es.Query(ctx, pool, Name, func(tx pgx.Tx) error {
		for {
			some, err := page(ctx, tx, f, after, limit)
			if err != nil {
				return err
			}
			for _, d := range some {
				if (f.Decides == nil || f.Decides(d)) && len(found) < limit {
					found = append(found, d)
				}
				after = listing.Place{At: d.OpenedAt, ID: d.ID}
			}
			if len(some) < limit || len(found) >= limit {
				return nil
			}
		}
	})
	return found, err
}

func page(ctx context.Context, tx pgx.Tx, f Filter, after listing.Place, limit int) ([]*dossier.Dossier, error) {
	seats := []string{}
	for _, p := range f.Seats {
		seats = append(seats, keysOf(p)...)
	}
	delegated, err := held(f.Delegated)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `SELECT fold::text FROM dossier
		WHERE ($1 OR agency = $2 OR $3 = 'auditor' OR $4 = ANY (actors) OR acts && $22 OR asked && $5 OR issuer = ANY ($20)
			OR EXISTS (SELECT FROM jsonb_to_recordset($23::jsonb) AS held (keys text[], types text[], agencies text[])
				WHERE acts && keys AND (types = '{}' OR document_type = ANY (types)) AND (agencies = '{}' OR agency = ANY (agencies))))
		AND ($7 OR waiting && $6) AND (NOT $8 OR awaiting && $5 AND state = 'in_approval')
		AND ($9 = '' OR document = $9) AND ($10 = '' OR document_type = $10) AND ($11 = '' OR state = $11)
		AND (NOT $12 OR due_at <= $14) AND (NOT $13 OR soon_at <= $14 AND due_at > $14)
		AND (NOT $15 OR running) AND (NOT $16 OR review_pending) AND (NOT $21 OR state = 'approved' AND issuer = ANY ($20))
		AND ($18 = '' OR (opened_at, id) < ($17, $18))
		ORDER BY opened_at DESC, id DESC LIMIT $19`,
		f.All, f.Reader.Agency, f.Reader.Role, f.Reader.Person, []string{f.Reader.Agency, f.Reader.Agency + "/" + f.Reader.Unit}, seats,
		f.Decides == nil, f.Opinion, f.Document, f.DocumentType, f.State, f.Overdue, f.DueSoon, f.Now, f.Running, f.ReviewPending,
		after.At, after.ID, limit, list(f.Keeps), f.Number, keysOf(f.Reader), delegated)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*dossier.Dossier, error) {
		var fold string
		if err := row.Scan(&fold); err != nil {
			return nil, err
		}
		d := &dossier.Dossier{}
		return d, json.Unmarshal([]byte(fold), d)
	})
}
