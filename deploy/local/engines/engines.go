// Package engines starts everything Loa stands on, on one machine and in one data directory.
// These are PostgreSQL, the Kafka protocol, Temporal and an OIDC provider with the seeded people.
package engines

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/loa-vn/loa/deploy/local/internal/dirlock"
	"github.com/loa-vn/loa/deploy/local/internal/keep"
	"github.com/loa-vn/loa/deploy/local/internal/netport"
	"github.com/loa-vn/loa/deploy/local/kafka"
	"github.com/loa-vn/loa/deploy/local/oidc"
	"github.com/loa-vn/loa/deploy/local/postgres"
	"github.com/loa-vn/loa/deploy/local/temporal"
)

// stopTime is the longest that Stop takes.
const stopTime = 10 * time.Second

// ErrHeld says that another process runs engines on the data directory.
var ErrHeld = dirlock.ErrHeld

// ErrSetting says that a setting has to be mended: an address that is none, or a port in use. The error names the setting.
var ErrSetting = netport.ErrSetting

// Options say where the engines keep their data and how they listen. Addresses are host:port; an empty one, or port
// 0, means a free port, chosen once and remembered in the data directory. A port that was given and is in use is an
// error that names the setting.
type Options struct {
	// DataDir holds everything. Required.
	DataDir string
	// People may sign in.
	People []oidc.Person

	PostgresAddr string // LOA_POSTGRES_ADDR
	KafkaAddr    string // LOA_KAFKA_ADDR
	TemporalAddr string // LOA_TEMPORAL_ADDR
	OIDCAddr     string // LOA_OIDC_ADDR
	// TemporalUIAddr is LOA_TEMPORAL_UI_ADDR; empty means DefaultTemporalUIAddr.
	TemporalUIAddr string

	// PostgresBinaries is a directory with initdb and postgres; empty looks for them.
	PostgresBinaries string
	// TemporalBinary is the temporal program; empty looks on PATH and then beside this program.
	TemporalBinary string
	// Kafka is which broker runs; empty is the embedded one.
	Kafka kafka.Engine
	// KafkaProgram is the folder with Apache Kafka's jars; empty is the folder kafka beside this program.
	KafkaProgram string
	// Logger gets what happens at start and stop; nil discards it.
	Logger *slog.Logger
}

// Engines are running engines.
type Engines struct {
	directory string
	logger    *slog.Logger
	lock      *dirlock.Lock

	postgres *postgres.Server
	kafka    *kafka.Broker
	temporal *temporal.Server
	oidc     *oidc.Provider

	stopping chan struct{}
	stopOnce sync.Once
	stopErr  error
	failed   chan error
}

// services lists who gets a client at the OIDC provider.
func services() []string {
	return []string{"gateway", "planning", "content", "approvals", "distribution", "reporting", "portal", "worker", "keys"}
}

// Start returns when all engines are ready, or none runs. It removes nothing; see the engines' packages for what is
// set aside. An error wraps ErrHeld if engines run on the directory already.
func Start(ctx context.Context, options Options) (*Engines, error) {
	directory, err := filepath.Abs(options.DataDir)
	if err != nil {
		return nil, err
	}
	if options.DataDir == "" {
		return nil, errors.New("engines: no data directory is given")
	}
	logger := options.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	// Read by all: the cluster's user has to pass. The secrets within are in files of their own mode.
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return nil, err
	}
	lock, err := dirlock.Take(lockFile(directory))
	if err != nil {
		return nil, fmt.Errorf("engines: the data directory %w", err)
	}
	e := &Engines{
		directory: directory, logger: logger, lock: lock,
		stopping: make(chan struct{}), failed: make(chan error, 1),
	}
	if err := e.start(ctx, options); err != nil {
		return nil, errors.Join(err, e.Stop(context.WithoutCancel(ctx)))
	}
	go e.watch()
	return e, nil
}

