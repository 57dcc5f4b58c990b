package distribution

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	"github.com/loa-vn/loa/services/distribution/internal/publication"
	"github.com/loa-vn/loa/services/distribution/internal/readmodel"
)

// Several people, the service's own clock, the workflow and the bus act on one content at the same moment, each of them perhaps twice. In
// whichever order they get there, the log obeys the rules of TestLifeOfPublications; what was edited waits no more, what was withdrawn is
// withdrawn, and receipts are of acts that happened.
func TestAtTheSameMoment(t *testing.T) {
	b := newBench(t)
	var clock time.Time
	b.now = func(context.Context) (time.Time, error) { return clock, nil }
	rapid.Check(t, func(t *rapid.T) {
		m := newCrowd(b, t)
		clock = m.clock
		m.before()
		m.clock = m.clock.Add(time.Duration(rapid.SampledFrom([]int{0, 59, 60, 120, 200}).Draw(t, "later")) * time.Second)
		clock = m.clock
		m.atOnce()
		m.after()
	})
}

// crowd is a life in which several do something at the same moment.
type crowd struct {
	*life
	edited    *written
	withdrawn map[string]bool // publications whose withdrawal was approved in this moment
}

func newCrowd(b *bench, t *rapid.T) *crowd {
	head, err := b.log.Head(b.Context())
	if err != nil {
		t.Fatal(err)
	}
	return &crowd{withdrawn: map[string]bool{}, life: &life{
		bench: b, t: t, content: newContent(), clock: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), approved: map[written]bool{},
		publications: map[string]*lived{}, read: head,
	}}
}

// before brings the content somewhere: approved, waiting, public, with a correction that is ready or waits, with a withdrawal asked for.
func (m *crowd) before() {
	m.ready()
	at := func(name string) time.Time {
		if rapid.Bool().Draw(m.t, name) {
			return m.clock.Add(time.Minute)
		}
		return time.Time{}
	}
	stage := rapid.IntRange(0, 5).Draw(m.t, "stage")
	var until time.Time
	if rapid.Bool().Draw(m.t, "ends") {
		until = m.clock.Add(2 * time.Minute)
	}
	if stage > 0 {
		publishAt := time.Time{}
		if stage == 1 {
			publishAt = at("waits")
		}
		m.does("publish", func(c es.Command) error {
			_, _, err := m.schedule(m.bench.Context(), m.content, publishAt, until, c)
			return err
		})
		m.look()
	}
	if stage > 2 {
		m.ready()
	}
	if stage > 3 {
		correctAt := at("correction waits")
		m.does("correct", func(c es.Command) error {
			_, err := m.desk.correct(m.bench.Context(), m.any(), correctAt, free, c)
			return err
		})
		m.look()
	}
	if stage == 2 || stage == 5 {
		m.withdraw()
		m.look()
	}
	ctx := m.bench.Context()
	head, err := m.desk.log.Head(ctx)
	if err == nil {
		err = m.desk.log.WaitFor(ctx, readmodel.Name, head)
	}
	if err != nil {
		m.t.Fatal(err)
	}
}

