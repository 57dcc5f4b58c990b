package planfile

import (
	"go.yaml.in/yaml/v3"

	"github.com/loa-vn/loa/services/planning/internal/plan"
)

func planKeys() []string {
	return []string{
		"number", "date", "issuer", "title", "from", "to", "lead", "coordinators", "purposes", "themes", "audiences", "channels",
		"report_periods", "source", exampleKey, "items",
	}
}

func itemKeys() []string {
	return []string{"code", "title", "theme", "audiences", "channels", "lead", "coordinators", "deadline", "target", exampleKey}
}

func (r *reader) document(root *yaml.Node) {
	m := r.mapping(root, "", planKeys()...)
	if m == nil {
		return
	}
	parts := parts{r: r}
	d := plan.Document{
		Number:        parts.text(m["number"], "number"),
		Date:          plan.Day(parts.text(m["date"], "date")),
		Issuer:        plan.Code(parts.text(m["issuer"], "issuer")),
		Title:         parts.text(m["title"], "title"),
		From:          plan.Day(parts.text(m["from"], "from")),
		To:            plan.Day(parts.text(m["to"], "to")),
		Lead:          plan.Code(parts.text(m["lead"], "lead")),
		Coordinators:  codes(parts.texts(m["coordinators"], "coordinators")),
		Purposes:      parts.texts(m["purposes"], "purposes"),
		Themes:        r.terms(m["themes"], "themes"),
		Audiences:     r.terms(m["audiences"], "audiences"),
		Channels:      r.terms(m["channels"], "channels"),
		ReportPeriods: parts.texts(m["report_periods"], "report_periods"),
		Source:        parts.text(m["source"], "source"),
		Example:       r.flag(m[exampleKey], exampleKey),
	}
	for i, n := range r.entries(m["items"], "items") {
		d.Items = append(d.Items, r.item(n, index("items", i)))
	}
	d.ExampleParts = parts.examples
	r.doc = d
}

func (r *reader) item(n *yaml.Node, path string) plan.Item {
	m := r.mapping(n, path, itemKeys()...)
	parts := parts{r: r, of: path}
	return plan.Item{
		Code:         parts.text(m["code"], "code"),
		Title:        parts.text(m["title"], "title"),
		Theme:        parts.text(m["theme"], "theme"),
		Audiences:    parts.texts(m["audiences"], "audiences"),
		Channels:     parts.texts(m["channels"], "channels"),
		Lead:         plan.Code(parts.text(m["lead"], "lead")),
		Coordinators: codes(parts.texts(m["coordinators"], "coordinators")),
		Deadline:     plan.Day(parts.text(m["deadline"], "deadline")),
		Target:       r.target(m["target"], join(path, "target")),
		Example:      r.flag(m[exampleKey], join(path, exampleKey)),
		ExampleParts: parts.examples,
	}
}

func (r *reader) target(n *yaml.Node, path string) plan.Target {
	if n == nil {
		return plan.Target{}
	}
	m := r.mapping(n, path, "quantity", "unit", "counts_publications", exampleKey)
	return plan.Target{
		Quantity:           r.number(m["quantity"], join(path, "quantity")),
		Unit:               r.text(m["unit"], join(path, "unit")),
		CountsPublications: r.flag(m["counts_publications"], join(path, "counts_publications")),
		Example:            r.flag(m[exampleKey], join(path, exampleKey)),
	}
}

func (r *reader) terms(n *yaml.Node, path string) []plan.Term {
	var terms []plan.Term
	for i, entry := range r.entries(n, path) {
		at := index(path, i)
		m := r.mapping(entry, at, "code", "name", exampleKey)
		terms = append(terms, plan.Term{
			Code:    r.text(m["code"], join(at, "code")),
			Name:    r.text(m["name"], join(at, "name")),
			Example: r.flag(m[exampleKey], join(at, exampleKey)),
		})
	}
	return terms
}

// parts reads the values of one mapping and gathers the keys whose value is invented.
type parts struct {
	r        *reader
	of       string
	examples []string
}

func (p *parts) value(n *yaml.Node, key string) *yaml.Node {
	value, example := p.r.part(n, join(p.of, key))
	if example {
		p.examples = append(p.examples, key)
	}
	return value
}

func (p *parts) text(n *yaml.Node, key string) string {
	return p.r.text(p.value(n, key), join(p.of, key))
}

func (p *parts) texts(n *yaml.Node, key string) []string {
	var texts []string
	for i, entry := range p.r.entries(p.value(n, key), join(p.of, key)) {
		texts = append(texts, p.text(entry, index(key, i)))
	}
	return texts
}

func codes(texts []string) []plan.Code {
	var codes []plan.Code
	for _, t := range texts {
		codes = append(codes, plan.Code(t))
	}
	return codes
}
