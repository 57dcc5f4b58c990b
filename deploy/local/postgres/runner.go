package postgres

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// runner is the user as whom PostgreSQL's programs run. They refuse to run as root, so as root another one is taken;
// otherwise it is the user we are, and credential is nil.
type runner struct {
	name       string
	credential *syscall.Credential
}

func chooseRunner() (runner, error) {
	if os.Geteuid() != 0 {
		return runner{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(found.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(found.Gid, 10, 32)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return runner{}, fmt.Errorf("user %s: %w", name, err)
		}
		return runner{name: name, credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
	}
	return runner{}, errors.New("PostgreSQL refuses to run as root, and this machine has neither a user postgres nor a user nobody to run it as; run Loa as an ordinary user")
}

// own gives path to the runner's user. A cluster that another user owns is given over whole: it was made by an
// earlier run of ours as another user, or copied from another machine.
func (r runner) own(path string) error {
	if r.credential == nil {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	uid, gid := int(r.credential.Uid), int(r.credential.Gid)
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) == uid && int(stat.Gid) == gid {
		return nil
	}
	return filepath.WalkDir(path, func(name string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(name, uid, gid)
	})
}

// command is a program about to run on a data directory.
type command struct {
	*exec.Cmd
	dataPath  string // what the program is to call the data directory
	extraPath string // what the program is to call the extra file
}

// command prepares the program at path. Another user may be unable to walk to the data directory (below a home of
// mode 700, or in a temporary directory), though the directory itself is its own. So it is handed over open, and the
// program reaches it by the name of the open file, which no directory above can forbid. release is to be called
// after the start.
func (r runner) command(path, data string, extra *os.File) (*command, func(), error) {
	c := &command{Cmd: exec.Command(path), dataPath: data} //nolint:noctx // Its life is the server's, ended by signals.
	c.Env = environment()
	if extra != nil {
		c.extraPath = extra.Name()
	}
	if r.credential == nil {
		return c, func() {}, nil
	}
	c.SysProcAttr = &syscall.SysProcAttr{Credential: r.credential}
	c.Dir = "/"
	directory, err := os.OpenFile(data, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, nil, err
	}
	c.dataPath = c.hand(directory)
	if extra != nil {
		c.extraPath = c.hand(extra)
	}
	return c, func() { directory.Close() }, nil
}

// hand passes file to the program and returns its name there.
func (c *command) hand(file *os.File) string {
	c.ExtraFiles = append(c.ExtraFiles, file)
	return fmt.Sprintf("/proc/self/fd/%d", 2+len(c.ExtraFiles))
}

// environment is all that PostgreSQL's programs get. Variables such as PGPORT or PGDATA would change what they do.
func environment() []string { return []string{"LC_ALL=C", "PATH=/usr/bin:/bin"} }

// reaches reports whether the runner's user may walk to path and read it. Ordinary users are told by the system itself.
func (r runner) reaches(path string) bool {
	if r.credential == nil {
		return true
	}
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return false
	}
	for step := path; ; step = filepath.Dir(step) {
		info, err := os.Stat(step)
		if err != nil {
			return false
		}
		stat, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return false
		}
		needed := os.FileMode(0o001)
		switch {
		case stat.Uid == r.credential.Uid:
			needed = 0o100
		case stat.Gid == r.credential.Gid:
			needed = 0o010
		}
		if info.Mode()&needed == 0 {
			return false
		}
		if step == filepath.Dir(step) {
			return true
		}
	}
}
