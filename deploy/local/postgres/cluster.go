package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/loa-vn/loa/deploy/local/internal/child"
)

// logLimit is the size in bytes from which the server's log is begun anew at a start.
const logLimit = 4 << 20

// cluster is the directory of a cluster and what is needed to work on it.
type cluster struct {
	directory string
	binaries  binaries
	runner    runner
	logger    *slog.Logger
}

func (c cluster) data() string    { return filepath.Join(c.directory, "data") }
func (c cluster) logFile() string { return filepath.Join(c.directory, "server.log") }

// existingMajor is the major version that made the cluster, 0 if there is none yet.
func (c cluster) existingMajor() int {
	content, err := os.ReadFile(filepath.Join(c.data(), "PG_VERSION"))
	if err != nil {
		return 0
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		return -1
	}
	return major
}

// endLeftover ends a server that still runs on this directory, and removes a postmaster.pid that names no such
// server: PostgreSQL would believe it if the id has gone to another process of the same user, or to one that ended
// and was never waited for. Backends that outlived their postmaster are found by the server itself, through the
// shared memory.
func (c cluster) endLeftover(ctx context.Context) error {
	path := filepath.Join(c.data(), "postmaster.pid")
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	first, _, _ := bytes.Cut(content, []byte("\n"))
	// A standalone backend writes its id negated; a file cut short holds none. Neither names a server.
	pid, _ := strconv.Atoi(string(bytes.TrimSpace(first)))
	ours := func(pid int) bool { return child.WorksIn(pid, "postgres", c.data()) }
	found, err := child.EndLeftover(ctx, pid, ours, endSteps()...)
	if err != nil {
		return fmt.Errorf("a PostgreSQL server left by an earlier run: %w", err)
	}
	if found {
		c.logger.InfoContext(ctx, "ended a PostgreSQL server that an earlier run left behind", "pid", pid)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// initialise makes the cluster unless it exists. It is made under another name and renamed when whole, so that a
// start cut short leaves no half cluster.
func (c cluster) initialise(ctx context.Context, password string) error {
	if _, err := os.Stat(c.data()); err == nil {
		return c.runner.own(c.data())
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	unfinished := filepath.Join(c.directory, "data.unfinished")
	if err := os.RemoveAll(unfinished); err != nil {
		return err
	}
	if err := os.Mkdir(unfinished, 0o700); err != nil {
		return err
	}
	if err := c.runner.own(unfinished); err != nil {
		return err
	}
	passwordFile, err := c.passwordForInitdb(password)
	if err != nil {
		return err
	}
	defer os.Remove(passwordFile.Name())
	defer passwordFile.Close()

	command, release, err := c.runner.command(filepath.Join(c.binaries.directory, "initdb"), unfinished, passwordFile)
	if err != nil {
		return err
	}
	defer release()
	command.Args = append(command.Args,
		"--pgdata", command.dataPath, "--pwfile", command.extraPath,
		"--username", Superuser, "--auth", "scram-sha-256", "--encoding", "UTF8",
		// Byte order is the same on every machine; the character classes know Vietnamese letters.
		"--lc-collate", "C", "--lc-ctype", "C.UTF-8", "--lc-messages", "C", "--lc-monetary", "C",
		"--lc-numeric", "C", "--lc-time", "C", "--text-search-config", "simple", "--no-instructions")
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	process, err := child.Start(command.Cmd, syscall.SIGKILL)
	if err != nil {
		return c.explain(err)
	}
	select {
	case <-process.Ended():
	case <-ctx.Done():
		return errors.Join(ctx.Err(), process.Stop(ctx, child.Step{Signal: syscall.SIGKILL}))
	}
	if err := process.Err(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", c.explain(err), output.String())
	}
	c.logger.InfoContext(ctx, "made a PostgreSQL cluster", "version", c.binaries.version.String(), "directory", c.data())
	return os.Rename(unfinished, c.data())
}

// passwordForInitdb hands the password over in a file that the cluster's user may read, and nobody else.
func (c cluster) passwordForInitdb(password string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(c.directory, "password.initdb"), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = io.WriteString(file, password+"\n")
	if err := errors.Join(err, c.runner.own(file.Name())); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// start starts the postmaster. When this process dies the postmaster gets SIGINT, a fast shutdown.
func (c cluster) start(port int) (*child.Process, error) {
	flags := os.O_WRONLY | os.O_CREATE | os.O_APPEND
	if info, err := os.Stat(c.logFile()); err == nil && info.Size() > logLimit {
		flags |= os.O_TRUNC
	}
	log, err := os.OpenFile(c.logFile(), flags, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	command, release, err := c.runner.command(filepath.Join(c.binaries.directory, "postgres"), c.data(), nil)
	if err != nil {
		return nil, err
	}
	defer release()
	command.Args = append(command.Args, "-D", command.dataPath)
	for _, setting := range settings(port) {
		command.Args = append(command.Args, "-c", setting)
	}
	command.Stdout, command.Stderr = log, log
	process, err := child.Start(command.Cmd, syscall.SIGINT)
	if err != nil {
		return nil, c.explain(err)
	}
	return process, nil
}

// settings fit a machine that runs everything: little memory, every acknowledged commit on the disk.
func settings(port int) []string {
	return []string{
		"port=" + strconv.Itoa(port),
		"listen_addresses=" + host,
		"unix_socket_directories=", // A socket's path may have 107 bytes only; TCP serves everyone.
		"fsync=on", "synchronous_commit=on", "full_page_writes=on",
		"password_encryption=scram-sha-256",
		"max_connections=200",
		"shared_buffers=64MB", "huge_pages=off", "maintenance_work_mem=32MB",
		"min_wal_size=80MB", "max_wal_size=512MB",
		"wal_level=replica", "max_wal_senders=4", "max_replication_slots=4", // For base backups and standbys: docs/recovery.md.
		"max_logical_replication_workers=0",
		"jit=off", "timezone=UTC", "log_timezone=UTC",
		"log_line_prefix=%m [%p] %q%u@%d ",
	}
}

// lastLog is the end of the server's log, for an error.
func (c cluster) lastLog() string {
	const keep = 2000
	file, err := os.Open(c.logFile())
	if err != nil {
		return ""
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.Size() > keep {
		_, _ = file.Seek(-keep, io.SeekEnd)
	}
	content, _ := io.ReadAll(file)
	return string(content)
}

func (c cluster) explain(err error) error {
	if errors.Is(err, fs.ErrPermission) && c.runner.credential != nil {
		return fmt.Errorf("%w: the user %q, as whom PostgreSQL runs because it refuses to run as root, cannot reach %s",
			err, c.runner.name, c.binaries.directory)
	}
	return err
}
