package relay

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/loa-vn/loa/pkg/bus/kafka"
	"github.com/loa-vn/loa/pkg/es"
)

var processOrder = flag.String("relay.process", "", "run as a relay process of a test, with this order")

// TestMain lets this binary be its own relay process, which a test kills.
func TestMain(m *testing.M) {
	flag.Parse()
	if *processOrder != "" {
		if err := relayProcess(*processOrder); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// processOf says what a relay process runs on.
type processOf struct {
	Database, Broker, Service string
	// Unlocked: it believes that it leads, whoever else does.
	Unlocked bool
}

// said is what a relay process answers.
type said struct {
	Heap, Backlog int64
	Lag           float64
}

// relayProcess relays until it is killed or its standard input ends, and answers each line of that.
func relayProcess(text string) error {
	var order processOf
	if err := json.Unmarshal([]byte(text), &order); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	reader := sdkmetric.NewManualReader()
	otel.SetMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)))
	pool, err := pgxpool.New(ctx, order.Database)
	if err != nil {
		return err
	}
	log, err := es.Open(ctx, pool, testCatalogue(), es.Options{Service: order.Service, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	client, err := kafka.NewClient([]string{order.Broker}, nil)
	if err != nil {
		return err
	}
	deps := Deps{Log: log, Pool: pool, Client: client}
	failed := make(chan error, 1)
	go func() {
		if order.Unlocked {
			failed <- unlocked(ctx, deps)
			return
		}
		failed <- Run(ctx, deps, mapped)
	}()
	lines := make(chan string)
	go func() {
		defer close(lines)
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			lines <- in.Text()
		}
	}()
	for {
		select {
		case err := <-failed:
			return err
		case _, open := <-lines:
			if !open {
				return nil
			}
			if err := answer(ctx, reader); err != nil {
				return err
			}
		}
	}
}

// unlocked follows again and again as a relay that leads does, without the lock.
func unlocked(ctx context.Context, deps Deps) error {
	r := &relay{deps: deps, mapper: mapped, client: deps.Client, service: deps.Log.Service(), logger: slog.New(slog.DiscardHandler)}
	if err := r.instruments(); err != nil {
		return err
	}
	for ctx.Err() == nil {
		if err := r.follow(ctx); err != nil {
			return err
		}
	}
	return nil
}

func answer(ctx context.Context, reader sdkmetric.Reader) error {
	var s said
	var all metricdata.ResourceMetrics
	if err := reader.Collect(ctx, &all); err != nil {
		return err
	}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Gauge[float64]:
				if m.Name == "loa.relay.lag" {
					s.Lag = data.DataPoints[0].Value
				}
			case metricdata.Gauge[int64]:
				if m.Name == "loa.relay.backlog" {
					s.Backlog = data.DataPoints[0].Value
				}
			}
		}
	}
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	s.Heap = int64(memory.HeapAlloc)
	return json.NewEncoder(os.Stdout).Encode(s)
}

// process is a relay process that a test has started.
type process struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func (w *world) process(unlocked bool) *process {
	w.t.Helper()
	order, err := json.Marshal(processOf{Database: w.address, Broker: w.broker.Address(), Service: w.service, Unlocked: unlocked})
	if err != nil {
		w.t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	p := &process{t: w.t, cmd: exec.CommandContext(context.WithoutCancel(w.t.Context()), program, "-relay.process="+string(order))}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		w.t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	p.out = bufio.NewReader(out)
	p.cmd.Stderr = os.Stderr
	if err := p.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(p.kill)
	return p
}

// kill is kill -9; it returns when the process is gone.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // an error says that it is gone
	_ = p.cmd.Wait()
}

func (p *process) ask() (s said) {
	p.t.Helper()
	if _, err := io.WriteString(p.in, "?\n"); err != nil {
		p.t.Fatal(err)
	}
	line, err := p.out.ReadString('\n')
	if err == nil {
		err = json.NewDecoder(strings.NewReader(line)).Decode(&s)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

// until asks until the answer pleases.
func (p *process) until(what string, within time.Duration, pleases func(said) bool) said {
	p.t.Helper()
	deadline := time.After(within)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		s := p.ask()
		if pleases(s) {
			return s
		}
		select {
		case <-deadline:
			p.t.Fatalf("not within %s: %s; the relay says %+v", within, what, s)
		case <-tick.C:
		}
	}
}
