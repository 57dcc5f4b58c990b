package es

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/loa-vn/loa/pkg/id"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"pgregory.net/rapid"
)

func TestExecuteRecordsWhatWasDecided(t *testing.T) {
	w := database(t)
	l, repo := w.repo(t)
	n, cmd := newNote(), command()
	cmd.HappenedAt = time.Date(2022, 2, 23, 0, 0, 0, 123456789, time.FixedZone("+07", 7*3600))
	r := must[Result[note]](t)(repo.Execute(t.Context(), n, cmd, write("một", "hai <&>")))
	if r.Version != 2 || r.Position != 2 || r.Repeated || r.Events != 2 || !reflect.DeepEqual(r.State.Lines, []string{"một", "hai <&>"}) {
		t.Fatalf("%+v %+v", r, r.State)
	}
	events := must[[]Event](t)(l.Read(t.Context(), 0, 10))
	if !reflect.DeepEqual(events, r.Recorded) {
		t.Fatalf("stored\n%+v\nanswered\n%+v", events, r.Recorded)
	}
	e := events[1]
	if e.Epoch != 1 || e.Position != 2 || e.Version != 2 || e.Type != "test.line_written.v2" || id.Format("note", e.Stream) != n || e.Command != cmd.Key {
		t.Errorf("%+v", e)
	}
	if e.Aggregate != n || e.Actor != "cv.stttt" || e.Agency != "H38.17" || e.Correlation != "c" || e.Causation != "d" ||
		!e.HappenedAt.Equal(time.Date(2022, 2, 22, 17, 0, 0, 123456000, time.UTC)) || e.ID != eventID(cmd.Key, 2) || e.ID == events[0].ID {
		t.Errorf("%+v", e.Meta)
	}
	if e.Data != (lineWritten{"hai <&>", 7}) || !strings.HasSuffix(string(e.Body), `"data":{"text":"hai <&>","size":7}}`) {
		t.Errorf("%s", e.Body)
	}
	digest := Digest(e.Type, e.Stream, e.Version, e.Command, e.Body)
	leaf := Leaf(e.Position, e.RecordedAt, digest)
	if w.count(t, "SELECT count(*) FROM es.event WHERE position = 2 AND digest = $1 AND leaf = $2", digest[:], leaf[:]) != 1 {
		t.Error("the digest and the leaf are not those of the event")
	}
	state, version, err := repo.Load(t.Context(), n)
	if err != nil || version != 2 || !reflect.DeepEqual(state, r.State) {
		t.Errorf("loaded %+v %d %v, answered %+v", state, version, err, r.State)
	}
	if at, err := repo.LoadAt(t.Context(), n, 1); err != nil || len(at.Lines) != 1 {
		t.Errorf("%+v %v", at, err)
	}
	_, err = repo.LoadAt(t.Context(), n, 3)
	refused(t, err, errorsv1.Reason_NOT_FOUND)
	if _, version, err := repo.Load(t.Context(), newNote()); version != 0 || err != nil {
		t.Errorf("unknown: %d %v", version, err)
	}
	_, err = repo.Execute(t.Context(), "item_"+n[5:], command(), write("x"))
	refused(t, err, errorsv1.Reason_NOT_FOUND)
	_, _, err = NewRepo[note](l, "item").Load(t.Context(), "item_"+n[5:])
	refused(t, err, errorsv1.Reason_NOT_FOUND)
	if now := must[time.Time](t)(l.Now(t.Context())); now.Before(e.RecordedAt) || now.Sub(e.RecordedAt) > time.Minute {
		t.Errorf("the log's clock says %v, recorded %v", now, e.RecordedAt)
	}
}

