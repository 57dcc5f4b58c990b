package keep

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestSecretIsMadeOnceAndReadByItsOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	first, err := Secret(path)
	if err != nil || len(first) < 20 {
		t.Fatalf("%q, %v", first, err)
	}
	second, err := Secret(path)
	if err != nil || second != first {
		t.Errorf("%q, %v", second, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if secret, err := Secret(path); err == nil {
		t.Errorf("an empty file passes for the secret %q", secret)
	}
}

func TestWriteLeavesNothingBesideTheFile(t *testing.T) {
	directory := t.TempDir()
	path := filepath.Join(directory, "value")
	for _, value := range []int{1, 2} {
		if err := WriteJSON(path, value, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var got int
	found, err := ReadJSON(path, &got)
	if !found || err != nil || got != 2 {
		t.Errorf("%v, %v, %d", found, err, got)
	}
	entries, err := os.ReadDir(directory)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
	if found, err := ReadJSON(path+"-absent", &got); found || err != nil {
		t.Errorf("absent: %v, %v", found, err)
	}
}

func TestSetAsideKeepsEverythingThatWasEverSetAside(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "kafka")
	at := time.Date(2026, 3, 1, 13, 20, 0, 0, time.FixedZone("+07", 7*3600))
	names := make(map[string]bool)
	for _, content := range []string{"a", "b"} {
		if err := os.Mkdir(directory, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(directory, "file"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		aside, err := SetAside(directory, at)
		if err != nil {
			t.Fatal(err)
		}
		names[filepath.Base(aside)] = true
		if got, err := os.ReadFile(filepath.Join(aside, "file")); err != nil || string(got) != content {
			t.Errorf("%q, %v", got, err)
		}
	}
	if !names["kafka.set-aside-20260301T062000"] || !names["kafka.set-aside-20260301T062000-2"] {
		t.Errorf("%v", names)
	}
}
