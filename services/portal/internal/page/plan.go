package page

import (
	"fmt"
	"io"
	"time"
)

// PlanProps is a plan with how far it has come.
type PlanProps struct {
	Frame
	Path     string // of the Vietnamese page
	Title    string
	Number   string // as written
	Date     time.Time
	Issuer   string
	Leader   string // the agency that leads it
	From, To time.Time
	Purposes []string
	Figures  []Figure
	Groups   []ItemGroup
	Reports  []ReportEntry
	// Amendments issued, the oldest first.
	Amendments []Amendment
	ClosedAt   time.Time // zero while it runs
	Closed     string    // why
	Imported   bool
}

// ItemGroup is the items of a plan under one theme.
type ItemGroup struct {
	Theme string
	Rows  []Row
}

// Amendment is an amendment of a plan.
type Amendment struct {
	Number  string
	Date    time.Time
	Reason  string
	Changes []PlanChange
}

// PlanChange is one difference that an amendment makes. Kind is added, removed or changed.
type PlanChange struct{ Kind, Item, Field, Before, After string }

// Plan writes the page of a plan.
func Plan(w io.Writer, p PlanProps) error {
	code, err := newQR(p.Site.absolute(LocalPath(p.Lang, p.Path)))
	if err != nil {
		return err
	}
	return render(w, planPage(p, code))
}

func (p PlanProps) head(code qrCode) pageHead {
	head := pageHead{
		title: p.Title, description: fmt.Sprintf(p.words().PlanKicker, p.Number, listDate(p.Frame, p.Date)) + ". " + p.words().PlansText,
		path: p.Path, qr: &code, section: plansSection,
		card: &card{kind: "website"},
		crumbs: []crumb{
			{name: p.words().Home, path: HomePath(p.Lang)},
			{name: p.words().Plans, path: LocalPath(p.Lang, PlansPath)},
			{name: p.Number, path: LocalPath(p.Lang, p.Path)},
		},
	}
	for _, g := range p.Groups {
		head.hatch = head.hatch || Breakdown{Rows: g.Rows}.hasScheduled()
	}
	return head
}

// rows are the items of all groups, for the legend.
func (p PlanProps) rows() Breakdown {
	var b Breakdown
	for _, g := range p.Groups {
		b.Rows = append(b.Rows, g.Rows...)
	}
	return b
}

// ItemProps is what was done under an item of a plan: the publications and results that its figure counts, and those beside.
type ItemProps struct {
	Frame
	PlanPath, PlanNumber string
	Code                 string
	Row                  Row
	// Counts says that publications count towards the item's target.
	Counts  bool
	Entries []Entry // publications, newest first
	Count   int     // of all publications
	Paging  Paging
	Results []ResultEntry
}

// ResultState is whether a result counts.
type ResultState int

// States of results. Only a confirmed one counts.
const (
	ResultConfirmed ResultState = iota
	ResultRecorded
	ResultQuestioned
)

// ResultEntry is something done outside Loa.
type ResultEntry struct {
	HappenedAt time.Time
	Quantity   int64
	Unit       string
	Place      string
	Note       string
	Agency     string
	State      ResultState
	Evidence   []Link
	Imported   bool
	Example    bool
}

// Link is something named that may lead somewhere.
type Link struct {
	Name string
	Href string // http or https, or empty: a file that is not shown here
}

// Item writes the page of a plan's item.
func Item(w io.Writer, p ItemProps) error { return render(w, itemPage(p)) }

func (p ItemProps) path() string { return ItemPath(p.PlanPath, p.Code) }

func (p ItemProps) head() pageHead {
	return pageHead{
		title: p.Paging.title(p.Frame, p.Row.Name), path: pagePath(p.path(), p.Paging.Page), section: plansSection,
		card: &card{kind: "website"},
		crumbs: []crumb{
			{name: p.words().Home, path: HomePath(p.Lang)},
			{name: p.words().Plans, path: LocalPath(p.Lang, PlansPath)},
			{name: p.PlanNumber, path: LocalPath(p.Lang, p.PlanPath)},
			{name: fmt.Sprintf(p.words().ItemN, p.Code), path: LocalPath(p.Lang, p.path())},
		},
	}
}

func (r ResultEntry) state(w words) string {
	switch r.State {
	case ResultRecorded:
		return w.ResultWaits
	case ResultQuestioned:
		return w.ResultQuestioned
	case ResultConfirmed:
	}
	return w.ResultConfirmed
}

// PlanWords are the fixed words that figures of a plan are made with.
type PlanWords struct{ Done, Overdue, Published, Confirmed, Deadline, Beside string }

// PlanWords are those in the language of the frame; notes under names stay Vietnamese, as the names are.
func (f Frame) PlanWords() PlanWords {
	w := f.words()
	return PlanWords{w.ItemsDone, w.ItemsOverdue, w.PublishedItems, w.ConfirmedResults, vietnamese().Deadline, w.Beside}
}
