package es

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"
)

var stoppedState = regexp.MustCompile(`(?m)^State:\s+T`)

// process starts this test binary as a writer. It ends by itself, or when the returned pipe is closed.
func process(t *testing.T, o order) (*exec.Cmd, io.Closer) {
	t.Helper()
	text := must[[]byte](t)(json.Marshal(o))
	cmd := exec.CommandContext(t.Context(), must[string](t)(os.Executable()), "-torture.writer", string(text))
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	in := must[io.WriteCloser](t)(cmd.StdinPipe())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, in
}

// stopped waits until a process that was sent SIGSTOP has stopped with all its threads.
func stopped(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	eventually(t, "the writer is stopped", func() bool {
		tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", cmd.Process.Pid))
		for _, name := range tasks {
			text, err := os.ReadFile(name)
			if err == nil && !stoppedState.Match(text) {
				return false
			}
		}
		return err == nil && len(tasks) > 0
	})
}

// A process is stopped at drawn moments of its appends, beside another: the other goes on meanwhile, at its own pace, and the stopped
// one, resumed, neither forks nor doubles, whether its connection lived or was ended meanwhile.
func TestFaultWriterPausedAndResumed(t *testing.T) {
	t.Parallel()
	random := seeded(t)
	w := database(t)
	l := w.open(t, w.pool)
	with := accompany(t, l)
	out := filepath.Join(t.TempDir(), "operations")
	paused, end := process(t, order{Address: w.address, Out: out, Writer: 1, Goroutines: 16, Seed: random.Uint64()})
	defer func() { _ = paused.Process.Signal(syscall.SIGCONT) }() // whatever happens here, it must be able to end
	theirs := func() int {
		return w.count(t, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'loa-torture-committer'")
	}
	eventually(t, "the other process appends", func() bool {
		return theirs() > 0 && w.count(t, "SELECT count(*) FROM es.command") > 20
	})
	c := gather(t, l, 12, random)
	for round := range 4 * *kills { // it is stopped where it would hurt only now and then
		c.more(t, random.Int64N(100), "both append")
		if err := paused.Process.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		stopped(t, paused)
		c.more(t, 150, "the other goes on while one is stopped")
		if round%2 == 1 {
			w.exec(t, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
				AND application_name = 'loa-torture-committer'`)
			eventually(t, "its connection was ended", func() bool { return theirs() == 0 })
			c.more(t, 50, "the other goes on")
		}
		if err := paused.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the resumed one has a committer", func() bool { return theirs() > 0 })
	}
	operations := c.leave(t)
	_ = end.Close()
	if err := paused.Wait(); err != nil {
		t.Fatalf("the paused writer saw a broken promise: %v", err)
	}
	events := settle(t, w, append(operations, readOperations(t, []string{out})...))
	with.arrive(t, w, events)
}

// A hundred issuers want the next number of one register at the same moment, in one process and in three: all get theirs within the
// time, though only one can win each version. A fixed count of tries would starve most.
func TestFaultHundredIssuersOnOneStream(t *testing.T) {
	t.Parallel()
	const issuers, within = 100, 15 * time.Second
	w := database(t)
	l, repo := w.repo(t)
	register := newNote()
	var issuing sync.WaitGroup
	for i := range issuers {
		issuing.Go(func() {
			if _, err := repo.Execute(t.Context(), register, command(), write(fmt.Sprintf("0.%d", i))); err != nil {
				t.Error(err)
			}
		})
	}
	issuing.Wait()
	var processes []*exec.Cmd
	for i := range 3 {
		cmd, end := process(t, order{Address: w.address, Writer: i + 1, Goroutines: issuers, Seconds: within.Seconds(), Note: register})
		defer end.Close()
		processes = append(processes, cmd)
	}
	for _, cmd := range processes {
		if err := cmd.Wait(); err != nil {
			t.Errorf("an issuer starved: %v", err)
		}
	}
	state, version, err := repo.Load(t.Context(), register)
	if err != nil || version != 4*issuers {
		t.Fatalf("version %d %v", version, err)
	}
	once := map[string]bool{}
	for _, line := range state.Lines {
		once[line] = true
	}
	if len(once) != 4*issuers {
		t.Errorf("%d of %d lines are different", len(once), 4*issuers)
	}
	if events := must[[]Event](t)(l.Read(t.Context(), 0, 1000)); len(events) != 4*issuers {
		t.Errorf("%d events", len(events))
	}
	checkTables(t, w.owner)
	quiet(t, w)
}
