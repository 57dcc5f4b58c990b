package site

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/portal/internal/facts"
	"github.com/loa-vn/loa/services/portal/internal/memory"
	"github.com/loa-vn/loa/services/portal/internal/page"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
)

// article makes the page of an item. In a language that is neither that of fixed words nor of a translation there is none.
func (s *Site) article(ctx context.Context, lang page.Lang, slug string) (memory.Page, error) {
	p, err := s.facts.PublicationBySlug(ctx, slug)
	if err != nil {
		return memory.Page{}, err
	}
	if p == nil {
		return s.moved(ctx, slug, func(now string) string { return page.ArticlePath(lang, now) })
	}
	if err := s.upTo(ctx, p.Seq); err != nil {
		return memory.Page{}, err
	}
	if p.State != facts.Published {
		return s.gone(ctx, lang, p)
	}
	others, err := s.facts.Others(ctx, p)
	if err != nil {
		return memory.Page{}, err
	}
	props, shown := s.articleProps(lang, p, others)
	if !shown {
		return memory.Page{}, nil
	}
	if err := s.corrections(ctx, lang, p, &props); err != nil {
		return memory.Page{}, err
	}
	tags := []string{tagOf(facts.KindPublication, p.ID())}
	for _, o := range others {
		tags = append(tags, tagOf(facts.KindPublication, o.ID()))
	}
	if len(others) < facts.OtherNews {
		tags = append(tags, tagFew)
	}
	return rendered(page.ContentType, tags, func(w io.Writer) error { return page.Article(w, props) })
}

// languagesOf are those that an item has a page in: those of fixed words, and those it is written in.
func (s *Site) languagesOf(p *facts.Publication) []page.Lang {
	list := fixedLanguages()
	for _, lang := range writtenIn(p.Event.GetContent()) {
		if !slices.Contains(list, lang) {
			list = append(list, lang)
		}
	}
	return list
}

// writtenIn are the languages that an item's text stands in, its own first.
func writtenIn(c *contentv1.Content) []page.Lang {
	list := []page.Lang{original(c)}
	for _, t := range c.GetTranslations() {
		list = append(list, page.Lang(t.GetLanguage()))
	}
	return list
}

func original(c *contentv1.Content) page.Lang {
	if c.GetLanguage() == "" {
		return page.Vi
	}
	return page.Lang(c.GetLanguage())
}

// text is an item's words in a language: its own, or those of its translation; its own where there is none.
type text struct {
	title, summary string
	body           page.SafeHTML
	language       string
	behind         bool
}

func textOf(lang page.Lang, p *facts.Publication) text {
	c := p.Event.GetContent()
	if lang != original(c) {
		for _, t := range c.GetTranslations() {
			if page.Lang(t.GetLanguage()) == lang {
				return text{t.GetTitle(), t.GetSummary(), page.SafeHTML(t.GetBodyHtml()), t.GetLanguage(), t.GetBehind()}
			}
		}
	}
	// Content sanitised it when it was written, and the event carries it as it was approved.
	return text{c.GetTitle(), c.GetSummary(), page.SafeHTML(p.Event.GetBodyHtml()), string(original(c)), false}
}

func (s *Site) articleProps(lang page.Lang, p *facts.Publication, others []*facts.Publication) (page.ArticleProps, bool) {
	if p == nil || p.State != facts.Published {
		return page.ArticleProps{}, false
	}
	c, n, t := p.Event.GetContent(), s.names.Load(), textOf(lang, p)
	languages := writtenIn(c)
	if !slices.Contains(fixedLanguages(), lang) && !slices.Contains(languages, lang) {
		return page.ArticleProps{}, false
	}
	props := page.ArticleProps{
		Frame: page.Frame{Site: s.frame, Lang: lang, Example: page.Example{Shown: c.GetExample()}, Languages: languages},
		Slug:  p.Event.GetSlug(), Title: t.title, Summary: t.summary, Language: t.language, Behind: t.behind,
		Theme: n.theme(c.GetPlan(), c.GetTheme()), ThemeCode: c.GetTheme(), Issuer: n.agency(c.GetAgency()),
		PublishedAt: p.At(), Body: t.body, Source: c.GetSourceLine(), Attachments: attachments(p.Event),
		Hash: c.GetHash(), Approvals: approvedBy(p.Event.GetDecisions(), n.agency(c.GetAgency())),
		Bypass: bypassOf(p.Event.GetBypass(), p.Event.GetDecisions()),
	}
	if p.Number > 0 {
		props.ChangedAt = p.ChangedAt
	}
	if p.Event.GetImported() {
		props.ImportedAt = p.RecordedAt
	}
	for _, other := range others {
		props.Others = append(props.Others, s.entry(lang, other))
	}
	return props, true
}

// attachments are the documents of an item: the one its source names, and its files. A picture that stands in the text is none.
func attachments(e *distributionv1.PublicationPublished) []page.Attachment {
	c := e.GetContent()
	var list []page.Attachment
	for _, a := range c.GetAttachments() {
		path := page.FilePath(a.GetSha256(), a.GetName())
		if a.GetLine().GetTitle() == "" && strings.Contains(e.GetBodyHtml(), page.FilesPath+"/"+a.GetSha256()+"/") {
			continue
		}
		one := attachmentLine(a.GetLine())
		if one.Name == "" {
			one.Name = a.GetName()
		}
		one.Path, one.MediaType, one.Size = path, a.GetMediaType(), a.GetSize()
		list = append(list, one)
	}
	named := attachmentLine(c.GetAttachment())
	if named.Name == "" || slices.ContainsFunc(list, func(a page.Attachment) bool {
		return a.Name == named.Name || a.Number != "" && a.Number == named.Number
	}) {
		return list
	}
	return append([]page.Attachment{named}, list...)
}

func attachmentLine(a *contentv1.AttachmentLine) page.Attachment {
	return page.Attachment{
		Name: a.GetTitle(), Form: a.GetForm(), Issuer: a.GetIssuer(), Number: a.GetNumber(), Date: dayOf(a.GetDate()), Abstract: a.GetAbstract(),
	}
}

// dayOf reads a day as events have it, zero when there is none.
func dayOf(text string) time.Time {
	day, err := time.ParseInLocation(time.DateOnly, text, vn.Location())
	if err != nil {
		return time.Time{}
	}
	return day
}

func (s *Site) entry(lang page.Lang, p *facts.Publication) page.Entry {
	c, n, t := p.Event.GetContent(), s.names.Load(), textOf(lang, p)
	return page.Entry{
		Slug: p.Event.GetSlug(), Title: t.title, Summary: t.summary, Language: t.language, PublishedAt: p.At(),
		Issuer: n.agency(c.GetAgency()), Theme: n.theme(c.GetPlan(), c.GetTheme()), Attachments: len(attachments(p.Event)),
		Corrected: p.Number > 0, Example: c.GetExample(),
	}
}

// entries are those of a list, and what its page says of example data: that there is some, and of what there is none.
func (s *Site) entries(lang page.Lang, list []*facts.Publication) ([]page.Entry, page.Example) {
	var entries []page.Entry
	var example page.Example
	for _, p := range list {
		e := s.entry(lang, p)
		example.Shown = example.Shown || e.Example
		if !e.Example {
			example.Except = unlabelled(lang)
		}
		entries = append(entries, e)
	}
	return entries, example
}

// unlabelled names what is real on a page that lists both.
func unlabelled(lang page.Lang) string {
	if lang == page.Vi {
		return "mục không ghi nhãn Ví dụ"
	}
	return "what is not labelled so"
}
