package proof

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/note"
)

// copyOf copies the place as it is now.
func (w *world) copyOf(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(folder, os.DirFS(w.folder)); err != nil {
		t.Fatal(err)
	}
	return folder
}

func (w *world) replaceBy(t *testing.T, folder string) {
	t.Helper()
	if err := errors.Join(os.RemoveAll(w.folder), os.CopyFS(w.folder, os.DirFS(folder))); err != nil {
		t.Fatal(err)
	}
}

func TestARolledBackPlaceIsSeen(t *testing.T) {
	w := newWorld(t)
	w.write(t, 100)
	w.seal(t)
	before := w.copyOf(t)
	w.write(t, 300)
	newer := w.seal(t)
	w.replaceBy(t, before)
	if position, altered := AlteredAt(w.sealing(t)); !altered || position != 0 {
		t.Errorf("the sealer named %d", position)
	}
	if _, err := w.verify(t); !isAltered(err) || !strings.Contains(err.Error(), "rolled back") {
		t.Errorf("%v", err)
	}
	// With the database's notes gone too only a copy held elsewhere tells.
	w.asSuperuser(t, func(tx pgx.Tx) {
		if _, err := tx.Exec(t.Context(), `DELETE FROM proof.checkpoint`); err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), `DELETE FROM es.event WHERE position > 200`); err != nil {
			t.Fatal(err)
		}
	})
	if r, err := w.verify(t); err != nil || r.Covered.Size != 100 || r.Last != 200 {
		t.Errorf("%+v %v", r, err)
	}
	_, err := Verify(t.Context(), w.pool, "test", w.signer.Verifier(), w.place, []Checkpoint{newer})
	if position, altered := AlteredAt(err); !altered || position != 201 {
		t.Errorf("%v", err)
	}
}

func isAltered(err error) bool { _, altered := AlteredAt(err); return altered }

func TestAPlaceEmptiedIsSeen(t *testing.T) {
	w := newWorld(t)
	w.write(t, 10)
	w.seal(t)
	w.replaceBy(t, t.TempDir())
	if err := w.sealing(t); !isAltered(err) {
		t.Errorf("the sealer: %v", err)
	}
	if _, err := w.verify(t); !isAltered(err) {
		t.Errorf("%v", err)
	}
}

func TestAForgedCheckpointIsSeen(t *testing.T) {
	w := newWorld(t)
	w.write(t, 10)
	c := w.seal(t)
	other := newWorld(t)
	private, _, err := NewKey("loa.example")
	if err != nil {
		t.Fatal(err)
	}
	if other.signer, err = NewSigner(private); err != nil {
		t.Fatal(err)
	}
	forged, err := other.signer.sign(c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.signer.Verifier().Open(forged.Note); err == nil {
		t.Error("another key of the same name")
	}
	// One byte of the text, under the signature of the right key.
	if _, err := w.signer.Verifier().Open([]byte(strings.Replace(string(c.Note), "/1\n10\n", "/1\n11\n", 1))); err == nil {
		t.Error("another size")
	}
	var unsigned *note.UnverifiedNoteError
	if _, err := w.signer.Verifier().Open(forged.Note); !errors.As(err, &unsigned) {
		t.Errorf("%v", err)
	}
	path := filepath.Join(w.folder, filepath.FromSlash(noteKey("test", 1, 10)))
	if err := os.WriteFile(path, forged.Note, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := w.verify(t); !isAltered(err) || !strings.Contains(err.Error(), "not signed by loa.example") {
		t.Errorf("%v", err)
	}
	if err := w.sealing(t); !isAltered(err) {
		t.Errorf("the sealer: %v", err)
	}
}

// A key is changed by signing with another of the same name, while what the old one signed is still opened.
func TestAKeyIsChanged(t *testing.T) {
	w := newWorld(t)
	w.write(t, 10)
	w.seal(t)
	old := w.signer
	private, public, err := NewKey("loa.example")
	if err != nil {
		t.Fatal(err)
	}
	if w.signer, err = NewSigner(private); err != nil {
		t.Fatal(err)
	}
	if err := w.sealing(t); !isAltered(err) {
		t.Errorf("without the old key: %v", err)
	}
	both, err := NewVerifier(public, old.Verifier().String())
	if err != nil {
		t.Fatal(err)
	}
	w.signer.verifier = both
	w.write(t, 10)
	if c := w.seal(t); c.Size != 20 {
		t.Errorf("sealed %d", c.Size)
	}
	if r, err := w.verify(t); err != nil || r.Covered.Size != 20 {
		t.Errorf("%+v %v", r, err)
	}
	if _, err := NewVerifier(public, "loa.other"+public[len("loa.example"):]); err == nil {
		t.Error("keys of different names")
	}
}

// A tile that was altered outside is not believed, and it is the tile that is named and not the log.
func TestAnAlteredTileIsSeen(t *testing.T) {
	w := newWorld(t)
	w.write(t, 300)
	w.seal(t)
	err := filepath.WalkDir(w.folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(filepath.ToSlash(path), "tile/0/000") {
			raw, _ := os.ReadFile(path)
			raw[70] ^= 1
			return os.WriteFile(path, raw, 0o600)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.verify(t); !isAltered(err) || !strings.Contains(err.Error(), "tiles of test/1/") {
		t.Errorf("%v", err)
	}
}

// Whoever seals the same log again writes the same bytes.
func TestSealingAgainWritesTheSame(t *testing.T) {
	w := newWorld(t)
	w.write(t, 300)
	first := w.seal(t)
	w.asSuperuser(t, func(tx pgx.Tx) {
		if _, err := tx.Exec(t.Context(), `DELETE FROM proof.node; DELETE FROM proof.checkpoint`, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatal(err)
		}
	})
	w.folder = t.TempDir()
	w.place = w.open(t, w.folder)
	if second := w.seal(t); string(first.Note) != string(second.Note) {
		t.Errorf("%s\n%s", first.Note, second.Note)
	}
}

// Two sealers on one log and one place, one of them started and stopped over and over.
func TestSealersThatComeAndGo(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, w.deps(t)) }()
	for range 8 {
		w.write(t, 40)
		turn, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- Run(turn, w.deps(t)) }()
		w.write(t, 40)
		stop()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if c := w.seal(t); c.Size != 640 {
		t.Errorf("sealed %d", c.Size)
	}
	if r, err := w.verify(t); err != nil || r.Covered.Size != 640 {
		t.Errorf("%+v %v", r, err)
	}
}
