package es

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// folded is the note as all its events make it.
func folded(t *testing.T, l *Log, repo *Repo[note, *note], name string) (*note, int64) {
	t.Helper()
	stream := must[StreamID](t)(repo.stream(name))
	events := must[[]Event](t)(l.ReadStream(t.Context(), stream, 0))
	a := &note{}
	for _, e := range events {
		a.Apply(e)
	}
	return a, int64(len(events))
}

func (w *workbench) snapshotOf(t *testing.T) int {
	t.Helper()
	return w.count(t, "SELECT coalesce(max(version), 0) FROM es.snapshot")
}

// However an aggregate grows, and whichever process loads it, it is the fold of all its events; a load reads few of them.
func TestLoadFromASnapshotIsTheWholeFold(t *testing.T) {
	w := database(t)
	l, repo := w.repo(t)
	second, far := w.other(t)
	random := rand.New(rand.NewPCG(3, uint64(time.Now().UnixNano())))
	n := newNote()
	for i := range 12 {
		count := 1 + random.IntN(snapshotEvery-100)
		r := must[Result[note]](t)(repo.Execute(t.Context(), n, command(), write(slices.Repeat([]string{fmt.Sprint("dòng ", i)}, count)...)))
		for at, by := range map[*Log]*Repo[note, *note]{l: repo, second: far} {
			want, version := folded(t, at, by, n)
			a, v, err := by.Load(t.Context(), n)
			if err != nil || v != version || !reflect.DeepEqual(a, want) {
				t.Fatalf("after %d events: version %d, want %d; %v", r.Version, v, version, err)
			}
		}
	}
	_, version := folded(t, l, repo, n)
	eventually(t, "a snapshot is kept", func() bool {
		if _, _, err := repo.Load(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		return int(version)-w.snapshotOf(t) < snapshotEvery
	})
	// Its events before the snapshot are not read: here they cannot be.
	w.exec(t, "ALTER TABLE es.event DISABLE TRIGGER append_only")
	w.exec(t, "UPDATE es.event SET body = 'unreadable' WHERE version <= (SELECT version FROM es.snapshot)")
	if a, v, err := far.Load(t.Context(), n); err != nil || v != version || len(a.Lines) != int(version) {
		t.Errorf("version %d, %v", v, err)
	}
	r, err := repo.Execute(t.Context(), n, command(), write("một dòng nữa"))
	if err != nil || r.Version != version+1 || len(r.State.Lines) != int(version)+1 {
		t.Errorf("a command: %+v %v", r.Version, err)
	}
}

// A snapshot that another program wrote, or that cannot be read, is as good as none.
func TestSnapshotsOfAnotherProgramAreNotUsed(t *testing.T) {
	w := database(t)
	l, repo := w.repo(t)
	n := newNote()
	key := command()
	must[Result[note]](t)(repo.Execute(t.Context(), n, command(), write("đầu")))
	must[Result[note]](t)(repo.Execute(t.Context(), n, key, write(slices.Repeat([]string{"dòng"}, snapshotEvery)...)))
	keep := func() {
		t.Helper()
		eventually(t, "a snapshot is kept", func() bool {
			if _, _, err := repo.Load(t.Context(), n); err != nil {
				t.Fatal(err)
			}
			return w.count(t, "SELECT count(*) FROM es.snapshot") == 1
		})
	}
	keep()
	want, version := folded(t, l, repo, n)
	for what, sql := range map[string]string{
		"another program's":       `UPDATE es.snapshot SET program = 'another', state = '{"Lines":["giả"]}'`,
		"one that is broken":      `UPDATE es.snapshot SET state = '{'`,
		"one beyond what is lost": `UPDATE es.snapshot SET version = 1, state = '{"Lines":["giả"]}', program = ''`,
	} {
		w.exec(t, sql)
		if a, v, err := repo.Load(t.Context(), n); err != nil || v != version || !reflect.DeepEqual(a, want) {
			t.Errorf("with %s snapshot: version %d, %v", what, v, err)
		}
		if r, err := repo.Execute(t.Context(), n, key, write("lại")); err != nil || !r.Repeated || r.Version != version || r.Events != snapshotEvery {
			t.Errorf("with %s snapshot a repeat: %+v %v", what, r.Version, err)
		}
		w.exec(t, "DELETE FROM es.snapshot")
		keep()
	}
	// Another prefix, another type: not theirs.
	other := NewRepo[note](l, "letter")
	if _, _, err := other.Load(t.Context(), strings.Replace(n, "note_", "letter_", 1)); err == nil {
		t.Error("a note was loaded as a letter")
	}
}

// secretive has a field that JSON does not carry.
type secretive struct {
	Lines int
	inner int
}

func (s *secretive) Apply(Event) { s.Lines, s.inner = s.Lines+1, s.inner+1 }

func TestStateThatJSONDoesNotCarryGetsNoSnapshot(t *testing.T) {
	w := database(t)
	l, repo := w.repo(t)
	n := newNote()
	must[Result[note]](t)(repo.Execute(t.Context(), n, command(), write(slices.Repeat([]string{"dòng"}, snapshotEvery)...)))
	hidden := NewRepo[secretive](l, "note")
	for range 3 {
		a, version, err := hidden.Load(t.Context(), n)
		if err != nil || version != snapshotEvery || a.inner != snapshotEvery {
			t.Fatalf("%+v %d %v", a, version, err)
		}
	}
	if !w.log.has("WARN aggregates of this kind get no snapshots", "prefix=note") || w.snapshotOf(t) != 0 {
		t.Errorf("%v", w.log.kept)
	}
}
