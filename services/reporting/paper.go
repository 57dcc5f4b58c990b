package reporting

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/loa-vn/loa/pkg/directory"
	"github.com/loa-vn/loa/pkg/document/docx"
	"github.com/loa-vn/loa/pkg/document/pdf"
	"github.com/loa-vn/loa/pkg/document/sheet"
	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/reporting/internal/facts"
	"github.com/loa-vn/loa/services/reporting/internal/figures"
	"github.com/loa-vn/loa/services/reporting/internal/paper"
	"github.com/loa-vn/loa/services/reporting/internal/report"
)

// format is a form that a report's document has.
type format struct {
	name, mediaType string
	write           func(w io.Writer, r paper.Report) error
}

// formats are all of them, the first the usual one.
func formats() []format {
	return []format{
		{"pdf", "application/pdf", func(w io.Writer, r paper.Report) error { return pdf.Write(w, r.Paper()) }},
		{"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", func(w io.Writer, r paper.Report) error {
			return docx.Write(w, r.Paper())
		}},
		{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", func(w io.Writer, r paper.Report) error {
			return sheet.WriteXLSX(w, r.Book())
		}},
		{"csv", "text/csv; charset=utf-8", func(w io.Writer, r paper.Report) error { return sheet.WriteCSV(w, r.Sheet()) }},
	}
}

// printer makes the documents of reports.
type printer struct {
	desk      *desk
	directory *directory.Directory
	// home is the portal's address.
	home string
}

// paper gathers what the documents of a report say.
func (p printer) paper(ctx context.Context, r *report.Report) (paper.Report, error) {
	document, err := figures.Read(r.Sheet.Canonical)
	if err != nil {
		return paper.Report{}, err
	}
	out := paper.Report{
		Document: document, Hash: r.Sheet.Hash, Number: r.Number, Date: r.Date, Signing: r.Signing, Bypassed: r.Bypassed, Home: p.home,
		Issuer: document.AgencyName,
	}
	if out.Entries, err = p.desk.annexOf(ctx, r.Sheet, document); err != nil {
		return out, err
	}
	if out.Next, err = p.desk.nextItems(ctx, r.Sheet); err != nil {
		return out, err
	}
	return out, p.address(ctx, &out)
}

// address says who issues the report, who is above, and where: as the directory had it on the day of the report.
func (p printer) address(ctx context.Context, out *paper.Report) error {
	at, err := time.ParseInLocation(time.DateOnly, out.Date, vn.Location())
	if err != nil {
		at = time.Time{} // a draft: as it is now
	}
	const levels = 10 // of agencies; a directory that goes in circles has no end
	code := out.Agency
	for level := range levels {
		agency, found, err := p.directory.Agency(ctx, code, at)
		if err != nil || !found {
			return err
		}
		if level == 1 {
			out.Above = agency.Name
		}
		out.Place = paper.PlaceOf(agency.Name)
		if code = agency.Parent; code == "" {
			break
		}
	}
	return nil
}

// nextItems are the items that are due in the period after a report's, and not done.
func (d *desk) nextItems(ctx context.Context, sheet report.Sheet) ([]figures.Item, error) {
	period, err := vn.ParsePeriod(sheet.Period)
	if err != nil {
		return nil, err
	}
	v := facts.View{Arrived: sheet.Mark()}
	if v.Arrived == 0 {
		if v, err = facts.Now(ctx, d.pool); err != nil {
			return nil, err
		}
	}
	plan, err := facts.ReadPlan(ctx, d.pool, v, sheet.Plan)
	if err != nil || plan == nil {
		return nil, err
	}
	var due []figures.Item
	for _, item := range plan.Items {
		if period.Next().Contains(item.Deadline) {
			due = append(due, item)
		}
	}
	return due, nil
}

// errAnnexMoved says that the facts no longer give what was approved.
var errAnnexMoved = errors.New("the facts do not give the annex that was approved")

// annexOf reads the annex of a report, as often as it is asked for, one entry at a time. At its end it is held against the digest that was
// approved.
func (d *desk) annexOf(ctx context.Context, sheet report.Sheet, document figures.Document) (iter.Seq2[figures.Entry, error], error) {
	if document.Annex == nil {
		return firstFormEntries(document), nil
	}
	plan, of, v, err := d.annex(ctx, sheet)
	if err != nil {
		return nil, err
	}
	register := figures.NewRegister(plan)
	return func(yield func(figures.Entry, error) bool) {
		sum, whole := sha256.New(), true
		var line []byte
		err := facts.Each(ctx, d.pool, v, of, func(f figures.Fact, _ string) (bool, error) {
			e := register.Entry(f)
			line = e.Append(line[:0])
			sum.Write(line)
			whole = yield(e, nil)
			return whole, nil
		})
		if err == nil && whole && hex.EncodeToString(sum.Sum(nil)) != document.Annex.SHA256 {
			err = fmt.Errorf("%s %s: %w", sheet.Plan, sheet.Period, errAnnexMoved)
		}
		if err != nil && whole {
			yield(figures.Entry{}, err)
		}
	}, nil
}

// firstFormEntries are what the items' lines of a report of the first form hold.
func firstFormEntries(document figures.Document) iter.Seq2[figures.Entry, error] {
	return func(yield func(figures.Entry, error) bool) {
		for _, l := range document.Items {
			for _, c := range l.Counted {
				e := figures.Entry{
					Kind: figures.Published, ID: c.Publication, Content: c.Content, Title: c.Title, At: c.PublishedAt, Quantity: 1, Unit: l.Unit, Path: c.Path,
					Hash: c.Hash, Event: c.Event, Item: l.Code, Imported: c.Imported, Example: l.Example,
				}
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}
