package architecture_test

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// knowsTheTarget lists the packages that may read which modules a process runs: the settings that hold it and the runner
// that starts the chosen ones. What a module does must not depend on who shares its process.
func knowsTheTarget() []string { return []string{"pkg/config", "pkg/app"} }

func TestNothingBelowTheProgramsKnowsTheTarget(t *testing.T) {
	packages := list(t, append([]string{"-export"}, everything()...)...)
	check := newChecker(packages)
	checked := 0
	for _, p := range packages {
		below := within(p.ImportPath, "services") || within(p.ImportPath, "workflows") || within(p.ImportPath, "pkg")
		if !below || len(p.GoFiles) == 0 {
			continue
		}
		var sources []source
		for _, name := range p.GoFiles {
			sources = append(sources, source{name: filepath.Join(p.Dir, name)})
		}
		found, err := check.readers(p.ImportPath, sources)
		if err != nil {
			t.Fatalf("%s: %v", p.ImportPath, err)
		}
		checked++
		if p.ImportPath == root+"/pkg/app" && len(found) == 0 {
			t.Error("the runner in pkg/app was not seen to read the target: the check has lost sight of it")
		}
		if !mayKnow(p.ImportPath) {
			for _, at := range found {
				t.Errorf("%s asks which modules this process runs: both shapes have to be the same program", at)
			}
		}
	}
	if checked == 0 {
		t.Error("no package was checked")
	}
}

// TestAModuleThatAsksForTheTargetIsSeen plants the branch that the rule is there for, by the field and by the environment.
func TestAModuleThatAsksForTheTargetIsSeen(t *testing.T) {
	check := newChecker(list(t, "-export", "./pkg/config"))
	found, err := check.readers(root+"/services/planted", []source{{name: "planted.go", text: `
package planted

import "github.com/loa-vn/loa/pkg/config"

type item struct{ Target int }

func single(c *config.Config) bool { return len(c.Target) == 1 }

func goal(i item) int { return i.Target }

const name = "LOA_TARGET"
`}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"planted.go:7", "planted.go:11"}
	if fmt.Sprint(found) != fmt.Sprint(want) {
		t.Errorf("found %v, want %v", found, want)
	}
}

func mayKnow(path string) bool {
	for _, part := range knowsTheTarget() {
		if within(path, part) {
			return true
		}
	}
	return false
}

// source is a Go file, by its path or, when text is set, by what stands in it.
type source struct{ name, text string }

// checker reads the types of packages whose dependencies the go command has compiled.
type checker struct {
	files *token.FileSet
	from  types.Importer
}

func newChecker(packages []pkg) *checker {
	exported := map[string]string{}
	for _, p := range packages {
		exported[p.ImportPath] = p.Export
	}
	files := token.NewFileSet()
	return &checker{files: files, from: importer.ForCompiler(files, "gc", func(path string) (io.ReadCloser, error) {
		if exported[path] == "" {
			return nil, fmt.Errorf("no compiled package %s", path)
		}
		return os.Open(exported[path])
	})}
}

// readers returns where a package reads config.Config.Target or names its environment variable, as file:line.
func (c *checker) readers(path string, sources []source) ([]string, error) {
	var parsed []*ast.File
	for _, s := range sources {
		var text any
		if s.text != "" {
			text = strings.TrimPrefix(s.text, "\n")
		}
		f, err := parser.ParseFile(c.files, s.name, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, f)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	if _, err := (&types.Config{Importer: c.from}).Check(path, c.files, parsed, info); err != nil {
		return nil, err
	}
	var found []string
	for _, f := range parsed {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				if field, ok := info.Uses[n].(*types.Var); ok && field.IsField() && field.Name() == "Target" && field.Pkg().Path() == root+"/pkg/config" {
					found = append(found, c.place(n))
				}
			case *ast.BasicLit:
				if n.Kind == token.STRING && strings.Trim(n.Value, "`\"") == "LOA_TARGET" {
					found = append(found, c.place(n))
				}
			}
			return true
		})
	}
	return found, nil
}

func (c *checker) place(n ast.Node) string {
	at := c.files.Position(n.Pos())
	return fmt.Sprintf("%s:%d", at.Filename, at.Line)
}