// atOnce picks what happens, and lets it happen side by side.
func (m *crowd) atOnce() {
	ids := []string{publication.ID(m.content, m.text.hash, m.text.revision)}
	for id := range m.publications {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	rows, err := readmodel.Due(m.bench.Context(), m.pool, m.clock, 1_000_000)
	if err != nil {
		m.t.Fatal(err)
	}
	rows = slices.DeleteFunc(rows, func(r readmodel.Row) bool { return r.State.Snapshot.Content != m.content })
	var doing []func(ctx context.Context) error
	for range rapid.IntRange(2, 6).Draw(m.t, "at once") {
		id := rapid.SampledFrom(ids).Draw(m.t, "publication")
		kind := rapid.SampledFrom([]string{
			"publish", "release", "release", "keep", "keep", "expire", "cancel", "reschedule", "correct", "edit", "withdraw", "approve withdrawal", "receipt",
		}).Draw(m.t, "what")
		do := m.act(kind, id, rows)
		if do == nil {
			continue
		}
		m.log = append(m.log, kind+" "+id)
		for range rapid.IntRange(1, 2).Draw(m.t, "times") {
			doing = append(doing, do)
		}
	}
	var mutex sync.Mutex
	var together sync.WaitGroup
	var wrong []error
	for _, do := range doing {
		together.Go(func() {
			if err := do(m.bench.Context()); err != nil && errs.Status(errs.ReasonOf(err)) >= 500 {
				mutex.Lock()
				defer mutex.Unlock()
				wrong = append(wrong, err)
			}
		})
	}
	together.Wait()
	if len(wrong) > 0 {
		m.t.Fatalf("%v\n%v", wrong, m.log)
	}
}

// act makes one thing that happens; nil when it cannot.
func (m *crowd) act(kind, id string, rows []readmodel.Row) func(ctx context.Context) error {
	key := m.key()
	at := m.moment("at")
	switch kind {
	case "publish":
		return func(ctx context.Context) error {
			_, _, err := m.schedule(ctx, m.content, at, time.Time{}, key)
			return err
		}
	case "release":
		return func(ctx context.Context) error { return errorOf(m.desk.release(ctx, id, key)) }
	case "keep":
		return func(ctx context.Context) (err error) {
			for _, row := range rows {
				err = m.keepTime(ctx, row, m.clock)
			}
			return err
		}
	case "expire":
		return func(ctx context.Context) error { return errorOf(m.desk.expire(ctx, id, key)) }
	case "cancel":
		return func(ctx context.Context) error { return errorOf(m.callOff(ctx, id, free, key)) }
	case "reschedule":
		set := publication.Times{PublishAt: at, ExpiresAt: m.moment("until")}
		return func(ctx context.Context) error { return errorOf(m.desk.reschedule(ctx, id, set, free, key)) }
	case "correct":
		return func(ctx context.Context) error { return errorOf(m.desk.correct(ctx, id, at, free, key)) }
	case "withdraw":
		request := publication.Request{Publication: id, Reason: "Sai.", Author: "cv.stttt"}
		return func(ctx context.Context) error { return errorOf(m.desk.withdraw(ctx, request, free, key)) }
	case "receipt":
		r := publication.Receipt{
			Channel: publication.Portal, Place: "/tin/x", Number: 1,
			Act: rapid.SampledFrom([]publication.Act{"", publication.ActCorrected, publication.ActExpired, publication.ActWithdrawn}).Draw(m.t, "act"),
		}
		return func(ctx context.Context) error { return errorOf(m.desk.receive(ctx, id, r, key)) }
	case "edit":
		if m.edited != nil {
			return nil
		}
		m.edited = &written{"hz", m.text.revision + 1}
		return m.delivering(m.handleContents, m.revised(m.content, m.edited.hash, m.edited.revision))
	default:
		p := m.publications[id]
		if p == nil || p.state.Withdrawal.State != publication.WithdrawalStateSubmitted {
			return nil
		}
		document, _ := publication.WithdrawalID(id)
		p.withdrawal[p.state.Withdrawal.Hash], m.withdrawn[id] = true, true
		return m.delivering(m.handleDossiers, m.message(&approvalsv1.DossierApproved{
			DocumentType: withdrawalType, Document: document, Hash: p.state.Withdrawal.Hash,
		}))
	}
}

func errorOf(_ result, err error) error { return err }

// delivering hands a message on as the bus does. One partition's messages come one after the other, so twice is once after the other.
func (m *crowd) delivering(handle bus.Handler, message bus.Message) func(ctx context.Context) error {
	var one sync.Mutex
	return func(ctx context.Context) error {
		one.Lock()
		defer one.Unlock()
		return pgx.BeginFunc(ctx, m.pool, func(tx pgx.Tx) error { return handle(ctx, tx, []bus.Message{message}) })
	}
}

// after holds what came of it against the rules.
func (m *crowd) after() {
	m.look()
	for id, p := range m.publications {
		s := p.state
		if m.edited != nil && s.State == publication.Scheduled {
			m.t.Fatalf("%s waits after an edit\n%v", id, m.log)
		}
		if m.edited != nil && s.Correction.Number > 0 {
			m.t.Fatalf("a correction of %s waits after an edit\n%v", id, m.log)
		}
		if m.withdrawn[id] && s.State != publication.Withdrawn && s.State != publication.Expired {
			m.t.Fatalf("%s was withdrawn and is %s\n%v", id, s.State, m.log)
		}
		for _, r := range s.Receipts {
			switch {
			case r.Act == publication.ActWithdrawn && s.State != publication.Withdrawn, r.Act == publication.ActExpired && s.State != publication.Expired,
				r.Act == publication.ActCorrected && r.Number > s.Number(), r.Act == publication.ActPublished && p.published != 1:
				m.t.Fatalf("%s is %s and has a receipt of %s %d\n%v", id, s.State, r.Act, r.Number, m.log)
			}
		}
		if act, number := s.LastAct(); s.Verified && !slices.ContainsFunc(s.Receipts, func(r publication.Receipt) bool {
			return r.Channel == publication.Portal && r.Act == act && r.Number == number
		}) {
			m.t.Fatalf("%s is verified without a receipt of %s %d: %s\n%v", id, act, number, fmt.Sprint(s.Receipts), strings.Join(m.log, "\n"))
		}
	}
}
