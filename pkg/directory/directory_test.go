package directory_test

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/directory"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/vn"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
)

func replica(t *testing.T) (*directory.Directory, *pgxpool.Pool) {
	t.Helper()
	pool, _ := engines.Clone(t, "directory", func(ctx context.Context, owner *pgx.Conn) error {
		for range 2 { // it may be repeated
			if err := directory.Migrate(ctx, owner, "public"); err != nil {
				return err
			}
		}
		return nil
	})
	return directory.New(pool), pool
}

// deliver hands published events to the consumer in one transaction, as the bus does.
func deliver(ctx context.Context, d *directory.Directory, pool *pgxpool.Pool, events ...proto.Message) error {
	var messages []bus.Message
	for _, e := range events {
		messages = append(messages, bus.Message{Source: "planning", Type: string(proto.MessageName(e)), Payload: e})
	}
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		return d.Consumer("content").Handle(ctx, tx, messages)
	})
}

func people(rows ...*planningv1.Person) *planningv1.PeopleImported {
	return &planningv1.PeopleImported{People: rows}
}

func person(id, role, from, to string) *planningv1.Person {
	return &planningv1.Person{
		Id: id, Name: "Phạm Thu Hà", Agency: "H24.02", Unit: "Phòng Thông tin", Position: "Chuyên viên", Role: role,
		ValidFrom: from, ValidTo: to, Example: true,
	}
}

func mustDeliver(t *testing.T, d *directory.Directory, pool *pgxpool.Pool, events ...proto.Message) {
	t.Helper()
	if err := deliver(t.Context(), d, pool, events...); err != nil {
		t.Fatal(err)
	}
}

