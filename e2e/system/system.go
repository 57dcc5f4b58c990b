// Package system runs Loa for journeys: the real binaries, over real HTTP, in both shapes. One shape is one process with everything;
// the other is every module as a process of its own on engines that run apart.
package system

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/loa-vn/loa/pkg/engines"
)

// Shape is how the modules are spread over processes.
type Shape string

// The shapes.
const (
	One   Shape = "one process"
	Split Shape = "a process each"
)

// Options of a system.
type Options struct {
	Shape Shape
	// Example loads the example at the first start (one process only).
	Example bool
	// Environment is added to every process: NAME=value.
	Environment []string
	// SecondPortal starts a second process of the portal beside the first (a process each only).
	SecondPortal bool
	// Data is the data directory; empty makes one.
	Data string
}

// System is a running Loa.
type System struct {
	Options
	t testing.TB
	// API is where the gateway answers, Portal where the public site does.
	API, Portal string
	// Portals are where each process of the portal answers, Portal being the first.
	Portals   []string
	root      string
	processes map[string]*process
	settings  []string
	peers     map[string]string
	mutex     sync.Mutex
	tokens    map[string]string
}

// process is one of the binaries.
type process struct {
	name    string
	args    []string
	env     []string
	command *exec.Cmd
	log     *buffer
	ready   chan struct{}
	done    chan struct{}
}

// Start starts a system and waits until it is ready. Everything it started ends with the test.
func Start(t testing.TB, o Options) *System {
	t.Helper()
	if o.Data == "" {
		o.Data = DataDir(t)
	}
	s := &System{Options: o, t: t, root: Root(t), processes: map[string]*process{}, tokens: map[string]string{}}
	t.Cleanup(s.end)
	api := FreeAddress(t)
	s.API = "http://" + api
	if o.Shape == One {
		s.Portal, s.Portals = s.API, []string{s.API}
		s.add("loa-local", []string{"LOA_DATA=" + o.Data, "LOA_HTTP_ADDR=" + api, "LOA_TEMPORAL_UI_ADDR=" + FreeAddress(t), fmt.Sprintf("LOA_EXAMPLE=%t", o.Example)})
	} else {
		s.split(api)
	}
	s.StartAll()
	return s
}

// split lays out one process per module; the engines come first, since they print the settings of the others.
func (s *System) split(api string) {
	s.add("engines", []string{"LOA_DATA=" + s.Data, "LOA_TEMPORAL_UI_ADDR=" + FreeAddress(s.t)}, "engines")
	portal := FreeAddress(s.t)
	s.Portal, s.Portals = "http://"+portal, []string{"http://" + portal}
	var peers []string
	addresses := map[string]string{}
	s.peers = addresses
	for _, name := range append(Services(), "keys") {
		addresses[name] = FreeAddress(s.t)
		peers = append(peers, name+"="+addresses[name])
	}
	for _, name := range Modules() {
		env := []string{"LOA_TARGET=" + name, "LOA_PEERS=" + strings.Join(peers, ";"), "LOA_PUBLIC_URL=" + s.Portal}
		switch name {
		case "gateway":
			env = append(env, "LOA_HTTP_ADDR="+api)
		case "portal":
			env = append(env, "LOA_HTTP_ADDR="+portal)
		default:
			env = append(env, "LOA_RPC_LISTEN="+name+"="+addresses[name])
		}
		s.add(name, env)
	}
	if s.SecondPortal {
		second := FreeAddress(s.t)
		s.Portals = append(s.Portals, "http://"+second)
		s.add(secondPortal, []string{"LOA_TARGET=portal", "LOA_PEERS=" + strings.Join(peers, ";"), "LOA_PUBLIC_URL=" + s.Portal, "LOA_HTTP_ADDR=" + second})
	}
}

const secondPortal = "second portal"

// Modules are the targets, in the order they start.
func Modules() []string {
	return append(append([]string{"keys"}, Services()...), "portal", "worker", "gateway")
}

// Services are the modules that serve gRPC and have a log.
func Services() []string {
	return []string{"planning", "content", "approvals", "distribution", "reporting"}
}

func (s *System) add(name string, env []string, args ...string) {
	s.processes[name] = &process{name: name, env: env, args: args, log: &buffer{}}
}

// Names lists the processes in the order they start.
func (s *System) Names() []string {
	if s.Shape == One {
		return []string{"loa-local"}
	}
	names := append([]string{"engines"}, Modules()...)
	if s.SecondPortal {
		names = append(names, secondPortal)
	}
	return names
}

// StartAll starts every process that does not run, and waits until each is ready.
func (s *System) StartAll() {
	s.t.Helper()
	s.StartUnready()
	s.AwaitReady()
}

// StartUnready is StartAll for a system that has a reason not to be ready.
func (s *System) StartUnready() {
	s.t.Helper()
	for _, name := range s.Names() {
		s.launch(name)
		if name == "engines" {
			s.await(name)
			s.settings = s.processes[name].log.settings()
		}
	}
	for _, name := range s.Names() {
		s.await(name)
	}
}

// StartOne starts one process and waits until it is ready.
func (s *System) StartOne(name string) {
	s.t.Helper()
	s.launch(name)
	s.await(name)
}

func (s *System) launch(name string) {
	s.t.Helper()
	p := s.processes[name]
	if p.command != nil {
		return
	}
	binary := "loa"
	var broker []string
	if name == "loa-local" || name == "engines" {
		binary = "loa-local"
		if engines.OnApache(s.t) {
			broker = []string{"LOA_KAFKA=apache"}
		}
	}
	p.command = exec.Command(filepath.Join(s.root, "bin", binary), p.args...)
	p.command.Dir = s.root
	p.command.Env = slices.Concat(clean(os.Environ()), s.settings, broker, p.env, s.Environment)
	p.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := p.command.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	p.command.Stderr = p.log
	p.ready, p.done = make(chan struct{}), make(chan struct{})
	if err := p.command.Start(); err != nil {
		s.t.Fatalf("start %s: %v", name, err)
	}
	go p.watch(out)
}

