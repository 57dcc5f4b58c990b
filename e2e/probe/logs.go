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

// Written is what people have written into the logs.
type Written struct {
	// Events and Commands are counted by service. Events are those of commands that people sent, which leaves out what follows
	// from them over the bus and what workflows do; a command without an event is counted too.
	Events, Commands map[string]int
}

// Written counts what people have written into every log. Services act under names that begin with "service:", and what follows
// from a message names the message as its cause.
func (p *Probe) Written(t testing.TB) Written {
	t.Helper()
	w := Written{Events: map[string]int{}, Commands: map[string]int{}}
	for _, service := range system.Services() {
		events, commands := p.count(t, service)
		w.Events[service], w.Commands[service] = events, commands
	}
	return w
}

const written = `
SELECT count(*) FILTER (WHERE e.actor IS NOT NULL), count(DISTINCT e.command) FILTER (WHERE e.actor IS NOT NULL)
  FROM (SELECT command, nullif(convert_from(body, 'UTF8')::json ->> 'actor', '') AS actor, convert_from(body, 'UTF8')::json ->> 'causation' AS cause
          FROM es.event) e
 WHERE coalesce(e.cause, '') = '' AND coalesce(e.actor, '') NOT LIKE 'service:%'`

func (p *Probe) count(t testing.TB, service string) (events, commands int) {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), p.Database(t, service))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close(t.Context()) }()
	if err := connection.QueryRow(t.Context(), written).Scan(&events, &commands); err != nil {
		t.Fatal(err)
	}
	return events, commands
}
