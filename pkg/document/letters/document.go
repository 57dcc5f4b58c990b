package letters

import (
	"iter"

	"github.com/loa-vn/loa/pkg/document/model"
)

// Document gives a document that can be set: it shares nothing with the one given that it changes.
func Document(d model.Document) *model.Document {
	d.Parent, d.Number, d.Place, d.Subject, d.Emergency = Settable(d.Parent), Settable(d.Number), Settable(d.Place), Settable(d.Subject), Settable(d.Emergency)
	d.Agency, d.To, d.Recipients = each(d.Agency, Settable), each(d.To, Settable), each(d.Recipients, Settable)
	d.Body = each(d.Body, block)
	d.Annexes = each(d.Annexes, func(a model.Annex) model.Annex {
		a.Label, a.Title, a.Note, a.Body = Settable(a.Label), Settable(a.Title), Settable(a.Note), each(a.Body, block)
		return a
	})
	d.Signature.Name = Settable(d.Signature.Name)
	d.Signature.Standings = each(d.Signature.Standings, func(s model.Standing) model.Standing {
		s.Office = Settable(s.Office)
		return s
	})
	if by := d.Signature.Delegation; by != nil {
		d.Signature.Delegation = &model.Delegation{Name: Settable(by.Name), Office: Settable(by.Office), Instrument: Settable(by.Instrument)}
	}
	d.Authenticity.URL, d.Authenticity.Note = settableAddress(d.Authenticity.URL), Settable(d.Authenticity.Note)
	return &d
}

func block(b model.Block) model.Block {
	switch b := b.(type) {
	case model.Heading:
		b.Label, b.Text = Settable(b.Label), Settable(b.Text)
		return b
	case model.Paragraph:
		b.Runs = runs(b.Runs)
		return b
	case model.List:
		b.Items = each(b.Items, runs)
		return b
	case model.Table:
		b.Caption, b.Summary = Settable(b.Caption), Settable(b.Summary)
		b.Header = each(b.Header, row)
		b.Rows = rows(b.Rows)
		return b
	case model.Chart:
		b.Caption, b.Alternative, b.Unit = Settable(b.Caption), Settable(b.Alternative), Settable(b.Unit)
		b.Bars = each(b.Bars, func(bar model.Bar) model.Bar {
			bar.Name = Settable(bar.Name)
			return bar
		})
		return b
	default:
		return b
	}
}

func runs(of []model.Run) []model.Run {
	return each(of, func(r model.Run) model.Run {
		if r.Link == "" {
			r.Text = Settable(r.Text)
		} else {
			r.Text = settableAddress(r.Text)
		}
		return r
	})
}

func row(cells []model.Cell) []model.Cell {
	return each(cells, func(c model.Cell) model.Cell {
		c.Runs = runs(c.Runs)
		return c
	})
}

func rows(of iter.Seq2[[]model.Cell, error]) iter.Seq2[[]model.Cell, error] {
	if of == nil {
		return nil
	}
	return func(yield func([]model.Cell, error) bool) {
		for cells, err := range of {
			if !yield(row(cells), err) {
				return
			}
		}
	}
}

func each[T any](of []T, change func(T) T) []T {
	if of == nil {
		return nil
	}
	out := make([]T, 0, len(of))
	for _, v := range of {
		out = append(out, change(v))
	}
	return out
}
