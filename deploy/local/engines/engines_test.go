package engines

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"github.com/jackc/pgx/v5"
	"github.com/segmentio/kafka-go"

	kafkaengine "github.com/loa-vn/loa/deploy/local/kafka"
	"github.com/loa-vn/loa/deploy/local/oidc"
)

// parentVariable turns the test binary into a process that runs engines in the directory it names, prints their
// settings, and waits to be killed.
const parentVariable = "LOA_TEST_ENGINES_PARENT"

// kafkaVariable is the broker that options choose, in a process of parentVariable too.
const kafkaVariable = "LOA_TEST_ENGINES_KAFKA"

func TestMain(m *testing.M) {
	directory := os.Getenv(parentVariable)
	if directory == "" {
		os.Exit(m.Run())
	}
	engines, err := Start(context.Background(), options(directory))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, line := range engines.Settings() {
		fmt.Println(line)
	}
	fmt.Println("READY")
	select {}
}

// options find Temporal where make puts it, or where the variable LOA_TEMPORAL_BINARY says.
func options(directory string) Options {
	binary := os.Getenv("LOA_TEMPORAL_BINARY")
	if binary == "" {
		built, err := filepath.Abs("../../../bin/temporal")
		if err == nil {
			binary = built
		}
	}
	return Options{
		DataDir: directory, TemporalUIAddr: "127.0.0.1:0", TemporalBinary: binary,
		Kafka: kafkaengine.Engine(os.Getenv(kafkaVariable)), KafkaProgram: "../../../bin/kafka",
		People: []oidc.Person{{ID: "cv.stttt", Name: "Phạm Thu Hà", Agency: "H24.02", Unit: "Phòng Thông tin", Position: "Chuyên viên", Role: "officer"}},
	}
}

func start(t *testing.T, options Options) *Engines {
	t.Helper()
	engines, err := Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, engines) })
	return engines
}

func stop(t *testing.T, engines *Engines) {
	t.Helper()
	begun := time.Now()
	if err := engines.Stop(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
	if took := time.Since(begun); took > stopTime {
		t.Errorf("stopping took %v", took)
	}
}

// use asks something of every engine.
func use(t *testing.T, where Addresses) {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), where.PostgresURL)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close(t.Context())
	var super bool
	if err := connection.QueryRow(t.Context(), "select rolsuper from pg_roles where rolname = current_user").Scan(&super); err != nil || !super {
		t.Errorf("the superuser's URL: superuser %v, %v", super, err)
	}
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	broker := &kafka.Client{Addr: kafka.TCP(where.KafkaBrokers...), Transport: transport}
	if _, err := broker.ApiVersions(t.Context(), &kafka.ApiVersionsRequest{}); err != nil {
		t.Errorf("kafka: %v", err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+where.TemporalUIAddr+"/namespaces/"+where.TemporalNamespace, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&http.Client{}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("Temporal's web interface answers %s", response.Status)
	}
	token, err := oidc.TokenFor(t.Context(), where.OIDCIssuer, "cv.stttt")
	if err != nil {
		t.Fatal(err)
	}
	verify(t, where.OIDCIssuer, token)
}

func verify(t *testing.T, issuer, token string) {
	t.Helper()
	provider, err := gooidc.NewProvider(t.Context(), issuer)
	if err != nil {
		t.Fatal(err)
	}
	checked, err := provider.Verifier(&gooidc.Config{ClientID: oidc.Audience}).Verify(t.Context(), token)
	if err != nil || checked.Subject != "cv.stttt" {
		t.Errorf("token: %+v, %v", checked, err)
	}
}

func TestRestartGoesOnWhereTheFirstStopped(t *testing.T) {
	directory := t.TempDir()
	first := start(t, options(directory))
	if lostKafka, lostTemporal := first.Rebuilt(); !lostKafka || !lostTemporal {
		t.Error("an empty directory is not said to be new")
	}
	use(t, first.Addresses())
	token, err := first.TokenFor(t.Context(), "cv.stttt")
	if err != nil {
		t.Fatal(err)
	}
	found, err := Find(directory)
	if err != nil || !slices.Equal(found.Settings(), first.Settings()) {
		t.Errorf("found %+v, %v", found, err)
	}
	info, err := os.Stat(filepath.Join(directory, "engines.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("engines.json: %v, %v", info, err)
	}
	if _, err := Start(t.Context(), options(directory)); !errors.Is(err, ErrHeld) || !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
		t.Errorf("a second start: %v", err)
	}
	settings := first.Settings()
	stop(t, first)
	if _, err := Find(directory); !errors.Is(err, ErrNotRunning) {
		t.Errorf("stopped engines are found: %v", err)
	}

	begun := time.Now()
	second := start(t, options(directory))
	// A third of a second when the machine is idle; the bound is that of the whole program, for one that is not.
	if took := time.Since(begun); took > 15*time.Second {
		t.Errorf("a start on existing data took %v", took)
	}
	if !slices.Equal(second.Settings(), settings) {
		t.Errorf("a restart changed the settings:\n%v\n%v", settings, second.Settings())
	}
	verify(t, second.Addresses().OIDCIssuer, token)
}

