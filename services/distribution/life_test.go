package distribution

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/distribution/internal/publication"
	"github.com/loa-vn/loa/services/distribution/internal/readmodel"
)

// written is a text of the content as its author has it.
type written struct {
	hash     string
	revision int32
}

// life is one content with all its publications, under commands and clocks that chance picks, and what may be said of it.
type life struct {
	*bench
	t       *rapid.T
	content string
	clock   time.Time
	keys    int
	log     []string // what was done, for the failure's report

	text     written
	edition  int32
	approved map[written]bool // as what it was to be, since it was submitted last
	read     int64            // the log's position that was looked at

	publications map[string]*lived
	last         func() error    // the last command, under its key
	listed       []readmodel.Row // what was due when it was looked up last
}

// lived is what the log told of one publication.
type lived struct {
	state      *publication.Publication
	waits      written
	due        time.Time
	published  int
	asked      []string        // hashes of the withdrawal's submissions
	withdrawal map[string]bool // those that were approved
}

func (l *life) key() es.Command {
	l.keys++
	return es.Command{Key: id.Derive(time.Time{}, "life", l.content, fmt.Sprint(l.keys)), HappenedAt: l.clock, Actor: "bt.cong"}
}

// Over random commands, edits, decisions, repeats and clocks that step either way: nothing is public before its time by the clock that
// decides, nor a text that its people did not approve, or that was edited since; no publication becomes public twice, or after it ended;
// and of a content at most one publication is public, showing one version, which is its newest.
func TestLifeOfPublications(t *testing.T) {
	b := newBench(t)
	var clock time.Time
	b.now = func(context.Context) (time.Time, error) { return clock, nil }
	rapid.Check(t, func(t *rapid.T) {
		var head int64
		if err := b.pool.QueryRow(b.Context(), "SELECT coalesce(max(position), 0) FROM es.event").Scan(&head); err != nil {
			t.Fatal(err)
		}
		l := &life{
			bench: b, t: t, content: newContent(), clock: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), approved: map[written]bool{},
			publications: map[string]*lived{}, read: head,
		}
		clock = l.clock
		l.edit()
		actions := []func(){
			l.ready, l.ready, l.ready, l.edit, l.submit, l.approve, l.publish, l.publish, l.correct, l.correct, l.correct, l.cancel, l.reschedule,
			l.release, l.release, l.expire, l.keep, l.keep, l.withdraw, l.withdraw, l.decide, l.decide, l.receive, l.step, l.step, l.again,
		}
		for range rapid.IntRange(5, 30).Draw(t, "steps") {
			rapid.SampledFrom(actions).Draw(t, "action")()
			clock = l.clock
			l.look()
		}
	})
}

// does runs a command, and again when it is asked to.
func (l *life) does(name string, run func(command es.Command) error) {
	command := l.key()
	l.last = func() error { return run(command) }
	err := l.last()
	l.log = append(l.log, fmt.Sprintf("%s %s: %v", l.clock.Format("02 15:04:05"), name, err))
	if errs.ReasonOf(err) == errorsv1.Reason_REASON_UNSPECIFIED && err != nil {
		l.t.Fatalf("%v\n%v", err, l.log)
	}
}

func (l *life) again() {
	if l.last != nil {
		_ = l.last() // refused like the first time, or answered as it was
	}
}

func (l *life) step() {
	l.clock = l.clock.Add(time.Duration(rapid.SampledFrom([]int{-3600, -60, -1, 1, 1, 60, 60, 600, 3600, 7200}).Draw(l.t, "seconds")) * time.Second)
	l.log = append(l.log, "clock "+l.clock.Format("02 15:04:05"))
}

// edit writes another text, or one that was there before.
func (l *life) edit() {
	l.text = written{rapid.SampledFrom([]string{"ha", "hb", "hc"}).Draw(l.t, "hash"), l.text.revision + 1}
	l.approved = map[written]bool{}
	l.edition = 0
	for _, p := range l.publications {
		if p.state.State.WasPublic() {
			l.edition = max(l.edition, p.state.Number()+1)
		}
	}
	l.log = append(l.log, fmt.Sprintf("edit %v edition %d", l.text, l.edition))
	l.deliver(l.revised(l.content, l.text.hash, l.text.revision))
}

// ready writes another text, which goes its way without a hitch.
func (l *life) ready() {
	l.edit()
	l.submit()
	l.approval(typeOf(l.edition))
}

func (l *life) submit() {
	l.log = append(l.log, "submit")
	c := text(l.content, l.text.hash, l.text.revision)
	c.Edition, c.Title = l.edition, "Tin "+l.text.hash
	if l.edition > 0 {
		c.Correction = &contentv1.ContentCorrection{Kind: "content", Reason: "Sai."}
	}
	l.deliver(l.message(&contentv1.ContentSubmitted{Content: c}))
}

