// Package netport chooses the port an engine listens on.
// Free ports are taken from below the range that outgoing connections use, so that a remembered one is free again at the next start.
package netport

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"syscall"
)

const (
	lowest  = 20000
	highest = 31999
)

// ErrSetting is what every Mistake is.
var ErrSetting = errors.New("a setting has to be mended")

// mistake is an error that names the setting which its user has to mend.
type mistake struct{ text string }

func (m mistake) Error() string        { return m.text }
func (m mistake) Is(target error) bool { return target == ErrSetting }

// Mistake says what is wrong with a setting, in words that name it.
func Mistake(format string, a ...any) error { return mistake{fmt.Sprintf(format, a...)} }

// Choose returns the port to listen on at host. With a setting, wanted was set by the user, and a port in use is an
// error that names the setting. Without one, wanted is what was remembered (0: nothing yet) and only preferred.
func Choose(host string, wanted int, setting string) (int, error) {
	if wanted > 0 && free(host, wanted) {
		return wanted, nil
	}
	if wanted > 0 && setting != "" {
		address := net.JoinHostPort(host, strconv.Itoa(wanted))
		return 0, Mistake("%s=%s: this port is in use by another program; end it, or set %s to another address", setting, address, setting)
	}
	for range 200 {
		port := lowest + rand.IntN(highest-lowest+1)
		if free(host, port) {
			return port, nil
		}
	}
	return 0, fmt.Errorf("no free port found at %s between %d and %d", host, lowest, highest)
}

// free binds the port for a moment. No process may be forked meanwhile: until it runs its own program it would hold a copy of the
// socket, and the engine that is to listen next would find the port in use.
func free(host string, port int) bool {
	// The first process handle of a program forks too, outside the lock, to learn whether the kernel has handles; that is over then.
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Release()
	}
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	listener, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port))) //nolint:noctx // Binding does not wait.
	if err != nil {
		return false
	}
	return listener.Close() == nil
}
