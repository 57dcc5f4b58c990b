package probe

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/e2e/system"
)

// engines are the addresses that the engines leave in the data directory.
type engines struct {
	PostgresURL       string            `json:"postgresURL"`
	OIDCIssuer        string            `json:"oidcIssuer"`
	OIDCClientSecrets map[string]string `json:"oidcClientSecrets"`
}

func (p *Probe) engines(t testing.TB) engines {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(p.System.Data, "engines.json"))
	if err != nil {
		t.Fatal(err)
	}
	var at engines
	if err := json.Unmarshal(content, &at); err != nil {
		t.Fatal(err)
	}
	return at
}

// Database is the owner's connection URL to a service's database.
func (p *Probe) Database(t testing.TB, service string) string {
	t.Helper()
	u, err := url.Parse(p.engines(t).PostgresURL)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/loa_" + service
	return u.String()
}

// Written counts, by service, the events that people's own commands have written into the logs. It leaves out what services do by
// themselves, whose names begin with "service:", and what follows from a message, which names the message as its cause.
func (p *Probe) Written(t testing.TB) map[string]int {
	t.Helper()
	counted := map[string]int{}
	for _, service := range system.Services() {
		counted[service] = p.count(t, service)
	}
	return counted
}

const written = `
SELECT count(*) FROM (SELECT convert_from(body, 'UTF8')::json AS body FROM es.event) e
 WHERE coalesce(body ->> 'causation', '') = '' AND coalesce(body ->> 'actor', '') NOT LIKE 'service:%'`

func (p *Probe) count(t testing.TB, service string) (events int) {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), p.Database(t, service))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close(t.Context()) }()
	if err := connection.QueryRow(t.Context(), written).Scan(&events); err != nil {
		t.Fatal(err)
	}
	return events
}
