// Package temporal runs Temporal's official dev server with its web interface as a child process, on one database file.
// The file is disposable: what it holds is started again from the logs, so one that cannot be used is set aside.
package temporal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/loa-vn/loa/deploy/local/internal/child"
	"github.com/loa-vn/loa/deploy/local/internal/keep"
	"github.com/loa-vn/loa/deploy/local/internal/netport"
)

// Namespace is the namespace every workflow of Loa runs in.
const Namespace = "default"

const (
	host          = "127.0.0.1"
	logLimit      = 4 << 20 // bytes from which the server's log is begun anew at a start
	startPatience = 60 * time.Second
)

// Options say where the server keeps its file and how it listens.
type Options struct {
	// DataDir holds the database file, the log and the process id. Required.
	DataDir string
	// Port is the loopback port of the gRPC service. Zero chooses a free one; a port in use is replaced by a free
	// one unless PortSetting is set.
	Port int
	// PortSetting is the name of the setting that fixed Port, for the error when that port is in use.
	PortSetting string
	// UIHost is the address the web interface listens on; empty means loopback.
	UIHost string
	// UIPort and UIPortSetting are Port and PortSetting of the web interface.
	UIPort        int
	UIPortSetting string
	// Binary is the temporal program to run. Empty looks on PATH, then at the paths of Fallbacks.
	Binary    string
	Fallbacks []string
	// Logger gets what happens at start and stop; nil discards it.
	Logger *slog.Logger
}

// Server is a running dev server.
type Server struct {
	process *child.Process
	files   files
	port    int
	ui      string
	uiPort  int
	program program
	anew    bool
}

// errUnusable says that the server ended by itself on its database file.
var errUnusable = errors.New("the server ended on its database file")

// Start returns when the server answers and knows its namespace. A server that a killed process left on the same
// file is ended first.
func Start(ctx context.Context, options Options) (*Server, error) {
	server, err := begin(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("temporal: %w", err)
	}
	return server, nil
}

func begin(ctx context.Context, options Options) (*Server, error) {
	logger := options.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	directory, err := filepath.Abs(options.DataDir)
	if err != nil {
		return nil, err
	}
	program, err := findProgram(ctx, options.Binary, options.Fallbacks)
	if err != nil {
		return nil, err
	}
	f := files{directory}
	if err := f.endLeftover(ctx, logger); err != nil {
		return nil, err
	}
	uiHost := options.UIHost
	if uiHost == "" {
		uiHost = host
	}
	uiPort, err := netport.Choose(uiHost, options.UIPort, options.UIPortSetting)
	if err != nil {
		return nil, err
	}
	port, err := netport.Choose(host, options.Port, options.PortSetting)
	if err != nil {
		return nil, err
	}
	server := &Server{
		files: f, port: port, uiPort: uiPort, ui: net.JoinHostPort(uiHost, strconv.Itoa(uiPort)), program: program,
	}
	reason, err := f.unusable(program.server)
	if err != nil {
		return nil, err
	}
	if reason == "" {
		err := server.launch(ctx, uiHost)
		if err == nil || !errors.Is(err, errUnusable) {
			return server, err
		}
		reason = err.Error()
	}
	if server.anew, err = f.beginAnew(ctx, program.server, reason, logger); err != nil {
		return nil, err
	}
	return server, server.launch(ctx, uiHost)
}

// launch starts the program and waits until it serves.
func (s *Server) launch(ctx context.Context, uiHost string) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	log, err := s.files.openLog()
	if err != nil {
		return err
	}
	defer log.Close()
	//nolint:noctx // Its life is the server's, ended by signals.
	command := exec.Command(s.program.path, "server", "start-dev",
		"--db-filename", s.files.database(), "--namespace", Namespace,
		"--ip", host, "--port", strconv.Itoa(s.port), "--ui-ip", uiHost, "--ui-port", strconv.Itoa(s.uiPort),
		"--log-level", "warn", "--log-format", "json", "--color", "never",
		// A profile in the user's home must not change what runs here.
		"--disable-config-file", "--disable-config-env")
	command.Dir = s.files.directory
	command.Stdout, command.Stderr = log, log
	// Killed and not asked: it may take seconds to leave, and every commit is in its file already.
	process, err := child.Start(command, syscall.SIGKILL)
	if err != nil {
		return err
	}
	s.process = process
	err = keep.Write(s.files.pid(), []byte(strconv.Itoa(process.Pid())+"\n"), 0o600)
	if err == nil {
		err = s.awaitReady(ctx)
	}
	if err != nil {
		return errors.Join(err, process.Stop(ctx, child.Step{Signal: syscall.SIGKILL}))
	}
	return nil
}

