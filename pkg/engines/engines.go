// Package engines starts the real engines that tests need, once per test binary, and stops them when the test binary ends, however
// it ends. It is for tests only: nothing here keeps data longer than its process.
package engines

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// shared is the one cluster of this test binary: fast, not durable.
//
//nolint:gochecknoglobals // one per test binary is what it is
var shared = sync.OnceValues(func() (*Cluster, error) {
	return start(Server{Settings: []string{"fsync=off", "synchronous_commit=on", "full_page_writes=off"}})
})

// Postgres gives the administrator's URL of this test binary's private PostgreSQL cluster.
func Postgres(t testing.TB) string {
	t.Helper()
	c, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return c.URL
}

// Database makes an empty database for one test and gives its owner's pool and URL. It is dropped with the test.
func Database(t testing.TB) (*pgxpool.Pool, string) {
	t.Helper()
	return Clone(t, "", nil)
}

// Clone makes a database for one test as a copy of a template, which is prepared once per test binary and name.
func Clone(t testing.TB, template string, prepare func(ctx context.Context, owner *pgx.Conn) error) (*pgxpool.Pool, string) {
	t.Helper()
	c, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	address, err := c.clone(t.Context(), template, prepare)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.drop(address) })
	pool, err := pgxpool.New(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool, address
}

// Cluster is a private PostgreSQL cluster on this machine, listening on loopback.
type Cluster struct {
	// URL is the administrator's, to the database postgres.
	URL string

	dir, bin string
	port     int
	of       Server
	owner    *syscall.Credential
	server   *os.Process
	gone     chan struct{} // closed when the server has ended
	watcher  io.Closer

	mu        sync.Mutex
	templates map[string]string
	databases int
}

// Durable starts a cluster of its own with the settings of production (fsync on), for tests that kill it. It ends with the test.
func Durable(t testing.TB, settings ...string) *Cluster {
	t.Helper()
	return Private(t, Server{Settings: settings})
}

// Server says how a cluster of a test's own differs from the ordinary one.
type Server struct {
	// Settings are lines of postgresql.conf, such as "fsync=off".
	Settings []string
	// Environment is added to that of the server, such as "TZ=UTC".
	Environment []string
	// Parent is the folder in which the cluster gets its own. Empty: the machine's for temporary files.
	Parent string
	// SmallSegments writes the WAL in files of 1 MB instead of 16, for a disk that is soon full.
	SmallSegments bool
}

// Private starts a cluster of its own. It ends with the test.
func Private(t testing.TB, of Server) *Cluster {
	t.Helper()
	c, err := start(of)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.stop)
	return c
}

// Database makes an empty database and gives its URL.
func (c *Cluster) Database(ctx context.Context) (string, error) { return c.clone(ctx, "", nil) }

// Kill ends the postmaster as kill -9 does, and waits for it to be gone.
func (c *Cluster) Kill() error {
	if err := c.server.Kill(); err != nil {
		return err
	}
	<-c.gone
	return nil
}

