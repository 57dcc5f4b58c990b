package engines

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loa-vn/loa/deploy/local/internal/dirlock"
	"github.com/loa-vn/loa/deploy/local/internal/keep"
)

// ErrNotRunning says that no engines run on a data directory, or that they are not ready.
var ErrNotRunning = errors.New("no engines are running")

// Addresses say where running engines are. They hold secrets.
type Addresses struct {
	PostgresURL       string            `json:"postgresURL"` // of the superuser, to the database postgres
	KafkaBrokers      []string          `json:"kafkaBrokers"`
	TemporalAddr      string            `json:"temporalAddr"`
	TemporalNamespace string            `json:"temporalNamespace"`
	TemporalUIAddr    string            `json:"temporalUIAddr"`
	OIDCIssuer        string            `json:"oidcIssuer"`
	OIDCClientSecrets map[string]string `json:"oidcClientSecrets"` // by name of the service
}

// Settings are the addresses as lines NAME=value, in the form Loa's configuration reads; values are not quoted.
func (a Addresses) Settings() []string {
	var secrets []string
	for _, service := range slices.Sorted(maps.Keys(a.OIDCClientSecrets)) {
		secrets = append(secrets, service+"="+a.OIDCClientSecrets[service])
	}
	return []string{
		"LOA_POSTGRES_URL=" + a.PostgresURL,
		"LOA_KAFKA_BROKERS=" + strings.Join(a.KafkaBrokers, ","),
		"LOA_TEMPORAL_ADDR=" + a.TemporalAddr,
		"LOA_TEMPORAL_NAMESPACE=" + a.TemporalNamespace,
		"LOA_TEMPORAL_UI_ADDR=" + a.TemporalUIAddr,
		"LOA_OIDC_ISSUER=" + a.OIDCIssuer,
		"LOA_OIDC_CLIENT_SECRETS=" + strings.Join(secrets, ";"),
	}
}

// Find returns the addresses of the engines that run on dataDir, started by whichever process. The error wraps
// ErrNotRunning if there are none.
func Find(dataDir string) (Addresses, error) {
	directory, err := filepath.Abs(dataDir)
	if err != nil {
		return Addresses{}, err
	}
	var found Addresses
	written, err := keep.ReadJSON(addressFile(directory), &found)
	if err != nil {
		return Addresses{}, err
	}
	// Engines that were killed leave the file behind; the lock cannot outlive them.
	if !written || !dirlock.Held(lockFile(directory)) {
		return Addresses{}, fmt.Errorf("%w on %s", ErrNotRunning, directory)
	}
	return found, nil
}

func lockFile(directory string) string    { return filepath.Join(directory, "lock") }
func addressFile(directory string) string { return filepath.Join(directory, "engines.json") }
