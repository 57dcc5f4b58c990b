package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// oldestMajor is the oldest major version Loa works with.
const oldestMajor = 15

// Version is a PostgreSQL version such as 17.9.
type Version struct{ Major, Minor int }

// String is the version as PostgreSQL writes it.
func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// ErrOtherMajor says that the cluster was made by a major version of PostgreSQL that this machine does not have.
var ErrOtherMajor = errors.New("the cluster belongs to another major version of PostgreSQL")

// binaries is a directory with initdb and postgres, of one version.
type binaries struct {
	directory string
	version   Version
}

// search is what is known when binaries are looked for.
type search struct {
	directory string // given by the user; nothing else is then looked at
	cache     string // where fetched archives are kept; empty means the user's cache directory
	wanted    int    // major version of the cluster; 0 if there is none, -1 if it cannot be read
	runner    runner
	logger    *slog.Logger
}

// findBinaries takes the newest PostgreSQL of the machine, or of the cluster's major version if there is a cluster;
// without one it fetches an archive into the cache, once.
func findBinaries(ctx context.Context, s search) (binaries, error) {
	if s.wanted < 0 {
		return binaries{}, fmt.Errorf("%w: its PG_VERSION cannot be read", ErrOtherMajor)
	}
	if s.directory != "" {
		found, err := inspect(ctx, s.directory)
		if err != nil {
			return binaries{}, err
		}
		return found, s.suits(found)
	}
	var present []string
	for _, found := range onThisMachine(ctx) {
		if s.suits(found) == nil && s.runner.reaches(found.directory) {
			return found, nil
		}
		present = append(present, found.version.String())
	}
	release, err := archiveForThisMachine()
	if err == nil && (s.wanted == 0 || s.wanted == release.version().Major) {
		return s.fetched(ctx, release)
	}
	if s.wanted != 0 {
		return binaries{}, fmt.Errorf("%w: it needs PostgreSQL %d, and this machine has %v; install the package postgresql-%d",
			ErrOtherMajor, s.wanted, present, s.wanted)
	}
	return binaries{}, errors.Join(err, installHint())
}

func installHint() error {
	return fmt.Errorf("PostgreSQL %d or newer is missing: install it (on Debian: apt-get install postgresql), or name the directory of its programs", oldestMajor)
}

func (s search) suits(found binaries) error {
	if found.version.Major < oldestMajor {
		return fmt.Errorf("%s is PostgreSQL %s, and %d or newer is needed", found.directory, found.version, oldestMajor)
	}
	if s.wanted != 0 && found.version.Major != s.wanted {
		return fmt.Errorf("%w: made by %d, and %s is %s", ErrOtherMajor, s.wanted, found.directory, found.version)
	}
	return nil
}

// onThisMachine lists installed servers, the newest first.
func onThisMachine(ctx context.Context) []binaries {
	directories, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			directories = append(directories, filepath.Dir(path))
		}
	}
	slices.Sort(directories)
	var all []binaries
	for _, directory := range slices.Compact(directories) {
		if found, err := inspect(ctx, directory); err == nil {
			all = append(all, found)
		}
	}
	slices.SortStableFunc(all, func(a, b binaries) int {
		if a.version.Major != b.version.Major {
			return b.version.Major - a.version.Major
		}
		return b.version.Minor - a.version.Minor
	})
	return all
}

func inspect(ctx context.Context, directory string) (binaries, error) {
	if _, err := os.Stat(filepath.Join(directory, "initdb")); err != nil {
		return binaries{}, fmt.Errorf("no PostgreSQL server: %w", err)
	}
	command := exec.CommandContext(ctx, filepath.Join(directory, "postgres"), "--version")
	command.Env = environment()
	output, err := command.Output()
	if err != nil {
		return binaries{}, fmt.Errorf("no PostgreSQL server: %s --version: %w", command.Path, err)
	}
	parts := regexp.MustCompile(`\(PostgreSQL\) (\d+)(?:\.(\d+))?`).FindSubmatch(output)
	if parts == nil {
		return binaries{}, fmt.Errorf("no PostgreSQL server: %s --version says %q", command.Path, output)
	}
	major, _ := strconv.Atoi(string(parts[1]))
	minor, _ := strconv.Atoi(string(parts[2])) // A beta release has none.
	return binaries{directory: directory, version: Version{Major: major, Minor: minor}}, nil
}
