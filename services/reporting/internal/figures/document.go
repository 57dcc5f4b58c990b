package figures

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/reporting/internal/canonical"
)

// Document is all that is approved of a report: what it is about, and its figures beside that on one level. Times of compiling and
// names of those who compiled are no part of it.
type Document struct {
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
}

// Compile makes the document of a plan and a period. Names are those of agencies by code.
func Compile(plan Plan, facts []Publication, period vn.Period, names map[string]string) Document {
	d := Document{
		Plan: plan.ID, PlanNumber: plan.Number, PlanTitle: plan.Title,
		Agency: plan.Lead, AgencyName: plan.Lead,
		Period: period.String(), PeriodName: period.Name(vn.Vi),
		From:         period.From().Format(time.DateOnly),
		To:           period.LastDay().Format(time.DateOnly),
		Title:        fmt.Sprintf("Báo cáo kết quả thực hiện Kế hoạch số %s, %s", plan.Number, period.Name(vn.Vi)),
		Example:      plan.Example,
		ImportedPlan: plan.Imported,
		Figures:      Compute(plan, facts, period, names),
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
