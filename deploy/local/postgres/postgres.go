// Package postgres runs a private PostgreSQL cluster for one data directory of Loa on one machine.
// It makes the cluster at the first start, keeps its password beside it, and never leaves a server behind that blocks the next start.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/deploy/local/internal/child"
	"github.com/loa-vn/loa/deploy/local/internal/keep"
	"github.com/loa-vn/loa/deploy/local/internal/netport"
)

// Superuser is the role that owns the cluster. Services have roles of their own; this one creates them.
const Superuser = "loa_admin"

const (
	host          = "127.0.0.1"
	startPatience = 60 * time.Second // Crash recovery of a large log takes long and must not be cut short.
)

// Options say where the cluster lives and how it listens.
type Options struct {
	// DataDir holds the cluster (data), its password and its log. Required.
	DataDir string
	// Port is the loopback port. Zero chooses a free one; a port in use is replaced by a free one unless PortSetting is set.
	Port int
	// PortSetting is the name of the setting that fixed Port, for the error when that port is in use.
	PortSetting string
	// Binaries is a directory with initdb and postgres, to be used instead of what is found on the machine.
	Binaries string
	// CacheDir keeps fetched archives; empty means the user's cache directory.
	CacheDir string
	// Logger gets what happens at start and stop; nil discards it.
	Logger *slog.Logger
}

// Server is a running cluster.
type Server struct {
	process  *child.Process
	port     int
	password string
	version  Version
	logger   *slog.Logger
}

// Start returns when the server accepts connections. A server that a killed process left on the same directory is
// ended first: it has no one to die with, and may already be shutting down.
func Start(ctx context.Context, options Options) (*Server, error) {
	logger := options.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	directory, err := filepath.Abs(options.DataDir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return nil, err
	}
	runner, err := chooseRunner()
	if err != nil {
		return nil, err
	}
	c := cluster{directory: directory, runner: runner, logger: logger}
	binaries, err := findBinaries(ctx, search{
		directory: options.Binaries, cache: options.CacheDir, wanted: c.existingMajor(), runner: runner, logger: logger,
	})
	if err != nil {
		return nil, err
	}
	c.binaries = binaries
	if err := c.endLeftover(ctx); err != nil {
		return nil, err
	}
	password, err := keep.Secret(filepath.Join(directory, "password"))
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL's password: %w", err)
	}
	if err := c.initialise(ctx, password); err != nil {
		return nil, err
	}
	port, err := netport.Choose(host, options.Port, options.PortSetting)
	if err != nil {
		return nil, err
	}
	server := &Server{port: port, password: password, version: binaries.version, logger: logger}
	if err := server.launch(ctx, c); err != nil {
		return nil, err
	}
	return server, nil
}

// launch starts the server and waits for it. Orphaned backends of a postmaster that was killed hold the shared
// memory until they notice, so a start refused for that reason is tried again for a few seconds.
func (s *Server) launch(ctx context.Context, c cluster) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	retryUntil := time.Now().Add(10 * time.Second)
	for {
		process, err := c.start(s.port)
		if err != nil {
			return err
		}
		s.process = process
		err = s.awaitReady(ctx)
		if err == nil {
			return nil
		}
		_ = s.process.Stop(ctx, child.Step{Signal: syscall.SIGQUIT, Patience: time.Second}, child.Step{Signal: syscall.SIGKILL})
		reason := c.lastLog()
		if !strings.Contains(reason, "is still in use") || time.Now().After(retryUntil) {
			return fmt.Errorf("PostgreSQL did not start: %w\n%s", err, reason)
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
}

func (s *Server) awaitReady(ctx context.Context) error {
	for {
		err := s.ping(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-s.process.Ended():
			return errors.Join(errors.New("the server ended"), s.process.Err())
		default:
		}
		if pause(ctx, 15*time.Millisecond) != nil {
			return errors.Join(ctx.Err(), err)
		}
	}
}

func (s *Server) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	connection, err := pgx.Connect(ctx, s.AdminURL())
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close(ctx) }()
	var recovering bool
	if err := connection.QueryRow(ctx, "SELECT pg_is_in_recovery()").Scan(&recovering); err != nil {
		return err
	}
	if recovering { // a restored backup serves readers before it takes writes
		return errors.New("the server is still recovering")
	}
	return nil
}

func pause(ctx context.Context, length time.Duration) error {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// AdminURL connects as the superuser to the database postgres. It holds the password.
func (s *Server) AdminURL() string {
	return s.url(url.UserPassword(Superuser, s.password), "postgres")
}

// URL connects to database as user. The password of a role is known to who created the role only; it is left out.
func (s *Server) URL(database, user string) string {
	if user == Superuser {
		return s.url(url.UserPassword(user, s.password), database)
	}
	return s.url(url.User(user), database)
}

func (s *Server) url(user *url.Userinfo, database string) string {
	address := url.URL{
		Scheme: "postgres", User: user, Host: net.JoinHostPort(host, strconv.Itoa(s.port)),
		Path: "/" + database, RawQuery: "sslmode=disable",
	}
	return address.String()
}

// Port is the loopback port the server listens on.
func (s *Server) Port() int { return s.port }

// Pid is the process id of the postmaster.
func (s *Server) Pid() int { return s.process.Pid() }

// Version is the server's version.
func (s *Server) Version() Version { return s.version }

// Ended is closed if the server ends, asked or not.
func (s *Server) Ended() <-chan struct{} { return s.process.Ended() }

// Stop ends the server: sessions are cut, a checkpoint is written. When ctx ends or four seconds pass it is told to
// leave without a checkpoint, which the next start makes good from the log.
func (s *Server) Stop(ctx context.Context) error {
	return s.process.Stop(ctx, endSteps()...)
}

func endSteps() []child.Step {
	return []child.Step{
		{Signal: syscall.SIGINT, Patience: 4 * time.Second},
		{Signal: syscall.SIGQUIT, Patience: 2 * time.Second},
		{Signal: syscall.SIGKILL, Patience: time.Second},
	}
}
