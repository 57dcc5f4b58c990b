package es

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// fold is what the read model lines and the aggregates hold after events, told without a database.
type fold struct {
	notes  map[StreamID]*note
	counts map[StreamID]int
	rows   []string
}

func foldOf(events []Event) fold {
	f := fold{notes: map[StreamID]*note{}, counts: map[StreamID]int{}}
	for _, e := range events {
		n := f.notes[e.Stream]
		if n == nil {
			n = &note{}
			f.notes[e.Stream] = n
		}
		n.Apply(e)
		f.counts[e.Stream]++
		if d, ok := e.Data.(lineWritten); ok {
			f.rows = append(f.rows, fmt.Sprintf("%d %s %s %s", e.Position, e.Stream, d.Text, e.RecordedAt.Format(time.RFC3339Nano)))
		}
	}
	for s, n := range f.notes {
		f.rows = append(f.rows, fmt.Sprintf("%s %d %v", s, len(n.Lines), n.Closed))
	}
	slices.Sort(f.rows)
	return f
}

// linesIn reads the read model lines of whatever moment ctx is about.
func linesIn(ctx context.Context, w *workbench) (rows []string, err error) {
	err = Query(ctx, w.pool, "lines", func(tx pgx.Tx) error {
		for _, sql := range []string{
			`SELECT format('%s %s %s ', position, note, text), at FROM line`, `SELECT format('%s %s %s', note, lines, CASE WHEN closed THEN 'true' ELSE 'false' END), NULL FROM note`,
		} {
			found, err := tx.Query(ctx, sql)
			if err != nil {
				return err
			}
			texts, err := pgx.CollectRows(found, func(row pgx.CollectableRow) (text string, err error) {
				var at *time.Time
				if err = row.Scan(&text, &at); err == nil && at != nil {
					text += at.UTC().Format(time.RFC3339Nano)
				}
				return text, err
			})
			if err != nil {
				return err
			}
			rows = append(rows, texts...)
		}
		return nil
	})
	slices.Sort(rows)
	return rows, err
}

// Moments are taken at random, on and beside the times of events: aggregates and read models as of them are folds of what was
// recorded until then, also while others write.
func TestAsOfIsTheFoldOfWhatWasRecordedUntilThen(t *testing.T) {
	w := database(t)
	l, repo := w.repo(t)
	random := rand.New(rand.NewPCG(7, uint64(time.Now().UnixNano())))
	names := []string{newNote(), newNote(), newNote(), newNote(), newNote()}
	act := func(n string, i int) {
		var err error
		if i%9 == 8 {
			_, err = repo.Execute(t.Context(), n, command(), func(a *note, v int64) ([]any, error) {
				if a.Closed || v == 0 {
					return nil, nil
				}
				return []any{noteClosed{}}, nil
			})
		} else {
			_, err = repo.Execute(t.Context(), n, command(), write(slices.Repeat([]string{fmt.Sprint("dòng ", i)}, 1+i%3)...))
		}
		if err != nil && errs.ReasonOf(err) != errorsv1.Reason_CONTENT_STATE {
			t.Error(err)
		}
	}
	// More events than one page of a rebuild holds.
	if _, err := repo.Execute(t.Context(), names[0], command(), write(slices.Repeat([]string{"nhiều"}, projectAtOnce+3)...)); err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		act(names[random.IntN(len(names))], i)
	}
	ctx, stop := context.WithCancel(t.Context())
	var writing sync.WaitGroup
	writing.Go(func() {
		for i := 0; i < 300 && ctx.Err() == nil; i++ {
			act(newNote(), i%8)
		}
	})
	defer writing.Wait()
	defer stop()
	recorded := must[[]Event](t)(l.Read(t.Context(), 0, 100_000))
	moments := []time.Time{recorded[0].RecordedAt.Add(-time.Microsecond), recorded[0].RecordedAt, {}}
	for range 25 {
		at := recorded[random.IntN(len(recorded))].RecordedAt
		moments = append(moments, at.Add(time.Duration(random.IntN(3)-1)*time.Microsecond+time.Duration(random.IntN(999))))
	}
	moments = append(moments, must[time.Time](t)(l.Now(t.Context())))
	for _, at := range moments {
		then, err := l.AsOf(t.Context(), at, []Projection{lines()})
		if err != nil {
			t.Fatal(err)
		}
		all := must[[]Event](t)(l.Read(t.Context(), 0, 100_000))
		prefix := slices.DeleteFunc(slices.Clone(all), func(e Event) bool { return e.RecordedAt.After(at) })
		want := foldOf(prefix)
		rows, err := linesIn(then, w)
		if err != nil || !slices.Equal(rows, want.rows) {
			t.Fatalf("as of %v: %v, %d rows, want %d", at, err, len(rows), len(want.rows))
		}
		for _, name := range names {
			stream := must[StreamID](t)(repo.stream(name))
			a, version, err := repo.Load(then, name)
			expected := want.notes[stream]
			if expected == nil {
				expected = &note{}
			}
			if err != nil || version != int64(want.counts[stream]) || !reflect.DeepEqual(a, expected) {
				t.Fatalf("%s as of %v: version %d, want %d; %v", name, at, version, want.counts[stream], err)
			}
			if _, err := repo.LoadAt(then, name, version+1); errs.ReasonOf(err) != errorsv1.Reason_NOT_FOUND {
				t.Fatalf("a later version was there at %v: %v", at, err)
			}
		}
	}
	// The answer for a moment that has passed stays the same.
	last := moments[len(moments)-1]
	then := must[context.Context](t)(l.AsOf(t.Context(), last, []Projection{lines()}))
	first := must[[]string](t)(linesIn(then, w))
	act(names[0], 1)
	again := must[context.Context](t)(l.AsOf(t.Context(), last, []Projection{lines()}))
	if second := must[[]string](t)(linesIn(again, w)); !slices.Equal(first, second) {
		t.Errorf("as of %v there were %d rows and then %d", last, len(first), len(second))
	}
	if n := w.count(t, "SELECT count(*) FROM pg_class WHERE relpersistence = 't'"); n != 0 {
		t.Errorf("%d temporary tables are left", n)
	}
}

