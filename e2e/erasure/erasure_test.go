package erasure

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loa-vn/loa/e2e/system"
	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/personal"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// A citizen tells Loa something and is erased. Before, only Loa reads it; afterwards nobody does, and everything else is as it was.
func TestErasure(t *testing.T) {
	h := newHouse(t)
	lan := story{"Đặng Thị Thuỳ Dương", "+84 912 777 333 555", "Đèn đường ngõ 12 hỏng từ tháng trước, gọi nhiều lần không ai sửa. " + strings.Repeat("Mong được trả lời. ", 300)}
	minh := story{"Lường Văn Khoái", "+84 987 111 222 444", "Xin cảm ơn anh chị ở bộ phận một cửa."}
	corrected := "+84 933 000 999 888"
	secrets := []string{lan.name, lan.phone, corrected, "Đèn đường ngõ 12", "Mong được trả lời.", minh.name, minh.phone, "bộ phận một cửa"}
	control := "control-" + strings.ToLower(rand.Text())

	lanEntry, lanID, err := h.write(t.Context(), "lan", control, lan)
	if err != nil {
		t.Fatal(err)
	}
	// A repeat is the same command, though it sealed anew.
	if again, p, err := h.write(t.Context(), "lan", control, lan); err != nil || again != lanEntry || p != lanID {
		t.Fatalf("a repeat: %s of %s, %v", again, p, err)
	}
	if _, _, err := h.write(t.Context(), "lan", control, minh); errs.ReasonOf(err) != errorsv1.Reason_IDEMPOTENCY_KEY_REUSED {
		t.Errorf("another text under the same key: %v", err)
	}
	minhEntry, _, err := h.write(t.Context(), "minh", control, minh)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.correct(t.Context(), "lan's phone", lanEntry, lanID, control, corrected); err != nil {
		t.Fatal(err)
	}
	lan.phone = corrected
	h.settle(t, 3, 2)
	workflows := []string{"entry-" + lanEntry, "entry-" + minhEntry}

	// Before: its readers read it, and it stands nowhere.
	h.reads(t, h.ring, lanEntry, lan)
	h.reads(t, h.fresh(h.host), minhEntry, minh)
	h.export(t, "before", workflows...)
	sealed := h.seal(t, 3)
	h.nowhere(t, "before the erasure", control, secrets)
	wrapped := h.wrapped(t, lanID)
	if n := h.holding(t, wrapped); n == 0 {
		t.Fatal("the wrapped key is not in PostgreSQL's files, so that it is missing later proves nothing")
	}
	before := h.state(t)

	t.Run("with the key service killed nothing is written or read, and nothing half", func(t *testing.T) {
		h.killKeys()
		events, commands := h.count(t, "es.event"), h.count(t, "es.command")
		for what, attempt := range map[string]func() error{
			"a new person": func() error { _, _, err := h.write(t.Context(), "somebody", control, minh); return err },
			"a reader":     func() error { _, err := h.read(t.Context(), h.fresh(h.host), lanEntry); return err },
		} {
			if err := attempt(); errs.ReasonOf(err) != errorsv1.Reason_UNAVAILABLE {
				t.Errorf("%s: %v", what, err)
			}
		}
		if e, c := h.count(t, "es.event"), h.count(t, "es.command"); e != events || c != commands {
			t.Errorf("%d events and %d commands, before %d and %d", e, c, events, commands)
		}
	})

	// Erasing needs no service.
	told := h.loa(t, "erase", string(lanID), "--reason", "HS-17/2026", "--by", "van.hanh")
	for _, said := range []string{string(lanID) + " erased at ", "the table of keys was written anew", "the write-ahead log was begun anew"} {
		if !strings.Contains(told, said) {
			t.Errorf("loa erase does not say %q:\n%s", said, told)
		}
	}
	h.startKeys(t)
	system.Eventually(t, system.Patience, func() (bool, string) {
		_, err := h.read(t.Context(), h.fresh(h.host), minhEntry)
		return err == nil, fmt.Sprint(err)
	})

	// After: a process that holds the key still reads for the key's life, and no longer; everybody else reads nothing at once.
	gone := story{"[đã xoá]", "[đã xoá]", "[đã xoá]"}
	h.reads(t, h.fresh(h.host), lanEntry, gone)
	h.later.Add(int64(personal.KeyLife))
	h.reads(t, h.ring, lanEntry, gone)
	h.reads(t, h.ring, minhEntry, minh)

	t.Run("a late writer", func(t *testing.T) {
		events := h.count(t, "es.event")
		if err := h.correct(t.Context(), "late", lanEntry, lanID, control, corrected); errs.ReasonOf(err) != errorsv1.Reason_PERSON_ERASED {
			t.Errorf("a correction: %v", err)
		}
		if _, _, err := h.write(t.Context(), "lan", control, lan); errs.ReasonOf(err) != errorsv1.Reason_PERSON_ERASED {
			t.Errorf("a repeat of the first command: %v", err)
		}
		if n := h.count(t, "es.event"); n != events {
			t.Errorf("%d events, before %d", n, events)
		}
		if again := h.loa(t, "erase", string(lanID), "--reason", "again"); !strings.Contains(again, "was erased before") {
			t.Errorf("erased again: %s", again)
		}
	})

	if list := h.loa(t, "keys", "erased"); !strings.Contains(list, string(lanID)+"\t") || !strings.Contains(list, "\tvan.hanh\tHS-17/2026\n") {
		t.Errorf("the list of the erased: %s", list)
	}

	// The log was not touched: it is what was signed before the erasure, and a read model built anew equals the one that lived.
	sealed.proves(t)
	if after := h.state(t); after != before {
		t.Errorf("log or read model changed:\n%s\nbefore:\n%s", after, before)
	}
	h.replay(t)
	if rebuilt := h.state(t); rebuilt != before {
		t.Errorf("a replay gives another read model:\n%s\nbefore:\n%s", rebuilt, before)
	}
	if a, version, err := h.repo.Load(t.Context(), lanEntry); err != nil || version != 2 || a.Person != string(lanID) {
		t.Errorf("the aggregate: %+v at %d, %v", a, version, err)
	}

	// A superuser with the envelope key finds no key to unwrap, and nobody a text.
	if n := h.holding(t, wrapped); n != 0 {
		t.Errorf("%d of PostgreSQL's files still hold the wrapped key", n)
	}
	h.reads(t, h.fresh(h.host), lanEntry, gone)
	h.export(t, "after", workflows...)
	h.nowhere(t, "after the erasure", control, secrets)
}