// Restart starts the postmaster again after Kill and waits until it answers.
func (c *Cluster) Restart(ctx context.Context) error {
	for {
		// Backends of the killed postmaster may hold the shared memory for a moment, which makes the new one give up.
		err := c.serve(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
	}
}

func start(of Server) (*Cluster, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	bin, err := newest()
	if err != nil {
		return nil, err
	}
	c := &Cluster{bin: bin, of: of, templates: map[string]string{}}
	if c.owner, err = unprivileged(); err != nil {
		return nil, err
	}
	if c.dir, err = os.MkdirTemp(of.Parent, "loa-engines-"); err != nil {
		return nil, err
	}
	password := rand.Text()
	word := filepath.Join(c.dir, "password")
	if err := os.WriteFile(word, []byte(password), 0o600); err != nil {
		return nil, err
	}
	if c.owner != nil {
		for _, p := range []string{c.dir, word} {
			if err := os.Chown(p, int(c.owner.Uid), int(c.owner.Gid)); err != nil {
				return nil, err
			}
		}
	}
	if c.watcher, err = c.watch(); err != nil {
		return nil, err
	}
	segments := "--wal-segsize=16"
	if of.SmallSegments {
		segments = "--wal-segsize=1"
	}
	initdb := c.command(ctx, "initdb", "-D", c.data(), "-U", "postgres", "-A", "scram-sha-256", "--pwfile", word, "-E", "UTF8",
		"--locale", "C.UTF-8", "--no-sync", "--no-instructions", segments)
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	for range 5 { // another process may take the port between the look and the start
		if c.port, err = freePort(ctx); err != nil {
			return nil, err
		}
		c.URL = fmt.Sprintf("postgres://postgres:%s@127.0.0.1:%d/postgres?sslmode=disable", password, c.port)
		if err = c.serve(ctx); err == nil {
			return c, nil
		}
	}
	return nil, err
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

// serve starts the postmaster and returns when it answers.
func (c *Cluster) serve(ctx context.Context) error {
	// The postmaster outlives any one test's context: the watcher or stop ends it.
	log, err := os.OpenFile(filepath.Join(c.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	args := []string{
		"-D", c.data(), "-c", "listen_addresses=127.0.0.1", "-p", strconv.Itoa(c.port), "-k", c.dir,
		"-c", "max_connections=200", "-c", "wal_level=replica", "-c", "log_min_messages=warning",
	}
	for _, s := range c.of.Settings {
		args = append(args, "-c", s)
	}
	server := c.command(context.WithoutCancel(ctx), "postgres", args...)
	server.Env = append(server.Env, c.of.Environment...)
	server.Stdout, server.Stderr = log, log
	if err := server.Start(); err != nil {
		return err
	}
	gone := make(chan struct{})
	go func() { _ = server.Wait(); close(gone) }()
	c.server, c.gone = server.Process, gone
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, c.URL)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-gone:
			text, _ := os.ReadFile(log.Name())
			return fmt.Errorf("postgres ended: %s", text[max(0, len(text)-2000):])
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-tick.C:
		}
	}
}

func (c *Cluster) stop() { _ = c.watcher.Close() }

// watch starts a process that waits for its standard input to end, which happens when we close it and also when we are killed; then
// it ends the postmaster and removes the directory.
func (c *Cluster) watch() (io.Closer, error) {
	const script = `cat >/dev/null
pid=$(head -n 1 "$0/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid"
while [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
rm -rf "$0"`
	watcher := exec.CommandContext(context.WithoutCancel(context.Background()), "/bin/sh", "-c", script, c.dir)
	watcher.SysProcAttr = &syscall.SysProcAttr{Credential: c.owner, Setsid: true}
	watcher.Dir = "/"
	in, err := watcher.StdinPipe()
	if err != nil {
		return nil, err
	}
	return in, watcher.Start()
}

func (c *Cluster) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(c.bin, name), args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.owner, Setsid: true} // Ctrl-C reaches us, not the cluster
	cmd.Dir = c.dir
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC"}
	return cmd
}

func (c *Cluster) clone(ctx context.Context, template string, prepare func(ctx context.Context, owner *pgx.Conn) error) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	admin, err := pgx.Connect(ctx, c.URL)
	if err != nil {
		return "", err
	}
	defer admin.Close(ctx)
	from := "template1"
	if template != "" {
		var ok bool
		if from, ok = c.templates[template]; !ok {
			c.databases++
			from = fmt.Sprintf("template_%d", c.databases)
			if _, err := admin.Exec(ctx, "CREATE DATABASE "+from); err != nil {
				return "", err
			}
			owner, err := pgx.Connect(ctx, c.at(from))
			if err != nil {
				return "", err
			}
			if err := errors.Join(prepare(ctx, owner), owner.Close(ctx)); err != nil {
				return "", fmt.Errorf("the template %s: %w", template, err)
			}
			c.templates[template] = from
		}
	}
	c.databases++
	name := fmt.Sprintf("test_%d", c.databases)
	if _, err := admin.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE "+from); err != nil {
		return "", err
	}
	return c.at(name), nil
}

func (c *Cluster) at(database string) string {
	u, _ := url.Parse(c.URL) // ours
	u.Path = "/" + database
	return u.String()
}

func (c *Cluster) drop(address string) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	u, _ := url.Parse(address)
	admin, err := pgx.Connect(ctx, c.URL)
	if err != nil {
		return // the whole cluster goes with the process
	}
	defer admin.Close(ctx)
	_, _ = admin.Exec(ctx, "DROP DATABASE IF EXISTS "+strings.TrimPrefix(u.Path, "/")+" WITH (FORCE)")
}

// newest finds the folder of the machine's newest PostgreSQL.
func newest() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(found) == 0 {
		return "", errors.New("no PostgreSQL in /usr/lib/postgresql: install the package postgresql")
	}
	version := func(p string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(p))))
		return n
	}
	slices.SortFunc(found, func(a, b string) int { return version(b) - version(a) })
	return filepath.Dir(found[0]), nil
}

// unprivileged is who runs the server when we are root, which it refuses to be: the user postgres. Nil: ourselves.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(err1, err2)
}

func freePort(ctx context.Context) (int, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
