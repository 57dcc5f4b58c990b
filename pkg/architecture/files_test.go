package architecture_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestEveryServiceIsInTheList holds services/services.go to the folders beside it.
func TestEveryServiceIsInTheList(t *testing.T) {
	folders, err := os.ReadDir(filepath.Join(tree(t), "services"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range folders {
		if f.IsDir() {
			names = append(names, f.Name())
		}
	}
	if len(names) == 0 {
		t.Fatal("there are no services")
	}
	for _, name := range unlisted(names, own(edges(list(t, "./services")))) {
		t.Errorf("services/%s is not in services/services.go, so no process runs it", name)
	}
}

func TestAServiceLeftOutOfTheListIsSeen(t *testing.T) {
	planted := []edge{
		{From: root + "/services", To: root + "/services/content"},
		{From: root + "/services", To: root + "/services/portal", Test: true}, // a test lists nothing
	}
	if got := unlisted([]string{"content", "portal"}, planted); !slices.Equal(got, []string{"portal"}) {
		t.Errorf("got %v, want portal alone", got)
	}
}

// unlisted returns the services that the package services does not import.
func unlisted(names []string, all []edge) []string {
	var missing []string
	for _, name := range names {
		listed := edge{From: root + "/services", To: root + "/services/" + name}
		if !slices.Contains(all, listed) {
			missing = append(missing, name)
		}
	}
	return missing
}

// TestEverySchemaAndPolicyIsEmbedded finds the file that was written and never reaches a program: a table without its
// migration, a policy that allows nothing.
func TestEverySchemaAndPolicyIsEmbedded(t *testing.T) {
	top := tree(t)
	var files, embedded []string
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			switch name := d.Name(); {
			case path == top:
			case name == "node_modules", name == "testdata", name == "bin", strings.HasPrefix(name, "."):
				return filepath.SkipDir
			}
			return nil
		}
		if ext := filepath.Ext(path); ext == ".sql" || ext == ".cedar" {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("there are no schemas and no policies")
	}
	for _, p := range list(t, everything()...) {
		if !p.ours() {
			continue
		}
		for _, name := range p.EmbedFiles {
			embedded = append(embedded, filepath.Join(p.Dir, name))
		}
	}
	for _, path := range absent(files, embedded) {
		t.Errorf("no package embeds %s", path)
	}
}

func TestAFileNobodyEmbedsIsSeen(t *testing.T) {
	got := absent([]string{"/a/tables.sql", "/b/policy.cedar"}, []string{"/a/tables.sql", "/a/policy.cedar"})
	if !slices.Equal(got, []string{"/b/policy.cedar"}) {
		t.Errorf("got %v, want the policy alone", got)
	}
}

func absent(wanted, present []string) []string {
	var missing []string
	for _, w := range wanted {
		if !slices.Contains(present, w) {
			missing = append(missing, w)
		}
	}
	return missing
}