// settle waits until the read model, the reader and the workflows have seen everything.
func (h *house) settle(t *testing.T, events, published int) {
	t.Helper()
	if err := h.host.Log.WaitFor(t.Context(), "entries", int64(events)); err != nil {
		t.Fatal(err)
	}
	other := h.owner(t, "reader")
	engine, err := h.host.Temporal()
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	system.Eventually(t, system.Patience, func() (bool, string) {
		rows, err := other.Query(t.Context(), `SELECT entry FROM reader.seen`)
		if err == nil {
			seen, err = pgx.CollectRows(rows, pgx.RowTo[string])
		}
		return err == nil && len(seen) == published, fmt.Sprintf("%d entries have reached the reader: %v", len(seen), err)
	})
	for _, entry := range seen {
		var told string
		if err := engine.GetWorkflow(t.Context(), "entry-"+entry, "").Get(t.Context(), &told); err != nil || !strings.HasPrefix(told, entry) {
			t.Fatalf("the workflow of %s: %q, %v", entry, told, err)
		}
	}
}

func (h *house) reads(t *testing.T, ring *personal.Ring, entryID string, want story) {
	t.Helper()
	if got, err := h.read(t.Context(), ring, entryID); err != nil || got != want {
		t.Errorf("read %+v, %v; want %+v", got, err, want)
	}
}

