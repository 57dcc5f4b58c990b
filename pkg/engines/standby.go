package engines

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Standby makes a standby of a cluster, streaming from it under a name, on which synchronous_standby_names may wait. It ends with the
// test.
func (c *Cluster) Standby(t testing.TB, name string) *Cluster {
	t.Helper()
	s := c.beside(t)
	base := s.command(t.Context(), "pg_basebackup", "--dbname", c.URL+"&application_name="+name, "--pgdata", s.data(),
		"--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast")
	if out, err := base.CombinedOutput(); err != nil {
		t.Fatalf("pg_basebackup: %v: %s", err, out)
	}
	if err := s.serve(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// Backup is a base backup of a cluster.
type Backup struct {
	cluster *Cluster
	dir     string
}

// Backup takes a base backup of the running cluster, with the WAL it needs.
func (c *Cluster) Backup(t testing.TB) *Backup {
	t.Helper()
	b := &Backup{cluster: c, dir: filepath.Join(c.dir, fmt.Sprintf("backup-%d", time.Now().UnixNano()))}
	base := c.command(t.Context(), "pg_basebackup", "--dbname", c.URL, "--pgdata", b.dir, "--wal-method=stream", "--checkpoint=fast")
	if out, err := base.CombinedOutput(); err != nil {
		t.Fatalf("pg_basebackup: %v: %s", err, out)
	}
	return b
}

// Restore starts another cluster from the backup. Careful ends the recovery on a new timeline, as scripts/restore.sh does; otherwise the
// copy is started as it is. It ends with the test.
func (b *Backup) Restore(t testing.TB, careful bool) *Cluster {
	t.Helper()
	s := b.cluster.beside(t)
	if out, err := s.tool(t.Context(), "/bin/cp", "-a", b.dir, s.data()).CombinedOutput(); err != nil {
		t.Fatalf("copying the backup: %v: %s", err, out)
	}
	if careful {
		script := `touch "$0/recovery.signal" && echo "restore_command = 'false'" >>"$0/postgresql.auto.conf"`
		if out, err := s.tool(t.Context(), "/bin/sh", "-c", script, s.data()).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	if err := s.serve(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.writable(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// Promote makes a standby the primary, and returns when it takes writes.
func (c *Cluster) Promote(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, c.URL)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	var done bool
	if err := conn.QueryRow(ctx, "SELECT pg_promote(true, 60)").Scan(&done); err != nil {
		return err
	}
	if !done {
		return errors.New("the standby was not promoted within a minute")
	}
	return nil
}

// At is the URL of a database of the cluster, which may be one that a backup or a stream brought.
func (c *Cluster) At(database string) string { return c.at(database) }

// beside is a cluster with a folder and a port of its own, the password of c, and no data yet.
func (c *Cluster) beside(t testing.TB) *Cluster {
	t.Helper()
	s := &Cluster{bin: c.bin, of: c.of, owner: c.owner, templates: map[string]string{}}
	var err error
	//nolint:usetesting // PostgreSQL's own user has to reach it, which t.TempDir below a closed home may not allow.
	if s.dir, err = os.MkdirTemp(c.of.Parent, "loa-engines-"); err != nil {
		t.Fatal(err)
	}
	if s.owner != nil {
		if err := os.Chown(s.dir, int(s.owner.Uid), int(s.owner.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	if s.watcher, err = s.watch(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	if s.port, err = freePort(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.URL = strings.Replace(c.URL, fmt.Sprintf(":%d/", c.port), fmt.Sprintf(":%d/", s.port), 1)
	return s
}

func (c *Cluster) writable(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.URL)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var recovering bool
		if err := conn.QueryRow(ctx, "SELECT pg_is_in_recovery()").Scan(&recovering); err != nil || !recovering {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// tool is a program of the system, run as the cluster's user.
func (c *Cluster) tool(ctx context.Context, path string, args ...string) *exec.Cmd {
	cmd := c.command(ctx, filepath.Base(path), args...)
	cmd.Path, cmd.Err = path, nil
	return cmd
}
