package es

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// asked is a command as its caller knows it.
type asked struct {
	cmd    Command
	note   string
	lines  []string
	result Result[note]
	err    error
}

// flight is the callers whose commands are under way.
type flight struct {
	mu      sync.Mutex
	callers map[*context.CancelFunc]bool
}

func (f *flight) join(cancel *context.CancelFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.callers == nil {
		f.callers = map[*context.CancelFunc]bool{}
	}
	f.callers[cancel] = true
}

func (f *flight) leave(cancel *context.CancelFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.callers, cancel)
}

// cancel makes all of them give up.
func (f *flight) cancel() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.callers {
		(*c)()
	}
}

// ask runs so many commands of so many callers on a few notes; every caller may be made to give up through the flight.
func ask(t *testing.T, repos []*Repo[note, *note], callers, each int, random *rand.Rand, f *flight, give func(*rand.Rand) context.Context) (all []asked) {
	t.Helper()
	var targets []string
	for range callers / 2 {
		targets = append(targets, newNote())
	}
	var mu sync.Mutex
	var busy sync.WaitGroup
	for i := range callers {
		r := rand.New(rand.NewPCG(random.Uint64(), random.Uint64()))
		busy.Go(func() {
			for j := range each {
				a := asked{cmd: command(), note: targets[r.IntN(len(targets))]}
				for k := range r.IntN(3) {
					a.lines = append(a.lines, fmt.Sprintf("%d.%d.%d", i, j, k))
				}
				ctx, cancel := context.WithCancel(give(r))
				f.join(&cancel)
				a.result, a.err = repos[i%len(repos)].Execute(ctx, a.note, a.cmd, write(a.lines...))
				f.leave(&cancel)
				cancel()
				mu.Lock()
				all = append(all, a)
				mu.Unlock()
			}
		})
	}
	busy.Wait()
	return all
}

// resolve checks what every caller was told, then has each ask again: the answer is the first one, and nothing is recorded twice.
func resolve(t *testing.T, w *workbench, repos []*Repo[note, *note], all []asked) (known, doubted, denied int) {
	t.Helper()
	rows, err := w.owner.Query(t.Context(), "SELECT key, position FROM es.command")
	if err != nil {
		t.Fatal(err)
	}
	recorded, position := map[[16]byte]int64{}, int64(0)
	var key [16]byte
	if _, err := pgx.ForEachRow(rows, []any{&key, &position}, func() error { recorded[key] = position; return nil }); err != nil {
		t.Fatal(err)
	}
	for i, a := range all {
		at, there := recorded[a.cmd.Key]
		switch errs.ReasonOf(a.err) {
		case errorsv1.Reason_IN_DOUBT:
			doubted++
			if !strings.Contains(a.err.Error(), a.cmd.Key.String()) {
				t.Errorf("in doubt, and the key is not named: %v", a.err)
			}
		case errorsv1.Reason_UNAVAILABLE:
			denied++
			if there {
				t.Errorf("%s is recorded, and its caller was told that it is not: %v", a.cmd.Key, a.err)
			}
		default:
			if a.err != nil {
				t.Errorf("%v", a.err)
				continue
			}
			known++
			if !there || at != a.result.Position {
				t.Errorf("%s was acknowledged at position %d and is recorded at %d", a.cmd.Key, a.result.Position, at)
			}
		}
		again, err := repos[(i+1)%len(repos)].Execute(t.Context(), a.note, a.cmd, write("a repeat must not decide again"))
		switch {
		case err != nil:
			t.Errorf("asked again: %v", err)
		case again.Repeated != there && errs.ReasonOf(a.err) != errorsv1.Reason_IN_DOUBT: // one in doubt may have been recorded since
			t.Errorf("%s was recorded: %v, and asked again it was a repeat: %v", a.cmd.Key, there, again.Repeated)
		case there && (again.Position != at || again.Events != len(a.lines)):
			t.Errorf("%s is recorded at %d with %d lines and was answered %d with %d", a.cmd.Key, at, len(a.lines), again.Position, again.Events)
		case a.err == nil:
			again.Repeated, a.result.Repeated = false, false
			if !reflect.DeepEqual(again, a.result) {
				t.Errorf("again %+v, first %+v", again, a.result)
			}
		}
	}
	if n := w.count(t, "SELECT count(*) FROM (SELECT FROM es.event GROUP BY command, stream, body HAVING count(*) > 1) x"); n != 0 {
		t.Errorf("%d lines are recorded twice", n)
	}
	if n := w.count(t, "SELECT count(*) FROM es.command"); n != len(all) {
		t.Errorf("%d commands are recorded of %d, all of which were asked until they were answered", n, len(all))
	}
	checkTables(t, w.owner)
	quiet(t, w)
	return known, doubted, denied
}

