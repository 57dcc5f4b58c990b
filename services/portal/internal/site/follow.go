package site

import (
	"context"
	"time"

	"github.com/loa-vn/loa/services/portal/internal/facts"
	"github.com/loa-vn/loa/services/portal/internal/page"
)

// Tags name what a page is made from. Dropping one drops the pages made from it.
const (
	// tagLists is on every page that lists publications, plans or reports, or counts them: home, lists, feeds, sitemap.
	tagLists = "lists"
	// tagFew is on the page of an article that names fewer other items than it has room for.
	tagFew = "few"
)

// tagOf names one publication, plan or report: its own page, and every page that shows its title beside its own text.
func tagOf(kind, id string) string { return kind + ":" + id }

// changedAtOnce is how many changes are read in one go.
const changedAtOnce = 500

// Follow keeps the pages up to date until ctx ends.
func (s *Site) Follow(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := s.listen(ctx); err != nil && ctx.Err() == nil {
			s.Logger.WarnContext(ctx, "the portal's database is away; pages stay as they are", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(slowPoll):
			}
		}
	}
	return nil
}

func (s *Site) listen(ctx context.Context) error {
	conn, err := s.Pool.Acquire(ctx)
	if err != nil {
		return err
	}
	// A connection that listens is not given back to others.
	own := conn.Hijack()
	defer func() { _ = own.Close(context.WithoutCancel(ctx)) }()
	if _, err := own.Exec(ctx, "LISTEN "+facts.Channel); err != nil {
		return err
	}
	if s.names.Load() == nil {
		if err := s.begin(ctx); err != nil {
			return err
		}
	}
	for {
		if err := s.refresh(ctx); err != nil {
			return err
		}
		waiting, cancel := context.WithTimeout(ctx, slowPoll)
		_, err := own.WaitForNotification(waiting)
		slow := waiting.Err() != nil
		cancel()
		if err != nil && (!slow || ctx.Err() != nil) {
			return err
		}
		if slow {
			// Rows that a process of an earlier release wrote meanwhile.
			if _, err := s.facts.Fill(ctx); err != nil {
				return err
			}
		}
	}
}

// begin reads what every page needs. No page is in memory yet, so all changes until now are applied.
func (s *Site) begin(ctx context.Context) error {
	if _, err := s.facts.Fill(ctx); err != nil {
		return err
	}
	last, err := s.facts.Last(ctx)
	if err != nil {
		return err
	}
	n, err := s.readNames(ctx, &names{revision: -1}, nil)
	if err != nil {
		return err
	}
	s.applied.Store(last)
	s.names.Store(n)
	wake(s.toVouch)
	wake(s.shown)
	wake(s.toIndex)
	wake(s.toWarm)
	return nil
}

// refresh drops every page that tells otherwise than the facts, and makes anew those that many will ask for.
func (s *Site) refresh(ctx context.Context) error {
	if err := s.catchUp(ctx); err != nil {
		return err
	}
	s.mutex.Lock()
	owed := s.owed
	s.owed = toRenew{}
	s.mutex.Unlock()
	if !owed.some {
		return nil
	}
	return s.renew(ctx, owed)
}

// upTo makes sure that no page of this process is older than a fact that a page is being made from: who reads an item finds it at home.
func (s *Site) upTo(ctx context.Context, seq int64) error {
	if seq <= s.applied.Load() {
		return nil
	}
	return s.catchUp(ctx)
}

// catchUp drops every page that tells otherwise than the facts.
func (s *Site) catchUp(ctx context.Context) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for {
		changes, err := s.facts.Changes(ctx, s.applied.Load(), changedAtOnce)
		if err != nil {
			return err
		}
		if err := s.apply(ctx, changes); err != nil {
			return err
		}
		if len(changes) < changedAtOnce {
			return nil
		}
	}
}

// toRenew is what is rendered before anybody asks.
type toRenew struct {
	some         bool
	publications []*facts.Publication
	reports      []string
}

