package kafka

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
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

// apacheLayout names the format of the directory: that of the server in deploy/kafka/pom.xml. A newer server reads an older one's
// directory, so it stays until one does not.
const apacheLayout = "apache kafka 4"

const (
	startPatience = 90 * time.Second
	stopPatience  = 5 * time.Second
	logLimit      = 4 << 20 // bytes from which the server's log is begun anew at a start
	startedLine   = "Kafka Server started"
)

// ApacheOptions are what Apache Kafka needs beside Options. A broker that is alone needs Program and nothing else.
type ApacheOptions struct {
	// Program is the folder that scripts/kafka.sh fills: the jars in lib, and the archive of their classes that makes starts faster.
	Program string
	// Node is the node's number in its cluster; 0 means 1.
	Node int
	// Voters are the controllers of the cluster: "1@127.0.0.1:20001,2@127.0.0.1:20002". Empty means this node alone.
	Voters string
	// Roles are "broker,controller" when empty. A node that is a controller alone listens at its own place among Voters.
	Roles string
	// Cluster is the identifier that all nodes of a new cluster share; empty makes one.
	Cluster string
	// Settings are further lines of server.properties, which win over the ones that are there.
	Settings []string
	// Archive, a path, makes the process write the archive of its classes there when it ends.
	Archive string
}

// apache is a running Apache Kafka.
type apache struct {
	process   *child.Process
	directory string
	patience  time.Duration
}

// newApacheCluster is the identifier of a new cluster: a random UUID in base64.
func newApacheCluster(options ApacheOptions) string {
	if options.Cluster != "" {
		return options.Cluster
	}
	var id [16]byte
	_, _ = rand.Read(id[:])                                        // it does not fail
	return "loa" + base64.RawURLEncoding.EncodeToString(id[:])[3:] // never begins with a dash, which its tools take for an option
}

// unformatted is the reason why there is no formatted storage in a directory; empty if there is.
func unformatted(directory string) string {
	if _, err := os.Stat(metaFile(directory)); err != nil {
		return "its storage is not formatted"
	}
	return ""
}

func metaFile(directory string) string { return filepath.Join(directory, "data", "meta.properties") }

func propertiesFile(directory string) string { return filepath.Join(directory, "server.properties") }
func logFile(directory string) string        { return filepath.Join(directory, "server.log") }
func pidFile(directory string) string        { return filepath.Join(directory, "pid") }

// openApache starts the server on a directory, which it formats if need be, and returns when it serves.
func openApache(ctx context.Context, program apacheProgram, directory string, port int, mark marker, options ApacheOptions) (running, error) {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	controllerPort := 0
	if options.Voters == "" {
		var err error
		if controllerPort, err = netport.Choose(host, 0, ""); err != nil {
			return nil, err
		}
	}
	err := errors.Join(
		keep.Write(propertiesFile(directory), []byte(properties(directory, port, controllerPort, options)), 0o600),
		keep.Write(filepath.Join(directory, "log4j2.xml"), []byte(logSettings), 0o600),
	)
	if err != nil {
		return nil, err
	}
	if unformatted(directory) != "" {
		format := exec.CommandContext(ctx, program.java, program.arguments(directory, "",
			"kafka.tools.StorageTool", "format", "--cluster-id", mark.Cluster, "--config", propertiesFile(directory))...)
		if out, err := format.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("formatting its storage: %w: %s", err, out)
		}
	}
	server := &apache{directory: directory, patience: stopPatience}
	if options.Archive != "" {
		server.patience = time.Minute // it writes what it has loaded
	}
	if err := server.launch(ctx, program, options.Archive); err != nil {
		return nil, err
	}
	return server, nil
}

