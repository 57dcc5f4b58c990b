package temporal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
)

// The oldest server taken from PATH is that of the command line tool 1.5. The tool's own version says nothing when
// it is built from source.
const (
	oldestMajor = 1
	oldestMinor = 29
)

// program is a temporal command line tool and the version of the server within it.
type program struct{ path, server string }

// findProgram takes the program that was named; else the one on PATH if it is new enough; else the first fallback.
func findProgram(ctx context.Context, named string, fallbacks []string) (program, error) {
	if named != "" {
		return inspect(ctx, named)
	}
	var refused error
	if path, err := exec.LookPath("temporal"); err == nil {
		found, err := inspect(ctx, path)
		if err == nil {
			return found, nil
		}
		refused = err
	}
	for _, path := range fallbacks {
		if _, err := os.Stat(path); err == nil {
			return inspect(ctx, path)
		}
	}
	return program{}, errors.Join(refused, fmt.Errorf(
		"no temporal command line tool 1.5 or newer on PATH nor at %q: build it from deploy/temporal (make does so), or install it", fallbacks))
}

func inspect(ctx context.Context, path string) (program, error) {
	output, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return program{}, fmt.Errorf("%s --version: %w", path, err)
	}
	parts := regexp.MustCompile(`Server (\d+)\.(\d+)[.\w-]*`).FindSubmatch(output)
	if parts == nil {
		return program{}, fmt.Errorf("%s --version says %q, which names no server", path, output)
	}
	major, _ := strconv.Atoi(string(parts[1]))
	minor, _ := strconv.Atoi(string(parts[2]))
	if major != oldestMajor || minor < oldestMinor {
		return program{}, fmt.Errorf("%s holds server %d.%d, and %d.%d or newer is needed", path, major, minor, oldestMajor, oldestMinor)
	}
	return program{path: path, server: string(parts[0][len("Server "):])}, nil
}
