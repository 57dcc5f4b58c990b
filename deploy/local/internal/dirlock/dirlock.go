// Package dirlock gives a data directory to one process at a time.
// The kernel drops the lock when its holder ends, however it ends, so there is never a stale one.
package dirlock

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ErrHeld says that another process holds the lock; the error that wraps it names the file and, if known, the process.
var ErrHeld = errors.New("in use by another process")

// Lock is a held lock.
type Lock struct{ file *os.File }

// Take locks the file at path, making it and its directory if they are missing. It does not wait for another holder.
func Take(path string) (*Lock, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := lock(file); err != nil {
		defer file.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		holder := make([]byte, 32)
		n, _ := file.Read(holder)
		if pid, err := strconv.Atoi(strings.TrimSpace(string(holder[:n]))); err == nil {
			return nil, fmt.Errorf("%s is %w (process %d)", filepath.Dir(path), ErrHeld, pid)
		}
		return nil, fmt.Errorf("%s is %w", filepath.Dir(path), ErrHeld)
	}
	// The process id is for the message above only; the lock itself is the truth.
	if err := errors.Join(file.Truncate(0), writeAt(file, strconv.Itoa(os.Getpid())+"\n")); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &Lock{file: file}, nil
}

// lock tries for a tenth of a second, since Held takes the lock for an instant to see whether it is free.
func lock(file *os.File) error {
	for attempt := 0; ; attempt++ {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) || attempt == 10 {
			return err
		}
		<-time.After(10 * time.Millisecond)
	}
}

func writeAt(file *os.File, text string) error {
	_, err := file.WriteAt([]byte(text), 0)
	return err
}

// Held reports whether some process holds the lock at path.
func Held(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	return errors.Is(syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}

// Release gives the lock up. The file stays: removing it would let two processes hold a lock each on two files.
func (l *Lock) Release() error { return l.file.Close() }
