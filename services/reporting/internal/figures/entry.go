package figures

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loa-vn/loa/services/reporting/internal/canonical"
)

// Entry is a fact as the annex of a report lists it: what it is, how much, when, where it is seen, and the lines that it counts in.
type Entry struct {
	Kind    Kind   `json:"kind"`
	ID      string `json:"id"`
	Content string `json:"content,omitempty"`
	Title   string `json:"title"`
	// At is RFC 3339 in UTC.
	At       string `json:"at"`
	Quantity int64  `json:"quantity"`
	Unit     string `json:"unit"`
	Path     string `json:"path"`
	Hash     string `json:"hash"`
	Event    string `json:"event"`
	// Item is the item's code.
	Item      string   `json:"item"`
	Agency    string   `json:"agency"`
	Theme     string   `json:"theme"`
	Audiences []string `json:"audiences,omitempty"`
	Channels  []string `json:"channels,omitempty"`
	Imported  bool     `json:"imported,omitempty"`
	Example   bool     `json:"example,omitempty"`
	// Bypassed: approved in an emergency, past its route.
	Bypassed bool `json:"bypassed,omitempty"`
}

// In says whether the entry counts in a line: "item:3", "agency:H24.02", "theme:…", "audience:…", "channel:…", "total".
func (e Entry) In(line string) bool {
	if line == TotalLine {
		return true
	}
	dimension, code, _ := strings.Cut(line, ":")
	switch Dimension(dimension) {
	case ByItem:
		return e.Item == code
	case ByAgency:
		return e.Agency == code
	case ByTheme:
		return e.Theme == code
	case ByAudience:
		return slices.Contains(e.Audiences, code)
	case ByChannel:
		return slices.Contains(e.Channels, code)
	default:
		return false
	}
}

// Dimension is by what lines are drawn.
type Dimension string

// The dimensions, and the line of the whole plan.
const (
	ByItem     Dimension = "item"
	ByAgency   Dimension = "agency"
	ByTheme    Dimension = "theme"
	ByAudience Dimension = "audience"
	ByChannel  Dimension = "channel"

	TotalLine = "total"
)

// Dimensions are all of them.
func Dimensions() []Dimension { return []Dimension{ByItem, ByAgency, ByTheme, ByAudience, ByChannel} }

// LineName names a line of a dimension.
func LineName(by Dimension, code string) string { return string(by) + ":" + code }

// KnownLine says whether a text has the form of a line's name.
func KnownLine(line string) bool {
	by, code, ok := strings.Cut(line, ":")
	return line == TotalLine || ok && code != "" && slices.Contains(Dimensions(), Dimension(by))
}

// Append writes the entry's line of the annex: canonical JSON (RFC 8785) and a line feed. It is canonical.JSON, many times faster.
func (e Entry) Append(b []byte) []byte {
	b = append(b, `{"agency":`...)
	b = canonical.AppendString(b, e.Agency)
	b = append(b, `,"at":`...)
	b = canonical.AppendString(b, e.At)
	b = appendList(b, "audiences", e.Audiences)
	if e.Bypassed {
		b = append(b, `,"bypassed":true`...)
	}
	b = appendList(b, "channels", e.Channels)
	if e.Content != "" {
		b = append(b, `,"content":`...)
		b = canonical.AppendString(b, e.Content)
	}
	b = append(b, `,"event":`...)
	b = canonical.AppendString(b, e.Event)
	if e.Example {
		b = append(b, `,"example":true`...)
	}
	b = append(b, `,"hash":`...)
	b = canonical.AppendString(b, e.Hash)
	b = append(b, `,"id":`...)
	b = canonical.AppendString(b, e.ID)
	if e.Imported {
		b = append(b, `,"imported":true`...)
	}
	for _, member := range [...]struct{ name, value string }{{"item", e.Item}, {"kind", string(e.Kind)}, {"path", e.Path}} {
		b = append(append(append(b, `,"`...), member.name...), `":`...)
		b = canonical.AppendString(b, member.value)
	}
	b = strconv.AppendInt(append(b, `,"quantity":`...), e.Quantity, 10)
	for _, member := range [...]struct{ name, value string }{{"theme", e.Theme}, {"title", e.Title}, {"unit", e.Unit}} {
		b = append(append(append(b, `,"`...), member.name...), `":`...)
		b = canonical.AppendString(b, member.value)
	}
	return append(b, "}\n"...)
}

func appendList(b []byte, name string, values []string) []byte {
	if len(values) == 0 {
		return b
	}
	b = append(append(append(b, `,"`...), name...), `":[`...)
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = canonical.AppendString(b, v)
	}
	return append(b, ']')
}

// Register knows the items of a plan, those of before too, and makes entries of facts.
type Register struct {
	items map[string]Item
	units map[string]bool
}

// NewRegister makes the register of a plan.
func NewRegister(plan Plan) *Register {
	r := &Register{items: map[string]Item{}, units: map[string]bool{Publications: true}}
	for _, items := range [][]Item{plan.Former, plan.Items} {
		for _, item := range items {
			r.items[item.ID] = item
			if item.Counts {
				r.units[item.Unit] = true
			}
		}
	}
	return r
}

// Entry is a fact as the plan sees it: its unit, and the lines that it counts in. An item that the plan does not have is called by its
// identifier.
func (r *Register) Entry(f Fact) Entry {
	item, known := r.items[f.Item]
	e := Entry{
		Kind: f.Kind, ID: f.ID, Content: f.Content, Title: f.Title, At: f.At.UTC().Format(time.RFC3339Nano), Quantity: f.Quantity, Unit: f.Unit,
		Path: f.Path, Hash: f.Hash, Event: f.Event, Item: f.Item, Agency: f.Agency, Theme: f.Theme, Audiences: f.Audiences, Channels: f.Channels,
		Imported: f.Imported, Example: f.Example, Bypassed: f.Bypassed,
	}
	if known {
		e.Item, e.Agency = item.Code, item.Lead
	}
	switch {
	case f.Kind == Result && known:
		e.Theme, e.Audiences = item.Theme, item.Audiences
	case f.Kind == Published && known && item.Counts:
		e.Unit = item.Unit
	case f.Kind == Published:
		e.Unit = Publications
	}
	return e
}

// ItemOf gives the identifier of the item that a line is of; "" for a line of another dimension.
func (r *Register) ItemOf(line string) string {
	code, ok := strings.CutPrefix(line, LineName(ByItem, ""))
	if !ok {
		return ""
	}
	for _, item := range r.items {
		if item.Code == code {
			return item.ID
		}
	}
	return code
}
