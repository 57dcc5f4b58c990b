package roles

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"testing"
)

// columns are the roles, in the order of a line; the last line of a case has its own.
func columns() []string {
	return []string{
		"leader", "deputy", "head_of_office", "officer", "clerk", "head", "deputy_head", "portal_editor", "records_importer", "auditor",
		"administrator",
	}
}

func outsiders() []string {
	return []string{"nobody", "forged", "expired", "absent", "former", "worker"}
}

// rows are the lines of a case.
func rows() []string { return []string{"H24.02", "H24.03", "elsewhere", "outside"} }

// outcome is what a caller is answered; the zero outcome is a request that is not sent.
type outcome struct {
	status int
	reason string // empty when it is no refusal
}

// expectation is one case of the table.
type expectation struct {
	route string // "GET /v1/agencies/{code}"
	of    string // what it is asked of
	line  int
	// cells are by row, then by column.
	cells map[string][]outcome
}

func (e expectation) name() string {
	if e.of == "" {
		return e.route
	}
	return e.route + " | " + e.of
}

// read reads the table, and fails where it is not whole.
func read(t *testing.T, path string) []expectation {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var cases []expectation
	var reasons map[string]string
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		text := lines.Text()
		switch {
		case text == "", strings.HasPrefix(text, "#"):
		case !strings.HasPrefix(text, " "):
			e := expectation{line: n, cells: map[string][]outcome{}}
			e.route, e.of, reasons = head(text)
			cases = append(cases, e)
		default:
			words := strings.Fields(text)
			cases[len(cases)-1].cells[words[0]] = row(t, n, words[0], words[1:], reasons)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	for _, e := range cases {
		for _, r := range rows() {
			if e.cells[r] == nil || len(e.cells) != len(rows()) {
				t.Fatalf("line %d: %s has not exactly the lines %v", e.line, e.name(), rows())
			}
		}
	}
	return cases
}

func head(text string) (route, of string, reasons map[string]string) {
	parts := strings.Split(text, " | ")
	reasons = map[string]string{"401": "UNAUTHENTICATED", "403": "FORBIDDEN", "404": "NOT_FOUND"}
	if len(parts) > 1 {
		of = parts[1]
	}
	if len(parts) > 2 {
		for word := range strings.FieldsSeq(parts[2]) {
			status, reason, _ := strings.Cut(word, "=")
			reasons[status] = reason
		}
	}
	return parts[0], of, reasons
}

func row(t *testing.T, line int, name string, words []string, reasons map[string]string) []outcome {
	t.Helper()
	width := len(columns())
	if name == "outside" {
		width = len(outsiders())
	}
	if len(words) != width && len(words) != 1 {
		t.Fatalf("line %d has %d statuses, not %d and not one", line, len(words), width)
	}
	cells := make([]outcome, width)
	for i := range cells {
		word := words[min(i, len(words)-1)]
		if word == "-" {
			continue
		}
		status, err := strconv.Atoi(strings.TrimRight(word, "!"))
		if err != nil {
			t.Fatalf("line %d: %q is no status", line, word)
		}
		cells[i] = outcome{status, reasons[word]}
		if status >= 400 && cells[i].reason == "" {
			t.Fatalf("line %d: the case does not say what %s stands for", line, word)
		}
	}
	return cells
}