// A moment that an append under way may still belong to is answered when that append is there.
func TestAsOfNowWaitsForAppendsUnderWay(t *testing.T) {
	w := database(t)
	l, repo := w.repo(t)
	n := newNote()
	must[Result[note]](t)(repo.Execute(t.Context(), n, command(), write("trước")))
	// The owner appends by hand and does not commit yet.
	tx := must[pgx.Tx](t)(w.owner.Begin(t.Context()))
	stream := must[StreamID](t)(repo.stream(n))
	body := must[[]Event](t)(l.ReadStream(t.Context(), stream, 0))[0].Body
	if _, err := tx.Exec(t.Context(), `SELECT es.append(ARRAY[gen_random_uuid()], ARRAY[''::bytea], ARRAY[$1::uuid], ARRAY[1::bigint], ARRAY[1], ARRAY[1], ARRAY[1],
		ARRAY['test.line_written.v2'], ARRAY[''::bytea], ARRAY[$2::bytea])`, [16]byte(stream), body); err != nil {
		t.Fatal(err)
	}
	at := must[time.Time](t)(l.Now(t.Context()))
	answer := make(chan int64, 1)
	go func() {
		then, err := l.AsOf(t.Context(), at, nil)
		if err != nil {
			t.Error(err)
		}
		_, version, err := repo.Load(then, n)
		if err != nil {
			t.Error(err)
		}
		answer <- version
	}()
	w.blocked(t, 1)
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := <-answer; got != 2 {
		t.Errorf("version %d", got)
	}
	// A moment before a later event waits for nobody.
	release := w.hold(t)
	defer release()
	then, err := l.AsOf(t.Context(), must[[]Event](t)(l.Read(t.Context(), 0, 1))[0].RecordedAt, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, version, err := repo.Load(then, n); err != nil || version != 1 {
		t.Errorf("version %d %v", version, err)
	}
}

func TestAsOfIsBoundedAndNeverReachesACommand(t *testing.T) {
	w := database(t)
	l, repo := w.repo(t)
	n := newNote()
	r := must[Result[note]](t)(repo.Execute(t.Context(), n, command(), write("một")))
	_, err := l.AsOf(t.Context(), must[time.Time](t)(l.Now(t.Context())).Add(time.Minute), nil)
	refused(t, err, errorsv1.Reason_AS_OF_FUTURE)

	before := must[context.Context](t)(l.AsOf(t.Context(), r.Recorded[0].RecordedAt.Add(-time.Hour), []Projection{lines()}))
	repeated := command()
	for range 2 { // first decided, then answered from the record
		if r, err := repo.Execute(before, n, repeated, write("hai")); err != nil || r.Version != 2 || len(r.State.Lines) != 2 {
			t.Fatalf("a command saw the past: %+v %v", r, err)
		}
	}
	if a, version, err := repo.Load(before, n); err != nil || version != 0 || len(a.Lines) != 0 {
		t.Errorf("%+v %d %v", a, version, err)
	}
	if rows, err := linesIn(before, w); err != nil || len(rows) != 0 {
		t.Errorf("%v %v", rows, err)
	}
	err = Query(before, w.pool, "unknown", func(pgx.Tx) error { return nil })
	if _, ok := errors.AsType[missingError](err); !ok {
		t.Errorf("%v", err)
	}
	err = Query(before, w.pool, "lines", func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE es.checkpoint SET position = 0")
		return err
	})
	if !hasCode(err, "25006") {
		t.Errorf("a query wrote: %v", err)
	}
	// Neither the wait for a turn nor the building goes on for ever, and the caller's own patience is not taken for that.
	l.pastWithin = 30 * time.Millisecond
	slow := lines()
	slow.Apply = func(ctx context.Context, tx pgx.Tx, _ []Event) error {
		_, err := tx.Exec(ctx, "SELECT pg_sleep(60)")
		return err
	}
	after := must[context.Context](t)(l.AsOf(t.Context(), must[time.Time](t)(l.Now(t.Context())), []Projection{slow}))
	_, err = linesIn(after, w)
	refused(t, err, errorsv1.Reason_AS_OF_TOO_LONG)
	for range asOfAtOnce {
		l.pasts <- struct{}{}
	}
	_, err = linesIn(before, w)
	refused(t, err, errorsv1.Reason_AS_OF_TOO_LONG)
	l.pastWithin = time.Minute
	impatient, cancel := context.WithTimeout(before, 20*time.Millisecond)
	defer cancel()
	_, err = linesIn(impatient, w)
	refused(t, err, errorsv1.Reason_UNAVAILABLE)
	<-l.pasts
	if rows, err := linesIn(before, w); err != nil || len(rows) != 0 {
		t.Errorf("with a turn: %v %v", rows, err)
	}
}
