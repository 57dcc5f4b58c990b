package keys

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	keysv1 "github.com/loa-vn/loa/proto/gen/loa/keys/v1"
)

// table reads the table's file from the disk.
func (h *house) table(t *testing.T) []byte {
	t.Helper()
	var folder, file string
	if err := h.owner.QueryRow(t.Context(), `SELECT current_setting('data_directory'), pg_relation_filepath('keys.person')`).Scan(&folder, &file); err != nil {
		t.Fatal(err)
	}
	if _, err := h.owner.Exec(t.Context(), "CHECKPOINT"); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(folder, file))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// A deleted key's bytes stay in the table's file, after a plain VACUUM too, until the table is written anew.
func TestScrubTakesADeletedKeyOutOfTheFile(t *testing.T) {
	h := newHouse(t)
	p, other := somebody(), somebody()
	wrapped := map[string][]byte{}
	for _, who := range []string{string(p), string(other)} {
		if _, err := h.client(t, "feedback").MakeKey(t.Context(), &keysv1.MakeKeyRequest{Person: who}); err != nil {
			t.Fatal(err)
		}
		var w []byte
		if err := h.owner.QueryRow(t.Context(), `SELECT wrapped FROM keys.person WHERE person = $1`, who).Scan(&w); err != nil {
			t.Fatal(err)
		}
		wrapped[who] = w
	}
	h.erase(t, p)
	if _, err := h.owner.Exec(t.Context(), "VACUUM keys.person"); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(h.table(t), wrapped[string(p)]) {
		t.Fatal("the key is gone already, so its absence later proves nothing")
	}
	if log, err := Scrub(t.Context(), h.owner); log != nil || err != nil {
		t.Fatal(log, err)
	}
	after := h.table(t)
	if bytes.Contains(after, wrapped[string(p)]) || !bytes.Contains(after, wrapped[string(other)]) {
		t.Error("the deleted key is in the file still, or another is not")
	}
}

// VACUUM keeps what a transaction can still see, so such a one is waited for, and named when it does not end.
func TestScrubWaitsForOlderTransactions(t *testing.T) {
	h := newHouse(t)
	p := somebody()
	if _, err := h.client(t, "feedback").MakeKey(t.Context(), &keysv1.MakeKeyRequest{Person: string(p)}); err != nil {
		t.Fatal(err)
	}
	reader, err := pgx.ConnectConfig(t.Context(), h.owner.Config())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close(context.WithoutCancel(t.Context())) }()
	for _, sql := range []string{"BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT count(*) FROM keys.person"} {
		if _, err := reader.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	h.erase(t, p)
	short, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if _, err := Scrub(short, h.owner); err == nil || !strings.Contains(err.Error(), "can still see") {
		t.Errorf("scrubbed beside an older transaction: %v", err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := reader.Exec(t.Context(), "COMMIT")
		done <- err
	}()
	owner, err := pgx.ConnectConfig(t.Context(), h.owner.Config()) // the other one was used with a deadline
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = owner.Close(context.WithoutCancel(t.Context())) }()
	if _, err := Scrub(t.Context(), owner); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