// One reply in three is lost after its COMMIT; at half of these everyone who waits gives up before it is asked for again. Every
// outcome is known or in doubt under its key, and a repeat gives the first answer.
func TestFaultRepliesLostAfterCommit(t *testing.T) {
	t.Parallel()
	random := seeded(t)
	w := database(t)
	_, one := w.repo(t)
	_, two := w.other(t)
	repos := []*Repo[note, *note]{one, two}
	var f flight
	chances := rand.New(rand.NewPCG(random.Uint64(), 2))
	w.faults.chanced(func() bool {
		lost := chances.IntN(3) == 0
		if lost && chances.IntN(2) == 0 {
			f.cancel()
		}
		return lost
	})
	all := ask(t, repos, 16, 25, random, &f, func(*rand.Rand) context.Context { return t.Context() })
	w.faults.chanced(nil)
	lost := w.faults.count()
	known, doubted, denied := resolve(t, w, repos, all)
	t.Logf("%d commands, %d replies lost: %d known, %d in doubt, %d denied", len(all), lost, known, doubted, denied)
	if lost < 10 || doubted < 5 || known < 10 {
		t.Error("too little was lost to prove anything")
	}
}

// A reply was lost, the batch was sent again and found recorded, and then the caller gives up, or the server goes away, before the
// answer is read: it must not be told that nothing was recorded.
func TestFaultRecordedCommandIsNeverDenied(t *testing.T) {
	w := database(t)
	_, repo := w.repo(t)
	n, cmd := newNote(), command()
	r := must[Result[note]](t)(repo.Execute(t.Context(), n, cmd, write("a")))
	stream := must[StreamID](t)(repo.stream(n))
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := repo.reload(gone, n, stream, cmd, &recorded{cmd.Digest, stream, r.Version, r.Position})
	refused(t, err, errorsv1.Reason_IN_DOUBT)
	if !strings.Contains(err.Error(), cmd.Key.String()) {
		t.Errorf("the key is not named: %v", err)
	}
}

// Callers give up at drawn moments of their commands' way: before they are sent, while they are committed, after. The command goes
// its way, or leaves no trace and says so.
func TestFaultCallersCancelledMidFlight(t *testing.T) {
	t.Parallel()
	random := seeded(t)
	w := database(t)
	_, one := w.repo(t)
	_, two := w.other(t)
	repos := []*Repo[note, *note]{one, two}
	var all []asked
	for round := 1; ; round++ { // how long a command is on its way, the machine decides
		all = append(all, ask(t, repos, 32, 10, random, &flight{}, func(r *rand.Rand) context.Context {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(r.IntN(10_000*round))*time.Microsecond)
			t.Cleanup(cancel)
			return ctx
		})...)
		kinds := map[errs.Reason]int{}
		for _, a := range all {
			kinds[errs.ReasonOf(a.err)]++
		}
		if min(kinds[errorsv1.Reason_REASON_UNSPECIFIED], kinds[errorsv1.Reason_IN_DOUBT], kinds[errorsv1.Reason_UNAVAILABLE]) >= 10 {
			break
		}
		if round == 20 {
			t.Fatalf("too few of a kind to prove anything: %v", kinds)
		}
	}
	known, doubted, denied := resolve(t, w, repos, all)
	t.Logf("%d commands: %d known, %d in doubt, %d denied", len(all), known, doubted, denied)
}
