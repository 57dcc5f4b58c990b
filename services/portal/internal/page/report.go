package page

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/loa-vn/loa/pkg/vn"
)

// ReportProps is a public results report.
type ReportProps struct {
	Frame
	Year         int
	Agency, Slug string // as in ReportPath
	Title        string
	Period       vn.Period
	Issuer       string // the agency that made the report
	Plan         PlanReference
	Lead         string   // one paragraph that says the result in words; may be empty
	Figures      []Figure // the key figures; may be empty
	Breakdowns   []Breakdown
	Narrative    []Narrative // what people wrote; may be empty
	Approvals    []Approval  // in the order of the route
	ApprovedAt   time.Time
	Hash         string // SHA-256 of the canonical figures, 64 hexadecimal digits
	Number       string // as written, once it is issued
	IssuedAt     time.Time
	Documents    []Document // once it is issued
}

// Document is a report as it was issued, in one format.
type Document struct {
	Format string // pdf, docx, xlsx, csv
	Path   string
	Size   int64 // bytes
}

func (d Document) name(f Frame) string {
	format := strings.ToUpper(d.Format)
	if d.Format == "xlsx" || d.Format == "csv" {
		format = fmt.Sprintf(f.words().FiguresIn, format)
	}
	return format + ", " + sizeOf(d.Size, f.Speech())
}

// PlanReference names the plan that a report measures.
type PlanReference struct {
	Number   string // as written, such as 38/KH-UBND
	IssuedAt time.Time
	Title    string
	Path     string // of the plan's Vietnamese page; empty when it has none
}

// Quantity is a figure that may be missing. The zero Quantity is missing, which is not nought.
type Quantity struct {
	value float64
	known bool
}

// Of is a known quantity.
func Of(value float64) Quantity { return Quantity{value: value, known: true} }

// Value is the figure and whether it is known.
func (q Quantity) Value() (float64, bool) { return q.value, q.known }

// Figure is one key figure.
type Figure struct {
	Name  string
	Value Quantity
	Of    Quantity // what the value is part of; missing when it is part of nothing
	Unit  string
}

// Dimension is what a breakdown of the figures goes by.
type Dimension string

// The dimensions of plan versus actual.
const (
	ByItem     Dimension = "item"
	ByAgency   Dimension = "agency"
	ByTheme    Dimension = "theme"
	ByAudience Dimension = "audience"
	ByChannel  Dimension = "channel"
)

// Breakdown is plan versus actual along one dimension.
type Breakdown struct {
	By   Dimension
	Rows []Row
}

// Row is plan versus actual of one thing, in one unit. Its quantities cover one span, the same in
// all rows of a report: the period, or the plan from its start to the period's end.
type Row struct {
	Name      string
	Note      string // small print under the name, such as who leads it and by when
	Unit      string
	Planned   Quantity // the target; missing when the plan sets none
	Actual    Quantity
	Expected  Quantity // what should be done by the end of the period; missing when the plan does not say
	Scheduled Quantity // approved and waiting for its time
	// Counted are the publications that make up Actual.
	Counted []Evidence
	// Path is where what makes up Actual is listed, of the Vietnamese page; empty where it stands in Counted.
	Path string
	// Beside says what is known and does not count.
	Beside string
}

// alone is the row without a way to the page it stands on.
func (r Row) alone() Row { r.Name, r.Note, r.Path = "", "", ""; return r }

// countedLimit is how many publications a page names under one figure. The annex of the report names all.
const countedLimit = 100

// Evidence is a publication that a figure counts.
type Evidence struct {
	Slug        string
	Title       string
	Language    string
	PublishedAt time.Time
}

// Approval is one level that approved the report.
type Approval struct {
	Name     string
	Position string // such as "Trưởng phòng, Phòng Thông tin - Báo chí - Xuất bản"
	Agency   string
	Invented bool // an example person, marked so wherever the name shows
	Bypass   bool // in an emergency, without all the levels of its route
	At       time.Time
}

// Report writes the page of a public report.
func Report(w io.Writer, p ReportProps) error {
	code, err := newQR(p.Site.absolute(p.path()))
	if err != nil {
		return err
	}
	return render(w, reportPage(p, code))
}

