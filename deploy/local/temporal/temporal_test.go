package temporal

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/loa-vn/loa/deploy/local/internal/child"
)

// parentVariable turns the test binary into a process that runs a server in the directory it names and waits to be killed.
const parentVariable = "LOA_TEST_TEMPORAL_PARENT"

// options find the program where make puts it, or where the variable LOA_TEMPORAL_BINARY says.
func options(directory string) Options {
	built, err := filepath.Abs("../../../bin/temporal")
	if err != nil {
		built = ""
	}
	return Options{DataDir: directory, Binary: os.Getenv("LOA_TEMPORAL_BINARY"), Fallbacks: []string{built}}
}

func TestMain(m *testing.M) {
	directory := os.Getenv(parentVariable)
	if directory == "" {
		os.Exit(m.Run())
	}
	server, err := Start(context.Background(), options(directory))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(server.Pid(), server.Address())
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

func service(t *testing.T, address string) workflowservice.WorkflowServiceClient {
	t.Helper()
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	return workflowservice.NewWorkflowServiceClient(connection)
}

// register writes something that has to be found again. Namespaces are kept in the same file as workflows.
func register(t *testing.T, address, name string) {
	t.Helper()
	_, err := service(t, address).RegisterNamespace(t.Context(), &workflowservice.RegisterNamespaceRequest{
		Namespace: name, WorkflowExecutionRetentionPeriod: durationpb.New(72 * 3600e9),
	})
	if err != nil {
		t.Fatal(err)
	}
}

func knows(t *testing.T, address, name string) bool {
	t.Helper()
	list, err := service(t, address).ListNamespaces(t.Context(), &workflowservice.ListNamespacesRequest{PageSize: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, namespace := range list.GetNamespaces() {
		if namespace.GetNamespaceInfo().GetName() == name {
			return true
		}
	}
	return false
}

func TestFileSurvivesRestart(t *testing.T) {
	o := options(filepath.Join(t.TempDir(), "temporal"))
	first := start(t, o)
	if !first.Anew() {
		t.Error("an empty directory is not said to be new")
	}
	register(t, first.Address(), "kept")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+first.UIAddress(), nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&http.Client{}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("the web interface answers %s", response.Status)
	}
	stop(t, first)

	o.Port, o.UIPort = first.Port(), first.UIPort()
	second := start(t, o)
	if second.Anew() || second.Address() != first.Address() || second.UIAddress() != first.UIAddress() {
		t.Errorf("the server changed: new %v, %s then %s", second.Anew(), first.Address(), second.Address())
	}
	if !knows(t, second.Address(), "kept") {
		t.Error("a restart lost what was written")
	}
}

func TestKilledParentLeavesNothingThatBlocksTheNextStart(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "temporal")
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
	register(t, address, "acknowledged")
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	server := start(t, options(directory))
	if child.Running(orphan) {
		t.Errorf("the orphaned server %d still runs", orphan)
	}
	if server.Anew() || !knows(t, server.Address(), "acknowledged") {
		t.Error("what was acknowledged is lost")
	}
}

func TestLiveServerOnOurFileIsEndedAndAStrangerIsNot(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "temporal")
	first := start(t, options(directory))
	second := start(t, options(directory))
	select {
	case <-first.Ended():
	default:
		t.Error("two servers run on one file")
	}
	stop(t, second)
	// The process with this id is no server of ours; that the test goes on shows that it was left alone.
	if err := os.WriteFile(filepath.Join(directory, "pid"), []byte(strconv.Itoa(os.Getpid())), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, options(directory))
}

func TestLostOrUnreadableDirectoryIsBegunAnew(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "temporal")
	stop(t, start(t, options(directory)))
	database := filepath.Join(directory, "temporal.db")
	cases := []struct {
		name   string
		damage func() error
		aside  int
	}{
		{"deleted", func() error { return os.RemoveAll(directory) }, 0},
		{"of another version", func() error { return os.WriteFile(filepath.Join(directory, "version"), []byte("0.1\n"), 0o600) }, 1},
		{"no database", func() error { return os.WriteFile(database, []byte("soup"), 0o600) }, 2},
		{"a database that is damaged", func() error {
			return os.WriteFile(database, append([]byte("SQLite format 3\x00"), make([]byte, 8192)...), 0o600)
		}, 3},
	}
	for _, c := range cases {
		if err := c.damage(); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		server, err := Start(t.Context(), options(directory))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if !server.Anew() {
			t.Errorf("%s: not begun anew", c.name)
		}
		stop(t, server)
		aside, err := filepath.Glob(directory + ".set-aside-*")
		if err != nil || len(aside) != c.aside {
			t.Errorf("%s: set aside are %v, want %d", c.name, aside, c.aside)
		}
	}
}

func TestPortInUseNamesItsSetting(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	o := options(filepath.Join(t.TempDir(), "temporal"))
	o.UIPort, o.UIPortSetting = taken.Addr().(*net.TCPAddr).Port, "LOA_TEMPORAL_UI_ADDR"
	if _, err := Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), "LOA_TEMPORAL_UI_ADDR") {
		t.Errorf("a port that was set and is in use: %v", err)
	}
}

func TestProgramIsChosenByItsServersVersion(t *testing.T) {
	directory := t.TempDir()
	write := func(name, version string) string {
		path := filepath.Join(directory, name)
		script := "#!/bin/sh\necho 'temporal version 1.2.0 (Server " + version + ", UI 2.30.0)'\n"
		if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
		return path
	}
	old := write("temporal", "1.25.0")
	built := write("built", "1.29.1")
	t.Setenv("PATH", directory)
	found, err := findProgram(t.Context(), "", []string{filepath.Join(directory, "absent"), built})
	if err != nil || found.path != built || found.server != "1.29.1" {
		t.Errorf("found %+v, %v", found, err)
	}
	if _, err := findProgram(t.Context(), old, nil); err == nil || !strings.Contains(err.Error(), "1.29 or newer") {
		t.Errorf("an old program that was named: %v", err)
	}
	if _, err := findProgram(t.Context(), "", nil); err == nil || !strings.Contains(err.Error(), "deploy/temporal") {
		t.Errorf("no program: %v", err)
	}
}
