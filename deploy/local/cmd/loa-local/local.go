package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/loa-vn/loa/cmd/loa/command"
	"github.com/loa-vn/loa/deploy/local/engines"
	"github.com/loa-vn/loa/deploy/local/example"
	"github.com/loa-vn/loa/deploy/local/internal/keep"
	"github.com/loa-vn/loa/deploy/local/internal/netport"
	"github.com/loa-vn/loa/deploy/local/kafka"
	"github.com/loa-vn/loa/deploy/local/oidc"
	plan38 "github.com/loa-vn/loa/examples/plan-38"
	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/config"
	"github.com/loa-vn/loa/services"
)

// local is what loa-local has beside the server's settings and commands.
type local struct {
	Data           string `env:"LOA_DATA" default:".loa" help:"The data directory: everything Loa keeps on this machine."`
	TemporalUIAddr string `env:"LOA_TEMPORAL_UI_ADDR" default:"127.0.0.1:8233" help:"Where Temporal's web interface listens."`
	TemporalBinary string `env:"LOA_TEMPORAL_BINARY" help:"The temporal program; empty looks on PATH and beside this program."`
	PostgresAddr   string `env:"LOA_POSTGRES_ADDR" help:"Where the local PostgreSQL listens; empty chooses a free port and remembers it."`
	KafkaAddr      string `env:"LOA_KAFKA_ADDR" help:"Where the local broker listens; empty chooses a free port and remembers it."`
	Kafka          string `env:"LOA_KAFKA" enum:"embedded,apache" default:"embedded" help:"The local broker: embedded, or apache for Apache Kafka on Java 17 or newer as a child process."`
	OIDCAddr       string `env:"LOA_OIDC_ADDR" help:"Where the local identity provider listens; empty chooses a free port and remembers it."`
	Example        bool   `env:"LOA_EXAMPLE" default:"true" negatable:"" help:"Load the example into an empty data directory."`

	Engines enginesCommand `cmd:"" help:"Run the engines alone and print their addresses as settings."`
	People  peopleCommand  `cmd:"" help:"List the seeded people, who are all invented."`
	Token   tokenCommand   `cmd:"" help:"Print a bearer token of a seeded person."`

	running *engines.Engines
}

// engines finds the engines that run on the data directory, or starts them, and fills the settings that name them.
func (l *local) engines(ctx context.Context, c *config.Config, logger *slog.Logger, need command.Need) (command.Engines, error) {
	if c.PostgresURL != "" && c.KafkaBrokers != nil && c.TemporalAddr != "" && c.OIDCIssuer != "" {
		return command.Engines{}, l.fill(c) // engines of another process, as `loa-local engines` prints them
	}
	addresses, err := engines.Find(l.Data)
	switch {
	case err == nil && need == command.NeedAll:
		return command.Engines{}, fmt.Errorf("%w: LOA_DATA: Loa runs already on %s", app.ErrConfiguration, l.Data)
	case err == nil:
		use(c, addresses)
		return command.Engines{}, errors.Join(l.fill(c), l.peers(c))
	case !errors.Is(err, engines.ErrNotRunning):
		return command.Engines{}, err
	case need == command.NeedServices:
		return command.Engines{}, fmt.Errorf("no Loa runs on %s; start it first (make run)", l.Data)
	}
	if err := l.start(ctx, logger); err != nil {
		return command.Engines{}, err
	}
	use(c, l.running.Addresses())
	if err := l.fill(c); err != nil {
		l.stop(ctx, logger)
		return command.Engines{}, err
	}
	if need == command.NeedAll {
		if err := l.listen(c); err != nil {
			l.stop(ctx, logger)
			return command.Engines{}, err
		}
		if err := app.Migrate(ctx, c, services.All(), logger); err != nil {
			l.stop(ctx, logger)
			return command.Engines{}, err
		}
	}
	return command.Engines{Stop: func() { l.stop(ctx, logger) }, Failed: l.running.Failed()}, nil
}

func (l *local) start(ctx context.Context, logger *slog.Logger) error {
	people, err := seededPeople()
	if err != nil {
		return err
	}
	l.running, err = engines.Start(ctx, engines.Options{
		DataDir: l.Data, People: people, TemporalUIAddr: l.TemporalUIAddr, TemporalBinary: l.TemporalBinary,
		PostgresAddr: l.PostgresAddr, Kafka: kafka.Engine(l.Kafka), KafkaAddr: l.KafkaAddr, OIDCAddr: l.OIDCAddr, Logger: logger,
	})
	if errors.Is(err, engines.ErrHeld) {
		return fmt.Errorf("%w: LOA_DATA: Loa runs already on %s", app.ErrConfiguration, l.Data)
	}
	if errors.Is(err, engines.ErrSetting) {
		return fmt.Errorf("%w: %w", app.ErrConfiguration, err)
	}
	return err
}

