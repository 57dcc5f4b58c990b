// Package docximport reads a Word file (.docx, ECMA-376) that an office already has into paragraphs and tables. It builds its
// result from a list of what it knows, keeps meaning and drops looks, and tells what it dropped.
package docximport

import (
	"strings"
	"unicode"
)

// Kind is what a block is.
type Kind int

// The kinds of blocks. A list item has a level of its own, from 1 for the outermost.
const (
	Paragraph Kind = iota
	Title
	Heading
	Item
	TableBlock
)

// Alignment of a paragraph; the zero value is left or justified.
type Alignment int

// The alignments that carry meaning.
const (
	Start Alignment = iota
	Center
	End
)

// Document is what was understood of a file, in its order.
type Document struct {
	Blocks  []Block
	Dropped []Dropped // in the order in which each kind was met first
}

// Block is a paragraph, a heading, a list item or a table.
type Block struct {
	Kind Kind
	// Level of a heading or of a labelled paragraph: 1 for "I.", 2 for "1.", 3 for "a)" or "1.1."; of an item its depth.
	Level int
	// Label is the number or letter the text begins with, whether it was typed or made by Word: "I.", "1.", "a)", "-".
	// It is not repeated in Runs.
	Label string
	Align Alignment
	Runs  []Run
	Table *Table // only of a TableBlock
}

// Run is text in one look. Text is in NFC; a line break is "\n".
type Run struct {
	Text                         string
	Bold, Italic, Underline, Cut bool
	Link                         string // http, https or mailto, or empty
}

// Table is a table with its merged cells. Every row counts Columns columns, covered ones included.
type Table struct {
	Columns int
	Header  int // rows that Word repeats on each page
	Rows    [][]Cell
}

// Cell stands at a row and a column and covers ColSpan × RowSpan places, at least 1 × 1.
type Cell struct {
	Column           int
	ColSpan, RowSpan int
	Blocks           []Block
}

// Text is the block's text without label and looks, white space as written.
func (b Block) Text() string {
	if b.Table != nil {
		rows := make([]string, 0, len(b.Table.Rows))
		for _, row := range b.Table.Rows {
			cells := make([]string, 0, len(row))
			for _, c := range row {
				cells = append(cells, c.Text())
			}
			rows = append(rows, strings.Join(cells, "\t"))
		}
		return strings.Join(rows, "\n")
	}
	var text strings.Builder
	for _, r := range b.Runs {
		text.WriteString(r.Text)
	}
	return text.String()
}

// Text is the cell's text as a reader sees it: labels included, paragraphs as lines, white space within a line as one space.
func (c Cell) Text() string {
	lines := make([]string, 0, len(c.Blocks))
	for _, b := range c.Blocks {
		for line := range strings.SplitSeq(b.Label+" "+b.Text(), "\n") {
			if line = strings.Join(strings.FieldsFunc(line, unicode.IsSpace), " "); line != "" {
				lines = append(lines, line)
			}
		}
	}
	return strings.Join(lines, "\n")
}

// Grid gives the text of every place as a rectangle of rows and columns. A merged cell's text stands in each place it covers,
// since a theme that is written once beside five tasks belongs to all five.
func (t Table) Grid() [][]string {
	grid := make([][]string, len(t.Rows))
	for i := range grid {
		grid[i] = make([]string, t.Columns)
	}
	for i, row := range t.Rows {
		for _, c := range row {
			text := c.Text()
			for r := i; r < min(i+c.RowSpan, len(grid)); r++ {
				for col := c.Column; col < min(c.Column+c.ColSpan, t.Columns); col++ {
					grid[r][col] = text
				}
			}
		}
	}
	return grid
}

// Tables gives the document's tables in order, those within cells not included.
func (d Document) Tables() []Table {
	var tables []Table
	for _, b := range d.Blocks {
		if b.Table != nil {
			tables = append(tables, *b.Table)
		}
	}
	return tables
}

// Import reads a Word file. It refuses with FILE_DAMAGED what is no readable .docx and with FILE_LIMITS what is too large when
// it is opened (see Limits); no input makes it panic, hang or use more memory than the limits say.
func Import(data []byte) (Document, error) { return ImportWithin(data, DefaultLimits()) }

// ImportWithin is Import with limits of the caller's choosing.
func ImportWithin(data []byte, limits Limits) (Document, error) {
	parts, err := open(data, limits)
	if err != nil {
		return Document{}, err
	}
	body := parts.document.child("document").child("body")
	if body == nil {
		return Document{}, damaged("không có nội dung văn bản (no text)", nil)
	}
	r := &reader{
		links:     parts.links,
		styles:    readStyles(parts.styles),
		numbering: readNumbering(parts.numbering),
		limits:    limits,
	}
	blocks, err := r.blocks(body)
	if err != nil {
		return Document{}, err
	}
	return Document{Blocks: blocks, Dropped: r.dropped}, nil
}

// reader is one import under way.
type reader struct {
	links     map[string]string // targets outside the file, by relationship id
	styles    map[string]style
	numbering *numbering
	limits    Limits
	dropped   []Dropped
	pending   []Run // text of paragraphs whose end mark was deleted under tracked changes: it joins the next one
	fields    []bool
}

// blocks reads what a body or a cell holds. Wrappers that only hold others are opened; anything unknown is left out.
func (r *reader) blocks(n *node) ([]Block, error) {
	var out []Block
	for _, k := range n.kids {
		switch k.name {
		case "p":
			if b, ok := r.paragraph(k); ok {
				out = append(out, b)
			}
		case "tbl":
			t, err := r.table(k)
			if err != nil {
				return nil, err
			}
			if r.isLayout(k) {
				for _, row := range t.Rows {
					for _, c := range row {
						out = append(out, c.Blocks...)
					}
				}
			} else if len(t.Rows) > 0 {
				out = append(out, Block{Kind: TableBlock, Table: &t})
			}
		case "sdt":
			inner, err := r.blocks(k.child("sdtContent").orEmpty())
			if err != nil {
				return nil, err
			}
			out = append(out, inner...)
		case "ins", "moveTo", "smartTag", "customXml":
			inner, err := r.blocks(k)
			if err != nil {
				return nil, err
			}
			out = append(out, inner...)
		case "del", "moveFrom":
			r.drop(DeletedText)
		case "altChunk":
			r.drop(EmbeddedObject)
		}
	}
	return out, nil
}
