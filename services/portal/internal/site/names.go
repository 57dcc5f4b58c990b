package site

import (
	"context"
	"maps"
	"slices"

	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/portal/internal/facts"
	"github.com/loa-vn/loa/services/portal/internal/page"
)

// names is what pages call agencies, plans, themes and audiences, which the facts name by code. It is never changed.
type names struct {
	revision  int64 // of the directory
	agencies  map[string]string
	plans     map[string]*planNames
	languages map[page.Lang]bool // beside Vietnamese and English that anything is translated into
}

type planNames struct {
	number, title, path, date string
	themes, audiences         []named
	channels                  []named
}

type named struct{ code, name string }

// readNames reads what changed since old: the agencies when the directory did, the plans named, or all of them at first.
func (s *Site) readNames(ctx context.Context, old *names, plans []string) (*names, error) {
	fresh := &names{agencies: old.agencies, plans: old.plans}
	var err error
	var agencies map[string]string
	if fresh.revision, agencies, err = s.facts.Agencies(ctx, old.revision); err != nil {
		return nil, err
	}
	if agencies != nil {
		fresh.agencies = agencies
	}
	if old.plans == nil || len(plans) > 0 {
		list, err := s.facts.Plans(ctx, plans)
		if err != nil {
			return nil, err
		}
		fresh.plans = map[string]*planNames{}
		maps.Copy(fresh.plans, old.plans)
		for _, p := range list {
			fresh.plans[p.GetPlan().GetId()] = namesOf(p)
		}
	}
	counts, err := s.facts.Counts(ctx, facts.ByLanguage)
	if err != nil {
		return nil, err
	}
	fresh.languages = map[page.Lang]bool{}
	for language := range counts {
		if lang := page.Lang(language); !slices.Contains(fixedLanguages(), lang) {
			fresh.languages[lang] = true
		}
	}
	return fresh, nil
}

func namesOf(p *facts.Plan) *planNames {
	n := &planNames{number: p.GetPlan().GetNumber(), title: p.GetPlan().GetTitle(), path: p.Path, date: p.GetPlan().GetDate()}
	for _, t := range p.GetPlan().GetThemes() {
		n.themes = append(n.themes, named{t.GetCode(), vn.NFC(t.GetName())})
	}
	for _, a := range p.GetPlan().GetAudiences() {
		n.audiences = append(n.audiences, named{a.GetCode(), vn.NFC(a.GetName())})
	}
	for _, c := range p.GetPlan().GetChannels() {
		n.channels = append(n.channels, named{c.GetCode(), vn.NFC(c.GetName())})
	}
	return n
}

// same says that no page would call anything otherwise.
func (n *names) same(other *names) bool {
	return maps.Equal(n.agencies, other.agencies) && maps.Equal(n.languages, other.languages) &&
		maps.EqualFunc(n.plans, other.plans, func(a, b *planNames) bool {
			return a == b || a.number == b.number && a.title == b.title && a.path == b.path && a.date == b.date &&
				slices.Equal(a.themes, b.themes) && slices.Equal(a.audiences, b.audiences) && slices.Equal(a.channels, b.channels)
		})
}

// agency is an agency's name; its code while the name is not known.
func (n *names) agency(code string) string {
	if name := n.agencies[code]; name != "" {
		return name
	}
	return code
}

// newestFirst are the plans, the newest first.
func (n *names) newestFirst() []*planNames {
	list := slices.Collect(maps.Values(n.plans))
	slices.SortFunc(list, func(a, b *planNames) int { return slices.Compare([]string{b.date, b.path}, []string{a.date, a.path}) })
	return list
}

// theme is what a plan calls a theme, or the newest plan that has it when the plan is not known.
func (n *names) theme(plan, code string) string {
	return n.called(plan, code, func(p *planNames) []named { return p.themes })
}

// channel is what a plan calls a channel. The portal has a name of its own where no plan names it.
func (n *names) channel(f page.Frame, plan, code string) page.Reached {
	name := n.called(plan, code, func(p *planNames) []named { return p.channels })
	if name == channelPortal {
		return page.Reached{Channel: f.PortalChannel()}
	}
	return page.Reached{Channel: name, Vietnamese: name != code}
}

func (n *names) audience(code string) string {
	return n.called("", code, func(p *planNames) []named { return p.audiences })
}

func (n *names) called(plan, code string, of func(*planNames) []named) string {
	if code == "" {
		return ""
	}
	candidates := n.newestFirst()
	if p := n.plans[plan]; p != nil {
		candidates = append([]*planNames{p}, candidates...)
	}
	for _, p := range candidates {
		for _, c := range of(p) {
			if c.code == code {
				return c.name
			}
		}
	}
	return code
}

// known says whether any plan has the theme or the audience.
func (n *names) known(code string, of func(*planNames) []named) bool {
	for _, p := range n.plans {
		if slices.ContainsFunc(of(p), func(c named) bool { return c.code == code }) {
			return true
		}
	}
	return false
}

func themesOf(p *planNames) []named { return p.themes }

func audiencesOf(p *planNames) []named { return p.audiences }

// counted are the themes or audiences in the order of the newest plan that has them, each with how many items it has; those that only
// items have, and no plan, come last.
func (n *names) counted(counts map[string]int, of func(*planNames) []named, empty bool) []page.Count {
	var list []page.Count
	seen := map[string]bool{}
	for _, p := range n.newestFirst() {
		for _, c := range of(p) {
			if !seen[c.code] && (empty || counts[c.code] > 0) {
				list = append(list, page.Count{Code: c.code, Name: c.name, Count: counts[c.code]})
			}
			seen[c.code] = true
		}
	}
	for _, code := range slices.Sorted(maps.Keys(counts)) {
		if !seen[code] {
			list = append(list, page.Count{Code: code, Name: code, Count: counts[code]})
		}
	}
	return list
}

// publishing are the agencies that something is published by, by name.
func (n *names) publishing(counts map[string]int) []page.Count {
	var list []page.Count
	for code, count := range counts {
		list = append(list, page.Count{Code: code, Name: n.agency(code), Count: count})
	}
	vn.Sort(list, func(c page.Count) string { return c.Name })
	return list
}

// planOf is what a plan calls itself; an empty one when it is not known.
func (n *names) planOf(id string) *planNames {
	if p := n.plans[id]; p != nil {
		return p
	}
	return &planNames{}
}