func TestRepeatGetsTheFirstAnswer(t *testing.T) {
	w := database(t)
	_, repo := w.repo(t)
	_, elsewhere := w.other(t)
	n, closing, empty := newNote(), command(), command()
	must[Result[note]](t)(repo.Execute(t.Context(), n, command(), write("a")))
	nothing := must[Result[note]](t)(repo.Execute(t.Context(), n, empty, write()))
	if nothing.Events != 0 || nothing.Version != 1 || nothing.Position != 1 {
		t.Fatalf("%+v", nothing)
	}
	first := must[Result[note]](t)(repo.Execute(t.Context(), n, closing, closeNote))
	_, err := repo.Execute(t.Context(), n, command(), closeNote)
	refused(t, err, errorsv1.Reason_CONTENT_STATE)

	for _, r := range []*Repo[note, *note]{repo, elsewhere} {
		again := must[Result[note]](t)(r.Execute(t.Context(), n, closing, closeNote))
		if !again.Repeated {
			t.Error("not said to be a repeat")
		}
		again.Repeated = false
		if !reflect.DeepEqual(again, first) {
			t.Errorf("again %+v %+v\nfirst %+v %+v", again, again.State, first, first.State)
		}
		// The command that wrote nothing was accepted then, so it is now, though the note is closed.
		again = must[Result[note]](t)(r.Execute(t.Context(), n, empty, write()))
		if !again.Repeated || again.Version != 1 || again.Position != 1 || again.State.Closed {
			t.Errorf("%+v %+v", again, again.State)
		}
	}
	if got := w.count(t, "SELECT count(*) FROM es.event"); got != 2 {
		t.Errorf("%d events", got)
	}
	if got := w.count(t, "SELECT count(*) FROM es.command"); got != 3 {
		t.Errorf("%d commands", got)
	}
}

func TestKeyOfAnotherRequestIsRefused(t *testing.T) {
	w := database(t)
	_, repo := w.repo(t)
	n, cmd := newNote(), command()
	must[Result[note]](t)(repo.Execute(t.Context(), n, cmd, write("a")))
	_, err := repo.Execute(t.Context(), newNote(), cmd, write("a"))
	refused(t, err, errorsv1.Reason_IDEMPOTENCY_KEY_REUSED)
	other := cmd
	other.Digest = []byte("another")
	_, err = repo.Execute(t.Context(), n, other, write("b"))
	refused(t, err, errorsv1.Reason_IDEMPOTENCY_KEY_REUSED)
	// Recorded by another process while this one decides: the append itself has to notice.
	_, elsewhere := w.other(t)
	late := command()
	twin := late
	twin.Digest = []byte("another")
	_, err = repo.Execute(t.Context(), n, late, func(a *note, v int64) ([]any, error) {
		must[Result[note]](t)(elsewhere.Execute(t.Context(), newNote(), twin, write("c")))
		return write("d")(a, v)
	})
	refused(t, err, errorsv1.Reason_IDEMPOTENCY_KEY_REUSED)
	if got := w.count(t, "SELECT count(*) FROM es.event"); got != 2 {
		t.Errorf("%d events", got)
	}
}

// The same command runs in two processes: it is recorded by the other one after this one loaded, and before this one answers.
func TestRepeatInAnotherProcessIsNeverTold_AlreadyDone(t *testing.T) {
	w := database(t)
	_, repo := w.repo(t)
	_, elsewhere := w.other(t)
	for _, refuse := range []bool{true, false} {
		n, cmd, runs := newNote(), command(), 0
		r, err := repo.Execute(t.Context(), n, cmd, func(a *note, v int64) ([]any, error) {
			if runs++; runs == 1 {
				must[Result[note]](t)(elsewhere.Execute(t.Context(), n, cmd, closeNote))
			}
			if refuse {
				a = &note{Closed: true} // as if it had loaded the other's event
			}
			return closeNote(a, v)
		})
		if err != nil || !r.Repeated || r.Version != 1 || !r.State.Closed || runs != 1 {
			t.Fatalf("refusing %v: %+v %v, %d runs", refuse, r, err, runs)
		}
	}
}

