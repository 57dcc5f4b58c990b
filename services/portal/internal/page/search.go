package page

import (
	"fmt"
	"io"
	"net/url"
	"time"
)

// SearchProps is what somebody asked and what was found.
type SearchProps struct {
	Frame
	Question Question
	// Meant is what a question without diacritics was understood as; empty when it is what was typed.
	Meant string
	Hits  []Hit
	// Count is how many there are; More says that there are more than that.
	Count  int
	More   bool
	Paging Paging
	// What a search can be limited to.
	Themes, Audiences, Agencies []Count
	// BadDate says that a date of the question could not be read.
	BadDate bool
}

// Question is what stands in the address of a search.
type Question struct {
	Text                    string
	Theme, Audience, Agency string
	From, To                string // YYYY-MM-DD, To included
	Exactly, Newest         bool
}

// Parameters of the address of a search.
const (
	ParameterText     = "q"
	ParameterTheme    = "chu-de"
	ParameterAudience = "doi-tuong"
	ParameterAgency   = "co-quan"
	ParameterFrom     = "tu"
	ParameterTo       = "den"
	ParameterExactly  = "dung"
	ParameterNewest   = "moi"
)

// ReadQuestion reads the address of a search.
func ReadQuestion(v url.Values) Question {
	return Question{
		Text: v.Get(ParameterText), Theme: v.Get(ParameterTheme), Audience: v.Get(ParameterAudience), Agency: v.Get(ParameterAgency),
		From: v.Get(ParameterFrom), To: v.Get(ParameterTo), Exactly: v.Get(ParameterExactly) != "", Newest: v.Get(ParameterNewest) != "",
	}
}

func (q Question) values() url.Values {
	v := url.Values{}
	for name, value := range map[string]string{
		ParameterText: q.Text, ParameterTheme: q.Theme, ParameterAudience: q.Audience, ParameterAgency: q.Agency, ParameterFrom: q.From, ParameterTo: q.To,
	} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if q.Exactly {
		v.Set(ParameterExactly, "1")
	}
	if q.Newest {
		v.Set(ParameterNewest, "1")
	}
	return v
}

func (q Question) filtered() bool {
	return q.Theme != "" || q.Audience != "" || q.Agency != "" || q.From != "" || q.To != ""
}

// path is the address of the question, of the Vietnamese page.
func (q Question) path() string {
	if v := q.values(); len(v) > 0 {
		return SearchPath + "?" + v.Encode()
	}
	return SearchPath
}

func (q Question) exactly(yes bool) Question { q.Exactly = yes; return q }

func (q Question) newest(yes bool) Question { q.Newest = yes; return q }

func searchLink(f Frame, text string) string { return LocalPath(f.Lang, Question{Text: text}.path()) }

// HitKind is what was found.
type HitKind int

// Kinds of what is found.
const (
	ArticleHit HitKind = iota
	PlanHit
	ReportHit
)

// Hit is something found.
type Hit struct {
	Kind        HitKind
	Path        string // in the language of the page
	Title       []Piece
	Snippet     []Piece
	Language    string // of title and snippet; empty is vi
	PublishedAt time.Time
	Issuer      string
	Corrected   bool
	Withdrawn   bool
	Example     bool
}

// Piece is a part of a text; a marked one was asked for.
type Piece struct {
	Text   string
	Marked bool
}

// Search writes the page of a search.
func Search(w io.Writer, p SearchProps) error { return render(w, searchPage(p)) }

func (p SearchProps) head() pageHead {
	title := p.words().SearchHint
	if p.Question.Text != "" {
		title = p.words().Search + ": " + p.Question.Text
	}
	return pageHead{
		// A search is a way to pages and not one that search engines should keep.
		title: p.Paging.title(p.Frame, title), path: pagePath(p.Question.path(), p.Paging.Page), noindex: true,
		crumbs: []crumb{{name: p.words().Home, path: HomePath(p.Lang)}, {name: p.words().SearchHint, path: LocalPath(p.Lang, SearchPath)}},
	}
}

func (p SearchProps) link(q Question) string { return LocalPath(p.Lang, q.path()) }

func (p SearchProps) counted() string {
	if p.More {
		return fmt.Sprintf(p.words().ResultsMany, p.number(p.Count))
	}
	return p.amount(p.Count, p.words().ResultOne, p.words().Results)
}

func (p SearchProps) last() bool { return p.More && p.Paging.Page == p.Paging.Pages }
