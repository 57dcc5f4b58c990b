package plan

import (
	"slices"
	"strings"

	"github.com/loa-vn/loa/pkg/vn"
)

// Normalise gives the document in Unicode NFC with one kind of line end, without spaces around a text, and with every list of codes
// free of repeats and of empty entries. It shares nothing with the one it was given.
func (d Document) Normalise() Document {
	d.Number, d.Title, d.Source = line(d.Number), line(d.Title), line(d.Source)
	d.Date, d.From, d.To = Day(line(string(d.Date))), Day(line(string(d.From))), Day(line(string(d.To)))
	d.Issuer, d.Lead = Code(line(string(d.Issuer))), Code(line(string(d.Lead)))
	d.Coordinators, d.ReportPeriods = once(d.Coordinators), once(d.ReportPeriods)
	d.Purposes = once(d.Purposes)
	d.Themes, d.Audiences, d.Channels = cleanTerms(d.Themes), cleanTerms(d.Audiences), cleanTerms(d.Channels)
	d.ExampleParts = slices.Clone(d.ExampleParts)
	items := d.Items
	d.Items = nil
	for _, i := range items {
		d.Items = append(d.Items, i.Normalise())
	}
	return d
}

// Normalise does for an item what it does for a document.
func (i Item) Normalise() Item {
	i.Code, i.Title, i.Theme = line(i.Code), line(i.Title), line(i.Theme)
	i.Lead, i.Deadline = Code(line(string(i.Lead))), Day(line(string(i.Deadline)))
	i.Audiences, i.Channels, i.Coordinators = once(i.Audiences), once(i.Channels), once(i.Coordinators)
	i.Target.Unit = line(i.Target.Unit)
	i.ExampleParts = slices.Clone(i.ExampleParts)
	return i
}

// clone shares nothing with the document.
func (d Document) clone() Document {
	d.Coordinators, d.Purposes = slices.Clone(d.Coordinators), slices.Clone(d.Purposes)
	d.Themes, d.Audiences, d.Channels = slices.Clone(d.Themes), slices.Clone(d.Audiences), slices.Clone(d.Channels)
	d.ReportPeriods, d.ExampleParts = slices.Clone(d.ReportPeriods), slices.Clone(d.ExampleParts)
	d.Items = slices.Clone(d.Items)
	return d
}

// head is the document without its items.
func (d Document) head() Document {
	d.Items = nil
	return d
}

func cleanTerms(terms []Term) []Term {
	var out []Term
	for _, t := range terms {
		out = append(out, Term{Code: line(t.Code), Name: line(t.Name), Example: t.Example})
	}
	return out
}

// line cleans a text. U+2028 and U+2029 become line ends like the others, so that JSON has one way to write what is kept.
func line(s string) string {
	lineEnds := strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n")
	return strings.TrimSpace(lineEnds.Replace(vn.NFC(s)))
}

func once[T ~string](list []T) []T {
	var out []T
	for _, s := range list {
		if s = T(line(string(s))); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
