package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Staff lists who holds a position in the agencies on the day of the moment, by identifier. It always asks the database.
func (d *Directory) Staff(ctx context.Context, agencies []string, at time.Time) ([]Person, error) {
	rows, err := d.pool.Query(ctx, `SELECT p.id, p.name, p.agency, p.unit, p.position, p.role, p.valid_from, p.valid_to, p.example
		FROM directory.person p WHERE p.agency = ANY ($1) ORDER BY p.id`, agencies)
	if err != nil {
		return nil, fmt.Errorf("listing the staff: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Person, error) {
		var p Person
		err := row.Scan(&p.ID, &p.Name, &p.Agency, &p.Unit, &p.Position, &p.Role, &p.ValidFrom, &p.ValidTo, &p.Example)
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("listing the staff: %w", err)
	}
	staff := make([]Person, 0, len(all))
	for _, p := range all {
		if p.Valid(at) {
			staff = append(staff, p)
		}
	}
	return staff, nil
}