func role(t *testing.T, d *directory.Directory, id string) string {
	t.Helper()
	p, _, err := d.Person(t.Context(), id, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Role
}

func TestConsumerFollowsPlanning(t *testing.T) {
	d, _ := replica(t)
	c := d.Consumer("content")
	if c.Name != "content.directory" || len(c.Sources) != 1 || c.Sources[0] != "planning" {
		t.Errorf("consumer %q of %v", c.Name, c.Sources)
	}
	for i, want := range []proto.Message{&planningv1.AgenciesImported{}, &planningv1.PeopleImported{}} {
		if c.Types[i] != string(proto.MessageName(want)) {
			t.Errorf("type %q", c.Types[i])
		}
	}
}

func TestEveryFieldIsKept(t *testing.T) {
	d, pool := replica(t)
	mustDeliver(t, d, pool,
		&planningv1.AgenciesImported{Agencies: []*planningv1.Agency{{
			Code: "H24.02", Kind: "department", Abbreviation: "STTTT", Name: "Sở Thông tin và Truyền thông", Parent: "H24",
			ValidFrom: "2008-04-01", ValidTo: "2025-02-28", Successor: "H24.08",
		}}},
		people(person("cv.stttt", "officer", "2022-01-01", "")))
	agency, found, err := d.Agency(t.Context(), "H24.02", vn.Day(2022, 3, 1))
	want := directory.Agency{
		Code: "H24.02", Kind: "department", Abbreviation: "STTTT", Name: "Sở Thông tin và Truyền thông", Parent: "H24",
		ValidFrom: "2008-04-01", ValidTo: "2025-02-28", Successor: "H24.08",
	}
	if err != nil || !found || agency != want {
		t.Errorf("got %+v, %v, %v", agency, found, err)
	}
	got, found, err := d.Person(t.Context(), "cv.stttt", vn.Day(2022, 3, 1))
	wantPerson := directory.Person{
		ID: "cv.stttt", Name: "Phạm Thu Hà", Agency: "H24.02", Unit: "Phòng Thông tin", Position: "Chuyên viên", Role: "officer",
		ValidFrom: "2022-01-01", Example: true,
	}
	if err != nil || !found || got != wantPerson {
		t.Errorf("got %+v, %v, %v", got, found, err)
	}
}

// Both days are inclusive and are days in Vietnam, wherever the server stands.
func TestPositionsHaveDays(t *testing.T) {
	d, pool := replica(t)
	mustDeliver(t, d, pool, people(person("a", "officer", "2022-01-01", "2022-12-31"), person("open", "officer", "", "")))
	for _, c := range []struct {
		id   string
		at   time.Time
		want bool
	}{
		{"a", vn.Day(2022, 1, 1), true},
		{"a", vn.Day(2022, 1, 1).Add(-time.Nanosecond), false},
		{"a", time.Date(2021, 12, 31, 17, 0, 0, 0, time.UTC), true}, // already 2022 in Vietnam
		{"a", vn.Day(2023, 1, 1).Add(-time.Nanosecond), true},
		{"a", vn.Day(2023, 1, 1), false},
		{"a", time.Time{}, true}, // a name on something past
		{"open", vn.Day(1975, 4, 30), true},
		{"nobody", time.Time{}, false},
	} {
		_, found, err := d.Person(t.Context(), c.id, c.at)
		if err != nil || found != c.want {
			t.Errorf("%s at %s: %v, %v", c.id, c.at, found, err)
		}
	}
}

func TestEmptyUntilThereIsAPerson(t *testing.T) {
	d, pool := replica(t)
	empty := func() bool {
		t.Helper()
		e, err := d.Empty(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	mustDeliver(t, d, pool, &planningv1.AgenciesImported{Agencies: []*planningv1.Agency{{Code: "H24"}}})
	if !empty() {
		t.Error("agencies alone fill the directory")
	}
	mustDeliver(t, d, pool, people(person("a", "officer", "", "")))
	if empty() {
		t.Error("a person does not fill it")
	}
}

// What this process has applied is seen at once, however often it was read before.
func TestChangeIsSeenAtOnce(t *testing.T) {
	d, pool := replica(t)
	for _, want := range []string{"officer", "head", "leader"} {
		mustDeliver(t, d, pool, people(person("a", want, "", "")))
		for range 3 {
			if got := role(t, d, "a"); got != want {
				t.Fatalf("%q, want %q", got, want)
			}
		}
	}
}

// A reader that comes while the change is being committed must not put the old row back into the cache.
func TestReaderDuringTheChangeDoesNotKeepTheOldRow(t *testing.T) {
	d, pool := replica(t)
	mustDeliver(t, d, pool, people(person("a", "officer", "", "")))
	role(t, d, "a")
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		if err := d.Consumer("content").Handle(t.Context(), tx, []bus.Message{{Payload: people(person("a", "head", "", ""))}}); err != nil {
			return err
		}
		if got := role(t, d, "a"); got != "officer" {
			t.Errorf("%q before the commit", got)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := role(t, d, "a"); got != "head" {
		t.Errorf("%q after the commit", got)
	}
}

func TestRolledBackChangeIsNotSeen(t *testing.T) {
	d, pool := replica(t)
	mustDeliver(t, d, pool, people(person("a", "officer", "", "")))
	undo := errors.New("undo")
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		if err := d.Consumer("content").Handle(t.Context(), tx, []bus.Message{{Payload: people(person("a", "head", "", ""))}}); err != nil {
			return err
		}
		return undo
	})
	if !errors.Is(err, undo) {
		t.Fatal(err)
	}
	for range 2 {
		if got := role(t, d, "a"); got != "officer" {
			t.Errorf("%q", got)
		}
	}
}

// Another process of the same service sees the change within a moment.
func TestOtherProcessSeesTheChange(t *testing.T) {
	d, pool := replica(t)
	other := directory.New(pool)
	mustDeliver(t, d, pool, people(person("a", "officer", "", "")))
	role(t, other, "a")
	mustDeliver(t, d, pool, people(person("a", "head", "", "")))
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for role(t, other, "a") != "head" {
		select {
		case <-ctx.Done():
			t.Fatal("never seen")
		case <-tick.C:
		}
	}
}

// The same events again change nothing; later rows win over earlier ones of one batch.
func TestRepeatedAndBatchedEvents(t *testing.T) {
	d, pool := replica(t)
	for range 2 {
		mustDeliver(t, d, pool, people(person("a", "officer", "", "")), people(person("a", "head", "", ""), person("b", "clerk", "", "")))
	}
	if role(t, d, "a") != "head" || role(t, d, "b") != "clerk" {
		t.Errorf("a %q, b %q", role(t, d, "a"), role(t, d, "b"))
	}
	if err := deliver(t.Context(), d, pool, &planningv1.PlanIssued{}); err == nil {
		t.Error("an event of another kind was taken")
	}
}

func TestReadersAndWriterTogether(t *testing.T) {
	d, pool := replica(t)
	mustDeliver(t, d, pool, people(person("a", "0", "", "")))
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		wg.Go(func() {
			last := ""
			for {
				select {
				case <-stop:
					return
				default:
				}
				p, found, err := d.Person(t.Context(), "a", time.Time{})
				if err != nil || !found || p.Role < last {
					t.Errorf("%q after %q, found %v, %v", p.Role, last, found, err)
					return
				}
				last = p.Role
			}
		})
	}
	for n := '1'; n <= '9'; n++ {
		mustDeliver(t, d, pool, people(person("a", string(n), "", "")))
	}
	close(stop)
	wg.Wait()
	if got := role(t, d, "a"); got != "9" {
		t.Errorf("%q", got)
	}
}

// The service's own role, which owns nothing, can keep and read the replica.
func TestServiceRoleKeepsTheReplica(t *testing.T) {
	owner, address := engines.Database(t)
	name := pgx.Identifier{"loa_test_" + strings.ToLower(rand.Text())}.Sanitize()
	if _, err := owner.Exec(t.Context(), "CREATE ROLE "+name+" LOGIN PASSWORD 'secret'"); err != nil {
		t.Fatal(err)
	}
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := owner.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if err := directory.Migrate(t.Context(), conn.Conn(), strings.Trim(name, `"`)); err != nil {
		t.Fatal(err)
	}
	config.ConnConfig.User, config.ConnConfig.Password = strings.Trim(name, `"`), "secret"
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	d := directory.New(pool)
	mustDeliver(t, d, pool, people(person("a", "officer", "", "")))
	if got := role(t, d, "a"); got != "officer" {
		t.Errorf("%q", got)
	}
	if _, err := pool.Exec(t.Context(), "DROP TABLE directory.person"); err == nil {
		t.Error("the service's role may drop the table")
	}
}
