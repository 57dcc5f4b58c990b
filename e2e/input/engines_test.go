package input

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// launch starts a program that ends with the test, and waits until a line of its output is the one waited for.
func launch(t *testing.T, command *exec.Cmd, ready func(line string) bool) (end func(os.Signal)) {
	t.Helper()
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	started := make(chan bool, 1)
	go func() {
		lines, found := bufio.NewScanner(out), false
		for lines.Scan() {
			if !found && ready(lines.Text()) {
				found = true
				started <- true
			}
		}
		_ = command.Wait()
		started <- false
		close(done)
	}()
	end = func(signal os.Signal) {
		_ = command.Process.Signal(signal)
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			_ = command.Process.Kill()
			t.Errorf("%s did not end on %v", command.Path, signal)
		}
	}
	t.Cleanup(func() { end(syscall.SIGTERM) })
	select {
	case ok := <-started:
		if !ok {
			t.Fatalf("%s ended before it was ready", command.Path)
		}
	case <-time.After(2 * time.Minute):
		t.Fatalf("%s was not ready in two minutes", command.Path)
	}
	return end
}

func withoutLoa() []string {
	var kept []string
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "LOA_") && !strings.HasPrefix(entry, "OTEL_") {
			kept = append(kept, entry)
		}
	}
	return kept
}

// broker is the Kafka broker as a process of its own.
type broker struct {
	whole                  *testing.T // the test that it lives as long as
	program, data, address string
	end                    func(os.Signal)
}

func startBroker(t *testing.T, root, data string) *broker {
	t.Helper()
	b := &broker{whole: t, program: filepath.Join(t.TempDir(), "loa-broker"), data: data, address: "127.0.0.1:0"}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", b.program, "./deploy/local/cmd/loa-broker")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the broker: %v\n%s", err, out)
	}
	b.start()
	return b
}

// start starts it; after the first time at the address it had.
func (b *broker) start() {
	b.whole.Helper()
	command := exec.Command(b.program, "--data", b.data, "--addr", b.address)
	b.end = launch(b.whole, command, func(line string) bool {
		b.address = line
		return true
	})
}

// wire stands between Loa and an engine. While it is cut, connections are refused, and those that were open are gone.
type wire struct {
	target, address string
	mutex           sync.Mutex
	listener        net.Listener
	open            map[net.Conn]bool
}

func newWire(t *testing.T, target string) *wire {
	t.Helper()
	w := &wire{target: target, address: "127.0.0.1:0", open: map[net.Conn]bool{}}
	w.mend(t)
	t.Cleanup(w.cut)
	return w
}

func (w *wire) mend(t *testing.T) {
	t.Helper()
	var configuration net.ListenConfig
	// A listener outlives the test that mends the wire.
	ctx := context.WithoutCancel(t.Context())
	listener, err := configuration.Listen(ctx, "tcp", w.address)
	if err != nil {
		t.Fatal(err)
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.listener, w.address = listener, listener.Addr().String()
	go w.accept(ctx, listener)
}

func (w *wire) accept(ctx context.Context, listener net.Listener) {
	for {
		near, err := listener.Accept()
		if err != nil {
			return
		}
		far, err := (&net.Dialer{}).DialContext(ctx, "tcp", w.target)
		if err != nil {
			_ = near.Close()
			continue
		}
		if !w.keep(listener, near, far) {
			return
		}
		go w.carry(near, far)
		go w.carry(far, near)
	}
}

// keep remembers a pair of connections, unless the wire was cut meanwhile.
func (w *wire) keep(listener net.Listener, near, far net.Conn) bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.listener != listener {
		_, _ = near.Close(), far.Close()
		return false
	}
	w.open[near], w.open[far] = true, true
	return true
}

func (w *wire) carry(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for _, c := range []net.Conn{to, from} {
		_ = c.Close()
		delete(w.open, c)
	}
}

func (w *wire) cut() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.listener != nil {
		_ = w.listener.Close()
		w.listener = nil
	}
	for c := range w.open {
		_ = c.Close()
	}
	clear(w.open)
}

// hostOf is host and port of a URL.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
