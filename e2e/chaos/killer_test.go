package chaos

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loa-vn/loa/e2e/system"
)

// kill is one moment at which a process is killed.
type kill struct {
	// step counts from 0; the moment is delay after it has begun.
	step  int
	delay time.Duration
	// victim is a process of the system, or an engine that is a child of one ("postgres", "temporal"), or everything.
	victim string
	// pause is how long the victim stays away.
	pause time.Duration
	// cut, unless it is nought, is when the victim's next start is killed too, so that only the one after it succeeds.
	cut time.Duration
	// armed is closed when the killer waits for the moment.
	armed chan struct{}
}

func (k kill) String() string {
	text := fmt.Sprintf("%s %v after the start of step %d, away for %v", k.victim, k.delay, k.step, k.pause)
	if k.cut > 0 {
		text += fmt.Sprintf(", and again %v into its start", k.cut)
	}
	return text
}

// schedule spreads kills over a line of so many steps, one in each of as many equal parts, and over the victims, each in its turn.
func schedule(seed uint64, kills, steps int, victims []string) []*kill {
	random := rand.New(rand.NewPCG(seed, uint64(len(victims))))
	// Steps and starts take from a few milliseconds to seconds, so moments are spread evenly over orders of magnitude, up to 0.8 s.
	moment := func() time.Duration {
		return time.Duration(math.Pow(10, 3.3*random.Float64()) * float64(400*time.Microsecond)).Round(10 * time.Microsecond)
	}
	var list []*kill
	var turn []string
	for i := range kills {
		if len(turn) == 0 {
			for _, v := range random.Perm(len(victims)) {
				turn = append(turn, victims[v])
			}
		}
		from, to := i*steps/kills, max((i+1)*steps/kills, i*steps/kills+1)
		var cut time.Duration
		if random.IntN(3) == 0 {
			cut = moment()
		}
		list = append(list, &kill{
			step: from + random.IntN(to-from), victim: turn[0], armed: make(chan struct{}),
			delay: moment(), pause: time.Duration(random.IntN(700)) * time.Millisecond, cut: cut,
		})
		turn = turn[1:]
	}
	return list
}

const everything = "everything"

// victims are what can be killed: in one process Loa itself and its two engines, which are processes; apart, each.
func victims(s *system.System) []string {
	names := append(s.Names(), "postgres", "temporal", everything)
	if s.Shape == system.One {
		// Loa itself is what most kills are for.
		names = append(names, "loa-local", "loa-local")
	}
	return names
}

// host is the process of the system that an engine is a child of.
func host(s *system.System) string { return s.Names()[0] }

// walk walks the line while the kills happen, and returns when both are over. Steps do not run ahead of the killer: one begins when every
// kill planned for an earlier one is about to happen.
func walk(t *testing.T, s *system.System, l *line, kills []*kill) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	steps := l.steps()
	began := make([]chan struct{}, len(steps))
	for i := range began {
		began[i] = make(chan struct{})
	}
	ended := make(chan error, 1)
	go func() { ended <- walkSteps(ctx, t, steps, began, kills) }()
	var failed error
	over := false
	await := func(c <-chan struct{}) bool {
		select {
		case <-c:
			return true
		case failed = <-ended:
			over = true
			return failed == nil
		}
	}
	for _, k := range kills {
		if !over && !await(began[k.step]) {
			break
		}
		close(k.armed)
		<-time.After(k.delay)
		strike(t, s, k)
	}
	if !over {
		failed = <-ended
	}
	if failed != nil {
		t.Error(failed)
		_, behind := looking(t, s)()
		t.Fatalf("at that moment these were behind: %s", strings.Join(behind, "; "))
	}
}

func walkSteps(ctx context.Context, t *testing.T, steps []step, began []chan struct{}, kills []*kill) error {
	for i, step := range steps {
		for _, k := range kills {
			if k.step >= i {
				continue
			}
			select {
			case <-k.armed:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		close(began[i])
		begun := time.Now()
		if err := step.run(ctx); err != nil {
			return fmt.Errorf("step %d, %s: %w", i, step.name, err)
		}
		t.Logf("%2d %-32s %v", i, step.name, time.Since(begun).Round(time.Millisecond))
	}
	return nil
}

// strike kills with SIGKILL and starts again what has ended.
func strike(t *testing.T, s *system.System, k *kill) {
	t.Helper()
	t.Logf("   kill -9: %v", k)
	begun := time.Now()
	engine := k.victim == "postgres" || k.victim == "temporal"
	name := k.victim
	if engine || k.victim == everything {
		name = host(s)
	}
	own := s.Pid(name)
	how := startOf(t, own)
	switch {
	case engine:
		slay(t, child(t, s, k.victim))
		// Nothing restarts an engine: the program that it belongs to ends.
		system.Eventually(t, 30*time.Second, func() (bool, string) {
			return !runs(own), fmt.Sprintf("%s still runs without its %s", name, k.victim)
		})
	case k.victim == everything:
		slay(t, child(t, s, "postgres"))
		for _, each := range s.Names() {
			s.Kill(each)
		}
	}
	s.Kill(name)
	<-time.After(k.pause)
	if k.cut > 0 {
		how.cutShort(t, k.cut)
	}
	if k.victim == everything {
		s.StartAll()
	} else {
		s.StartOne(name)
	}
	t.Logf("   back after %v", time.Since(begun).Round(time.Millisecond))
}

func slay(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// start is how a process was started.
type start struct {
	program, dir string
	args, env    []string
}

// startOf reads how a running process was started.
func startOf(t *testing.T, pid int) start {
	t.Helper()
	of := func(name string) string { return fmt.Sprintf("/proc/%d/%s", pid, name) }
	program, err1 := os.Readlink(of("exe"))
	dir, err2 := os.Readlink(of("cwd"))
	args, err3 := os.ReadFile(of("cmdline"))
	env, err4 := os.ReadFile(of("environ"))
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	words := func(text []byte) []string { return strings.Split(strings.TrimRight(string(text), "\x00"), "\x00") }
	return start{program, dir, words(args)[1:], words(env)}
}

// cutShort starts it once more and kills it before long.
func (s start) cutShort(t *testing.T, after time.Duration) {
	t.Helper()
	command := exec.Command(s.program, s.args...)
	command.Dir, command.Env = s.dir, s.env
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	<-time.After(after)
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait() // killed
}

// child is the process id of an engine that is a child of the program that runs it.
func child(t *testing.T, s *system.System, engine string) int {
	t.Helper()
	parent := s.Pid(host(s))
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range stats {
		name, ppid, ok := stat(path)
		if ok && name == engine && ppid == parent {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			if err != nil {
				t.Fatal(err)
			}
			return pid
		}
	}
	t.Fatalf("%s has no child %s", host(s), engine)
	return 0
}

// stat reads a process's name and its parent from /proc, false when it has gone.
func stat(path string) (name string, parent int, ok bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", 0, false
	}
	begin, end := strings.IndexByte(string(text), '('), strings.LastIndexByte(string(text), ')')
	if begin < 0 || end < begin {
		return "", 0, false
	}
	fields := strings.Fields(string(text[end+1:]))
	if len(fields) < 2 || fields[0] == "Z" {
		return "", 0, false
	}
	parent, err = strconv.Atoi(fields[1])
	return string(text[begin+1 : end]), parent, err == nil
}

func runs(pid int) bool {
	_, _, ok := stat(fmt.Sprintf("/proc/%d/stat", pid))
	return ok
}
