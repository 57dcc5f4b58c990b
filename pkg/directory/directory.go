// Package directory is the replica of agencies and people that every service keeps in its own database, fed from planning's
// published events. It answers who a subject is on a day, without a call to another service.
package directory

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loa-vn/loa/pkg/vn"
)

// Date is a day in Vietnam, YYYY-MM-DD; empty means open.
type Date string

// Agency is one agency with the days it stands, both inclusive.
type Agency struct {
	Code, Kind, Abbreviation, Name, Parent string
	ValidFrom, ValidTo                     Date
	// Successor is the code of the agency that took over its work, empty when none did.
	Successor string
}

// Valid says whether the agency stands on the day of the moment in Vietnam.
func (a Agency) Valid(at time.Time) bool { return within(a.ValidFrom, a.ValidTo, at) }

// Person is one member of staff with the days the position is held, both inclusive.
type Person struct {
	ID, Name, Agency, Unit, Position, Role string
	ValidFrom, ValidTo                     Date
	// Example marks an invented person; wherever the name shows, it says so.
	Example bool
}

// Valid says whether the person holds the position on the day of the moment in Vietnam.
func (p Person) Valid(at time.Time) bool { return within(p.ValidFrom, p.ValidTo, at) }

// maximumAge is how long answers are taken from memory without asking whether another process of the same service moved the
// replica. What this process applies itself is seen at once.
const maximumAge = time.Second

// Directory reads the replica of one service. It is safe for concurrent use.
type Directory struct {
	pool  *pgxpool.Pool
	clock func() time.Time

	mu       sync.RWMutex
	cached   int64 // the revision that people and agencies were read at
	expected int64 // the newest revision this process has applied, committed or about to be
	checked  time.Time
	people   map[string]Person
	agencies map[string]Agency
	filled   bool // a replica that held a person never becomes empty again
}

// New reads the replica in the service's own database, where Migrate has run.
func New(pool *pgxpool.Pool) *Directory {
	return &Directory{pool: pool, clock: time.Now, people: map[string]Person{}, agencies: map[string]Agency{}}
}

// Person finds who holds an id on the day of the moment. The zero time asks regardless of the days, for a name on something past.
// Found is false for an id unknown on that day.
func (d *Directory) Person(ctx context.Context, id string, at time.Time) (person Person, found bool, err error) {
	person, found, err = lookup(ctx, d, d.people, id, selectPerson, scanPerson)
	if err != nil {
		return Person{}, false, fmt.Errorf("looking up a person: %w", err)
	}
	if !found || !at.IsZero() && !person.Valid(at) {
		return Person{}, false, nil
	}
	return person, true, nil
}

// Agency finds what a code names on the day of the moment; the zero time asks regardless of the days.
func (d *Directory) Agency(ctx context.Context, code string, at time.Time) (agency Agency, found bool, err error) {
	agency, found, err = lookup(ctx, d, d.agencies, code, selectAgency, scanAgency)
	if err != nil {
		return Agency{}, false, fmt.Errorf("looking up an agency: %w", err)
	}
	if !found || !at.IsZero() && !agency.Valid(at) {
		return Agency{}, false, nil
	}
	return agency, true, nil
}

// Empty says whether the replica has never held a person.
func (d *Directory) Empty(ctx context.Context) (bool, error) {
	d.mu.RLock()
	filled := d.filled
	d.mu.RUnlock()
	if filled {
		return false, nil
	}
	if err := d.pool.QueryRow(ctx, "SELECT EXISTS (SELECT FROM directory.person)").Scan(&filled); err != nil {
		return false, fmt.Errorf("asking whether the directory is empty: %w", err)
	}
	if filled {
		d.mu.Lock()
		d.filled = true
		d.mu.Unlock()
	}
	return !filled, nil
}

const selectPerson = `SELECT r.number, p.id, p.name, p.agency, p.unit, p.position, p.role, p.valid_from, p.valid_to, p.example
	FROM directory.revision r LEFT JOIN directory.person p ON p.id = $1`

func scanPerson(row pgx.Row) (revision int64, person Person, found bool, err error) {
	var id, name, agency, unit, position, role, from, to *string
	var example *bool
	err = row.Scan(&revision, &id, &name, &agency, &unit, &position, &role, &from, &to, &example)
	if err != nil || id == nil {
		return revision, Person{}, false, err
	}
	return revision, Person{
		ID: *id, Name: *name, Agency: *agency, Unit: *unit, Position: *position, Role: *role,
		ValidFrom: Date(*from), ValidTo: Date(*to), Example: *example,
	}, true, nil
}

const selectAgency = `SELECT r.number, a.code, a.kind, a.abbreviation, a.name, a.parent, a.valid_from, a.valid_to, a.successor
	FROM directory.revision r LEFT JOIN directory.agency a ON a.code = $1`

func scanAgency(row pgx.Row) (revision int64, agency Agency, found bool, err error) {
	var code, kind, abbreviation, name, parent, from, to, successor *string
	err = row.Scan(&revision, &code, &kind, &abbreviation, &name, &parent, &from, &to, &successor)
	if err != nil || code == nil {
		return revision, Agency{}, false, err
	}
	return revision, Agency{
		Code: *code, Kind: *kind, Abbreviation: *abbreviation, Name: *name, Parent: *parent,
		ValidFrom: Date(*from), ValidTo: Date(*to), Successor: *successor,
	}, true, nil
}

// lookup answers from memory when nothing newer can be known, else reads the row together with the revision it belongs to.
func lookup[T any](ctx context.Context, d *Directory, cache map[string]T, key, query string, scan func(pgx.Row) (int64, T, bool, error)) (T, bool, error) {
	d.mu.RLock()
	value, found := cache[key]
	fresh := d.cached >= d.expected && d.clock().Sub(d.checked) < maximumAge
	d.mu.RUnlock()
	if found && fresh {
		return value, true, nil
	}
	asked := d.clock()
	revision, value, found, err := scan(d.pool.QueryRow(ctx, query, key))
	if errors.Is(err, pgx.ErrNoRows) {
		return value, false, errors.New("the replica has no revision: its migration has not run")
	}
	if err != nil {
		return value, false, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if revision > d.cached {
		clear(d.people)
		clear(d.agencies)
		d.cached = revision
	}
	if revision == d.cached {
		if asked.After(d.checked) {
			d.checked = asked
		}
		if found {
			cache[key] = value
		}
	}
	return value, found, nil
}

// expect makes what is cached unusable until the revision is read from the database. It is called before the transaction that
// writes the revision commits, so no reader can put an older row back.
func (d *Directory) expect(revision int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.expected = max(d.expected, revision)
}

func within(from, to Date, at time.Time) bool {
	day := Date(at.In(vn.Location()).Format(time.DateOnly))
	return (from == "" || from <= day) && (to == "" || day <= to)
}