func (p ReportProps) path() string { return ReportPath(p.Lang, p.Year, p.Agency, p.Slug) }

func (p ReportProps) head(code qrCode) pageHead {
	last := crumb{name: p.Title, path: p.path(), lang: p.foreign("")}
	if !p.Period.IsZero() {
		last = crumb{name: capitalised(p.Period.Name(p.Speech())), path: p.path()}
	}
	return pageHead{
		title:       p.Title,
		description: p.Lead,
		path:        ReportPath(Vi, p.Year, p.Agency, p.Slug),
		qr:          &code,
		hatch:       p.any(func(r Row) bool { return r.Scheduled.known }),
		section:     reportsSection,
		card:        &card{kind: "article", published: stampOf(p.ApprovedAt)},
		crumbs: []crumb{
			{name: p.words().Home, path: HomePath(p.Lang)},
			{name: p.words().Reports, path: LocalPath(p.Lang, ReportsPath)},
			last,
		},
	}
}

func (p ReportProps) any(has func(Row) bool) bool {
	return slices.ContainsFunc(p.Breakdowns, func(b Breakdown) bool { return b.any(has) })
}

func (b Breakdown) any(has func(Row) bool) bool { return slices.ContainsFunc(b.Rows, has) }

func (b Breakdown) hasExpected() bool { return b.any(func(r Row) bool { return r.Expected.known }) }

func (b Breakdown) hasScheduled() bool { return b.any(func(r Row) bool { return r.Scheduled.known }) }

// missing names the rows whose actual figure is not there, each once.
func (p ReportProps) missing() []string {
	var names []string
	for _, b := range p.Breakdowns {
		for _, r := range b.Rows {
			if !r.Actual.known && !slices.Contains(names, r.Name) {
				names = append(names, r.Name)
			}
		}
	}
	return names
}

func (b Breakdown) title(w words) string {
	switch b.By {
	case ByItem:
		return w.ByItem
	case ByAgency:
		return w.ByAgency
	case ByTheme:
		return w.ByTheme
	case ByAudience:
		return w.ByAudience
	case ByChannel:
		return w.ByChannel
	default:
		return string(b.By)
	}
}

// late says that less is done than should be by now. Without an expectation nothing is late.
func (r Row) late() bool {
	return r.Expected.known && r.Actual.known && r.Actual.value < r.Expected.value
}

// ratio is the share of the plan that is done, empty when either figure is missing.
func (r Row) ratio(lang Lang) string {
	if !r.Planned.known || !r.Actual.known || r.Planned.value == 0 {
		return ""
	}
	return vn.Number(math.Round(r.Actual.value/r.Planned.value*100), lang) + "%"
}

// bar is the picture of a row: lengths in percent of the width, as SVG attributes.
type bar struct {
	outline, done, over, scheduledFrom, scheduled, now string
	outlineClass, doneClass                            string
}

func (r Row) bar() bar {
	if !r.Planned.known {
		return bar{} // there is nothing to measure against, and a full bar would say "all done"
	}
	full := max(r.Planned.value, r.Actual.value, r.Expected.value)
	if full <= 0 {
		full = 1
	}
	percent := func(v float64) string { return strconv.FormatFloat(v/full*100, 'f', 1, 64) + "%" }
	b := bar{outline: percent(r.Planned.value), outlineClass: "p", doneClass: "d"}
	switch {
	case !r.Actual.known:
		b.outlineClass = "p none"
	case r.late():
		b.outlineClass, b.doneClass = "p late", "l"
	}
	done := r.Actual.value
	if done > r.Planned.value {
		b.over = percent(done - r.Planned.value)
		done = r.Planned.value
	}
	if done > 0 {
		b.done = percent(done)
	}
	if waiting := min(r.Scheduled.value, full-r.Actual.value); waiting > 0 {
		b.scheduledFrom, b.scheduled = percent(r.Actual.value), percent(waiting)
	}
	if r.Expected.known {
		b.now = percent(r.Expected.value)
	}
	return b
}

func capitalised(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

func countedMany(f Frame, n int) string { return fmt.Sprintf(f.words().CountedMany, n) }
