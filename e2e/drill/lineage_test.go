package drill

import (
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
)

// However a log comes back from a backup, with care or without, it is closed until it is adopted: a position that was given twice in one
// epoch could be told by nobody. Two restores of one backup do not take the same epoch, when it is known that the first has been seen.
func TestCopiesOfALogAreClosed(t *testing.T) {
	t.Parallel()
	primary := engines.Durable(t)
	found(t, primary)
	write := func(c *engines.Cluster, name string) error {
		pool, err := pgxpool.New(t.Context(), c.At(name))
		if err != nil {
			t.Fatal(err)
		}
		defer pool.Close()
		l, err := es.Open(t.Context(), pool, es.NewCatalogue(es.EventType[noted]("content.drill_noted.v1")), es.Options{Service: service, Logger: logger(t)})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		s := &source{t: t, repo: es.NewRepo[page](l, "content"), acked: map[id.UUID]acknowledged{}}
		_, err = s.write(t.Context(), id.Format("content", id.NewUUID(time.Now())), newKey())
		return err
	}
	if err := write(primary, database); err != nil {
		t.Fatal(err)
	}
	backup := primary.Backup(t)
	dump := fmt.Sprintf("%s/log.dump", t.TempDir())
	program(t, "pg_dump", "--format=custom", "--file="+dump, "--dbname="+primary.At(database))
	if err := write(primary, database); err != nil {
		t.Fatal(err)
	}

	copies := []struct {
		how     string
		cluster *engines.Cluster
		name    string
	}{
		{"a base backup on a new timeline", backup.Restore(t, true), database},
		{"a base backup started as it is", backup.Restore(t, false), database},
		{"a dump beside the log", primary, "beside"},
		{"the database copied", primary, "copied"},
		{"a dump over the log", primary, database},
	}
	admin, err := pgx.Connect(t.Context(), primary.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = admin.Close(t.Context()) }()
	for _, sql := range []string{"CREATE DATABASE beside", "CREATE DATABASE copied TEMPLATE " + database} {
		if _, err := admin.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	program(t, "pg_restore", "--exit-on-error", "--dbname="+primary.At("beside"), dump)
	program(t, "pg_restore", "--exit-on-error", "--clean", "--if-exists", "--dbname="+primary.At(database), dump)
	for _, c := range copies {
		t.Run(c.how, func(t *testing.T) {
			owner, err := pgx.Connect(t.Context(), c.cluster.At(c.name))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = owner.Close(t.Context()) }()
			if l := lineageOf(t, owner); l.Open || l.Current() != 1 {
				t.Fatalf("it says %+v", l)
			}
			if err := write(c.cluster, c.name); err == nil {
				t.Fatal("it takes events")
			}
			for _, want := range []int{2, 8} { // the second time somebody has seen 7
				if epoch, err := es.AdoptAbove(t.Context(), owner, "a drill", want-1); err != nil || epoch != want {
					t.Fatalf("adopted as epoch %d, wanted %d: %v", epoch, want, err)
				}
			}
			if err := write(c.cluster, c.name); err != nil {
				t.Errorf("adopted, it says %v", err)
			}
		})
	}
}
