// Package plantable reads a plan from tables: the workbook that Loa hands out, or whatever workbook or Word table an office already
// has. It recognises headings in their many spellings, says of every place what it made of it, and never makes up what it did not
// understand.
package plantable

import (
	"maps"
	"strconv"
	"strings"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/vn"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/planning/internal/plan"
)

// Table is one worksheet, or one table of a Word file. Cells that span rows stand in each of them.
type Table struct {
	Name string
	// Above are the lines of text that stand before a Word table.
	Above []string
	Rows  []Row
	// Worksheet says that its cells have names, such as B6.
	Worksheet bool
}

// Row is one row, by its number in the worksheet or table, from 1. Its cells are clean and no longer than a plan's can be (rowOf).
type Row struct {
	Number int
	Cells  []string
}

// Agency is one of the directory, by which names in a table are recognised.
type Agency struct {
	Code         plan.Code
	Kind         string
	Abbreviation string
	Name         string
}

// How says what was made of a place.
type How string

// What can be made of a place. What was guessed is kept and asks to be looked at; what was not understood is an error.
const (
	Understood    How = "understood"
	Guessed       How = "guessed"
	NotUnderstood How = "not_understood"
	Ignored       How = "ignored"
	// Missing may come later: a draft may be without it, and what is submitted may not.
	Missing How = "missing"
)

// Reading is one place and what was made of it.
type Reading struct {
	Sheet  string
	Row    int
	Column string
	// Cell is its name in a worksheet, such as B6; empty in a Word table.
	Cell string
	// Field is the path that it was taken for, such as items[2].deadline.
	Field string
	Text  string
	Value string
	How   How
	Note  string
}

// Bounds of an answer and of a file.
const (
	maxProblems = 100
	maxReadings = 5_000
	maxCell     = 8_000 // bytes of a cell's text: longer than any text of a plan may be
	maxTold     = 100   // characters of a cell's text in an answer
	maxList     = 3_000 // bytes of a cell that lists agencies, audiences or channels: each part is looked for among all names
	maxParts    = 60    // of such a list
	maxColumns  = 60
	maxRows     = plan.MaxItems + 500
	maxTables   = 30
	// headingRows is how far down a heading is looked for: above it an office writes the plan's name.
	headingRows = 20
)

// File is a plan as its tables have it.
type File struct {
	Document plan.Document
	Readings []Reading
	wrong    []errs.Field
	places   map[string]Reading
	// empty are the places that the file has for what it does not say.
	empty map[string]Reading
}

// Locate turns what is wrong with the plan, and what was not understood of the file, into a refusal that names each place's row and
// column; nil when nothing is wrong.
func (f File) Locate(wrong []errs.Field) error {
	all := append(append([]errs.Field(nil), f.wrong...), f.located(wrong)...)
	return errs.Invalid(all[:min(len(all), maxProblems)])
}

// Rehearsed are the readings with what is wrong with the plan among them.
func (f File) Rehearsed(wrong []errs.Field) []Reading {
	out := append([]Reading(nil), f.Readings...)
	for _, w := range wrong {
		if f.known(w) {
			continue
		}
		at := f.place(w.Column)
		at.Field, at.How, at.Note = w.Column, NotUnderstood, errs.Sentence(w.Reason, f.args(w), errs.Vietnamese)
		out = append(out, at)
	}
	return out
}

// Lacking are the places of what a plan still lacks before it is submitted: the cell that is empty, or the row that has none for it.
func (f File) Lacking(missing []errs.Field) []Reading {
	var out []Reading
	for _, m := range missing[:min(len(missing), maxReadings/2)] {
		if f.known(m) {
			continue
		}
		at, ok := f.empty[m.Column]
		if !ok {
			if at, ok = f.places[m.Column]; !ok {
				at = f.place(m.Column)
				at.Column, at.Cell = "", ""
			}
		}
		at.Field, at.Text, at.Value, at.How, at.Note = m.Column, "", "", Missing, errs.Sentence(m.Reason, f.args(m), errs.Vietnamese)
		out = append(out, at)
	}
	return out
}

func (f File) located(wrong []errs.Field) []errs.Field {
	var out []errs.Field
	for _, w := range wrong {
		if f.known(w) {
			continue
		}
		at := f.place(w.Column)
		w.Args = f.args(w)
		if w.Row, w.Column = at.Row, at.Sheet+": "+at.Column; at.Sheet == "" {
			w.Column = ""
		}
		out = append(out, w)
	}
	return out
}

// args are those of a sentence, with the row where a value stands first instead of its path.
func (f File) args(w errs.Field) map[string]string {
	args := maps.Clone(w.Args)
	if first, ok := args["first"]; ok {
		args["row"] = strconv.Itoa(f.place(first).Row)
		delete(args, "first")
	}
	return args
}

// known says that what is missing from the plan stands in the file and was not understood, which is told already.
func (f File) known(w errs.Field) bool {
	at, ok := f.places[w.Column]
	return ok && w.Reason == errorsv1.Reason_REQUIRED && at.How == NotUnderstood
}

