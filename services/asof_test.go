package services_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/services"
)

// Whatever reads from a service's own log or its read models can be asked about the past, and no command can.
func TestReadsAndOnlyReadsTakeAMoment(t *testing.T) {
	seen := 0
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if !logged(file.Path()) {
			return true
		}
		for i := range file.Services().Len() {
			for j := range file.Services().Get(i).Methods().Len() {
				m := file.Services().Get(i).Methods().Get(j)
				rule, _ := proto.GetExtension(m.Options(), annotations.E_Http).(*annotations.HttpRule)
				// Files come in pieces, as they are; a moment is asked of what names them (pkg/rpc/stream.go).
				reads := rule.GetGet() != "" && rule.GetGet() != "/v1/me" && !m.IsStreamingServer()
				field := m.Input().Fields().ByName("as_of")
				if takes := field != nil; takes != reads {
					t.Errorf("%s reads: %v; takes as_of: %v", m.FullName(), reads, takes)
				}
				if field != nil && field.Message().FullName() != "google.protobuf.Timestamp" {
					t.Errorf("%s: as_of is a %s", m.FullName(), field.Message().FullName())
				}
				if reads {
					seen++
				}
			}
		}
		return true
	})
	if seen < 15 {
		t.Errorf("%d reads were found", seen)
	}
}

// logged says whether a file describes a module that has a log.
func logged(path string) bool {
	for _, m := range services.All() {
		if m.Catalogue != nil && strings.HasPrefix(path, "loa/"+m.Name+"/") {
			return true
		}
	}
	return false
}

// Every read model's tables can be made anew as of a moment, by the service's own role.
func TestEveryReadModelCanBeBuiltAsOfAMoment(t *testing.T) {
	for _, m := range services.All() {
		if m.Catalogue == nil {
			continue
		}
		t.Run(m.Name, func(t *testing.T) {
			owner, _ := engines.Database(t)
			role := "loa_past_" + m.Name
			conn, err := owner.Acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Release()
			if _, err := conn.Exec(t.Context(), "CREATE ROLE "+role); err != nil {
				t.Fatal(err)
			}
			if err := es.Migrate(t.Context(), conn.Conn(), role, m.Projections); err != nil {
				t.Fatal(err)
			}
			config := owner.Config()
			config.ConnConfig.RuntimeParams["role"] = role
			pool := open(t, config)
			log, err := es.Open(t.Context(), pool, m.Catalogue, es.Options{Service: m.Name})
			if err != nil {
				t.Fatal(err)
			}
			defer log.Close()
			now, err := log.Now(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			then, err := log.AsOf(t.Context(), now.Add(-time.Hour), m.Projections)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range m.Projections {
				var temporary, live []string
				tables := func(into *[]string, of string) func(tx pgx.Tx) error {
					return func(tx pgx.Tx) error {
						rows, err := tx.Query(t.Context(), `SELECT relname::text FROM pg_class WHERE relnamespace = `+of+` AND relkind IN ('r', 'i') ORDER BY 1`)
						if err != nil {
							return err
						}
						*into, err = pgx.CollectRows(rows, pgx.RowTo[string])
						return err
					}
				}
				if err := es.Query(then, pool, p.Name, tables(&temporary, "pg_my_temp_schema()")); err != nil {
					t.Fatalf("%s: %v", p.Name, err)
				}
				if err := es.Query(t.Context(), pool, p.Name, tables(&live, "current_schema()::regnamespace")); err != nil {
					t.Fatalf("%s: %v", p.Name, err)
				}
				if len(live) == 0 || strings.Join(temporary, ", ") != strings.Join(live, ", ") {
					t.Errorf("%s: as of a moment %v, live %v", p.Name, temporary, live)
				}
			}
		})
	}
}

func open(t *testing.T, config *pgxpool.Config) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}