func TestKilledProcessBlocksNothing(t *testing.T) {
	directory := t.TempDir()
	var before []string
	for range 2 {
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
		var settings []string
		lines := bufio.NewScanner(output)
		for lines.Scan() && lines.Text() != "READY" {
			settings = append(settings, lines.Text())
		}
		where, err := Find(directory)
		if err != nil {
			t.Fatal(err)
		}
		use(t, where)
		if !slices.Equal(where.Settings(), settings) || before != nil && !slices.Equal(before, settings) {
			t.Errorf("settings differ:\n%v\n%v\n%v", before, settings, where.Settings())
		}
		before = settings
		if err := parent.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = parent.Wait()
		if _, err := Find(directory); !errors.Is(err, ErrNotRunning) {
			t.Errorf("killed engines are found: %v", err)
		}
	}
	// Both disposable directories may be deleted while nothing runs.
	for _, disposable := range []string{"kafka", "temporal"} {
		if err := os.RemoveAll(filepath.Join(directory, disposable)); err != nil {
			t.Fatal(err)
		}
	}
	engines := start(t, options(directory))
	if lostKafka, lostTemporal := engines.Rebuilt(); !lostKafka || !lostTemporal {
		t.Error("deleted directories are not noticed")
	}
	use(t, engines.Addresses())
	if !slices.Equal(engines.Settings(), before) {
		t.Errorf("settings differ:\n%v\n%v", before, engines.Settings())
	}
}

func TestEngineThatEndsUnaskedIsReported(t *testing.T) {
	engines := start(t, options(t.TempDir()))
	endsUnasked(t, engines, "temporal", "Temporal")
}

func endsUnasked(t *testing.T, engines *Engines, engine, word string) {
	t.Helper()
	process, err := os.FindProcess(engines.Processes()[engine])
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Kill(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-engines.Failed():
		if !strings.Contains(err.Error(), word) {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("not reported")
	}
}

// TestKilledProcessWithApacheKafka: the broker is a process of its own, ends with the one that started it, and goes on where it was.
func TestKilledProcessWithApacheKafka(t *testing.T) {
	if out, err := exec.CommandContext(t.Context(), "../../../scripts/kafka.sh", "fetch").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Setenv(kafkaVariable, string(kafkaengine.Apache))
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
	lines := bufio.NewScanner(output)
	for ready := false; !ready && lines.Scan(); {
		ready = lines.Text() == "READY"
	}
	before, err := Find(directory)
	if err != nil {
		t.Fatal(err)
	}
	use(t, before)
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()

	engines := start(t, options(directory))
	use(t, engines.Addresses())
	if lost, _ := engines.Rebuilt(); lost || engines.Addresses().KafkaBrokers[0] != before.KafkaBrokers[0] {
		t.Errorf("begun anew: %v; at %v, before at %v", lost, engines.Addresses().KafkaBrokers, before.KafkaBrokers)
	}
	endsUnasked(t, engines, "kafka", "Kafka")
}

func TestPortInUseStopsTheOthersAndNamesItsSetting(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	o := options(t.TempDir())
	o.KafkaAddr = taken.Addr().String()
	if _, err := Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), "LOA_KAFKA_ADDR="+o.KafkaAddr) {
		t.Errorf("%v", err)
	}
	// The directory is free again, and what had started has ended.
	o.KafkaAddr = ""
	start(t, o)
}

func TestWrongAddressNamesItsSetting(t *testing.T) {
	for setting, o := range map[string]Options{
		"LOA_TEMPORAL_UI_ADDR": {TemporalUIAddr: "8233"},
		"LOA_OIDC_ADDR":        {OIDCAddr: "127.0.0.1:http"},
		"LOA_POSTGRES_ADDR":    {PostgresAddr: "0.0.0.0:5432"},
	} {
		o.DataDir = t.TempDir()
		if _, err := Start(t.Context(), o); err == nil || !strings.HasPrefix(err.Error(), setting+"=") {
			t.Errorf("%s: %v", setting, err)
		}
	}
}

func TestPortsGivenAreNotReplaced(t *testing.T) {
	w, err := portBook{Kafka: 1, TemporalUI: 2, OIDC: 3}.wishes(Options{KafkaAddr: "127.0.0.1:9092", OIDCAddr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	want := wishes{
		kafka: wish{"127.0.0.1", 9092, "LOA_KAFKA_ADDR"}, oidc: wish{"127.0.0.1", 3, ""},
		temporalUI: wish{"127.0.0.1", 8233, "LOA_TEMPORAL_UI_ADDR"},
	}
	if w != want {
		t.Errorf("got %+v", w)
	}
}
