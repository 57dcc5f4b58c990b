// Package config is every setting of Loa: one struct whose tags give the flag, the environment name, the default and the meaning.
// It is the only place that reads the environment, and it refuses a LOA_ name that it does not know.
package config

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Config is what a process is told.
type Config struct {
	Target []string `env:"LOA_TARGET" default:"all" sep:"," help:"What this process runs: all, or services by name (see: loa modules)."`

	HTTPAddr     string `env:"LOA_HTTP_ADDR" default:"127.0.0.1:8080" help:"Where the gateway and the portal listen."`
	PublicURL    string `env:"LOA_PUBLIC_URL" help:"The address citizens use, for links, feeds and QR codes. Default: http:// and LOA_HTTP_ADDR."`
	TagAuthority string `env:"LOA_TAG_AUTHORITY" default:"loa.example,2022" help:"Authority and date of the feed's ids (RFC 4151); it never changes once readers know them."`

	RPCListen Addresses `env:"LOA_RPC_LISTEN" help:"Where each service of this process listens for gRPC: planning=127.0.0.1:7001;… Empty: in process only."`
	Peers     Addresses `env:"LOA_PEERS" help:"Where services of other processes are: planning=host:port;…"`
	RPCTLS    TLS       `embed:"" prefix:"rpc-tls-"`

	PostgresURL Secret    `env:"LOA_POSTGRES_URL" help:"Owner's connection, for migrate, replay and log adopt."`
	Databases   Databases `env:"LOA_DATABASES" help:"Each service's own database and role: planning=postgres://…;…"`

	KafkaBrokers []string `env:"LOA_KAFKA_BROKERS" sep:"," help:"Kafka bootstrap addresses."`

	TemporalAddr      string `env:"LOA_TEMPORAL_ADDR" help:"Temporal's frontend address."`
	TemporalNamespace string `env:"LOA_TEMPORAL_NAMESPACE" default:"default" help:"Temporal's namespace."`

	OIDCIssuer        string  `env:"LOA_OIDC_ISSUER" help:"The OpenID Connect issuer whose tokens are believed."`
	OIDCAudience      string  `env:"LOA_OIDC_AUDIENCE" default:"loa" help:"The audience a token must name."`
	OIDCClientSecrets Secrets `env:"LOA_OIDC_CLIENT_SECRETS" help:"Secrets of the services' own clients: worker=…;…"`

	BootstrapAdmin string `env:"LOA_BOOTSTRAP_ADMIN" help:"The subject that may load the empty directory, and do nothing else before."`
	DigestKey      Secret `env:"LOA_DIGEST_KEY" help:"Key of the digests of requests, 32 bytes in hex."`

	CheckpointKey      Secret        `env:"LOA_CHECKPOINT_KEY" help:"Key that signs the checkpoints of the logs, as loa new-key prints it."`
	CheckpointVerifier []string      `env:"LOA_CHECKPOINT_VERIFIER" sep:"," help:"Keys that check them: those that signed before, and, for loa verify where nothing is signed, all."`
	Checkpoints        string        `env:"LOA_CHECKPOINTS" help:"Where checkpoints are kept outside the databases: file:///var/lib/loa/checkpoints."`
	CheckpointEvery    time.Duration `env:"LOA_CHECKPOINT_EVERY" default:"1m" help:"How often a log that grows is sealed with a checkpoint."`

	Blobs string `env:"LOA_BLOBS" help:"Where attachments, evidence and issued documents are kept, the same for every process: /var/lib/loa/blobs."`

	EnvelopeKey Envelope `env:"LOA_ENVELOPE_KEY" help:"Keys that wrap people's keys, 32 bytes in hex each: name=key;… The first wraps, all of them open. Only the module keys needs it."`

	PortalMemory int `env:"LOA_PORTAL_MEMORY" default:"256" help:"MiB of rendered pages that a process of the portal keeps in memory, 16 at least."`

	LogLevel      string        `env:"LOA_LOG_LEVEL" default:"info" enum:"debug,info,warn,error" help:"How much is logged."`
	RatePerSecond float64       `env:"LOA_RATE_PER_SECOND" default:"50" help:"Requests a second of one caller, with bursts of four times that."`
	StopTimeout   time.Duration `env:"LOA_STOP_TIMEOUT" default:"8s" help:"How long a stop waits for what is under way."`
}

// TLS is mutual TLS between services. Without it gRPC is spoken on loopback only.
type TLS struct {
	CA   string `env:"LOA_RPC_TLS_CA" help:"File with the authority's certificate."`
	Cert string `env:"LOA_RPC_TLS_CERT" help:"File with this service's certificate."`
	Key  string `env:"LOA_RPC_TLS_KEY" help:"File with this service's key."`
}

// Secret prints as stars in text, JSON and logs.
type Secret string

func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "********"
}

// MarshalText hides the value.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Reveal gives the value to its one user.
func (s Secret) Reveal() string { return string(s) }

// Addresses maps a service to host:port.
type Addresses map[string]string

// UnmarshalText reads name=value;name=value.
func (a *Addresses) UnmarshalText(text []byte) error {
	m, err := readPairs(string(text))
	*a = m
	return err
}

// MarshalText writes it back.
func (a Addresses) MarshalText() ([]byte, error) { return []byte(writePairs(a)), nil }

// Databases maps a service to its connection URL; passwords are hidden in print.
type Databases map[string]string

// UnmarshalText reads name=url;name=url.
func (d *Databases) UnmarshalText(text []byte) error {
	m, err := readPairs(string(text))
	*d = m
	return err
}

