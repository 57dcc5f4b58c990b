package engines

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// SmallDisk mounts a disk of so many megabytes for one test, in memory, and gives its folder. Only root can: else mounted is false,
// and a test that must run for everyone limits the size of files instead.
func SmallDisk(t testing.TB, megabytes int) (folder string, mounted bool) {
	t.Helper()
	if os.Geteuid() != 0 {
		return "", false
	}
	folder, err := public("loa-disk-")
	if err != nil {
		t.Fatal(err)
	}
	// Even root may not, in a container.
	mount := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dm,mode=1777", megabytes), "loa", folder)
	if out, err := mount.CombinedOutput(); err != nil {
		t.Logf("no disk of our own can be mounted: %v: %s", err, out)
		_ = os.Remove(folder)
		return "", false
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		tick, late := time.NewTicker(20*time.Millisecond), time.After(20*time.Second)
		defer tick.Stop()
		for waiting := true; waiting; { // for the cluster on it, which was told to end, and for its watcher
			select {
			case <-tick.C:
				left, err := os.ReadDir(folder)
				waiting = err == nil && len(left) > 0
			case <-late:
				t.Errorf("%s is still in use", folder)
				waiting = false
			}
		}
		if out, err := exec.CommandContext(ctx, "umount", "--lazy", folder).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
		_ = os.Remove(folder)
	})
	return folder, true
}

// public makes a folder where the server's user may go, as it may not in a test's own.
func public(prefix string) (folder string, err error) {
	if folder, err = os.MkdirTemp("", prefix); err != nil {
		return "", err
	}
	return folder, os.Chmod(folder, 0o755)
}

// LimitFiles lets no process of the running cluster write a file beyond so many bytes, which PostgreSQL takes for a full disk: it
// ignores the signal. A negative number lifts the limit. No privilege is needed for either.
func (c *Cluster) LimitFiles(ctx context.Context, bytes int64) error {
	limit := "unlimited"
	if bytes >= 0 {
		limit = strconv.FormatInt(bytes, 10)
	}
	// The postmaster first: whatever it starts from then on has the limit too.
	for _, pid := range append([]int{c.server.Pid}, children(c.server.Pid)...) {
		set := exec.CommandContext(ctx, "prlimit", "--pid", strconv.Itoa(pid), "--fsize="+limit+":")
		set.SysProcAttr = &syscall.SysProcAttr{Credential: c.owner} // whose processes they are
		out, err := set.CombinedOutput()
		if _, gone := os.Stat(fmt.Sprintf("/proc/%d", pid)); err != nil && gone == nil {
			return fmt.Errorf("prlimit: %w: %s", err, out)
		}
	}
	return nil
}

func children(parent int) (pids []int) {
	found, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range found {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		// pid (name) state parent …; the name may hold anything, also brackets.
		after := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if len(after) > 1 && after[1] == strconv.Itoa(parent) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			pids = append(pids, pid)
		}
	}
	return pids
}

// Ended says that the postmaster is gone, whoever ended it: what a service manager would start again.
func (c *Cluster) Ended() bool {
	select {
	case <-c.gone:
		return true
	default:
		return false
	}
}

// Log is what the server wrote so far.
func (c *Cluster) Log() string {
	text, _ := os.ReadFile(filepath.Join(c.dir, "log"))
	return string(text)
}

// RestartPromoted starts the postmaster again after Kill as a standby that is promoted at once: the same data on another timeline,
// which is what a fail-over leaves.
func (c *Cluster) RestartPromoted(ctx context.Context) error {
	signal := filepath.Join(c.data(), "standby.signal")
	if err := os.WriteFile(signal, nil, 0o600); err != nil {
		return err
	}
	if c.owner != nil {
		if err := os.Chown(signal, int(c.owner.Uid), int(c.owner.Gid)); err != nil {
			return err
		}
	}
	if err := c.Restart(ctx); err != nil {
		return err
	}
	admin, err := pgx.Connect(ctx, c.URL)
	if err != nil {
		return err
	}
	defer admin.Close(ctx)
	var done bool
	if err := admin.QueryRow(ctx, "SELECT pg_promote(true, 60)").Scan(&done); err != nil || !done {
		return fmt.Errorf("the standby was not promoted: %v %w", done, err)
	}
	return nil
}