// Address is the host and port of the gRPC service.
func (s *Server) Address() string { return net.JoinHostPort(host, strconv.Itoa(s.port)) }

// UIAddress is the host and port of the web interface.
func (s *Server) UIAddress() string { return s.ui }

// Port is the port of the gRPC service, UIPort that of the web interface.
func (s *Server) Port() int { return s.port }

// UIPort is the port of the web interface.
func (s *Server) UIPort() int { return s.uiPort }

// Pid is the server's process id.
func (s *Server) Pid() int { return s.process.Pid() }

// Anew reports whether this start began with an empty file: workflows that open aggregates need have to be started.
func (s *Server) Anew() bool { return s.anew }

// Ended is closed if the server ends, asked or not.
func (s *Server) Ended() <-chan struct{} { return s.process.Ended() }

// Stop ends the server. Asked, it takes over three seconds, most of them waiting for itself; killed, it loses nothing
// that it has acknowledged. So it is asked, and killed after one.
func (s *Server) Stop(ctx context.Context) error {
	if err := s.process.Stop(ctx, endSteps()...); err != nil {
		return fmt.Errorf("temporal: %w", err)
	}
	if err := os.Remove(s.files.pid()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func endSteps() []child.Step {
	return []child.Step{
		{Signal: syscall.SIGTERM, Patience: time.Second},
		{Signal: syscall.SIGKILL, Patience: 2 * time.Second},
	}
}

// files is the server's directory.
type files struct{ directory string }

func (f files) database() string { return filepath.Join(f.directory, "temporal.db") }
func (f files) version() string  { return filepath.Join(f.directory, "version") }
func (f files) pid() string      { return filepath.Join(f.directory, "pid") }
func (f files) log() string      { return filepath.Join(f.directory, "server.log") }

func (f files) openLog() (*os.File, error) {
	flags := os.O_WRONLY | os.O_CREATE | os.O_APPEND
	if info, err := os.Stat(f.log()); err == nil && info.Size() > logLimit {
		flags |= os.O_TRUNC
	}
	return os.OpenFile(f.log(), flags, 0o600)
}

func (f files) endLeftover(ctx context.Context, logger *slog.Logger) error {
	content, err := os.ReadFile(f.pid())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	// A file cut short holds no id, and names no process.
	pid, _ := strconv.Atoi(strings.TrimSpace(string(content)))
	ours := func(pid int) bool { return child.RunsWith(pid, f.database()) }
	found, err := child.EndLeftover(ctx, pid, ours, endSteps()...)
	if err != nil {
		return fmt.Errorf("a server left by an earlier run: %w", err)
	}
	if found {
		logger.InfoContext(ctx, "ended a Temporal server that an earlier run left behind", "pid", pid)
	}
	return os.Remove(f.pid())
}

// unusable is the reason why the directory cannot be served by a server of this version; empty if it can. Temporal's
// SQLite schema has no migrations, so a file is used by the version that made it only.
func (f files) unusable(version string) (string, error) {
	content, err := os.ReadFile(f.version())
	if errors.Is(err, fs.ErrNotExist) {
		return "its version file is missing", nil
	}
	if err != nil {
		return "", err
	}
	if made := strings.TrimSpace(string(content)); made != version {
		return fmt.Sprintf("it was made by server %q, and this is %s", made, version), nil
	}
	header := make([]byte, 16)
	file, err := os.Open(f.database())
	if errors.Is(err, fs.ErrNotExist) {
		return "its database file is missing", nil
	}
	if err != nil {
		return "", err
	}
	defer file.Close()
	if n, _ := file.Read(header); !bytes.Equal(header[:n], []byte("SQLite format 3\x00")) {
		return "its database file is no SQLite database", nil
	}
	return "", nil
}

// beginAnew sets the directory aside unless it holds nothing, and makes a new one.
func (f files) beginAnew(ctx context.Context, version, reason string, logger *slog.Logger) (bool, error) {
	entries, err := os.ReadDir(f.directory)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	if len(entries) > 0 {
		aside, err := keep.SetAside(f.directory, time.Now())
		if err != nil {
			return false, err
		}
		logger.WarnContext(ctx, "set Temporal's directory aside and began a new one; its workflows are to be started again from the logs",
			"reason", reason, "moved_to", aside)
	}
	if err := os.MkdirAll(f.directory, 0o700); err != nil {
		return false, err
	}
	return true, keep.Write(f.version(), []byte(version+"\n"), 0o600)
}
