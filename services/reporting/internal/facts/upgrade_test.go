package facts

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/pkg/engines"
)

// A database of the first release, whose facts do not know when they held, reads them anew from their sources, once; other consumers go on
// where they are.
func TestFactsOfTheFirstReleaseAreReadAnew(t *testing.T) {
	pool, _ := engines.Database(t)
	exec := func(sql string) {
		t.Helper()
		if _, err := pool.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatal(err)
		}
	}
	marks := func() (n int) {
		t.Helper()
		if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM bus.mark WHERE consumer = 'reporting.facts'`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	exec(`CREATE SCHEMA bus; CREATE TABLE bus.mark (consumer text, position bigint);
		INSERT INTO bus.mark VALUES ('reporting.facts', 9), ('reporting.approvals', 7);
		CREATE SCHEMA reporting;
		CREATE TABLE reporting.plan (id text); CREATE TABLE reporting.agency (code text); CREATE TABLE reporting.publication (id text)`)
	exec(Tables())
	if n := marks(); n != 0 {
		t.Errorf("%d marks", n)
	}
	exec(`INSERT INTO bus.mark VALUES ('reporting.facts', 3); UPDATE reporting.arrival SET n = 5`)
	exec(Tables())
	var arrived int64
	if err := pool.QueryRow(t.Context(), `SELECT n FROM reporting.arrival`).Scan(&arrived); err != nil || marks() != 1 || arrived != 5 {
		t.Errorf("%d marks, %d arrived, %v", marks(), arrived, err)
	}
	var others int
	if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM bus.mark WHERE consumer = 'reporting.approvals'`).Scan(&others); err != nil || others != 1 {
		t.Errorf("%d, %v", others, err)
	}
}
