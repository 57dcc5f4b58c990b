package plantable

import (
	"fmt"
	"strings"

	"github.com/loa-vn/loa/pkg/document/docximport"
)

// aboveLines bounds how many lines of a Word file's text are looked at before each of its tables.
const aboveLines = 60

// Word reads the tables of a DOCX file, each with the text before it. Errors: FILE_DAMAGED, FILE_LIMITS.
func Word(data []byte) ([]Table, error) {
	document, err := docximport.Import(data)
	if err != nil {
		return nil, err
	}
	var tables []Table
	var above []string
	for _, b := range document.Blocks {
		if b.Table == nil {
			if text := strings.TrimSpace(b.Label + " " + b.Text()); text != "" && len(above) < aboveLines {
				above = append(above, text)
			}
			continue
		}
		t := Table{Name: fmt.Sprintf("bảng %d", len(tables)+1), Above: above}
		for i, cells := range b.Table.Grid() {
			t.Rows = append(t.Rows, rowOf(i+1, cells))
		}
		tables = append(tables, t)
		if len(tables) == maxTables {
			break
		}
	}
	return tables, nil
}
