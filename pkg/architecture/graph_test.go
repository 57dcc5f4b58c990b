package architecture_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// pkg is what the go command tells of a package.
type pkg struct {
	ImportPath, Dir, Export   string
	GoFiles                   []string
	Imports                   []string
	TestImports, XTestImports []string
	EmbedFiles                []string
	Standard                  bool
}

// ours reports whether the package belongs to this workspace.
func (p pkg) ours() bool { return p.ImportPath == root || strings.HasPrefix(p.ImportPath, root+"/") }

// tree is the folder of the workspace.
func tree(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOWORK").Output()
	if err != nil {
		t.Fatal(err)
	}
	file := strings.TrimSpace(string(out))
	if filepath.Base(file) != "go.work" {
		t.Fatalf("the rules span every module of go.work, and there is none here: GOWORK=%q", file)
	}
	return filepath.Dir(file)
}

// list asks the go command for every package of every module of the workspace and what they depend on.
func list(t *testing.T, arguments ...string) []pkg {
	t.Helper()
	arguments = append([]string{"list", "-deps", "-json=ImportPath,Dir,Export,GoFiles,Imports,TestImports,XTestImports,EmbedFiles,Standard"}, arguments...)
	command := exec.CommandContext(t.Context(), "go", arguments...)
	command.Dir = tree(t)
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var all []pkg
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func everything() []string {
	return []string{"./...", "./proto/...", "./deploy/local/...", "./e2e/..."}
}

// edges lists every import of our packages and of what they depend on.
func edges(packages []pkg) []edge {
	var all []edge
	for _, p := range packages {
		if p.Standard {
			continue
		}
		for _, to := range p.Imports {
			all = append(all, edge{From: p.ImportPath, To: to})
		}
		if !p.ours() {
			continue
		}
		for _, to := range append(p.TestImports, p.XTestImports...) {
			all = append(all, edge{From: p.ImportPath, To: to, Test: true})
		}
	}
	return all
}

// own keeps the imports that packages of ours make.
func own(all []edge) []edge {
	var kept []edge
	for _, e := range all {
		if strings.HasPrefix(e.From+"/", root+"/") {
			kept = append(kept, e)
		}
	}
	return kept
}