func (a *apache) launch(ctx context.Context, program apacheProgram, archive string) error {
	flags := os.O_WRONLY | os.O_CREATE | os.O_APPEND
	if info, err := os.Stat(logFile(a.directory)); err == nil && info.Size() > logLimit {
		flags |= os.O_TRUNC
	}
	log, err := os.OpenFile(logFile(a.directory), flags, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	from, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	//nolint:noctx // Its life is the server's, ended by signals.
	command := exec.Command(program.java, program.arguments(a.directory, archive, "kafka.Kafka", propertiesFile(a.directory))...)
	command.Dir = a.directory
	command.Stdout, command.Stderr = log, log
	// Killed and not asked, when we are killed: it could take seconds to leave, and the next start would have to wait for it.
	if a.process, err = child.Start(command, syscall.SIGKILL); err != nil {
		return err
	}
	err = keep.Write(pidFile(a.directory), []byte(strconv.Itoa(a.process.Pid())+"\n"), 0o600)
	if err == nil {
		err = a.awaitReady(ctx, from)
	}
	if err != nil {
		return errors.Join(err, a.process.Stop(ctx, child.Step{Signal: syscall.SIGKILL}))
	}
	return nil
}

// awaitReady returns when the server says that it has started, which a broker does when its controller has let it in.
func (a *apache) awaitReady(ctx context.Context, from int64) error {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		ended := false
		select {
		case <-a.process.Ended():
			ended = true
		case <-ctx.Done():
			return fmt.Errorf("not ready in time: %w\n%s", ctx.Err(), tailOf(logText(a.directory, from)))
		case <-ticker.C:
		}
		text := logText(a.directory, from)
		if ended {
			return explainEnd(a.process.Err(), text)
		}
		if bytes.Contains(text, []byte(startedLine)) {
			return nil
		}
	}
}

// explainEnd tells a server that could not use its directory from one that was killed, never ran, found its port taken or had no memory.
func explainEnd(cause error, text []byte) error {
	var exit *exec.ExitError
	own := bytes.Contains(text, []byte(" ERROR ")) || bytes.Contains(text, []byte(" FATAL ")) // else it is Java that complains
	if !errors.As(cause, &exit) || !exit.Exited() || !own || bytes.Contains(text, []byte("Address already in use")) ||
		bytes.Contains(text, []byte("OutOfMemoryError")) {
		return fmt.Errorf("the server ended while it started (%w)\n%s", cause, tailOf(text))
	}
	return fmt.Errorf("%w (%w)\n%s", errUnusable, cause, tailOf(text))
}

func logText(directory string, from int64) []byte {
	file, err := os.Open(logFile(directory))
	if err != nil {
		return nil
	}
	defer file.Close()
	text, _ := io.ReadAll(io.NewSectionReader(file, from, logLimit))
	return text
}

// tailOf is the end of a log, for an error.
func tailOf(text []byte) []byte { return text[max(0, len(text)-2000):] }

func (a *apache) ended() <-chan struct{} { return a.process.Ended() }
func (a *apache) pid() int               { return a.process.Pid() }

func (a *apache) stop(ctx context.Context) error {
	if err := a.process.Stop(ctx, endSteps(a.patience)...); err != nil {
		return err
	}
	if err := os.Remove(pidFile(a.directory)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// endSteps: a node of a quorum that is no more never finishes an orderly end.
func endSteps(patience time.Duration) []child.Step {
	return []child.Step{
		{Signal: syscall.SIGTERM, Patience: patience},
		{Signal: syscall.SIGKILL, Patience: 2 * time.Second},
	}
}

// endLeftover ends the server that a killed process left on the directory, if there is one.
func endLeftover(ctx context.Context, directory string, logger *slog.Logger) error {
	content, err := os.ReadFile(pidFile(directory))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	// A file cut short holds no id, and names no process.
	pid, _ := strconv.Atoi(strings.TrimSpace(string(content)))
	ours := func(pid int) bool { return child.RunsWith(pid, propertiesFile(directory)) }
	found, err := child.EndLeftover(ctx, pid, ours, endSteps(stopPatience)...)
	if err != nil {
		return fmt.Errorf("a server left by an earlier run: %w", err)
	}
	if found {
		logger.InfoContext(ctx, "ended a Kafka server that an earlier run left behind", "pid", pid)
	}
	return os.Remove(pidFile(directory))
}
