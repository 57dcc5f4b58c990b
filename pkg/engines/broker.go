package engines

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// brokerProgram builds the local broker once per test binary. The folder is shared by all test binaries of this user.
//
//nolint:gochecknoglobals // Built once and never changed.
var brokerProgram = sync.OnceValues(func() (string, error) {
	folder := filepath.Join(os.TempDir(), "loa-test-"+strconv.Itoa(os.Geteuid()))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	turn, err := os.OpenFile(filepath.Join(folder, "build.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	defer turn.Close()
	if err := syscall.Flock(int(turn.Fd()), syscall.LOCK_EX); err != nil {
		return "", err
	}
	program := filepath.Join(folder, "loa-broker")
	build := exec.CommandContext(context.Background(), "go", "build", "-o", program, "github.com/loa-vn/loa/deploy/local/cmd/loa-broker")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the broker: %w: %s", err, out)
	}
	return program, nil
})

// Broker is a Kafka broker as a process of its own: the local embedded one, or a node of Apache Kafka. When that ends by itself or by
// RestartCommand it is started again on the same address and data.
type Broker struct {
	// Data is the folder of its records.
	Data string

	program string
	flags   []string
	address string

	mu      sync.Mutex
	process *exec.Cmd
	wanted  bool
	ended   chan struct{}
	err     error
}

// engineVariable chooses what StartBroker starts, so that every test runs on both: embedded (the default) or apache.
const engineVariable = "LOA_TEST_KAFKA"

// OnApache tells whether StartBroker starts Apache Kafka. This is the only place that reads the choice.
func OnApache(t testing.TB) bool {
	t.Helper()
	switch engine := os.Getenv(engineVariable); engine {
	case "", "embedded":
		return false
	case "apache":
		return true
	default:
		t.Fatalf("%s=%s: it is embedded or apache", engineVariable, engine)
		return false
	}
}

// StartBroker starts a broker with no records that ends with the test.
func StartBroker(t testing.TB) *Broker {
	t.Helper()
	if OnApache(t) {
		return StartApache(t, ApacheOptions{Nodes: 1}).Nodes[0]
	}
	b := newBroker(t)
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	return b
}

// newBroker prepares a broker that ends with the test.
func newBroker(t testing.TB, flags ...string) *Broker {
	t.Helper()
	program, err := brokerProgram()
	if err != nil {
		t.Fatal(err)
	}
	b := &Broker{Data: filepath.Join(t.TempDir(), "kafka"), program: program, flags: flags, address: "127.0.0.1:0"}
	t.Cleanup(func() {
		b.Kill()
		if b.err != nil {
			t.Error(b.err)
		}
	})
	return b
}

// Kafka starts a broker and gives its addresses.
func Kafka(t testing.TB) []string {
	t.Helper()
	return []string{StartBroker(t).Address()}
}

// Address is where it listens, also after a restart.
func (b *Broker) Address() string { return b.address }

// RestartCommand is a command that ends the broker and returns when another serves. It may run several times at once.
func (b *Broker) RestartCommand() []string { return []string{b.program, "--restart", "--data", b.Data} }

// Start starts it again after Kill and returns when it listens.
func (b *Broker) Start() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wanted = true
	return b.start()
}

// Kill ends it as kill -9 does, and returns when it is gone.
func (b *Broker) Kill() {
	b.mu.Lock()
	b.wanted = false
	process, ended := b.process, b.ended
	b.mu.Unlock()
	if process == nil {
		return
	}
	_ = process.Process.Kill() // an error says that it is gone
	<-ended
	// A server that is its child is killed by the kernel with it, and may hold its port for a moment.
	gone := time.After(10 * time.Second)
	for refused := false; !refused; {
		conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(context.Background(), "tcp", b.address)
		if refused = err != nil; !refused {
			_ = conn.Close()
			select {
			case <-gone:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}
}

// Wipe deletes its records. It must have been killed.
func (b *Broker) Wipe() error { return os.RemoveAll(b.Data) }

func (b *Broker) start() error {
	process := exec.CommandContext(context.Background(), b.program, append([]string{"--attached", "--data", b.Data, "--addr", b.address}, b.flags...)...)
	process.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // Ctrl-C reaches us, and our end reaches it through its standard input
	in, err := process.StdinPipe()
	if err != nil {
		return err
	}
	out, err := process.StdoutPipe()
	if err != nil {
		return err
	}
	var complaints strings.Builder
	process.Stderr = &complaints
	if err := process.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return errors.Join(fmt.Errorf("the broker did not start: %w", err), process.Wait(), errors.New(complaints.String()))
	}
	if address := strings.TrimSpace(line); address != b.address { // at the first start only, before anyone asks
		b.address = address
	}
	ended := make(chan struct{})
	b.process, b.ended = process, ended
	go func() {
		_, _ = io.Copy(io.Discard, out)
		_ = process.Wait() // how it ended is the test's doing
		_ = in.Close()
		b.mu.Lock()
		defer b.mu.Unlock()
		b.process = nil
		close(ended)
		if b.wanted {
			b.err = b.start()
		}
	}()
	return nil
}
