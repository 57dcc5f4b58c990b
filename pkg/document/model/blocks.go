package model

import (
	"iter"
	"strings"
)

// Block is a piece of a document's text: Heading, Paragraph, List, Table or Chart.
type Block interface{ block() }

// Heading of level 1 ("I."), 2 ("1.") or 3 ("a)").
type Heading struct {
	Level int
	Label string
	Text  string
}

// Paragraph is justified, its first line indented.
type Paragraph struct{ Runs []Run }

// List is a list of dashes.
type List struct{ Items [][]Run }

// Run is text in one look. A "\n" breaks the line.
type Run struct {
	Text         string
	Bold, Italic bool
	Link         string // http, https or mailto; at most 2,000 characters
}

// Align is where a column's cells stand.
type Align int

// The alignments.
const (
	Left Align = iota
	Center
	Right
)

// Table has heading rows that repeat on every page it reaches, and rows that never split over pages.
type Table struct {
	Caption string
	Summary string // for assistive technology: what a row and what the columns are
	Columns []Column
	Header  [][]Cell
	// Rows come one at a time and are drawn as they come, so that a table may be as long as it likes. An error ends the
	// rendering and is returned. The iterator is run once for each rendering.
	Rows iter.Seq2[[]Cell, error]
	// Small sets a table of many columns in 11 points instead of 12.
	Small bool
}

// Column has a share of the width.
type Column struct {
	Weight int
	Align  Align
}

// Cell covers ColSpan columns and, in a heading, RowSpan rows; 0 means 1.
type Cell struct {
	Runs             []Run
	ColSpan, RowSpan int
	Head             bool // names its row
	Code             bool // a digest or an address: may break anywhere, since it has no spaces
}

// Chart compares planned and actual by bars, one pair for each name.
type Chart struct {
	Caption string
	// Alternative is the chart in words, for who cannot see it. Empty is made from the figures.
	Alternative string
	Unit        string // "tin, bài"
	Bars        []Bar
}

// Bar is one name with its two figures.
type Bar struct {
	Name            string
	Planned, Actual Figure
}

func (Heading) block()   {}
func (Paragraph) block() {}
func (List) block()      {}
func (Table) block()     {}
func (Chart) block()     {}

// Plain makes a run of plain text.
func Plain(s string) []Run { return []Run{{Text: s}} }

// Strong makes a bold run.
func Strong(s string) []Run { return []Run{{Text: s, Bold: true}} }

// Text makes a paragraph of plain text.
func Text(s string) Paragraph { return Paragraph{Plain(s)} }

// Words makes a cell of plain text.
func Words(s string) Cell { return Cell{Runs: Plain(s)} }

// Names makes a cell that names its row.
func Names(s string) Cell { return Cell{Runs: Plain(s), Head: true} }

// Headings makes one heading row.
func Headings(names ...string) [][]Cell {
	row := make([]Cell, 0, len(names))
	for _, s := range names {
		row = append(row, Cell{Runs: Strong(s)})
	}
	return [][]Cell{row}
}

// Rows makes an iterator of rows that are at hand.
func Rows(rows ...[]Cell) iter.Seq2[[]Cell, error] {
	return func(yield func([]Cell, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

// Strong makes a cell's text bold, as a line of totals has it.
func (c Cell) Strong() Cell {
	runs := make([]Run, len(c.Runs))
	copy(runs, c.Runs)
	for i := range runs {
		runs[i].Bold = true
	}
	c.Runs = runs
	return c
}

// Text is the cell's text without looks.
func (c Cell) Text() string { return Join(c.Runs) }

// Join is the text of runs without looks.
func Join(runs []Run) string {
	if len(runs) == 1 {
		return runs[0].Text
	}
	var text strings.Builder
	for _, r := range runs {
		text.WriteString(r.Text)
	}
	return text.String()
}