func (s *Site) apply(ctx context.Context, changes []facts.Change) error {
	byKind := map[string][]string{}
	for _, c := range changes {
		byKind[c.Kind] = append(byKind[c.Kind], c.ID)
	}
	publications, err := s.facts.Publications(ctx, byKind[facts.KindPublication])
	if err != nil {
		return err
	}
	old := s.names.Load()
	fresh, err := s.readNames(ctx, old, byKind[facts.KindPlan])
	if err != nil {
		return err
	}
	s.names.Store(fresh)
	if !fresh.same(old) {
		s.memory.Clear()
		wake(s.toWarm)
	}
	if len(changes) == 0 {
		return nil
	}
	tags := []string{tagLists, tagFew}
	for kind, ids := range byKind {
		for _, id := range ids {
			tags = append(tags, tagOf(kind, id))
		}
	}
	for _, p := range publications {
		tags = append(tags, tagOf(facts.KindPlan, p.Event.GetContent().GetPlan()))
	}
	s.memory.Drop(tags...)
	s.applied.Store(changes[len(changes)-1].Seq)
	publications = append(s.owed.publications, publications...)
	s.owed = toRenew{
		some: true, publications: publications[max(0, len(publications)-renewedAtOnce):], reports: append(s.owed.reports, byKind[facts.KindReport]...),
	}
	wake(s.toVouch)
	wake(s.shown)
	wake(s.toIndex)
	return nil
}

// renewedAtOnce is how many changed items are rendered before anybody asks; of more than that the newest are, and the rest when asked for.
const renewedAtOnce = 64

// renew renders the pages of what changed, then those that list it.
func (s *Site) renew(ctx context.Context, owed toRenew) error {
	for _, p := range owed.publications {
		if err := s.renewArticle(ctx, p); err != nil {
			return err
		}
	}
	changed, err := s.facts.Reports(ctx, owed.reports)
	if err != nil {
		return err
	}
	for _, r := range changed {
		_, span := tracer().Start(parent(r.Traceparent), "portal.report", aggregate(r.GetId()))
		for _, lang := range fixedLanguages() {
			s.fill(ctx, page.LocalPath(lang, r.GetPath()))
		}
		span.End()
	}
	for _, lang := range fixedLanguages() {
		s.fill(ctx, page.HomePath(lang))
		s.fill(ctx, page.LocalPath(lang, page.NewsPath))
		for _, p := range owed.publications[max(0, len(owed.publications)-1):] {
			s.fill(ctx, page.ThemePath(lang, p.Event.GetContent().GetTheme()))
			for _, a := range p.Event.GetContent().GetAudiences() {
				s.fill(ctx, page.ForPath(lang, a))
			}
		}
	}
	s.fill(ctx, page.FeedPath)
	s.fill(ctx, page.JSONFeedPath)
	return nil
}

func (s *Site) renewArticle(ctx context.Context, p *facts.Publication) error {
	_, span := tracer().Start(parent(p.Traceparent), "portal.page", aggregate(p.ID()))
	defer span.End()
	for _, lang := range s.languagesOf(p) {
		s.fill(ctx, page.ArticlePath(lang, p.Event.GetSlug()))
	}
	return ctx.Err()
}

// fill makes a page that is not in memory. What fails is told to whoever asks for the page.
func (s *Site) fill(ctx context.Context, path string) {
	if made, found := s.route(path, nil); found && made.make != nil {
		_, _ = s.memory.Fill(ctx, made.key, made.make)
	}
}

// While memory is filled, warmedAtOnce articles are read at a time, and a page's making is followed by a rest of warmedRest times as long.
const (
	warmedAtOnce = 50
	warmedRest   = 3
)

// Warm fills the memory with the newest articles after a start, and after names changed on all pages, until ctx ends.
func (s *Site) Warm(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.toWarm:
		}
		if err := s.warm(ctx); err != nil && ctx.Err() == nil {
			s.Logger.WarnContext(ctx, "pages of the portal are rendered when they are asked for", "error", err)
		}
	}
}

func (s *Site) warm(ctx context.Context) error {
	if err := s.renew(ctx, toRenew{}); err != nil {
		return err
	}
	const room = 1 << 20 // left for what is asked for meanwhile
	for offset := 0; !s.memory.Full(room); offset += warmedAtOnce {
		newest, err := s.facts.Listed(ctx, facts.All, "", offset, warmedAtOnce)
		if err != nil || len(newest) == 0 {
			return err
		}
		for _, p := range newest {
			for _, lang := range s.languagesOf(p) {
				if s.memory.Full(room) {
					return nil
				}
				begun := time.Now()
				s.fill(ctx, page.ArticlePath(lang, p.Event.GetSlug()))
				// Nobody waits for it: what is published and asked for meanwhile comes first.
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-time.After(warmedRest * time.Since(begun)):
				}
			}
		}
	}
	return nil
}