// place is where a path stands, or the nearest path above it that stands somewhere.
func (f File) place(path string) Reading {
	for path != "" {
		if at, ok := f.places[path]; ok {
			return at
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut < 0 {
			break
		}
		path = path[:cut]
	}
	return Reading{}
}

// Read reads a plan from tables. Errors: PLAN_FILE_NO_ITEMS when no table of tasks is among them, TOO_MANY_ROWS.
func Read(tables []Table, agencies []Agency) (File, error) {
	r := reader{names: index(agencies), places: map[string]Reading{}, empty: map[string]Reading{}}
	var tasks []taskTable
	headed := false
	for _, t := range tables[:min(len(tables), maxTables)] {
		if n := len(t.Rows); n > maxRows {
			f := errs.At("yaml", errorsv1.Reason_TOO_MANY_ROWS, "count", strconv.Itoa(n), "limit", strconv.Itoa(maxRows))
			f.Column = t.Name
			return File{}, errs.Invalid([]errs.Field{f})
		}
		if table, ok := findTasks(t); ok {
			tasks = append(tasks, table)
			continue
		}
		if kind := termsKind(t); kind != "" {
			r.terms(kind, t)
			continue
		}
		headed = r.head(t) || headed
	}
	if len(tasks) == 0 {
		return File{}, errs.New(errorsv1.Reason_PLAN_FILE_NO_ITEMS)
	}
	if !headed {
		r.headAbove(tasks[0])
	}
	for _, t := range tasks {
		r.tasks(t)
	}
	r.collectWords()
	return File{Document: r.doc.Normalise(), Readings: r.readings, wrong: r.wrong, places: r.places, empty: r.empty}, nil
}

// reader gathers the plan.
type reader struct {
	names    names
	doc      plan.Document
	readings []Reading
	wrong    []errs.Field
	places   map[string]Reading
	empty    map[string]Reading

	themes, audiences, channels vocabulary
}

// note tells what was made of a place, and remembers where a path stands.
func (r *reader) note(at Reading) {
	if _, ok := r.places[at.Field]; at.Field != "" && !ok {
		r.places[at.Field] = at
	}
	// What was understood gives way to what somebody has to look at, so that the answer stays one that can be sent.
	if n := len(r.readings); n < maxReadings/2 || n < maxReadings && at.How != Understood {
		at.Text, at.Value = told(at.Text), told(at.Value)
		r.readings = append(r.readings, at)
	}
}

// fail notes a place that was not understood.
func (r *reader) fail(at Reading, reason errs.Reason, args ...string) {
	for i := 1; i < len(args); i += 2 {
		args[i] = told(args[i])
	}
	at.How, at.Note = NotUnderstood, errs.Sentence(reason, pairs(args), errs.Vietnamese)
	r.note(at)
	f := errs.At("yaml", reason, args...)
	f.Row, f.Column = at.Row, at.Sheet+": "+at.Column
	r.wrong = append(r.wrong, f)
}

func pairs(args []string) map[string]string {
	m := map[string]string{}
	for i := 0; i+1 < len(args); i += 2 {
		m[args[i]] = args[i+1]
	}
	return m
}

// key folds a text to what two spellings of it have in common: letters and digits without diacritics, single spaces.
func key(s string) string {
	var b strings.Builder
	space := false
	for _, c := range vn.Fold(s) {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			if space && b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteRune(c)
			space = false
		} else {
			space = true
		}
	}
	return b.String()
}

// clean is a cell's text in one line form: NFC, no spaces around it, line ends as \n.
func clean(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u00a0", " ", "\u200b", "").Replace(vn.NFC(s))
	lines := strings.Split(s, "\n")
	kept := lines[:0]
	for _, l := range lines {
		if l = strings.Join(strings.Fields(l), " "); l != "" {
			kept = append(kept, l)
		}
	}
	return strings.Join(kept, "\n")
}

// cell is the name of a row's cell in a worksheet, by its column from 0.
func (t Table) cell(row Row, column int) string {
	if !t.Worksheet || column < 0 {
		return ""
	}
	name := ""
	for n := column + 1; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name + strconv.Itoa(row.Number)
}

// rowOf is a row as far as it is read, its texts clean.
func rowOf(number int, cells []string) Row {
	row := Row{Number: number, Cells: make([]string, 0, min(len(cells), maxColumns))}
	for _, c := range cells[:min(len(cells), maxColumns)] {
		row.Cells = append(row.Cells, clean(bounded(c)))
	}
	return row
}

// bounded cuts a text that no cell of a plan can hold, since each is looked at many times.
func bounded(s string) string {
	if len(s) <= maxCell {
		return s
	}
	return strings.ToValidUTF8(s[:maxCell], "")
}

// told is as much of a text as an answer repeats.
func told(s string) string {
	if runes := []rune(s); len(runes) > maxTold {
		return string(runes[:maxTold]) + "…"
	}
	return s
}

func (r Row) cell(column int) string {
	if column < 0 || column >= len(r.Cells) {
		return ""
	}
	return r.Cells[column]
}

// filled are the columns of a row that hold text.
func (r Row) filled() []int {
	var out []int
	for i := range r.Cells[:min(len(r.Cells), maxColumns)] {
		if r.cell(i) != "" {
			out = append(out, i)
		}
	}
	return out
}
