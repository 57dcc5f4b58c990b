package site

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/portal/internal/page"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

// newest is how many items the home page and the feed list.
const newest = 20

func (s *Site) article(lang page.Lang, p *publication) page.ArticleProps {
	c := p.event.GetContent()
	props := page.ArticleProps{
		Frame: page.Frame{Site: s.frame, Lang: lang, Example: page.Example{Shown: c.GetExample()}},
		Slug:  p.event.GetSlug(), Title: c.GetTitle(), Summary: c.GetSummary(), Language: c.GetLanguage(),
		Theme: s.themeOf(c.GetPlan(), c.GetTheme()), Issuer: s.nameOf(c.GetAgency()),
		PublishedAt: p.event.GetPublishedAt().AsTime(),
		// Content sanitised it when it was written, and the event carries it as it was approved.
		Body: page.SafeHTML(p.event.GetBodyHtml()), Source: c.GetSourceLine(), Attachments: attachments(c),
	}
	if p.event.GetImported() {
		props.ImportedAt = p.recordedAt
	}
	for _, other := range p.others {
		props.Others = append(props.Others, s.entry(other))
	}
	return props
}

func attachments(c *contentv1.Content) []page.Attachment {
	a := c.GetAttachment()
	if a.GetTitle() == "" {
		return nil
	}
	date, err := time.ParseInLocation(time.DateOnly, a.GetDate(), vn.Location())
	if err != nil {
		date = time.Time{}
	}
	return []page.Attachment{{
		Name: a.GetTitle(), Form: a.GetForm(), Issuer: a.GetIssuer(), Number: a.GetNumber(), Date: date, Abstract: a.GetAbstract(),
	}}
}

func (s *Site) entry(p *publication) page.Entry {
	c := p.event.GetContent()
	return page.Entry{
		Slug: p.event.GetSlug(), Title: c.GetTitle(), Summary: c.GetSummary(), Language: c.GetLanguage(),
		PublishedAt: p.event.GetPublishedAt().AsTime(), Issuer: s.nameOf(c.GetAgency()),
		Theme: s.themeOf(c.GetPlan(), c.GetTheme()), Attachments: len(attachments(c)), Example: c.GetExample(),
	}
}

func (s *Site) home(lang page.Lang, ordered []*publication) page.HomeProps {
	props := page.HomeProps{Frame: page.Frame{Site: s.frame, Lang: lang}}
	counts := map[string]int{}
	var themes []string
	for i, p := range ordered {
		theme := s.themeOf(p.event.GetContent().GetPlan(), p.event.GetContent().GetTheme())
		if counts[theme]++; counts[theme] == 1 {
			themes = append(themes, theme)
		}
		if i < newest {
			e := s.entry(p)
			props.Latest = append(props.Latest, e)
			props.Example.Shown = props.Example.Shown || e.Example
		}
	}
	vn.Sort(themes, func(t string) string { return t })
	for _, t := range themes {
		props.Themes = append(props.Themes, page.ThemeCount{Name: t, Count: counts[t]})
	}
	if slices.ContainsFunc(props.Latest, func(e page.Entry) bool { return !e.Example }) {
		props.Example.Except = unlabelled(lang)
	}
	for _, r := range s.reportsNewestFirst() {
		entry, err := s.reportEntry(r)
		if err != nil {
			continue // its own page has already said why
		}
		props.Reports = append(props.Reports, entry)
		props.Example.Shown = props.Example.Shown || entry.Example
	}
	return props
}

// unlabelled names what is real on a page that lists both.
func unlabelled(lang page.Lang) string {
	if lang == page.En {
		return "what is not labelled so"
	}
	return "mục không ghi nhãn Ví dụ"
}

func (s *Site) feed(ordered []*publication) page.FeedProps {
	props := page.FeedProps{Site: s.frame, Started: started}
	for _, p := range ordered[:min(newest, len(ordered))] {
		c := p.event.GetContent()
		props.Entries = append(props.Entries, page.FeedEntry{
			ID: p.event.GetPublication(), Slug: p.event.GetSlug(), Title: c.GetTitle(), Summary: c.GetSummary(),
			Body: page.SafeHTML(p.event.GetBodyHtml()), Language: c.GetLanguage(), Issuer: s.nameOf(c.GetAgency()),
			Theme: s.themeOf(c.GetPlan(), c.GetTheme()), PublishedAt: p.event.GetPublishedAt().AsTime(), Example: c.GetExample(),
		})
	}
	return props
}

// reportAddress takes the parts of "/bao-cao/{year}/{agency}/{slug}".
func reportAddress(path string) (year int, agency, slug string, ok bool) {
	parts := strings.Split(strings.TrimPrefix(path, "/bao-cao/"), "/")
	if len(parts) != 3 {
		return 0, "", "", false
	}
	year, err := strconv.Atoi(parts[0])
	return year, parts[1], parts[2], err == nil
}

func quantity(known bool, value int64) page.Quantity {
	if !known {
		return page.Quantity{}
	}
	return page.Of(float64(value))
}

func approvals(r *reportingv1.Report, agency string) []page.Approval {
	var list []page.Approval
	for _, d := range r.GetDecisions() {
		list = append(list, page.Approval{
			Name: d.GetPersonName(), Position: d.GetPosition(), Agency: agency, Invented: d.GetPersonExample(), At: d.GetAt().AsTime(),
		})
	}
	return list
}