func (e *Engines) start(ctx context.Context, options Options) error {
	// What an earlier run wrote is not true any more.
	if err := os.Remove(addressFile(e.directory)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	ports, err := readPorts(e.directory)
	if err != nil {
		return err
	}
	wishes, err := ports.wishes(options)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	begun := time.Now()
	run := func(name string, start func() error) {
		group.Go(func() error {
			err := start()
			e.logger.DebugContext(ctx, "engine started", "engine", name, "after", time.Since(begun), "error", err)
			return err
		})
	}
	run("postgres", func() (err error) {
		e.postgres, err = postgres.Start(ctx, postgres.Options{
			DataDir: filepath.Join(e.directory, "postgres"), Port: wishes.postgres.port, PortSetting: wishes.postgres.setting,
			Binaries: options.PostgresBinaries, Logger: e.logger,
		})
		return err
	})
	program := options.KafkaProgram
	if beside := besideUs("kafka"); program == "" && beside != nil {
		program = beside[0]
	}
	run("kafka", func() (err error) {
		e.kafka, err = kafka.Start(ctx, kafka.Options{
			DataDir: filepath.Join(e.directory, "kafka"), Port: wishes.kafka.port, PortSetting: wishes.kafka.setting,
			Engine: options.Kafka, Apache: kafka.ApacheOptions{Program: program}, Logger: e.logger,
		})
		return err
	})
	run("temporal", func() (err error) {
		e.temporal, err = temporal.Start(ctx, temporal.Options{
			DataDir: filepath.Join(e.directory, "temporal"), Port: wishes.temporal.port, PortSetting: wishes.temporal.setting,
			UIHost: wishes.temporalUI.host, UIPort: wishes.temporalUI.port, UIPortSetting: wishes.temporalUI.setting,
			Binary: options.TemporalBinary, Fallbacks: besideUs("temporal"), Logger: e.logger,
		})
		return err
	})
	run("oidc", func() (err error) {
		e.oidc, err = oidc.Start(ctx, oidc.Options{
			DataDir: filepath.Join(e.directory, "oidc"), Port: wishes.oidc.port, PortSetting: wishes.oidc.setting,
			People: options.People, Services: services(), Logger: e.logger,
		})
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	ports = portBook{
		Postgres: e.postgres.Port(), Kafka: e.kafka.Port(), Temporal: e.temporal.Port(),
		TemporalUI: e.temporal.UIPort(), OIDC: e.oidc.Port(),
	}
	if err := ports.write(e.directory); err != nil {
		return err
	}
	e.logger.InfoContext(ctx, "engines ready", "after", time.Since(begun).Round(time.Millisecond))
	return keep.WriteJSON(addressFile(e.directory), e.Addresses(), 0o600)
}

// besideUs is the path of a program in the directory of the running one.
func besideUs(program string) []string {
	us, err := os.Executable()
	if err != nil {
		return nil
	}
	return []string{filepath.Join(filepath.Dir(us), program)}
}

// watch reports an engine that ends unasked.
func (e *Engines) watch() {
	select {
	case <-e.stopping:
		return
	case <-e.postgres.Ended():
		e.failed <- fmt.Errorf("the PostgreSQL server ended; see %s", filepath.Join(e.directory, "postgres", "server.log"))
	case <-e.temporal.Ended():
		e.failed <- fmt.Errorf("the Temporal server ended; see %s", filepath.Join(e.directory, "temporal", "server.log"))
	case <-e.kafka.Ended():
		e.failed <- fmt.Errorf("the Kafka server ended; see %s", filepath.Join(e.directory, "kafka", "server.log"))
	}
}

// Failed receives an error if an engine ends unasked. Nothing is restarted: the program should end, and be started anew.
func (e *Engines) Failed() <-chan error { return e.failed }

// Addresses are where the engines are.
func (e *Engines) Addresses() Addresses {
	return Addresses{
		PostgresURL: e.postgres.AdminURL(), KafkaBrokers: []string{e.kafka.Address()},
		TemporalAddr: e.temporal.Address(), TemporalNamespace: temporal.Namespace, TemporalUIAddr: e.temporal.UIAddress(),
		OIDCIssuer: e.oidc.Issuer(), OIDCClientSecrets: e.oidc.ClientSecrets(),
	}
}

// Settings are the addresses as lines NAME=value.
func (e *Engines) Settings() []string { return e.Addresses().Settings() }

// TokenFor signs in as a person and returns the access token.
func (e *Engines) TokenFor(ctx context.Context, personID string) (string, error) {
	return oidc.TokenFor(ctx, e.oidc.Issuer(), personID)
}

// Rebuilt reports which disposable engines began with nothing at this start.
func (e *Engines) Rebuilt() (kafka, temporal bool) { return e.kafka.Anew(), e.temporal.Anew() }

// Processes are the process ids of the engines that are processes of their own, by name.
func (e *Engines) Processes() map[string]int {
	all := map[string]int{"postgres": e.postgres.Pid(), "temporal": e.temporal.Pid()}
	if pid := e.kafka.Pid(); pid != 0 {
		all["kafka"] = pid
	}
	return all
}

// Stop ends the engines in reverse order, within ten seconds, and gives the data directory up. Further calls return
// the first one's result.
func (e *Engines) Stop(ctx context.Context) error {
	e.stopOnce.Do(func() {
		close(e.stopping)
		e.stopErr = e.stop(ctx)
	})
	return e.stopErr
}

func (e *Engines) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopTime)
	defer cancel()
	var errs []error
	if err := os.Remove(addressFile(e.directory)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		errs = append(errs, err)
	}
	if e.oidc != nil {
		patience, cancel := context.WithTimeout(ctx, time.Second)
		errs = append(errs, e.oidc.Stop(patience))
		cancel()
	}
	if e.temporal != nil {
		errs = append(errs, e.temporal.Stop(ctx))
	}
	if e.kafka != nil {
		errs = append(errs, e.kafka.Stop(ctx))
	}
	if e.postgres != nil {
		errs = append(errs, e.postgres.Stop(ctx))
	}
	return errors.Join(append(errs, e.lock.Release())...)
}
