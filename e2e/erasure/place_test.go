package erasure

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	historypb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/loa-vn/loa/e2e/system"
	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/auth/authtest"
	"github.com/loa-vn/loa/pkg/config"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/proof"
	"github.com/loa-vn/loa/pkg/telemetry"
	"github.com/loa-vn/loa/services"
)

// house is the diary on real engines, with the key service as a process of its own, and every place where something is written.
type house struct {
	*diary
	config  *config.Config
	later   atomic.Int64 // how far the diary's clock is ahead, in nanoseconds
	keys    *exec.Cmd
	keysEnv []string
	// places are the folders in which what a part wrote lies, by the part's name.
	places map[string]string
	// postgres is the cluster's data folder.
	postgres string
}

func newHouse(t *testing.T) *house {
	t.Helper()
	// Segments of the write-ahead log that nothing needs are deleted instead of kept for later use, as docs/personal-data.md asks for.
	cluster := engines.Durable(t, "wal_recycle=off", "log_min_error_statement=error")
	broker := engines.StartBroker(t)
	work := system.DataDir(t)
	temporal := startTemporal(t, filepath.Join(work, "temporal"))
	issuer := authtest.NewIssuer(t)
	secrets := config.Secrets{}
	for _, name := range []string{"diary", "reader", "keys"} {
		secrets[name] = name + "-secret"
		issuer.Secrets["service:"+name] = secrets[name]
	}
	h := &house{diary: &diary{}, places: map[string]string{
		"PostgreSQL": filepath.Dir(sqlText(t, cluster.URL, "SHOW data_directory")), "Kafka": broker.Data, "Temporal": filepath.Join(work, "temporal"),
		"logs": filepath.Join(work, "logs"), "spans": filepath.Join(work, "spans"), "exports": filepath.Join(work, "exports"),
	}}
	h.postgres = sqlText(t, cluster.URL, "SHOW data_directory")
	for _, own := range []string{"logs", "spans", "exports"} {
		if err := os.Mkdir(h.places[own], 0o700); err != nil {
			t.Fatal(err)
		}
	}
	h.clock = func() time.Time { return time.Now().Add(time.Duration(h.later.Load())) }
	address := system.FreeAddress(t)
	h.config = &config.Config{
		Target: []string{"diary", "reader"}, HTTPAddr: "127.0.0.1:0", OIDCAudience: "loa", OIDCIssuer: issuer.URL, OIDCClientSecrets: secrets,
		PostgresURL: config.Secret(cluster.URL), Databases: config.Databases{}, KafkaBrokers: []string{broker.Address()},
		TemporalAddr: temporal, TemporalNamespace: "default", DigestKey: config.Secret(strings.Repeat("0d", 32)),
		EnvelopeKey: config.Envelope{{Name: "test", Key: config.Secret(strings.Repeat("0e", 32))}}, StopTimeout: 8 * time.Second,
		Peers: config.Addresses{"keys": address}, RatePerSecond: 50, LogLevel: "debug",
	}
	signing, _, err := proof.NewKey("loa.example")
	if err != nil {
		t.Fatal(err)
	}
	h.config.CheckpointKey, h.config.CheckpointEvery = config.Secret(signing), 50*time.Millisecond
	h.config.Checkpoints = "file://" + filepath.Join(h.places["exports"], "checkpoints")
	modules := []app.Module{h.module(), reader()}
	for _, m := range services.All() {
		if m.Name == "keys" {
			modules = append(modules, m)
		}
	}
	for _, m := range modules {
		own, err := url.Parse(cluster.URL)
		if err != nil {
			t.Fatal(err)
		}
		own.User, own.Path = url.UserPassword("loa_"+m.Name, "word"), "/loa_"+m.Name
		h.config.Databases[m.Name] = own.String()
	}
	if err := app.Migrate(t.Context(), h.config, modules, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	spans := newSink(t, filepath.Join(h.places["spans"], "spans.otlp"))
	h.keysEnv = append([]string{
		"LOA_TARGET=keys", "LOA_RPC_LISTEN=keys=" + address, "LOA_DATABASES=" + config.Pairs(h.config.Databases), "LOA_OIDC_ISSUER=" + issuer.URL,
		"LOA_KAFKA_BROKERS=" + broker.Address(), "LOA_DIGEST_KEY=" + h.config.DigestKey.Reveal(), "LOA_ENVELOPE_KEY=" + h.config.EnvelopeKey.Reveal(),
		"LOA_POSTGRES_URL=" + cluster.URL, "LOA_LOG_LEVEL=debug",
	}, spans...)
	h.startKeys(t)
	h.run(t, modules, spans)
	return h
}

// startTemporal starts Temporal's dev server on a database file in a folder, and waits until it serves.
func startTemporal(t *testing.T, folder string) (address string) {
	t.Helper()
	program, err := exec.LookPath("temporal")
	if built := filepath.Join(system.Root(t), "bin", "temporal"); err != nil {
		program = built
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(folder, "server.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	address = system.FreeAddress(t)
	host, port, _ := strings.Cut(address, ":")
	server := exec.Command(program, "server", "start-dev", "--ip", host, "--port", port, "--headless", "--db-filename", filepath.Join(folder, "temporal.db"))
	server.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + folder}
	server.Stdout, server.Stderr = log, log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	engine, err := client.NewLazyClient(client.Options{HostPort: address})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	system.Eventually(t, system.Patience, func() (bool, string) {
		asking, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := engine.WorkflowService().DescribeNamespace(asking, &workflowservice.DescribeNamespaceRequest{Namespace: "default"})
		return err == nil, fmt.Sprint(err)
	})
	return address
}

// run runs diary and reader in this process, as cmd/loa does.
func (h *house) run(t *testing.T, modules []app.Module, spans []string) {
	t.Helper()
	for _, line := range spans {
		name, value, _ := strings.Cut(line, "=")
		t.Setenv(name, value)
	}
	log := h.logFile(t, "diary.log")
	logger, flush, err := telemetry.Start(t.Context(), "test", log, slog.LevelDebug, telemetry.Exports{Traces: true})
	if err != nil {
		t.Fatal(err)
	}
	running, stop := context.WithCancel(t.Context())
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- app.Run(running, app.Options{Config: h.config, Modules: modules, Logger: logger, Ready: func() { close(ready) }})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		_ = flush(context.WithoutCancel(t.Context()))
	})
	select {
	case <-ready:
	case err := <-ended:
		ended <- nil
		t.Fatal(err)
	case <-time.After(system.Patience):
		t.Fatal("the diary is not ready")
	}
}

