package item

import (
	"time"

	"github.com/loa-vn/loa/pkg/es"
)

// HistoryPrefix of the identifier of an import of many: import_01j….
const HistoryPrefix = "import"

// HistoryRow is one item of an import of many, checked.
type HistoryRow struct {
	Row         int       `json:"row"` // the line in the file, from 1
	Content     string    `json:"content"`
	Agency      string    `json:"agency"`
	Text        Text      `json:"text"`
	HTML        string    `json:"html"`
	Hash        string    `json:"hash"`
	PublishedAt time.Time `json:"publishedAt"`
}

// HistoryImported: many items were published before Loa. It is one event, so that all of them came in or none; each then gets its own
// Imported, which follows from this one.
type HistoryImported struct {
	Rows []HistoryRow `json:"rows"`
}

// History is one import of many.
type History struct{ Rows []HistoryRow }

// Apply folds one event into the state.
func (h *History) Apply(e es.Event) {
	if d, ok := e.Data.(HistoryImported); ok {
		h.Rows = d.Rows
	}
}

// Import takes in the rows, once: the same import again changes nothing.
func (h *History) Import(rows []HistoryRow) ([]any, error) {
	if len(h.Rows) > 0 {
		return nil, nil
	}
	return []any{HistoryImported{Rows: rows}}, nil
}

// Composed is the row's item as Item.Import takes it.
func (r HistoryRow) Composed() Composed { return Composed{Text: r.Text, HTML: r.HTML} }