func (l *local) stop(ctx context.Context, logger *slog.Logger) {
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 8*time.Second)
	defer cancel()
	if err := l.running.Stop(ending); err != nil {
		logger.WarnContext(ending, "the engines did not stop cleanly", "error", err)
	}
}

func use(c *config.Config, a engines.Addresses) {
	c.PostgresURL = config.Secret(a.PostgresURL)
	c.KafkaBrokers = a.KafkaBrokers
	c.TemporalAddr, c.TemporalNamespace = a.TemporalAddr, a.TemporalNamespace
	c.OIDCIssuer, c.OIDCClientSecrets = a.OIDCIssuer, a.OIDCClientSecrets
}

// fill sets what the data directory's own secret decides: every service's password, the key of request digests, and the one that
// wraps people's keys.
func (l *local) fill(c *config.Config) error {
	if c.BootstrapAdmin == "" {
		c.BootstrapAdmin = "quan.tri"
	}
	secret, err := keep.Secret(filepath.Join(l.Data, "secret"))
	if err != nil {
		return err
	}
	derive := func(purpose string) string {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(purpose))
		return hex.EncodeToString(mac.Sum(nil))
	}
	if c.DigestKey == "" {
		c.DigestKey = config.Secret(derive("digests of requests"))
	}
	if err := l.seal(c, derive("checkpoints of the logs")); err != nil {
		return err
	}
	if c.Blobs == "" {
		if c.Blobs, err = filepath.Abs(filepath.Join(l.Data, "blobs")); err != nil {
			return err
		}
	}
	if len(c.EnvelopeKey) == 0 {
		c.EnvelopeKey = config.Envelope{{Name: "local", Key: config.Secret(derive("envelope of people's keys"))}}
	}
	if len(c.Databases) > 0 {
		return nil
	}
	owner, err := url.Parse(c.PostgresURL.Reveal())
	if err != nil {
		return fmt.Errorf("%w: LOA_POSTGRES_URL is no URL", app.ErrConfiguration)
	}
	c.Databases = config.Databases{}
	for _, m := range services.All() {
		if m.Database {
			own := *owner
			own.User = url.UserPassword("loa_"+m.Name, derive("database role "+m.Name))
			own.Path = "/loa_" + m.Name
			c.Databases[m.Name] = own.String()
		}
	}
	return nil
}

// listen gives every service a port on loopback, so that an operator's command can call the services of the running process.
func (l *local) listen(c *config.Config) error {
	path := filepath.Join(l.Data, "peers.json")
	peers := map[string]string{}
	if _, err := keep.ReadJSON(path, &peers); err != nil {
		return err
	}
	for _, m := range services.All() {
		if m.Policies == nil {
			continue
		}
		remembered := 0
		if _, port, err := net.SplitHostPort(peers[m.Name]); err == nil {
			remembered, _ = strconv.Atoi(port)
		}
		port, err := netport.Choose("127.0.0.1", remembered, "")
		if err != nil {
			return err
		}
		peers[m.Name] = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	}
	c.RPCListen = peers
	return keep.WriteJSON(path, peers, 0o600)
}

// peers names the ports of the process that runs on the data directory.
func (l *local) peers(c *config.Config) error {
	if len(c.Peers) > 0 {
		return nil
	}
	peers := map[string]string{} // the setting's own type reads text, not an object
	_, err := keep.ReadJSON(filepath.Join(l.Data, "peers.json"), &peers)
	c.Peers = peers
	return err
}

func seededPeople() ([]oidc.Person, error) {
	file, err := plan38.Files.Open("people.csv")
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return oidc.ReadPeople(file)
}

// loadExample loads the example once, on a data directory that holds nothing yet.
func (l *local) loadExample(ctx context.Context, c *config.Config, logger *slog.Logger) error {
	mark := filepath.Join(l.Data, "example-loaded")
	if _, err := os.Stat(mark); err == nil || !l.Example || l.running == nil {
		return nil
	}
	if err := example.Load(ctx, example.Options{BaseURL: "http://" + c.HTTPAddr, Token: l.running.TokenFor, Logger: logger, Now: time.Now()}); err != nil {
		return fmt.Errorf("the example was not loaded whole; it goes on at the next start: %w", err)
	}
	return keep.Write(mark, []byte("The example was loaded into this data directory.\n"), 0o600)
}
