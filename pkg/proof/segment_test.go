package proof

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/pkg/es"
)

func timeOf(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

func (w *world) export(t *testing.T, from, to int64) string {
	t.Helper()
	var out bytes.Buffer
	if _, err := Export(t.Context(), w.pool, "test", w.signer.Verifier(), from, to, &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func (w *world) segment(t *testing.T, text string, place *Place) (Report, error) {
	t.Helper()
	return VerifySegment(t.Context(), strings.NewReader(text), w.signer.Verifier(), place)
}

// A segment is proven by the verifier key alone, whatever part of the log it is.
func TestASegmentIsProvenAlone(t *testing.T) {
	w := newWorld(t)
	w.write(t, 700)
	w.seal(t)
	for _, part := range [][2]int64{{1, 700}, {1, 0}, {1, 1}, {700, 700}, {2, 699}, {256, 257}, {257, 512}, {100, 600}} {
		r, err := w.segment(t, w.export(t, part[0], part[1]), nil)
		if err != nil || r.First != part[0] || part[1] > 0 && r.Last != part[1] || r.Covered.Size != 700 {
			t.Errorf("%v: %+v %v", part, r, err)
		}
	}
	if _, err := Export(t.Context(), w.pool, "test", w.signer.Verifier(), 1, 701, &bytes.Buffer{}); !errors.Is(err, ErrNotSealed) {
		t.Errorf("beyond the checkpoint: %v", err)
	}
	if _, err := Export(t.Context(), w.pool, "test", w.signer.Verifier(), 5, 4, &bytes.Buffer{}); err == nil {
		t.Error("from after to")
	}
}

func TestAnAlteredSegmentIsCaught(t *testing.T) {
	w := newWorld(t)
	w.write(t, 500)
	w.seal(t)
	whole := w.export(t, 101, 400)
	lines := strings.SplitAfter(whole, "\n")
	altered := func(change func(r *es.Record), at int, agree bool) string {
		t.Helper()
		h := &hashed{}
		h.Body = []byte(strings.TrimSuffix(lines[at], "\n"))
		if parseLine(h); h.broken != nil {
			t.Fatal(h.broken)
		}
		change(&h.Record)
		if agree { // with itself
			h.hash()
			h.Record.Digest, h.Record.Leaf = h.digest, h.leaf
		}
		changed := append([]string{}, lines...)
		changed[at] = string(appendLine(nil, &h.Record))
		return strings.Join(changed, "")
	}
	body := func(r *es.Record) { r.Body = []byte("{}") }
	for name, c := range map[string]struct {
		text         string
		alone, tiles int64
	}{
		"a body":                           {altered(body, 50, false), 150, 150},
		"a body that agrees with itself":   {altered(body, 50, true), 0, 150},
		"a type that agrees with itself":   {altered(func(r *es.Record) { r.Type = "x" }, 1, true), 0, 101},
		"a time that agrees with itself":   {altered(func(r *es.Record) { r.RecordedAt = timeOf(1e15) }, 300, true), 400, 400},
		"a line of another form":           {strings.Join(append(append([]string{}, lines[:9]...), append([]string{"x\n"}, lines[10:]...)...), ""), 109, 109},
		"a line left out":                  {strings.Join(append(append([]string{}, lines[:9]...), lines[10:]...), ""), 109, 109},
		"the end left out":                 {strings.Join(lines[:200], ""), 300, 300},
		"another segment's end":            {whole + lines[5], 401, 401},
		"a checkpoint of another size":     {strings.Replace(whole, `\n500\n`, `\n501\n`, 1), 0, 0},
		"another beginning than its lines": {strings.Replace(whole, `"from":101`, `"from":100`, 1), 100, 100},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.segment(t, c.text, nil)
			if position, is := AlteredAt(err); !is || position != c.alone {
				t.Errorf("alone: named %d: %v", position, err)
			}
			_, err = w.segment(t, c.text, w.place)
			if position, is := AlteredAt(err); !is || position != c.tiles {
				t.Errorf("with the tiles: named %d: %v", position, err)
			}
		})
	}
	if _, err := w.segment(t, "", nil); err == nil {
		t.Error("nothing")
	}
	if _, err := w.segment(t, "{}\n", nil); err == nil || isAltered(err) {
		t.Errorf("another form: %v", err)
	}
}

// An export of an altered log does not pass either.
func TestAnExportOfAnAlteredLogIsCaught(t *testing.T) {
	w := newWorld(t)
	w.write(t, 300)
	w.seal(t)
	w.asSuperuser(t, func(tx pgx.Tx) {
		if _, err := tx.Exec(t.Context(), `UPDATE es.event SET body = '{}' WHERE position = 33`); err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), "UPDATE es.event SET digest = "+digestInSQL); err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), "UPDATE es.event SET leaf = "+leafInSQL); err != nil {
			t.Fatal(err)
		}
	})
	_, err := w.segment(t, w.export(t, 20, 40), w.place)
	if position, is := AlteredAt(err); !is || position != 33 {
		t.Errorf("named %d: %v", position, err)
	}
}
