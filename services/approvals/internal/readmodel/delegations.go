package readmodel

import (
	"context"
	_ "embed" // the table
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/listing"
	"github.com/loa-vn/loa/services/approvals/internal/delegation"
)

//go:embed delegations.sql
var delegationsSchema string

// DelegationsName names the projection of delegations.
const DelegationsName = "delegations"

// Delegations is the projection.
func Delegations() es.Projection {
	return es.Projection{Name: DelegationsName, Schema: delegationsSchema, Apply: applyDelegations}
}

func applyDelegations(ctx context.Context, tx pgx.Tx, events []es.Event) error {
	for _, e := range events {
		if !strings.HasPrefix(e.Aggregate, delegation.Prefix+"_") {
			continue
		}
		if err := foldDelegation(ctx, tx, e); err != nil {
			return fmt.Errorf("the row of %s: %w", e.Aggregate, err)
		}
	}
	return nil
}

func foldDelegation(ctx context.Context, tx pgx.Tx, e es.Event) error {
	d := &delegation.Delegation{}
	var fold string
	err := tx.QueryRow(ctx, `SELECT fold::text FROM delegation WHERE id = $1`, e.Aggregate).Scan(&fold)
	if err == nil {
		err = json.Unmarshal([]byte(fold), d)
	}
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	d.Apply(e)
	raw, err := json.Marshal(d)
	if err != nil {
		return err
	}
	ends := d.To
	if !d.RevokedAt.IsZero() && d.RevokedAt.Before(ends) {
		ends = d.RevokedAt
	}
	_, err = tx.Exec(ctx, `INSERT INTO delegation (id, delegator, delegate, agency, given_at, begins_at, ends_at, fold)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO UPDATE SET ends_at = excluded.ends_at, fold = excluded.fold`,
		d.ID, d.Delegator, d.Delegate, d.Agency, e.RecordedAt, d.From, ends, string(raw))
	return err
}

// DelegationFilter says which delegations are wanted, and by whom: a person sees their own and those of their agency, an auditor all.
type DelegationFilter struct {
	Person, Agency string
	All            bool
	Delegator      string    // empty: anybody
	Delegate       string    // empty: anybody
	ActiveAt       time.Time // zero: at any time
}

// Listed is a delegation with the place where a list has it.
type Listed struct {
	delegation.Delegation
	Place listing.Place
}

// ListDelegations gives up to limit delegations after a place, the newest first.
func ListDelegations(ctx context.Context, pool *pgxpool.Pool, f DelegationFilter, after listing.Place, limit int) (found []Listed, err error) {
	err = es.Query(ctx, pool, DelegationsName, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT fold::text, given_at FROM delegation
			WHERE ($1 OR agency = $2 OR delegator = $3 OR delegate = $3)
			AND ($4 = '' OR delegator = $4) AND ($5 = '' OR delegate = $5) AND (NOT $6 OR begins_at <= $7 AND $7 < ends_at)
			AND ($9 = '' OR (given_at, id) < ($8, $9)) ORDER BY given_at DESC, id DESC LIMIT $10`,
			f.All, f.Agency, f.Person, f.Delegator, f.Delegate, !f.ActiveAt.IsZero(), f.ActiveAt, after.At, after.ID, limit)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (Listed, error) {
			var fold string
			var l Listed
			if err := row.Scan(&fold, &l.Place.At); err != nil {
				return l, err
			}
			err := json.Unmarshal([]byte(fold), &l.Delegation)
			l.Place.ID = l.ID
			return l, err
		})
		return err
	})
	return found, err
}
