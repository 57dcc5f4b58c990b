package netport

import (
	"net"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func TestPortSetByTheUserIsHadOrRefused(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := taken.Addr().(*net.TCPAddr).Port
	if _, err := Choose("127.0.0.1", port, "LOA_X_ADDR"); err == nil || !strings.HasPrefix(err.Error(), "LOA_X_ADDR=127.0.0.1:") {
		t.Errorf("in use: %v", err)
	}
	other, err := Choose("127.0.0.1", port, "")
	if err != nil || other == port || other < lowest || other > highest {
		t.Errorf("a remembered port in use became %d, %v", other, err)
	}
	if err := taken.Close(); err != nil {
		t.Fatal(err)
	}
	for _, setting := range []string{"LOA_X_ADDR", ""} {
		if got, err := Choose("127.0.0.1", port, setting); err != nil || got != port {
			t.Errorf("free, setting %q: %d, %v", setting, got, err)
		}
	}
}

// Engines start at the same time, and some are child processes: a port that was found free is free, whatever is forked meanwhile.
func TestPortStaysFreeWhileProcessesAreForked(t *testing.T) {
	var forking sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		forking.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if err := exec.Command("/bin/true").Run(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	port, err := Choose("127.0.0.1", 0, "")
	for range 2000 {
		if err == nil {
			_, err = Choose("127.0.0.1", port, "LOA_X_ADDR")
		}
		if err == nil {
			err = listen(port)
		}
	}
	close(done)
	forking.Wait()
	if err != nil {
		t.Error(err)
	}
}

// listen listens and stops. Here too nothing is forked meanwhile, since it is the search for a port that is looked at.
func listen(port int) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return err
	}
	return listener.Close()
}