// watch keeps the output and notices the line that says ready.
func (p *process) watch(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	ready := p.ready
	for lines.Scan() {
		_, _ = fmt.Fprintln(p.log, lines.Text())
		if strings.HasPrefix(lines.Text(), "READY") && ready != nil {
			close(ready)
			ready = nil
		}
	}
	_ = p.command.Wait()
	close(p.done)
}

// startPatience is how long a process may take on a busy machine.
const startPatience = 2 * time.Minute

func (s *System) await(name string) {
	s.t.Helper()
	p := s.processes[name]
	select {
	case <-p.ready:
	case <-p.done:
		s.t.Fatalf("%s ended before it was ready:\n%s", name, p.log)
	case <-time.After(startPatience):
		s.t.Fatalf("%s was not ready in %v:\n%s", name, startPatience, p.log)
	}
}

// AwaitReady waits until /readyz answers 200.
func (s *System) AwaitReady() {
	s.t.Helper()
	var last string
	asking := &http.Client{Timeout: 10 * time.Second}
	Eventually(s.t, startPatience, func() (bool, string) {
		request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.API+"/readyz", nil)
		if err != nil {
			return false, err.Error()
		}
		response, err := asking.Do(request)
		if err != nil {
			return false, err.Error()
		}
		defer func() { _ = response.Body.Close() }()
		body, _ := io.ReadAll(response.Body)
		last = string(body)
		return response.StatusCode == http.StatusOK, last
	})
}

// Kill ends a process with SIGKILL.
func (s *System) Kill(name string) {
	s.t.Helper()
	s.signal(name, syscall.SIGKILL)
}

// Stop ends a process the way an operator does, and tells how long that took.
func (s *System) Stop(name string) time.Duration {
	s.t.Helper()
	begun := time.Now()
	s.signal(name, syscall.SIGTERM)
	return time.Since(begun)
}

// Interrupt ends a process the way Ctrl-C does, and tells how long that took and its exit code.
func (s *System) Interrupt(name string) (took time.Duration, code int) {
	s.t.Helper()
	begun := time.Now()
	code = s.signal(name, syscall.SIGINT)
	return time.Since(begun), code
}

// signal sends a signal, waits for the end and gives the exit code; -1 for a process that was killed or did not run.
func (s *System) signal(name string, signal syscall.Signal) (code int) {
	s.t.Helper()
	p := s.processes[name]
	if p.command == nil {
		return -1
	}
	if err := p.command.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Fatal(err)
	}
	select {
	case <-p.done:
	case <-time.After(30 * time.Second):
		_ = p.command.Process.Kill()
		s.t.Errorf("%s did not end within 30 s of %v:\n%s", name, signal, p.log)
		<-p.done
	}
	code = p.command.ProcessState.ExitCode()
	p.command = nil
	return code
}

// Ended waits until a process has ended by itself, and tells its exit code.
func (s *System) Ended(name string) (code int) {
	s.t.Helper()
	p := s.processes[name]
	select {
	case <-p.done:
	case <-time.After(30 * time.Second):
		s.t.Fatalf("%s still runs:\n%s", name, p.log)
	}
	code = p.command.ProcessState.ExitCode()
	p.command = nil
	return code
}

// Peers are the gRPC addresses of the services that are processes of their own.
func (s *System) Peers() map[string]string { return s.peers }

// Pid is the process id of a running process.
func (s *System) Pid(name string) int { return s.processes[name].command.Process.Pid }

// Log is what a process has written.
func (s *System) Log(name string) string { return s.processes[name].log.String() }

// Setting is the value of one of the settings that the engines printed.
func (s *System) Setting(name string) string {
	for _, line := range s.settings {
		if value, ok := strings.CutPrefix(line, name+"="); ok {
			return value
		}
	}
	return ""
}

// Run runs a subcommand of loa-local against the system and returns what it printed and its exit code.
func (s *System) Run(ctx context.Context, args ...string) (stdout, stderr string, code int) {
	s.t.Helper()
	return Run(ctx, s.t, "bin/loa-local", []string{"LOA_DATA=" + s.Data}, args...)
}

// Run runs a program of the repository with these settings, and none of the caller's, and returns what it printed and its exit code.
func Run(ctx context.Context, t testing.TB, program string, env []string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	root := Root(t)
	command := exec.CommandContext(ctx, filepath.Join(root, program), args...)
	command.Dir = root
	command.Env = append(clean(os.Environ()), env...)
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	err := command.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return out.String(), errs.String(), exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), 0
}

// Token signs in as a person, through the identity provider.
func (s *System) Token(person string) string {
	s.t.Helper()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if t := s.tokens[person]; t != "" {
		return t
	}
	Eventually(s.t, Patience, func() (bool, string) {
		out, errs, code := s.Run(s.t.Context(), "token", "--as", person)
		s.tokens[person] = strings.TrimSpace(out)
		return code == 0, errs
	})
	return s.tokens[person]
}

func (s *System) end() {
	names := s.Names()
	for _, name := range slices.Backward(names) {
		if p := s.processes[name]; p != nil && p.command != nil {
			s.signal(name, syscall.SIGTERM)
		}
	}
	if s.t.Failed() {
		for _, name := range names {
			s.t.Logf("the end of the log of %s:\n%s", name, s.processes[name].log.tail(4000))
		}
	}
}
