package child

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// until polls for a condition that another process brings about.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for !condition() {
		select {
		case <-deadline:
			t.Fatalf("never: %s", what)
		case <-ticker.C:
		}
	}
}

func TestStubbornChildIsKilledAfterItsPatience(t *testing.T) {
	script := exec.Command("/bin/sh", "-c", "trap '' TERM; echo trapped; while :; do sleep 0.05; done")
	output, err := script.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	process, err := Start(script, syscall.SIGKILL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := output.Read(make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	if !Running(process.Pid()) {
		t.Error("a running child is said not to run")
	}
	err = process.Stop(t.Context(), Step{Signal: syscall.SIGTERM, Patience: 50 * time.Millisecond}, Step{Signal: syscall.SIGKILL, Patience: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if process.Err() == nil || Running(process.Pid()) {
		t.Errorf("ended with %v", process.Err())
	}
}

func TestProgramThatIsMissingIsAnError(t *testing.T) {
	if _, err := Start(exec.Command("/nonexistent/program"), syscall.SIGKILL); err == nil {
		t.Error("started")
	}
}

func TestProcessThatNobodyWaitedForDoesNotRun(t *testing.T) {
	command := exec.Command("/bin/true")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, "the process ends", func() bool { return !Running(command.Process.Pid) })
	if _, err := os.Stat(fmt.Sprintf("/proc/%d", command.Process.Pid)); err != nil {
		t.Errorf("it was waited for, so the test shows nothing: %v", err)
	}
	if err := command.Wait(); err != nil {
		t.Error(err)
	}
}

func TestLeftoverIsEndedOnlyIfItIsOurs(t *testing.T) {
	directory := t.TempDir()
	command := exec.Command("/bin/sleep", "600")
	command.Dir = directory
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	pid := command.Process.Pid
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	elsewhere := t.TempDir()
	until(t, "the program is loaded", func() bool { return RunsWith(pid, "600") })

	kill := Step{Signal: syscall.SIGKILL, Patience: 5 * time.Second}
	for name, ours := range map[string]func(int) bool{
		"another directory": func(pid int) bool { return WorksIn(pid, "sleep", elsewhere) },
		"another program":   func(pid int) bool { return WorksIn(pid, "postgres", directory) },
		"another argument":  func(pid int) bool { return RunsWith(pid, "60") },
	} {
		if found, err := EndLeftover(t.Context(), pid, ours, kill); found || err != nil {
			t.Errorf("%s: %v, %v", name, found, err)
		}
	}
	if !Running(pid) {
		t.Fatal("a stranger was ended")
	}
	found, err := EndLeftover(t.Context(), pid, func(pid int) bool { return WorksIn(pid, "sleep", directory) }, kill)
	if !found || err != nil {
		t.Errorf("ours: %v, %v", found, err)
	}
	if err := <-ended; err == nil {
		t.Error("it ended by itself")
	}
	for _, absent := range []int{pid, 0, -7, 1 << 30} {
		if found, err := EndLeftover(t.Context(), absent, func(int) bool { return true }, kill); found || err != nil {
			t.Errorf("no process %d: %v, %v", absent, found, err)
		}
	}
}
