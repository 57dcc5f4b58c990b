// Package keep writes the small files of a data directory whole or not at all, and makes the secrets in them.
// It also sets aside what an engine cannot read any more, so that nothing is ever deleted on a guess.
package keep

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Write replaces the file at path by content, atomically and with the given mode.
func Write(path string, content []byte, mode fs.FileMode) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	_, err = temporary.Write(content)
	err = errors.Join(err, temporary.Chmod(mode), temporary.Sync(), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	return nil
}

// WriteJSON is Write of value as indented JSON.
func WriteJSON(path string, value any, mode fs.FileMode) error {
	content, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	return Write(path, append(content, '\n'), mode)
}

// ReadJSON fills value from the file at path; it reports false if there is no such file.
func ReadJSON(path string, value any) (bool, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := json.Unmarshal(content, value); err != nil {
		return false, fmt.Errorf("%s: %w", path, err)
	}
	return true, nil
}

// Secret returns the secret kept in the file at path, readable by its owner only, and makes it at the first call.
func Secret(path string) (string, error) {
	content, err := os.ReadFile(path)
	if err == nil {
		if secret := strings.TrimSpace(string(content)); secret != "" {
			return secret, nil
		}
		return "", fmt.Errorf("%s is empty", path)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	secret := rand.Text()
	return secret, Write(path, []byte(secret+"\n"), 0o600)
}

// SetAside renames directory to a name beside it that tells when, and returns the new name; at is that moment.
func SetAside(directory string, at time.Time) (string, error) {
	stem := directory + ".set-aside-" + at.UTC().Format("20060102T150405")
	for i := 1; ; i++ {
		aside := stem
		if i > 1 {
			aside = fmt.Sprintf("%s-%d", stem, i)
		}
		if _, err := os.Lstat(aside); errors.Is(err, fs.ErrNotExist) {
			return aside, os.Rename(directory, aside)
		}
	}
}