// nowhere looks for every secret in every place, and for the control, which must be in each.
func (h *house) nowhere(t *testing.T, when, control string, secrets []string) {
	t.Helper()
	if _, err := h.owner(t, "keys").Exec(t.Context(), "CHECKPOINT"); err != nil {
		t.Fatal(err)
	}
	for place, folder := range h.places {
		marker := control
		if place == "spans" {
			marker = "loa.aggregate" // an attribute of the span of every append
		}
		controlled := false
		hits, files := search(t, folder, append([]string{marker}, secrets...)...)
		for _, hit := range hits {
			if hit.text == marker {
				controlled = true
				continue
			}
			t.Errorf("%s: %q stands in %s: in %s as %s", when, hit.text, place, hit.file, hit.form)
		}
		if !controlled {
			t.Errorf("%s: the control is not in the %d files of %s, so the search there proves nothing", when, files, place)
		}
	}
	// In PostgreSQL the control has to be in the tables and in the write-ahead log.
	for _, part := range []string{"base", "pg_wal"} {
		if hits, _ := search(t, h.postgres+"/"+part, control); len(hits) == 0 && (part == "base" || when == "before the erasure") {
			t.Errorf("%s: the control is not in %s", when, part)
		}
	}
}

// wrapped is the row's key as it stands in the database.
func (h *house) wrapped(t *testing.T, p personal.Person) (wrapped []byte) {
	t.Helper()
	if err := h.owner(t, "keys").QueryRow(t.Context(), `SELECT wrapped FROM keys.person WHERE person = $1`, string(p)).Scan(&wrapped); err != nil {
		t.Fatal(err)
	}
	return wrapped
}

// holding counts PostgreSQL's files that hold any eight bytes in a row of a wrapped key, as bytes or in hex.
func (h *house) holding(t *testing.T, wrapped []byte) (n int) {
	t.Helper()
	everyFile(t, h.places["PostgreSQL"], func(_ string, content []byte) {
		for i := 0; i+8 <= len(wrapped); i += 8 {
			part := wrapped[i : i+8]
			if bytes.Contains(content, part) || bytes.Contains(content, []byte(hex.EncodeToString(part))) {
				n++
				return
			}
		}
	})
	return n
}

func (h *house) count(t *testing.T, table string) (n int) {
	t.Helper()
	if err := h.owner(t, "diary").QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// state is the log's bytes and the read model's rows.
func (h *house) state(t *testing.T) string {
	t.Helper()
	var log, model string
	err := h.owner(t, "diary").QueryRow(t.Context(), `SELECT string_agg(format('%s %s %s %s', position, encode(digest, 'hex'), encode(leaf, 'hex'), encode(body, 'hex')), E'\n' ORDER BY position) FROM es.event`).Scan(&log)
	if err != nil {
		t.Fatal(err)
	}
	err = es.Query(t.Context(), h.host.Pool, "entries", func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT string_agg(entry::text, E'\n' ORDER BY id) FROM entry`).Scan(&model)
	})
	if err != nil {
		t.Fatal(err)
	}
	return log + "\n" + model
}

// replay builds the read model anew, as `loa replay` does.
func (h *house) replay(t *testing.T) {
	t.Helper()
	dsn, err := app.OwnerURL(h.config, app.Module{Name: "diary"})
	if err != nil {
		t.Fatal(err)
	}
	pool, err := pgxpool.New(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	live := func() (n int) {
		if err := pool.QueryRow(context.WithoutCancel(t.Context()), `SELECT live FROM es.projection WHERE name = 'entries'`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := live()
	if err := es.Replay(t.Context(), pool, catalogue(), entries()); err != nil {
		t.Fatal(err)
	}
	if live() != before+1 {
		t.Error("nothing was replayed")
	}
}
