// Package planfile reads a plan from its YAML file (docs/plan-format.md). It is strict, and it remembers the line of every key, so
// that whatever turns out wrong about the plan is named by line and key.
package planfile

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/planning/internal/plan"
)

// maxProblems bounds an answer: who has more than a hundred wrong places mends those first.
const maxProblems = 100

// File is a plan and where each of its keys stands.
type File struct {
	Document plan.Document
	lines    map[string]int
}

// Read reads a file: UTF-8, one YAML document without anchors, aliases and tags, known keys only, each once.
func Read(data []byte) (File, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	r := reader{lines: map[string]int{}}
	root, ok := r.parse(data)
	if ok {
		r.lines[""] = root.Line
		r.document(root)
	}
	if err := errs.Invalid(r.wrong); err != nil {
		return File{}, err
	}
	return File{Document: r.doc, lines: r.lines}, nil
}

// Locate turns what is wrong with the plan into a refusal that names each place's line; nil when nothing is wrong.
func (f File) Locate(wrong []errs.Field) error {
	if len(wrong) > maxProblems {
		wrong = wrong[:maxProblems]
	}
	for i, w := range wrong {
		wrong[i].Row = f.line(w.Column)
		if first, ok := w.Args["first"]; ok {
			w.Args["row"] = strconv.Itoa(f.line(first))
			delete(w.Args, "first")
		}
	}
	return errs.Invalid(wrong)
}

// line is that of the key, or of the nearest key above it that stands in the file.
func (f File) line(path string) int {
	for {
		if line, ok := f.lines[path]; ok {
			return line
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut < 0 {
			return f.lines[""]
		}
		path = path[:cut]
	}
}

type reader struct {
	doc   plan.Document
	lines map[string]int
	wrong []errs.Field
}

func (r *reader) at(line int, path string, reason errs.Reason, args ...string) {
	if len(r.wrong) >= maxProblems {
		return
	}
	f := errs.At("yaml", reason, args...)
	f.Row, f.Column = line, path
	r.wrong = append(r.wrong, f)
}

// parse gives the root of the one document.
func (r *reader) parse(data []byte) (*yaml.Node, bool) {
	if line := invalidLine(data); line > 0 {
		r.at(line, "", errorsv1.Reason_BAD_ENCODING, "row", strconv.Itoa(line))
		return nil, false
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var file, more yaml.Node
	switch err := decoder.Decode(&file); {
	case errors.Is(err, io.EOF):
		r.at(1, "", errorsv1.Reason_REQUIRED, "field", "number")
		return nil, false
	case err != nil:
		r.at(errorLine(err), "", errorsv1.Reason_BAD_FORMAT, "value", problem(err), "field", "YAML", "expected", "YAML 1.2")
		return nil, false
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		line := more.Line
		if err != nil {
			line = errorLine(err)
		}
		r.at(line, "", errorsv1.Reason_BAD_FORMAT, "value", "---", "field", "YAML", "expected", "1")
		return nil, false
	}
	return file.Content[0], true
}

var (
	yamlLine = regexp.MustCompile(`^yaml: line ([0-9]+): `)
	// The library counts the lines of its parser's problems from 0 and those of its scanner's from 1.
	fromZero = regexp.MustCompile(`did not find expected (<.*>|node content|'-' indicator|key|',' or .*)$|found (undefined|duplicate|incompatible) `)
)

// errorLine takes the line, from 1, out of the library's message, which is the only place it stands.
func errorLine(err error) int {
	m := yamlLine.FindStringSubmatch(err.Error())
	if m == nil {
		return 1
	}
	line, err2 := strconv.Atoi(m[1])
	if err2 != nil {
		return 1
	}
	if fromZero.MatchString(err.Error()) {
		line++
	}
	return max(line, 1)
}

func problem(err error) string {
	return strings.TrimPrefix(yamlLine.ReplaceAllString(err.Error(), ""), "yaml: ")
}

func invalidLine(data []byte) int {
	if utf8.Valid(data) {
		return 0
	}
	line := 0
	for text := range bytes.SplitSeq(data, []byte("\n")) {
		if line++; !utf8.Valid(text) {
			return line
		}
	}
	return line
}
