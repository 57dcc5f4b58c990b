// Package child runs an engine as a child process that never outlives this one.
// It also finds and ends engines which a killed predecessor left behind, by identity and not by a process id alone.
package child

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// Step is one attempt at ending a process: a signal and how long to wait for its effect.
type Step struct {
	Signal   syscall.Signal
	Patience time.Duration
}

// Process is a started child. Its methods may be called from any goroutine.
type Process struct {
	process *os.Process
	ended   chan struct{}
	err     error
}

// Start starts cmd in a process group of its own, so that an interrupt typed at the terminal reaches only us and the
// engines end in our order. The kernel sends onParentDeath to the child when this process ends for any reason.
func Start(cmd *exec.Cmd, onParentDeath syscall.Signal) (*Process, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = onParentDeath
	cmd.SysProcAttr.Setpgid = true

	p := &Process{ended: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		// The death signal is tied to the thread that forked, so that thread has to live as long as the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if err == nil {
			p.process = cmd.Process
		}
		started <- err
		if err != nil {
			return
		}
		p.err = cmd.Wait()
		close(p.ended)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// Pid is the child's process id.
func (p *Process) Pid() int { return p.process.Pid }

// Ended is closed once the child has ended and was waited for.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Err says how the child ended; it is meaningful only after Ended is closed, and nil for exit code 0.
func (p *Process) Err() error {
	select {
	case <-p.ended:
		return p.err
	default:
		return nil
	}
}

// Stop walks the steps until the child has ended. A context that ends cuts every step's patience short, yet the
// last step is always given one second, so that Stop does not return while a child that was killed still dies.
func (p *Process) Stop(ctx context.Context, steps ...Step) error {
	return end(ctx, p.process, p.ended, steps)
}

func end(ctx context.Context, process *os.Process, ended <-chan struct{}, steps []Step) error {
	for i, step := range steps {
		select {
		case <-ended:
			return nil
		default:
		}
		// An error here means that it has ended meanwhile, which the wait below notices.
		_ = process.Signal(step.Signal)
		cut := ctx.Done()
		if i == len(steps)-1 {
			cut = nil
			step.Patience = max(step.Patience, time.Second)
		}
		timer := time.NewTimer(step.Patience)
		select {
		case <-ended:
			timer.Stop()
			return nil
		case <-timer.C:
		case <-cut:
			timer.Stop()
		}
	}
	return fmt.Errorf("process %d did not end after %d signals", process.Pid, len(steps))
}
