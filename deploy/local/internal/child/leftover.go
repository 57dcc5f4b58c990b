package child

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// EndLeftover ends the process pid if it runs and ours says that it is one of our engines; it reports whether there
// was one. The process is held by a handle before it is examined, so an id that is given to another process in
// between cannot make us signal a stranger.
func EndLeftover(ctx context.Context, pid int, ours func(pid int) bool, steps ...Step) (bool, error) {
	if pid <= 1 {
		return false, nil
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		return false, nil // no such process is the usual case, not a failure
	}
	defer process.Release() //nolint:errcheck // Releasing a handle cannot fail in a way that matters.
	if !Running(pid) || !ours(pid) {
		return false, nil
	}
	watch, stopWatching := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWatching()
	ended := make(chan struct{})
	go func() {
		ticker := time.NewTicker(10 * time.Millisecond)
		defer ticker.Stop()
		for {
			if !Running(pid) || !ours(pid) {
				close(ended)
				return
			}
			select {
			case <-watch.Done():
				return
			case <-ticker.C:
			}
		}
	}()
	return true, end(ctx, process, ended, steps)
}

// Running reports whether pid is a process that still executes. One that has ended but that nobody has waited for
// does not: in a container whose first process reaps nothing, such entries stay for ever.
func Running(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	// The name in parentheses may itself hold parentheses and spaces; the state follows the last one.
	_, after, found := bytes.Cut(stat[max(bytes.LastIndexByte(stat, ')'), 0):], []byte(") "))
	return found && len(after) > 0 && after[0] != 'Z' && after[0] != 'X'
}

// WorksIn reports whether pid runs the program named program with directory as its working directory.
func WorksIn(pid int, program, directory string) bool {
	line := commandLine(pid)
	if len(line) == 0 || filepath.Base(line[0]) != program {
		return false
	}
	theirs, err := os.Stat(fmt.Sprintf("/proc/%d/cwd", pid))
	if err != nil {
		return false
	}
	ours, err := os.Stat(directory)
	return err == nil && os.SameFile(theirs, ours)
}

// RunsWith reports whether argument is one of the words of pid's command line.
func RunsWith(pid int, argument string) bool {
	return slices.Contains(commandLine(pid), argument)
}

func commandLine(pid int) []string {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return nil
	}
	var words []string
	for word := range bytes.SplitSeq(bytes.TrimRight(line, "\x00"), []byte{0}) {
		words = append(words, string(word))
	}
	return words
}
