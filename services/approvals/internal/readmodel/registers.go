package readmodel

import (
	"context"
	_ "embed" // the tables
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/register"
)

//go:embed registers.sql
var registersSchema string

// RegistersName of the projection.
const RegistersName = "registers"

// Registers is the projection of registers, their numbers, and what waits for one.
func Registers() es.Projection {
	return es.Projection{Name: RegistersName, Schema: registersSchema, Apply: applyRegisters}
}

func applyRegisters(ctx context.Context, tx pgx.Tx, events []es.Event) error {
	var rows pgx.Batch
	for _, e := range events {
		switch x := e.Data.(type) {
		case register.Opened:
			spec := register.Register{
				ID: x.Register, Issuer: x.Issuer, Year: x.Year, Name: x.Name, Elsewhere: x.Elsewhere, First: x.First,
				Abbreviation: x.Abbreviation, Types: x.Types, OpenedAt: e.RecordedAt,
			}
			stored, err := json.Marshal(spec)
			if err != nil {
				return err
			}
			rows.Queue(`INSERT INTO register (id, issuer, year, spec) VALUES ($1, $2, $3, $4)`, x.Register, x.Issuer, x.Year, string(stored))
		case register.Allocated:
			rows.Queue(`INSERT INTO number (register, number, text, state, entered, dossier, document_type, document, title, date, allocated_at, example)
				VALUES ($1, $2, $3, 'allocated', $4, $5, $6, $7, $8, $9, $10, $11)`,
				x.Register, x.Number, x.Text, x.Entered, x.Dossier, string(x.DocumentType), x.Document, x.Title, x.Date, e.RecordedAt, x.Example)
			rows.Queue(`UPDATE register SET last_number = $2, last_date = $3 WHERE id = $1 AND last_number < $2`, x.Register, x.Number, x.Date)
		case register.Voided:
			rows.Queue(`UPDATE number SET state = 'voided', reason = $3, voided_at = $4 WHERE register = $1 AND number = $2`,
				x.Register, x.Number, x.Reason, e.RecordedAt)
		case dossier.IssueBegun:
			rows.Queue(`INSERT INTO attempt (dossier, begun_at, ended) VALUES ($1, $2, false)
				ON CONFLICT (dossier) DO UPDATE SET begun_at = excluded.begun_at, ended = false`, e.Aggregate, e.RecordedAt)
		case dossier.IssueAbandoned:
			rows.Queue(`UPDATE attempt SET ended = true WHERE dossier = $1`, e.Aggregate)
		case dossier.Numbered:
			rows.Queue(`UPDATE attempt SET ended = true WHERE dossier = $1`, e.Aggregate)
			signer := ""
			if n := len(x.Decisions); n > 0 {
				signer = x.Decisions[n-1].PersonName
			}
			rows.Queue(`UPDATE number SET state = CASE state WHEN 'voided' THEN state ELSE 'issued' END, signer = $3 WHERE dossier = $1 AND text = $2`,
				e.Aggregate, x.Number, signer)
		}
	}
	return tx.SendBatch(ctx, &rows).Close()
}

// GetRegister gives a register as its numbers stand; found is false for one that is not there.
func GetRegister(ctx context.Context, pool *pgxpool.Pool, id string) (r register.Register, found bool, err error) {
	err = es.Query(ctx, pool, RegistersName, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT spec::text, last_number, last_date FROM register WHERE id = $1`, id)
		if err != nil {
			return err
		}
		registers, err := pgx.CollectRows(rows, scanRegister)
		if found = len(registers) == 1; found {
			r = registers[0]
		}
		return err
	})
	return r, found, err
}

// RegisterFilter says which registers are wanted, and of which issuers the reader may see them.
type RegisterFilter struct {
	Everyone bool     // every issuer's
	Issuers  []string // else these
	Issuer   string   // empty: any
	Year     int      // 0: any
}

// ListRegisters gives up to limit registers after an id (empty: from the newest year), the newest year first.
func ListRegisters(ctx context.Context, pool *pgxpool.Pool, f RegisterFilter, after string, limit int) (registers []register.Register, err error) {
	err = es.Query(ctx, pool, RegistersName, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT spec::text, last_number, last_date FROM register
			WHERE ($1 OR issuer = ANY ($2)) AND ($3 = '' OR issuer = $3) AND ($4 = 0 OR year = $4) AND ($5 = '' OR id < $5)
			ORDER BY id DESC LIMIT $6`, f.Everyone, list(f.Issuers), f.Issuer, f.Year, after, limit)
		if err != nil {
			return err
		}
		registers, err = pgx.CollectRows(rows, scanRegister)
		return err
	})
	return registers, err
}

func scanRegister(row pgx.CollectableRow) (r register.Register, err error) {
	var spec, date string
	var last int
	if err := row.Scan(&spec, &last, &date); err != nil {
		return r, err
	}
	err = json.Unmarshal([]byte(spec), &r)
	r.Last, r.LastDate = last, date
	return r, err
}

// Number is one number of a register, as it stands.
type Number struct {
	Register     string
	Number       int
	Text         string
	State        string // allocated, issued, voided
	Entered      bool
	Dossier      string
	DocumentType string
	Document     string
	Title        string
	Date         string
	Reason       string
	Signer       string
	Example      bool
	AllocatedAt  time.Time
	VoidedAt     *time.Time
}

// ListNumbers gives up to limit numbers of a register after a number (0: from the first), in order.
func ListNumbers(ctx context.Context, pool *pgxpool.Pool, of string, after, limit int) (numbers []Number, err error) {
	err = es.Query(ctx, pool, RegistersName, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT register, number, text, state, entered, dossier, document_type, document, title, date, reason, signer, example,
			allocated_at, voided_at FROM number WHERE register = $1 AND number > $2 ORDER BY number LIMIT $3`, of, after, limit)
		if err != nil {
			return err
		}
		numbers, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Number])
		return err
	})
	return numbers, err
}

// Issuing gives up to limit dossiers that have waited for their number since before a moment, the longest first.
func Issuing(ctx context.Context, pool *pgxpool.Pool, before time.Time, limit int) (dossiers []string, err error) {
	err = es.Query(ctx, pool, RegistersName, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT dossier FROM attempt WHERE NOT ended AND begun_at < $1 ORDER BY begun_at LIMIT $2`, before, limit)
		if err != nil {
			return err
		}
		dossiers, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return dossiers, err
}
