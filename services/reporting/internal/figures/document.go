package figures

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"time"

	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/reporting/internal/canonical"
	"github.com/loa-vn/loa/services/reporting/internal/narrative"
)

// form is that of the documents compiled today. Those of the first form, which do not say so, list under each line what it counts; what
// was approved of them stays as it is, byte for byte.
const form = 2

// Bounds of what a document carries itself. A longer annex is read from the facts and held against its digest.
const (
	annexWithin = 100
	lateWithin  = 200
)

// Document is all that is approved of a report: what it is about, and its figures beside that on one level. Times of compiling and
// names of those who compiled are no part of it.
type Document struct {
	Form         int    `json:"form,omitempty"`
	Plan         string `json:"plan"`
	PlanNumber   string `json:"planNumber"`
	PlanTitle    string `json:"planTitle"`
	Agency       string `json:"agency"`
	AgencyName   string `json:"agencyName"`
	Period       string `json:"period"`
	PeriodName   string `json:"periodName"`
	From         string `json:"from"`
	To           string `json:"to"`
	Title        string `json:"title"`
	Example      bool   `json:"example"`
	ImportedPlan bool   `json:"importedPlan"`
	Figures
	Annex *Annex `json:"annex,omitempty"`
	// LateFacts are the first of what changed of earlier periods after their reports were approved, LateCount how many there are, and
	// Restates the reports that they restate.
	LateFacts []LateFact `json:"lateFacts,omitempty"`
	LateCount int64      `json:"lateCount,omitempty"`
	Restates  []string   `json:"restates,omitempty"`
	// Narrative is what people wrote; nil when nobody has, as in every report before people could.
	Narrative *narrative.Narrative `json:"narrative,omitempty"`
}

// Annex is every fact that the report counts in its period.
type Annex struct {
	Entries int64 `json:"entries"`
	// SHA256 in hex of the entries' lines (Entry.Append).
	SHA256 string `json:"sha256"`
	// Rows are the entries themselves, when there are few.
	Rows []Entry `json:"rows,omitempty"`
}

// LateFact is what became known, or ceased to hold, after the report of its period was approved.
type LateFact struct {
	// Kind is added, removed or changed.
	Kind   string `json:"kind"`
	Report string `json:"report"`
	Period string `json:"period"`
	Entry  Entry  `json:"entry"`
	// RecordedAt is RFC 3339 in UTC.
	RecordedAt string `json:"recordedAt"`
}

// SpanOf is that of a report: the period, and the year that it belongs to (Decree 09/2019/NĐ-CP: from 15 December).
func SpanOf(period vn.Period) Span {
	return Span{From: period.From(), To: period.To(), YearFrom: vn.Day(period.Year()-1, time.December, 15)}
}

// Compiler makes the document of a plan and a period of facts that come in the order of the annex.
type Compiler struct {
	*Tally
	period  vn.Period
	entries int64
	sum     hash.Hash
	rows    []Entry
	line    []byte
}

// NewCompiler begins a document.
func NewCompiler(plan Plan, period vn.Period) *Compiler {
	return &Compiler{Tally: NewTally(plan, SpanOf(period)), period: period, sum: sha256.New()}
}

// Add counts a fact. Facts come ordered by time and identifier, and each once.
func (c *Compiler) Add(f Fact) {
	e, counted := c.Tally.Add(f)
	if !counted {
		return
	}
	c.entries++
	c.line = e.Append(c.line[:0])
	c.sum.Write(c.line)
	if c.entries <= annexWithin {
		c.rows = append(c.rows, e)
	}
}

// Document is what the facts gave. Names are those of agencies by code.
func (c *Compiler) Document(names map[string]string) Document {
	plan := c.plan
	d := Document{
		Form: form, Plan: plan.ID, PlanNumber: plan.Number, PlanTitle: plan.Title,
		Agency: plan.Lead, AgencyName: plan.Lead,
		Period: c.period.String(), PeriodName: c.period.Name(vn.Vi),
		From:         c.period.From().Format(time.DateOnly),
		To:           c.period.LastDay().Format(time.DateOnly),
		Title:        fmt.Sprintf("Báo cáo kết quả thực hiện Kế hoạch số %s, %s", plan.Number, c.period.Name(vn.Vi)),
		Example:      plan.Example,
		ImportedPlan: plan.Imported,
		Figures:      c.Figures(names),
		Annex:        &Annex{Entries: c.entries, SHA256: hex.EncodeToString(c.sum.Sum(nil))},
	}
	if c.entries <= annexWithin {
		d.Annex.Rows = c.rows
	}
	if name := names[plan.Lead]; name != "" {
		d.AgencyName = name
	}
	for _, lines := range [][]Line{d.Items, d.Agencies, d.Themes, d.Audiences, d.Channels} {
		for _, line := range lines {
			d.Example = d.Example || line.Example
		}
	}
	return d
}

// Late adds what changed of earlier periods, in the order given; what is beyond the bound is counted only.
func (d *Document) Late(facts []LateFact) {
	d.LateCount = int64(len(facts))
	for _, f := range facts {
		if len(d.Restates) == 0 || d.Restates[len(d.Restates)-1] != f.Report {
			d.Restates = append(d.Restates, f.Report)
		}
	}
	d.LateFacts = facts[:min(len(facts), lateWithin)]
}

// Compile makes the document of facts in whatever order and however often they come.
func Compile(plan Plan, facts []Fact, period vn.Period, names map[string]string) Document {
	c := NewCompiler(plan, period)
	for _, f := range Collate(facts) {
		c.Add(f)
	}
	return c.Document(names)
}

// Canonical gives the document's bytes by RFC 8785 and their SHA-256 in hex, which is what approvals are of.
func (d Document) Canonical() (text, hash string, err error) {
	b, err := canonical.JSON(d)
	if err != nil {
		return "", "", fmt.Errorf("figures: %w", err)
	}
	sum := sha256.Sum256(b)
	return string(b), hex.EncodeToString(sum[:]), nil
}

// Read reads what Canonical wrote.
func Read(text string) (Document, error) {
	var d Document
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return Document{}, fmt.Errorf("figures: reading a report's canonical form: %w", err)
	}
	return d, nil
}
