package system

import (
	"context"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Engines says where the running engines are.
type Engines struct {
	PostgresURL       string   `json:"postgresURL"`
	KafkaBrokers      []string `json:"kafkaBrokers"`
	TemporalAddr      string   `json:"temporalAddr"`
	TemporalNamespace string   `json:"temporalNamespace"`
	TemporalUIAddr    string   `json:"temporalUIAddr"`
	OIDCIssuer        string   `json:"oidcIssuer"`
}

// Engines reads what the running engines have written into the data directory.
func (s *System) Engines() Engines {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.Data, "engines.json"))
	if err != nil {
		s.t.Fatal(err)
	}
	var e Engines
	if err := json.Unmarshal(text, &e); err != nil {
		s.t.Fatal(err)
	}
	return e
}

// Owner connects to a module's database as the owner of everything.
func (s *System) Owner(t testing.TB, module string) *pgx.Conn {
	t.Helper()
	address, err := url.Parse(s.Engines().PostgresURL)
	if err != nil {
		t.Fatal(err)
	}
	address.Path = "/loa_" + module
	conn, err := pgx.Connect(t.Context(), address.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		closing, cancel := context.WithTimeout(context.Background(), 5*time.Second) //nolint:usetesting // the test's context has ended by then
		defer cancel()
		_ = conn.Close(closing)
	})
	return conn
}

// Databases are the modules that have one and follow others: the module keys has one too, and follows nobody.
func Databases() []string { return append(Services(), "portal", "worker") }

// Event is a row of a service's log.
type Event struct {
	Position  int64
	Type      string
	Aggregate string
	Actor     string
	Data      json.RawMessage
}

// Events reads a service's whole log, in order.
func (s *System) Events(t testing.TB, service string) []Event {
	t.Helper()
	rows, err := s.Owner(t, service).Query(t.Context(), `SELECT position, type, body FROM es.event ORDER BY position`)
	if err != nil {
		t.Fatal(err)
	}
	events, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e Event, err error) {
		var body []byte
		if err := row.Scan(&e.Position, &e.Type, &body); err != nil {
			return e, err
		}
		return e, json.Unmarshal(body, &e)
	})
	if err != nil {
		t.Fatal(err)
	}
	return events
}
