package architecture_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// instrument matches the methods of a meter.
var instrument = regexp.MustCompile(`^(Int64|Float64)(Observable)?(UpDown)?(Counter|Histogram|Gauge)$`)

// said is what an operator meets: the message of an error in the log, or a metric.
type said struct {
	text, file string
}

// TestEveryAlarmHasItsPage holds docs/operations.md to the errors that the programs log: each message is the heading of what to do.
func TestEveryAlarmHasItsPage(t *testing.T) {
	runbook := operations(t)
	alarms, _ := spoken(t)
	if len(alarms) < 10 {
		t.Fatalf("only %d alarms were found: the search is broken", len(alarms))
	}
	for _, a := range alarms {
		if !headed(runbook, a.text) {
			t.Errorf("%s logs the error %q, and docs/operations.md has no heading “### %s” that says what to do", a.file, a.text, a.text)
		}
	}
}

// TestEveryMetricIsExplained holds docs/operations.md to the instruments that the programs make.
func TestEveryMetricIsExplained(t *testing.T) {
	runbook := operations(t)
	_, metrics := spoken(t)
	if len(metrics) < 10 {
		t.Fatalf("only %d metrics were found: the search is broken", len(metrics))
	}
	for _, m := range metrics {
		if !strings.Contains(runbook, "`"+m.text+"`") {
			t.Errorf("%s makes the metric %s, and docs/operations.md does not say what it means", m.file, m.text)
		}
	}
}

func TestAMissingPageIsSeen(t *testing.T) {
	if headed("### relay stopped\n\nconsumer stopped\n", "consumer stopped") {
		t.Error("a message in the text passed for a heading")
	}
}

// headed tells whether a heading of the third level is the message, alone or among others separated by commas.
func headed(runbook, message string) bool {
	for line := range strings.SplitSeq(runbook, "\n") {
		title, ok := strings.CutPrefix(line, "### ")
		if !ok {
			continue
		}
		for part := range strings.SplitSeq(title, " · ") {
			if strings.TrimSpace(part) == message {
				return true
			}
		}
	}
	return false
}

func operations(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(tree(t), "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// spoken reads the programs' sources for the messages given to ErrorContext and the names given to a meter.
func spoken(t *testing.T) (alarms, metrics []said) {
	t.Helper()
	top := tree(t)
	for _, folder := range []string{"cmd", "pkg", "services", "workflows", "deploy"} {
		err := filepath.WalkDir(filepath.Join(top, folder), func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata"):
				return filepath.SkipDir
			case d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			short, err := filepath.Rel(top, path)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				method, ok := call.Fun.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				switch name := method.Sel.Name; {
				case name == "ErrorContext" && len(call.Args) > 1:
					alarms = append(alarms, said{literal(t, short, call.Args[1]), short})
				case len(call.Args) > 0 && instrument.MatchString(name):
					if text, ok := quoted(call.Args[0]); ok {
						metrics = append(metrics, said{text, short})
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return alarms, metrics
}

func literal(t *testing.T, file string, e ast.Expr) string {
	t.Helper()
	text, ok := quoted(e)
	if !ok {
		t.Errorf("%s logs an error whose message is put together: an operator's alert needs one that never changes", file)
	}
	return text
}

func quoted(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(l.Value)
	return text, err == nil
}
