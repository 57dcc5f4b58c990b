package page

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/loa-vn/loa/pkg/vn"
)

// Correction is one correction of a published item.
type Correction struct {
	Number int
	At     time.Time
	// Form says that only the form was corrected.
	Form    bool
	Reason  string
	Changes []WordChange
	// More is how many changes are not among them.
	More      int
	Reached   []Reached
	Approvals []Approval
}

// WordChange is one place that a correction changed.
type WordChange struct {
	// Where it is: a paragraph, the title; in the language of the page.
	Where         string
	Before, After string
	// Lead and Trail stand around both and did not change.
	Lead, Trail string
}

func (c WordChange) lead() string {
	if c.Lead == "" {
		return "“"
	}
	return "“" + c.Lead + " "
}

func (c WordChange) trail() string {
	if c.Trail == "" {
		return "”"
	}
	return " " + c.Trail + "”"
}

// Reached is a channel that carried a correction or a withdrawal.
type Reached struct {
	Channel string // its name
	// Vietnamese says that the name is a plan's, which is Vietnamese on every page.
	Vietnamese bool
	At         time.Time
}

// Superseded says that a page shows an earlier version.
type Superseded struct {
	Number int
	Until  time.Time // when a correction replaced it
}

// Places of changes, in the language of a page.

// ParagraphPlace is a paragraph of the text that stands now, from 1; of the earlier one where it is gone.
func (f Frame) ParagraphPlace(n int, gone bool) string {
	if gone {
		return fmt.Sprintf(f.words().ParagraphGone, n)
	}
	return fmt.Sprintf(f.words().ParagraphN, n)
}

// TitlePlace is the title.
func (f Frame) TitlePlace() string { return f.words().TitlePart }

// SourcePlace is the source line.
func (f Frame) SourcePlace() string { return f.words().Source }

// FilesPlace are the attached files.
func (f Frame) FilesPlace() string { return f.words().FilesPart }

// PortalChannel is what the portal is called among the channels.
func (f Frame) PortalChannel() string { return f.words().PortalChannel }

// EditionPath is the path of an earlier version of an item.
func EditionPath(lang Lang, slug string, number int) string {
	return fmt.Sprintf("%s/ban/%d", ArticlePath(lang, slug), number)
}

func (p ArticleProps) correctedLine(c Correction) string {
	return fmt.Sprintf(p.words().CorrectedAt, vn.Clock(c.At), vn.DateIn(c.At, p.Speech()))
}

func (f Frame) kind(c Correction) string {
	if c.Form {
		return f.words().KindForm
	}
	return f.words().KindContent
}

// reachedAt is when a channel was reached, with the comma before the next one.
func reachedAt(r Reached, last bool) string {
	at := "(" + vn.Clock(r.At) + ")"
	if !last {
		at += ","
	}
	return at
}

// approvers are the names and positions of those who approved, in the order of the route.
func approvers(f Frame, list []Approval) string {
	var names []string
	for _, a := range list {
		name := a.Name
		if a.Position != "" {
			name += ", " + a.Position
		}
		if a.Invented {
			name += " (" + f.words().Invented + ")"
		}
		if a.Bypass {
			name += " (" + f.words().BypassBrief + ")"
		}
		names = append(names, name)
	}
	return strings.Join(names, "; ")
}

// Edition writes the page of an earlier version of an item, which Superseded tells of.
func Edition(w io.Writer, p ArticleProps) error { return render(w, editionPage(p)) }

func (p ArticleProps) editionHead() pageHead {
	return pageHead{
		title: fmt.Sprintf(p.words().OldVersionTitle, p.Title), noindex: true, section: newsSection,
		path: EditionPath(Vi, p.Slug, p.Superseded.Number),
		crumbs: []crumb{
			{name: p.words().Home, path: HomePath(p.Lang)},
			{name: p.words().News, path: LocalPath(p.Lang, NewsPath)},
			{name: p.words().OldVersion, path: EditionPath(p.Lang, p.Slug, p.Superseded.Number)},
		},
	}
}
