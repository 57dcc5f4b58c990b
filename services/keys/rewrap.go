package keys

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/pkg/config"
)

// rewrapAtOnce is how many keys one transaction wraps anew.
const rewrapAtOnce = 500

// Rewrap wraps every key that another envelope key wraps by the first one, and tells how many. It may be interrupted and run again,
// while the service runs. A key that cannot be unwrapped is left as it is and named by the error; the others are done. Afterwards, and after Scrub, the other envelope keys open nothing any more: destroyed, they make every copy
// of a wrapped key that is older, in backups and archived logs too, noise.
func Rewrap(ctx context.Context, conn *pgx.Conn, envelope config.Envelope) (done int, err error) {
	w, err := newWrap(envelope)
	if err != nil {
		return 0, err
	}
	type row struct {
		Person, Owner, Envelope string
		Wrapped                 []byte
	}
	var faults []error
	last := ""
	for {
		n := 0
		err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			rows, err := tx.Query(ctx, `SELECT person, owner, envelope, wrapped FROM keys.person WHERE envelope <> $1 AND person > $2
				ORDER BY person LIMIT $3 FOR UPDATE`, w.first, last, rewrapAtOnce)
			if err != nil {
				return err
			}
			list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
			if err != nil {
				return err
			}
			for _, r := range list {
				last = r.Person
				key, err := w.open(r.Envelope, r.Wrapped, r.Person, r.Owner)
				if err != nil {
					faults = append(faults, err)
					continue
				}
				name, wrapped := w.close(key, r.Person, r.Owner)
				clear(key)
				if _, err := tx.Exec(ctx, `UPDATE keys.person SET envelope = $2, wrapped = $3 WHERE person = $1`, r.Person, name, wrapped); err != nil {
					return err
				}
				done++
			}
			n = len(list)
			return nil
		})
		if err != nil || n == 0 {
			return done, errors.Join(append(faults, err)...)
		}
	}
}