// approve is of the text as it is, as what it is or as something else.
func (l *life) approve() {
	l.approval(rapid.SampledFrom([]string{typeOf(l.edition), "content", "correction", "report"}).Draw(l.t, "type"))
}

func (l *life) approval(as string) {
	if as == typeOf(l.edition) {
		l.approved[l.text] = true // perhaps before its text is known, since the two come by different ways
	} else if as != "report" {
		delete(l.approved, l.text) // the last word counts, and it is no approval of this
	}
	l.log = append(l.log, fmt.Sprintf("approve %v as %s", l.text, as))
	m := l.approvedRevision(l.content, l.text.hash, l.text.revision)
	m.Payload.(*approvalsv1.DossierApproved).DocumentType = as
	l.deliver(m)
}

func (l *life) moment(name string) time.Time {
	seconds := rapid.SampledFrom([]int{0, 0, -60, 1, 60, 600, 3600}).Draw(l.t, name)
	if seconds == 0 {
		return time.Time{}
	}
	return l.clock.Add(time.Duration(seconds) * time.Second)
}

func (l *life) publish() {
	at, until := l.moment("at"), l.moment("until")
	l.does("publish", func(command es.Command) error {
		_, _, err := l.schedule(l.bench.Context(), l.content, at, until, command)
		return err
	})
}

