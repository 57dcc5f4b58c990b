package services_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/services"
)

// Every module with a catalogue has a golden file for every version of every event type it has ever stored, and stored.txt
// holds them all: a type that disappears together with its golden file, or a golden file that is rewritten, shows there.
func TestEveryStoredEventKeepsItsForm(t *testing.T) {
	var found []string
	for _, m := range services.All() {
		if m.Catalogue == nil {
			continue
		}
		merged := t.TempDir()
		goldens := goldensOf(t, m.Name)
		for _, file := range goldens {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			name := filepath.Base(file)
			if _, err := os.Stat(filepath.Join(merged, name)); err == nil {
				t.Errorf("%s has two golden files named %s", m.Name, name)
			}
			if err := os.WriteFile(filepath.Join(merged, name), raw, 0o600); err != nil {
				t.Fatal(err)
			}
			var compact bytes.Buffer
			if err := json.Compact(&compact, raw); err != nil {
				t.Errorf("%s: %v", file, err)
			}
			event := strings.TrimSuffix(name, ".json")
			if service, _, _ := strings.Cut(event, "."); service != m.Name {
				t.Errorf("%s: an event of %s is named %s", file, m.Name, event)
			}
			found = append(found, fmt.Sprintf("%s %x", event, sha256.Sum256(compact.Bytes())))
		}
		// Whatever the module's own tests do or forget. A new type's golden file is written by es.CheckGoldens in the package that lists
		// the type; the one written here goes with the test.
		es.CheckGoldens(t, m.Catalogue, merged)
	}
	held(t, "stored.txt", found, "the golden file of a stored event: give the type its next version and an upcast instead (docs/events.md)")
}

func goldensOf(t *testing.T, module string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(module, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(path) == ".json" && strings.HasSuffix(filepath.Dir(path), filepath.Join("testdata", "events")) {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Every published event, and every message within one, keeps its fields: number, name, kind and cardinality. Consumers of any version
// read what producers of any version write, so published.txt only grows.
func TestEveryPublishedEventKeepsItsForm(t *testing.T) {
	shapes := map[string]bool{}
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if strings.HasPrefix(file.Path(), "loa/") && strings.HasSuffix(file.Path(), "/events.proto") {
			for i := range file.Messages().Len() {
				shape(file.Messages().Get(i), shapes)
			}
		}
		return true
	})
	var found []string
	for line := range shapes {
		found = append(found, line)
	}
	held(t, "published.txt", found, "a field of a published event: add a field with the next number instead (docs/events.md)")
}

// shape writes a line for each field of a message and of those it holds.
func shape(m protoreflect.MessageDescriptor, lines map[string]bool) {
	if lines[string(m.FullName())] || !strings.HasPrefix(string(m.FullName()), "loa.") {
		return
	}
	lines[string(m.FullName())] = true
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		var of string
		switch {
		case f.IsMap():
			of = fmt.Sprintf("map<%s, %s>", f.MapKey().Kind(), kind(f.MapValue(), lines))
		case f.IsList():
			of = "repeated " + kind(f, lines)
		default:
			of = kind(f, lines)
		}
		if f.HasPresence() && f.Message() == nil {
			of = "optional " + of
		}
		lines[fmt.Sprintf("%s %d %s: %s", m.FullName(), f.Number(), f.JSONName(), of)] = true
	}
}

func kind(f protoreflect.FieldDescriptor, lines map[string]bool) string {
	switch {
	case f.Message() != nil:
		shape(f.Message(), lines)
		return string(f.Message().FullName())
	case f.Enum() != nil:
		for i := range f.Enum().Values().Len() {
			v := f.Enum().Values().Get(i)
			lines[fmt.Sprintf("%s %d %s", f.Enum().FullName(), v.Number(), v.Name())] = true
		}
		return string(f.Enum().FullName())
	default:
		return f.Kind().String()
	}
}

// held compares what is found with a list that only grows: `scripts/check.sh growing` sees to that.
func held(t *testing.T, file string, found []string, what string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for lines := bufio.NewScanner(bytes.NewReader(raw)); lines.Scan(); {
		if line := strings.TrimSpace(lines.Text()); line != "" && !strings.HasPrefix(line, "#") {
			listed = append(listed, line)
		}
	}
	slices.Sort(found)
	for _, line := range listed {
		if !slices.Contains(found, line) {
			t.Errorf("%s: this changed or went:\n%s\nDo not change %s", file, line, what)
		}
	}
	for _, line := range found {
		if !slices.Contains(listed, line) {
			t.Errorf("%s lacks this line; if it is meant to be kept for ever, add it:\n%s", file, line)
		}
	}
	if len(found) == 0 {
		t.Errorf("nothing was found to compare with %s", file)
	}
}
