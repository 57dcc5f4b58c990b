package bus_test

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
	"runtime"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/loa-vn/loa/pkg/bus"
	busv1 "github.com/loa-vn/loa/proto/gen/loa/bus/v1"
)

var processOrder = flag.String("bus.process", "", "run as a consumer process of a test, with this order")

// TestMain lets this binary be its own consumer process, which a test kills.
func TestMain(m *testing.M) {
	flag.Parse()
	if *processOrder != "" {
		if err := consumerProcess(*processOrder); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// processOf says what a consumer process runs on.
type processOf struct {
	Database, Broker, Source, Name string
	Session                        time.Duration
	// Slow is how long each of its transactions takes.
	Slow time.Duration
}

// consumerProcess consumes until it is killed or its standard input ends, and answers each line of that with its heap's size.
func consumerProcess(text string) error {
	var order processOf
	if err := json.Unmarshal([]byte(text), &order); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	pool, err := pgxpool.New(ctx, order.Database)
	if err != nil {
		return err
	}
	conn, err := grpc.NewClient(order.Source, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	deps := bus.Deps{
		Brokers: []string{order.Broker}, Pool: pool, Logger: slog.New(slog.DiscardHandler), TailCheck: 200 * time.Millisecond, Session: order.Session,
		Source: func(string) busv1.PublishedServiceClient { return busv1.NewPublishedServiceClient(conn) },
	}
	failed := make(chan error, 1)
	go func() {
		failed <- bus.Run(ctx, deps, bus.Consumer{
			Name: order.Name, Sources: []string{service}, Types: []string{revisedV1}, Handle: slowly(order.Slow),
		})
	}()
	lines := make(chan struct{})
	go func() {
		defer close(lines)
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			lines <- struct{}{}
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
			runtime.GC()
			var memory runtime.MemStats
			runtime.ReadMemStats(&memory)
			fmt.Println(memory.HeapAlloc)
		}
	}
}

// slowly is record in a transaction that takes a while, so that a kill finds it open.
func slowly(d time.Duration) bus.Handler {
	return func(ctx context.Context, tx pgx.Tx, messages []bus.Message) error {
		if err := record(ctx, tx, messages); err != nil || d == 0 {
			return err
		}
		_, err := tx.Exec(ctx, "SELECT pg_sleep($1)", d.Seconds())
		return err
	}
}

// member is a consumer process that a test has started.
type member struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func (k *sink) process(broker string, slow time.Duration) *member {
	k.t.Helper()
	order, err := json.Marshal(processOf{
		Database: k.address, Broker: broker, Source: k.source.address, Name: k.consumer.Name, Session: k.deps.Session, Slow: slow,
	})
	if err != nil {
		k.t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		k.t.Fatal(err)
	}
	m := &member{t: k.t, cmd: exec.CommandContext(context.WithoutCancel(k.t.Context()), program, "-bus.process="+string(order))}
	if m.in, err = m.cmd.StdinPipe(); err != nil {
		k.t.Fatal(err)
	}
	out, err := m.cmd.StdoutPipe()
	if err != nil {
		k.t.Fatal(err)
	}
	m.out = bufio.NewReader(out)
	m.cmd.Stderr = os.Stderr
	if err := m.cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(m.kill)
	return m
}

// kill is kill -9; it returns when the process is gone.
func (m *member) kill() {
	_ = m.cmd.Process.Kill() // an error says that it is gone
	_ = m.cmd.Wait()
}

// heap is what the process holds after a collection.
func (m *member) heap() (bytes int64) {
	m.t.Helper()
	if _, err := io.WriteString(m.in, "?\n"); err != nil {
		m.t.Fatal(err)
	}
	line, err := m.out.ReadString('\n')
	if err == nil {
		_, err = fmt.Sscan(line, &bytes)
	}
	if err != nil {
		m.t.Fatal(err)
	}
	return bytes
}