func TestManyWritersOnOneStream(t *testing.T) {
	w := database(t)
	_, one := w.repo(t)
	_, two := w.other(t)
	n, writers, each := newNote(), 24, 4
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	for i := range writers {
		repo := []*Repo[note, *note]{one, two}[i%2]
		wg.Go(func() {
			for j := range each {
				if _, err := repo.Execute(ctx, n, command(), write(fmt.Sprintf("%d.%d", i, j))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	state, version, err := one.Load(t.Context(), n)
	if err != nil || version != int64(writers*each) {
		t.Fatalf("version %d %v", version, err)
	}
	seen := map[string]bool{}
	for _, l := range state.Lines {
		seen[l] = true
	}
	if len(seen) != writers*each {
		t.Errorf("%d different lines of %d", len(seen), writers*each)
	}
	one.log.streams.mu.Lock()
	defer one.log.streams.mu.Unlock()
	if len(one.log.streams.queues) != 0 {
		t.Error("queues are left behind")
	}
}

func TestCancelledCallerIsInDoubtAndMayAskAgain(t *testing.T) {
	w := database(t)
	_, repo := w.repo(t)
	release := w.hold(t)
	n, cmd := newNote(), command()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := repo.Execute(ctx, n, cmd, write("a"))
		done <- err
	}()
	w.blocked(t, 1)

	// Another command waits behind it, is cancelled before it is sent, and leaves no trace.
	behind, giveUp := context.WithCancel(t.Context())
	unsent := make(chan error)
	m, late := newNote(), command()
	go func() {
		_, err := repo.Execute(behind, m, late, write("b"))
		unsent <- err
	}()
	eventually(t, "the second command has loaded", func() bool { return len(repo.log.committer.in) == 1 })
	giveUp()
	refused(t, <-unsent, errorsv1.Reason_UNAVAILABLE)

	cancel()
	err := <-done
	refused(t, err, errorsv1.Reason_IN_DOUBT)
	if !strings.Contains(err.Error(), cmd.Key.String()) {
		t.Errorf("the key is not named: %v", err)
	}
	release()
	r := must[Result[note]](t)(repo.Execute(t.Context(), n, cmd, write("a")))
	if r.Version != 1 || len(r.State.Lines) != 1 {
		t.Errorf("%+v", r)
	}
	if got := w.count(t, "SELECT count(*) FROM es.command"); got != 1 {
		t.Errorf("%d commands are recorded", got)
	}
}

func TestLostRepliesLoseAndDoubleNothing(t *testing.T) {
	w := database(t)
	l, repo := w.repo(t)
	w.faults.set(3)
	n := newNote()
	for i := range 4 {
		if r := must[Result[note]](t)(repo.Execute(t.Context(), n, command(), write("a", "b"))); r.Version != int64(2*i+2) {
			t.Fatalf("version %d", r.Version)
		}
	}
	if w.faults.count() != 3 {
		t.Errorf("%d replies were dropped", w.faults.count())
	}
	if got := must[[]Event](t)(l.Read(t.Context(), 0, 100)); len(got) != 8 {
		t.Errorf("%d events", len(got))
	}
}

func TestEndedBackendsAndAnotherProcessGoOn(t *testing.T) {
	w := database(t)
	l, repo := w.repo(t)
	n, cmd := newNote(), command()
	must[Result[note]](t)(repo.Execute(t.Context(), n, cmd, write("a")))
	w.exec(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1", role)
	must[Result[note]](t)(repo.Execute(t.Context(), n, command(), write("b")))

	// Ended while its append waits for the lock: sent again on the next connection.
	release := w.hold(t)
	done := make(chan error)
	go func() {
		_, err := repo.Execute(t.Context(), n, command(), write("c"))
		done <- err
	}()
	w.blocked(t, 1)
	w.exec(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'loa-test-committer'")
	release()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	l.Close()
	_, err := repo.Execute(t.Context(), n, command(), write("d"))
	refused(t, err, errorsv1.Reason_UNAVAILABLE)

	_, after := w.other(t)
	r := must[Result[note]](t)(after.Execute(t.Context(), n, cmd, write("a")))
	if !r.Repeated || r.Version != 1 {
		t.Errorf("%+v", r)
	}
	if r := must[Result[note]](t)(after.Execute(t.Context(), n, command(), write("e"))); !reflect.DeepEqual(r.State.Lines, []string{"a", "b", "c", "e"}) {
		t.Errorf("%v", r.State.Lines)
	}
}

func TestPostgreSQLAwayIsUnavailable(t *testing.T) {
	w := database(t)
	_, repo := w.repo(t)
	name := w.owner.Config().ConnConfig.Database
	away, err := pgxpool.New(t.Context(), engineURL(t, w))
	if err != nil {
		t.Fatal(err)
	}
	defer away.Close()
	rename := func(from, to string) {
		t.Helper()
		if _, err := away.Exec(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", from); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the database is renamed", func() bool {
			_, err := away.Exec(t.Context(), "ALTER DATABASE "+from+" RENAME TO "+to)
			return err == nil
		})
	}
	rename(name, name+"_away")
	_, err = repo.Execute(t.Context(), newNote(), command(), write("a"))
	refused(t, err, errorsv1.Reason_UNAVAILABLE)
	rename(name+"_away", name)
	must[Result[note]](t)(repo.Execute(t.Context(), newNote(), command(), write("a")))
}

// Any sequence of commands and repeats, on a few notes and by two processes, is answered as a list of first answers says.
func TestIdempotencyProperty(t *testing.T) {
	w := database(t)
	_, one := w.repo(t)
	_, two := w.other(t)
	rapid.Check(t, func(rt *rapid.T) {
		streams := []string{newNote(), newNote()}
		model := map[string]*note{streams[0]: {}, streams[1]: {}}
		type known struct {
			cmd    Command
			stream string
			decide func(*note, int64) ([]any, error)
			first  Result[note]
		}
		var answered []known
		for range rapid.IntRange(1, 12).Draw(rt, "commands") {
			repo := rapid.SampledFrom([]*Repo[note, *note]{one, two}).Draw(rt, "process")
			if len(answered) > 0 && rapid.Bool().Draw(rt, "repeat") {
				k := rapid.SampledFrom(answered).Draw(rt, "which")
				if rapid.IntRange(0, 9).Draw(rt, "reused") == 0 {
					other := k.cmd
					other.Digest = []byte("another")
					_, err := repo.Execute(t.Context(), k.stream, other, k.decide)
					refused(t, err, errorsv1.Reason_IDEMPOTENCY_KEY_REUSED)
					continue
				}
				again, err := repo.Execute(t.Context(), k.stream, k.cmd, k.decide)
				if err != nil || !again.Repeated {
					rt.Fatalf("%+v %v", again, err)
				}
				again.Repeated = false
				if !reflect.DeepEqual(again, k.first) {
					rt.Fatalf("again %+v first %+v", again, k.first)
				}
				continue
			}
			s, cmd := rapid.SampledFrom(streams).Draw(rt, "note"), command()
			decide, text := closeNote, []string(nil)
			if rapid.IntRange(0, 4).Draw(rt, "write") > 0 {
				text = rapid.SliceOfN(rapid.StringMatching(`[a-zạ-ỹ]{0,5}`), 0, 3).Draw(rt, "lines")
				decide = write(text...)
			}
			r, err := repo.Execute(t.Context(), s, cmd, decide)
			m := model[s]
			if m.Closed {
				refused(t, err, errorsv1.Reason_CONTENT_STATE)
				continue
			}
			if err != nil {
				rt.Fatal(err)
			}
			m.Lines = append(m.Lines, text...)
			m.Closed = text == nil && r.Events == 1
			if fmt.Sprint(r.State.Lines) != fmt.Sprint(m.Lines) || r.State.Closed != m.Closed {
				rt.Fatalf("state %+v, model %+v", r.State, m)
			}
			answered = append(answered, known{cmd, s, decide, r})
		}
	})
}

func engineURL(t *testing.T, w *workbench) string {
	t.Helper()
	return strings.Replace(w.owner.Config().ConnString(), "/"+w.owner.Config().ConnConfig.Database, "/postgres", 1)
}
