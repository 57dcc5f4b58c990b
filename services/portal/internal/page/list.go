package page

import (
	"fmt"
	"io"
	"time"

	"github.com/loa-vn/loa/pkg/vn"
)

// ListKind is what a list of news is of.
type ListKind int

// Kinds of lists.
const (
	NewsList ListKind = iota
	ThemeList
	AudienceList
)

// ListProps is a page of a list of published items, newest first.
type ListProps struct {
	Frame
	Kind       ListKind
	Code, Name string // of the theme or audience; empty for all news
	Entries    []Entry
	Count      int // of the whole list
	Paging     Paging
	Themes     []Count
}

// Paging is where a page of a list stands.
type Paging struct{ Page, Pages int }

// List writes a page of a list of published items.
func List(w io.Writer, p ListProps) error { return render(w, listPage(p)) }

func (p ListProps) title() string {
	if p.Kind == NewsList {
		return p.words().News
	}
	return p.Name
}

// listPath is the list's address, of the Vietnamese page.
func (p ListProps) listPath() string {
	switch p.Kind {
	case ThemeList:
		return ThemePath(Vi, p.Code)
	case AudienceList:
		return ForPath(Vi, p.Code)
	case NewsList:
	}
	return NewsPath
}

func (p ListProps) lead() string {
	switch p.Kind {
	case ThemeList:
		return p.words().ThemeLead
	case AudienceList:
		return p.words().AudienceLead
	case NewsList:
	}
	return p.words().NewsLead
}

func (p ListProps) kicker() string {
	switch p.Kind {
	case ThemeList:
		return p.words().Theme
	case AudienceList:
		return p.words().Audience
	case NewsList:
	}
	return ""
}

func (p ListProps) head() pageHead {
	crumbs := []crumb{{name: p.words().Home, path: HomePath(p.Lang)}, {name: p.words().News, path: LocalPath(p.Lang, NewsPath)}}
	if p.Kind != NewsList {
		crumbs = append(crumbs, crumb{name: p.Name, path: LocalPath(p.Lang, p.listPath()), lang: p.foreign("")})
	}
	head := pageHead{
		title: p.Paging.title(p.Frame, p.title()), description: p.lead(), path: pagePath(p.listPath(), p.Paging.Page),
		section: newsSection, crumbs: crumbs, card: &card{kind: "website"},
	}
	if p.Kind == ThemeList {
		head.feeds = p.listPath()
	}
	return head
}

// title names the page of the list from the second on, so that no two pages have one title.
func (g Paging) title(f Frame, title string) string {
	if g.Page < 2 {
		return title
	}
	return title + ", " + fmt.Sprintf(f.words().ListPage, g.Page)
}

// near are the pages that a page of a list links to: the first, the last and those beside it; 0 stands for those left out.
func (g Paging) near() []int {
	var list []int
	for n := 1; n <= g.Pages; n++ {
		switch {
		case n == 1 || n == g.Pages || n >= g.Page-1 && n <= g.Page+1 || g.Pages <= 5:
			list = append(list, n)
		case list[len(list)-1] != 0:
			list = append(list, 0)
		}
	}
	return list
}

// ReportsProps is a page of the list of reports, newest first.
type ReportsProps struct {
	Frame
	Entries []ReportEntry
	Paging  Paging
}

// Reports writes a page of the list of reports.
func Reports(w io.Writer, p ReportsProps) error { return render(w, reportsPage(p)) }

func (p ReportsProps) head() pageHead {
	return pageHead{
		title: p.Paging.title(p.Frame, p.words().ReportsDoor), description: p.words().ReportsDoorText, path: pagePath(ReportsPath, p.Paging.Page),
		section: reportsSection, card: &card{kind: "website"},
		crumbs: []crumb{{name: p.words().Home, path: HomePath(p.Lang)}, {name: p.words().Reports, path: LocalPath(p.Lang, ReportsPath)}},
	}
}

// PlanEntry is a plan in the list of plans.
type PlanEntry struct {
	Path          string // of its Vietnamese page
	Title, Number string
	Date          time.Time
	Issuer        string
	Items         int
	Example       bool
}

// PlansProps is the list of plans, newest first.
type PlansProps struct {
	Frame
	Entries []PlanEntry
}

// Plans writes the list of plans.
func Plans(w io.Writer, p PlansProps) error { return render(w, plansPage(p)) }

func (p PlansProps) head() pageHead {
	return pageHead{
		title: p.words().Plans, description: p.words().PlansText, path: PlansPath,
		section: plansSection, card: &card{kind: "website"},
		crumbs: []crumb{{name: p.words().Home, path: HomePath(p.Lang)}, {name: p.words().Plans, path: LocalPath(p.Lang, PlansPath)}},
	}
}

// number is a count as the frame's language writes it.
// amount says how many there are: English has a word of its own for one.
func (f Frame) amount(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf(many, f.number(n))
}

func (f Frame) number(n int) string { return vn.Number(float64(n), f.Speech()) }
