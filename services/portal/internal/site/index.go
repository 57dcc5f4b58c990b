package site

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/portal/internal/facts"
	"github.com/loa-vn/loa/services/portal/internal/find"
)

// tagOften is on the pages that ask the search.
const tagOften = "often"

// indexedAtOnce is how many documents one transaction of the search reads.
const indexedAtOnce = 50

// IndexSearch lets search find what changed, a moment after its page stands: a publication does not wait for it. What an earlier
// release published is read too. Several processes share the work.
func (s *Site) IndexSearch(ctx context.Context) error {
	for wait(ctx, s.toIndex) {
		for {
			n, err := s.index(ctx)
			if err != nil && ctx.Err() == nil {
				s.Logger.WarnContext(ctx, "search waits for what was published", "error", err)
			}
			if n > 0 {
				s.memory.Drop(tagOften)
			}
			if err != nil || n == 0 {
				break
			}
		}
	}
	return nil
}

func (s *Site) index(ctx context.Context) (n int, err error) {
	if s.names.Load() == nil {
		return 0, nil
	}
	err = pgx.BeginFunc(ctx, s.Pool, func(tx pgx.Tx) error {
		owed, err := facts.OwedToSearch(ctx, tx, indexedAtOnce)
		if err != nil {
			return err
		}
		n = len(owed)
		for _, o := range owed {
			at, document, err := s.document(ctx, o)
			if err != nil {
				return err
			}
			if document != nil {
				document.At = at
			}
			if err := facts.Index(ctx, tx, o, at, document); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// document is what search keeps of something; nil when it is not to be found.
func (s *Site) document(ctx context.Context, o facts.Owed) (time.Time, *find.Document, error) {
	switch o.Kind {
	case facts.KindPublication:
		list, err := s.facts.Publications(ctx, []string{o.ID})
		if err != nil || len(list) == 0 {
			return time.Time{}, nil, err
		}
		return list[0].At(), s.publicationDocument(list[0]), nil
	case facts.KindPlan:
		list, err := s.facts.Plans(ctx, []string{o.ID})
		if err != nil || len(list) == 0 || list[0].Path == "" {
			return time.Time{}, nil, err
		}
		d := planDocument(list[0])
		d.Texts = append(d.Texts, s.names.Load().agency(list[0].GetPlan().GetIssuer()))
		return dayOf(list[0].GetPlan().GetDate()), &d, nil
	default:
		list, err := s.facts.Reports(ctx, []string{o.ID})
		if err != nil || len(list) == 0 {
			return time.Time{}, nil, err
		}
		d := reportDocument(list[0])
		d.Texts = append(d.Texts, s.names.Load().agency(list[0].GetAgency()))
		return list[0].GetApprovedAt().AsTime(), &d, nil
	}
}

// publicationDocument is an item with all its texts. Of a withdrawn one only the title is found, of an expired one nothing.
func (s *Site) publicationDocument(p *facts.Publication) *find.Document {
	c, n := p.Event.GetContent(), s.names.Load()
	d := &find.Document{Title: c.GetTitle(), Theme: c.GetTheme(), Agency: c.GetAgency(), Audiences: c.GetAudiences()}
	switch p.State {
	case facts.Expired:
		return nil
	case facts.Withdrawn:
		return d
	}
	d.Number = c.GetAttachment().GetNumber()
	d.Texts = []string{
		c.GetSummary(), plainText(p.Event.GetBodyHtml()), n.agency(c.GetAgency()),
		c.GetAttachment().GetTitle(), c.GetAttachment().GetAbstract(), c.GetAttachment().GetIssuer(), c.GetSourceLine(),
	}
	for _, a := range c.GetAttachments() {
		d.Texts = append(d.Texts, a.GetName(), a.GetLine().GetTitle(), a.GetLine().GetNumber(), a.GetLine().GetAbstract(), a.GetAlternative())
	}
	for _, t := range c.GetTranslations() {
		d.Texts = append(d.Texts, t.GetTitle(), t.GetSummary(), plainText(t.GetBodyHtml()))
	}
	return d
}

func planDocument(p *facts.Plan) find.Document {
	d := find.Document{Title: vn.NFC(p.GetPlan().GetTitle()), Number: p.GetPlan().GetNumber(), Agency: p.GetPlan().GetIssuer()}
	var text strings.Builder
	text.WriteString(p.GetPlan().GetNumber() + ". " + strings.Join(p.GetPlan().GetPurposes(), " "))
	for _, i := range p.GetItems() {
		text.WriteString("\n" + i.GetTitle() + ".")
	}
	d.Texts = []string{vn.NFC(text.String())}
	return d
}

func reportDocument(r *facts.Report) find.Document {
	return find.Document{
		Title: vn.NFC(r.GetTitle()), Number: r.GetNumber(), Agency: r.GetAgency(),
		Texts: []string{vn.NFC(strings.Join([]string{r.GetPeriodName(), r.GetPlanNumber(), r.GetPlanTitle()}, ". "))},
	}
}

// plainText is the text of HTML: what stands between tags, blocks apart.
func plainText(body string) string {
	var b strings.Builder
	tokens := html.NewTokenizer(strings.NewReader(body))
	for {
		switch tokens.Next() {
		case html.ErrorToken: // the end
			return vn.NFC(strings.TrimSpace(b.String()))
		case html.TextToken:
			b.WriteString(html.UnescapeString(string(tokens.Raw())))
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			name, _ := tokens.TagName()
			switch atom.Lookup(name) {
			case atom.A, atom.B, atom.Strong, atom.I, atom.Em, atom.Span, atom.Sup, atom.Sub, atom.Code, atom.Del, atom.Ins, atom.U, atom.S, atom.Mark:
			default:
				if text := b.String(); text != "" && !strings.HasSuffix(text, "\n") {
					b.WriteByte('\n')
				}
			}
		default:
		}
	}
}
