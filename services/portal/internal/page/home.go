package page

import (
	"io"
	"slices"
	"time"

	"github.com/loa-vn/loa/pkg/vn"
)

// HomeProps is the home page: the search, whom news is for, what was published, newest first, reports, and themes.
type HomeProps struct {
	Frame
	Latest    []Entry       // newest first; the first is shown large, with its summary
	Reports   []ReportEntry // newest first
	Themes    []Count       // may be empty: then the part is absent
	Audiences []Count       // the same
	Often     []string      // questions that the search answers; may be empty
	Urgent    []Urgent      // newest first; may be empty
}

// Entry is a published item in a list.
type Entry struct {
	Slug        string
	Title       string
	Summary     string
	Language    string // of title and summary; empty is vi
	PublishedAt time.Time
	Issuer      string // the agency's name
	Theme       string
	Attachments int
	Corrected   bool
	Example     bool
}

// ReportEntry is a public report in a list.
type ReportEntry struct {
	Year         int
	Agency, Slug string // as in ReportPath
	Title        string
	Issuer       string
	Period       vn.Period
	ApprovedAt   time.Time
	Example      bool
}

// Count is a theme or an audience and how many published items it has.
type Count struct {
	Code, Name string
	Count      int
}

// Home writes the home page.
func Home(w io.Writer, p HomeProps) error { return render(w, homePage(p)) }

func (p HomeProps) head() pageHead {
	return pageHead{
		title:       p.words().Home,
		description: p.words().HeroText,
		path:        "/",
		card:        &card{kind: "website"},
		data:        siteData(p.Frame),
		above:       urgentStrip(p.Frame, p.Urgent),
	}
}

// listDate is a day in the narrow column of a list. English readers get the month as a word, since
// 01/03 reads two ways to them.
func listDate(f Frame, t time.Time) string {
	if f.Speech() == En {
		return t.In(vn.Location()).Format("2 Jan 2006")
	}
	return vn.Date(t)
}

// filled are the themes that have news: an empty list behind a link helps nobody.
func filled(themes []Count) []Count {
	return slices.DeleteFunc(slices.Clone(themes), func(c Count) bool { return c.Count == 0 })
}

func (p HomeProps) rest() []Entry {
	if len(p.Latest) == 0 {
		return nil
	}
	return p.Latest[1:]
}