func (h *house) logFile(t *testing.T, name string) *os.File {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(h.places["logs"], name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// startKeys starts the key service and waits until it serves.
func (h *house) startKeys(t *testing.T) {
	t.Helper()
	h.keys = exec.Command(filepath.Join(system.Root(t), "bin", "loa"))
	h.keys.Env = append([]string{"PATH=/usr/bin:/bin"}, h.keysEnv...)
	h.keys.Stderr = h.logFile(t, "keys.log")
	out, err := h.keys.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := h.keys.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.killKeys)
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || !strings.HasPrefix(line, "READY") {
		log, _ := os.ReadFile(filepath.Join(h.places["logs"], "keys.log"))
		t.Fatalf("the key service: %q, %v\n%s", line, err, log)
	}
}

// killKeys ends it as kill -9 does.
func (h *house) killKeys() {
	if h.keys.ProcessState == nil {
		_ = h.keys.Process.Kill()
		_ = h.keys.Wait()
	}
}

// loa runs an operator's command.
func (h *house) loa(t *testing.T, args ...string) string {
	t.Helper()
	out, errs, code := system.Run(t.Context(), t, "bin/loa", h.keysEnv, args...)
	if _, err := fmt.Fprintf(h.logFile(t, "operator.log"), "%s\n%s\n", out, errs); err != nil {
		t.Fatal(err)
	}
	if code != 0 {
		t.Fatalf("loa %s: exit %d\n%s%s", strings.Join(args, " "), code, out, errs)
	}
	return out
}

func (h *house) owner(t *testing.T, module string) *pgx.Conn {
	t.Helper()
	dsn, err := app.OwnerURL(h.config, app.Module{Name: module})
	if err != nil {
		t.Fatal(err)
	}
	return connect(t, dsn)
}

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

func sqlText(t *testing.T, dsn, sql string) (answer string) {
	t.Helper()
	if err := connect(t, dsn).QueryRow(t.Context(), sql).Scan(&answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

// export writes what leaves Loa in files: every table of every database as text, with bytes both as hex and as they are (so that what
// PostgreSQL keeps compressed is seen too), the histories of the workflows, and what others may read of the log.
func (h *house) export(t *testing.T, name string, workflows ...string) {
	t.Helper()
	var out bytes.Buffer
	for module := range h.config.Databases {
		conn := h.owner(t, module)
		rows, err := conn.Query(t.Context(), `SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`)
		if err != nil {
			t.Fatal(err)
		}
		tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range tables {
			if _, err := conn.PgConn().CopyTo(t.Context(), &out, "COPY "+table+" TO STDOUT"); err != nil {
				t.Fatal(err)
			}
			if _, err := conn.PgConn().CopyTo(t.Context(), &out, "COPY "+table+" TO STDOUT (FORMAT binary)"); err != nil {
				t.Fatal(err)
			}
		}
	}
	engine, err := h.host.Temporal()
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range workflows {
		for events := engine.GetWorkflowHistory(t.Context(), w, "", false, historypb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); events.HasNext(); {
			e, err := events.Next()
			if err != nil {
				t.Fatal(err)
			}
			raw, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			out.Write(raw)
			fmt.Fprintln(&out, e.String())
		}
	}
	if err := os.WriteFile(filepath.Join(h.places["exports"], name), out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// newSink receives spans by OTLP over HTTP and keeps their bytes in a file. It gives the settings that lead there.
func newSink(t *testing.T, file string) []string {
	t.Helper()
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	var mutex sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			unzipped, err := gzip.NewReader(r.Body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			body = unzipped
		}
		mutex.Lock()
		defer mutex.Unlock()
		if _, err := io.Copy(out, body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(func() { server.Close(); _ = out.Close() })
	return []string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=" + server.URL, "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "OTEL_BSP_SCHEDULE_DELAY=100",
		"OTEL_METRICS_EXPORTER=none", "OTEL_LOGS_EXPORTER=none",
	}
}