// any picks a publication; "" when there is none.
func (l *life) any() string {
	ids := make([]string, 0, len(l.publications))
	for id := range l.publications {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	if len(ids) == 0 {
		return publication.ID(l.content, "none", 1)
	}
	return rapid.SampledFrom(ids).Draw(l.t, "publication")
}

func free(int64) error { return nil }

func (l *life) correct() {
	id, at := l.any(), l.moment("at")
	l.does("correct", func(command es.Command) error {
		_, err := l.desk.correct(l.bench.Context(), id, at, free, command)
		return err
	})
}

func (l *life) cancel() {
	id := l.any()
	l.does("cancel", func(command es.Command) error {
		_, err := l.callOff(l.bench.Context(), id, free, command)
		return err
	})
}

func (l *life) reschedule() {
	id, times := l.any(), publication.Times{PublishAt: l.moment("at"), ExpiresAt: l.moment("until")}
	l.does("reschedule", func(command es.Command) error {
		_, err := l.desk.reschedule(l.bench.Context(), id, times, free, command)
		return err
	})
}

func (l *life) release() {
	id := l.any()
	l.does("release", func(command es.Command) error {
		_, err := l.desk.release(l.bench.Context(), id, command)
		return err
	})
}

func (l *life) expire() {
	id := l.any()
	l.does("expire", func(command es.Command) error {
		_, err := l.desk.expire(l.bench.Context(), id, command)
		return err
	})
}

// keep does what the service does by itself: by the lists as they are, after which nothing that is due is left, or as they were.
func (l *life) keep() {
	if rapid.Bool().Draw(l.t, "lists are behind") {
		l.keepListed()
		return
	}
	ctx := l.bench.Context()
	head, err := l.desk.log.Head(ctx)
	if err == nil {
		err = l.desk.log.WaitFor(ctx, readmodel.Name, head)
	}
	if err != nil {
		l.t.Fatal(err)
	}
	rows, err := readmodel.Due(ctx, l.pool, l.clock, 1_000_000)
	if err != nil {
		l.t.Fatal(err)
	}
	l.listed = slices.DeleteFunc(rows, func(r readmodel.Row) bool { return r.State.Snapshot.Content != l.content }) // of earlier lives
	l.keepListed()
	l.look()
	for id, p := range l.publications {
		if next := p.state.NextAt(); !next.IsZero() && !next.After(l.clock) {
			l.t.Fatalf("%s has waited since %v\n%v", id, next, l.log)
		}
	}
}

func (l *life) keepListed() {
	for _, row := range l.listed {
		err := l.keepTime(l.bench.Context(), row, l.clock)
		l.log = append(l.log, fmt.Sprintf("%s keep %s: %v", l.clock.Format("02 15:04:05"), row.ID, err))
		if err != nil && errs.Status(errs.ReasonOf(err)) >= 500 {
			l.t.Fatalf("%v\n%v", err, l.log)
		}
	}
}

func (l *life) withdraw() {
	id := l.any()
	l.does("withdraw", func(command es.Command) error {
		_, err := l.desk.withdraw(l.bench.Context(), publication.Request{Publication: id, Reason: "Sai.", Author: "cv.stttt"}, free, command)
		return err
	})
}

// decide approves or returns a submission of a withdrawal, the newest or an earlier one, or one that never was.
func (l *life) decide() {
	id := l.any()
	p := l.publications[id]
	if p == nil {
		return
	}
	document, _ := publication.WithdrawalID(id)
	hash := rapid.SampledFrom(append([]string{p.state.Withdrawal.Hash}, p.asked...)).Draw(l.t, "hash")
	var m bus.Message
	if rapid.Bool().Draw(l.t, "approved") {
		p.withdrawal[hash] = hash != ""
		m = l.message(&approvalsv1.DossierApproved{DocumentType: "withdrawal", Document: document, Hash: hash})
	} else {
		m = l.message(&approvalsv1.DossierReturned{DocumentType: "withdrawal", Document: document, Hash: hash, Comment: "Rõ hơn."})
	}
	l.log = append(l.log, fmt.Sprintf("withdrawal of %s decided: %s", id, m.Type))
	l.deliver(m)
	if rapid.Bool().Draw(l.t, "delivered again") {
		l.deliver(m)
	}
}

func (l *life) receive() {
	id := l.any()
	r := publication.Receipt{
		Channel: publication.Portal, Place: "/tin/x", Number: rapid.Int32Range(0, 3).Draw(l.t, "number"),
		Act: rapid.SampledFrom([]publication.Act{"", publication.ActCorrected, publication.ActExpired, publication.ActWithdrawn}).Draw(l.t, "act"),
	}
	l.does("receipt", func(command es.Command) error {
		_, err := l.desk.receive(l.bench.Context(), id, r, command)
		return err
	})
}

// look reads what the log got, and holds it against the rules.
func (l *life) look() {
	events, err := l.desk.log.Read(l.bench.Context(), l.read, 1000)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, e := range events {
		l.read = e.Position
		p := l.publications[e.Aggregate]
		if p == nil {
			p = &lived{state: &publication.Publication{}, withdrawal: map[string]bool{}}
			l.publications[e.Aggregate] = p
		}
		l.allowed(p, e)
		p.state.Apply(e)
		act, _ := p.state.LastAct()
		if p.state.Verified && act == "" {
			l.fail(e, "verified before it was public")
		}
	}
	public := 0
	for id, p := range l.publications {
		if p.state.State != publication.Published {
			continue
		}
		public++
		newest := p.state.Versions[len(p.state.Versions)-1]
		if newest.Snapshot.Hash != p.state.Snapshot.Hash || newest.Slug != p.state.Slug || newest.Number != p.state.Number() {
			l.t.Fatalf("%s shows %s and its newest version is %s\n%v", id, p.state.Snapshot.Hash, newest.Snapshot.Hash, l.log)
		}
	}
	if public > 1 {
		l.t.Fatalf("%d publications of one content are public\n%v", public, l.log)
	}
}

func (l *life) fail(e es.Event, what string) {
	l.t.Fatalf("%s: %s: %s\n%v", e.Aggregate, e.Type, what, l.log)
}

// allowed holds an event against the rules, before it is applied.
func (l *life) allowed(p *lived, e es.Event) {
	ended := p.state.State == publication.Expired || p.state.State == publication.Withdrawn
	switch event := e.Data.(type) {
	case publication.PublicationScheduled:
		l.wait(p, e, event.Snapshot, event.PublishAt)
	case publication.CorrectionScheduled:
		l.wait(p, e, event.Snapshot, event.PublishAt)
	case publication.PublicationRescheduled:
		if !event.PublishAt.IsZero() {
			p.due = event.PublishAt
		}
	case publication.PublicationPublished:
		if p.published++; p.published > 1 || ended {
			l.fail(e, "public a second time")
		}
		l.public(p, e, event.Snapshot, event.PublishedAt)
	case publication.PublicationCorrected:
		if ended || p.published == 0 || event.Number != p.state.Number()+1 {
			l.fail(e, "corrected out of turn")
		}
		l.public(p, e, event.Snapshot, event.CorrectedAt)
	case publication.WithdrawalSubmitted:
		p.asked = append(p.asked, event.Hash)
	case publication.PublicationExpired:
		if ended || p.state.ExpiresAt.IsZero() || l.clock.Before(p.state.ExpiresAt) {
			l.fail(e, "ended before its time")
		}
	case publication.PublicationWithdrawn:
		if ended || !p.withdrawal[p.state.Withdrawal.Hash] {
			l.fail(e, "withdrawn without its approval")
		}
	}
}

func (l *life) wait(p *lived, e es.Event, s publication.Snapshot, at time.Time) {
	p.waits, p.due = written{s.Hash, s.Revision}, at
	if !l.approved[p.waits] {
		l.fail(e, "not approved")
	}
}

func (l *life) public(p *lived, e es.Event, s publication.Snapshot, at time.Time) {
	shown := written{s.Hash, s.Revision}
	switch {
	case shown != p.waits:
		l.fail(e, "another text than what waited")
	case l.clock.Before(p.due) || at.Before(p.due):
		l.fail(e, "before its time, "+p.due.String())
	case shown != l.text:
		l.fail(e, "a text that was edited since")
	case !p.state.ExpiresAt.IsZero() && !l.clock.Before(p.state.ExpiresAt):
		l.fail(e, "after its end, "+p.state.ExpiresAt.String())
	}
}