// MarshalText hides the passwords.
func (d Databases) MarshalText() ([]byte, error) {
	hidden := map[string]string{}
	for name, raw := range d {
		u, err := url.Parse(raw)
		if err != nil {
			hidden[name] = "********"
			continue
		}
		hidden[name] = u.Redacted()
	}
	return []byte(writePairs(hidden)), nil
}

func (d Databases) String() string { b, _ := d.MarshalText(); return string(b) }

// Secrets maps a service to its secret; values are hidden in print.
type Secrets map[string]string

// UnmarshalText reads name=secret;name=secret.
func (s *Secrets) UnmarshalText(text []byte) error {
	m, err := readPairs(string(text))
	*s = m
	return err
}

// MarshalText hides the secrets.
func (s Secrets) MarshalText() ([]byte, error) {
	hidden := map[string]string{}
	for name := range s {
		hidden[name] = "********"
	}
	return []byte(writePairs(hidden)), nil
}

func (s Secrets) String() string { b, _ := s.MarshalText(); return string(b) }

// Pairs writes a map the way settings read it.
func Pairs(m map[string]string) string { return writePairs(m) }

func readPairs(s string) (map[string]string, error) {
	m := map[string]string{}
	for part := range strings.SplitSeq(s, ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		if !ok || name == "" {
			// What it is may be a secret.
			return nil, errors.New("it is not name=value;name=value")
		}
		m[name] = value
	}
	return m, nil
}

func writePairs(m map[string]string) string {
	parts := make([]string, 0, len(m))
	for name, value := range m {
		parts = append(parts, name+"="+value)
	}
	slices.Sort(parts)
	return strings.Join(parts, ";")
}

// BaseURL is the address citizens use, without a slash at its end.
func (c *Config) BaseURL() string {
	if c.PublicURL != "" {
		return strings.TrimRight(c.PublicURL, "/")
	}
	return "http://" + c.HTTPAddr
}

// Check refuses what cannot work, naming the setting.
func (c *Config) Check() error {
	if _, _, err := net.SplitHostPort(c.HTTPAddr); err != nil {
		return fmt.Errorf("LOA_HTTP_ADDR: %q is not host:port", c.HTTPAddr)
	}
	if c.PublicURL != "" {
		if u, err := url.Parse(c.PublicURL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return fmt.Errorf("LOA_PUBLIC_URL: %q is not an http or https address", c.PublicURL)
		}
	}
	if c.DigestKey != "" {
		if key, err := hex.DecodeString(c.DigestKey.Reveal()); err != nil || len(key) != 32 {
			return fmt.Errorf("LOA_DIGEST_KEY: it must be 32 bytes in hex")
		}
	}
	if c.RatePerSecond <= 0 {
		return fmt.Errorf("LOA_RATE_PER_SECOND: %g is not above 0", c.RatePerSecond)
	}
	if c.PortalMemory < 16 {
		return fmt.Errorf("LOA_PORTAL_MEMORY: %d is below 16", c.PortalMemory)
	}
	if c.CheckpointEvery <= 0 {
		return fmt.Errorf("LOA_CHECKPOINT_EVERY: %v is not above 0", c.CheckpointEvery)
	}
	return nil
}

// UnknownEnvironment lists LOA_ names of the environment that no field of the given structs has; also names outside Config that a
// program reads by itself.
func UnknownEnvironment(structs ...any) []string {
	// The walk through the example reads the first two, and calls us for its tokens; the third is among the settings that the local
	// engines print for every process.
	known := map[string]bool{"LOA_URL": true, "LOA_TOKEN": true, "LOA_TEMPORAL_UI_ADDR": true}
	for _, s := range structs {
		collect(reflect.TypeOf(s), known)
	}
	var unknown []string
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "LOA_") && !strings.HasPrefix(name, "LOA_TEST_") && !known[name] {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return unknown
}

func collect(t reflect.Type, known map[string]bool) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return
	}
	for f := range t.Fields() {
		if !f.IsExported() {
			continue
		}
		if name := f.Tag.Get("env"); name != "" {
			known[name] = true
		}
		collect(f.Type, known)
	}
}

// Setting is one line of `config --print`.
type Setting struct{ Name, Value, Help string }

// Settings lists every field that has an environment name, secrets hidden.
func Settings(structs ...any) []Setting {
	var list []Setting
	for _, s := range structs {
		list = settings(reflect.ValueOf(s), list)
	}
	slices.SortFunc(list, func(a, b Setting) int { return strings.Compare(a.Name, b.Name) })
	return list
}

func settings(v reflect.Value, list []Setting) []Setting {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return list
	}
	for f, value := range v.Fields() {
		if !f.IsExported() {
			continue
		}
		name := f.Tag.Get("env")
		if name == "" {
			list = settings(value, list)
			continue
		}
		list = append(list, Setting{Name: name, Value: printed(value), Help: f.Tag.Get("help")})
	}
	return list
}

func printed(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case interface{ MarshalText() ([]byte, error) }:
		b, err := x.MarshalText()
		if err != nil {
			return "?"
		}
		return string(b)
	case []string:
		return strings.Join(x, ",")
	default:
		return fmt.Sprint(x)
	}
}

// Exporting says whether a standard OTEL_ setting asks for a signal ("TRACES", "METRICS", "LOGS") to be exported.
func Exporting(signal string) bool {
	if os.Getenv("OTEL_SDK_DISABLED") == "true" {
		return false
	}
	if exporter := os.Getenv("OTEL_" + signal + "_EXPORTER"); exporter != "" {
		return exporter != "none"
	}
	return os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_"+signal+"_ENDPOINT") != ""
}
