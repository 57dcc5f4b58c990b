package bench

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loa-vn/loa/e2e/system"
	"github.com/loa-vn/loa/pkg/id"
)

// What this program serves when it is started as the baseline, a process of its own like the one it is measured beside.
var (
	plainAddress  = flag.String("plain", "", "serve the plain handlers at this address instead of running benchmarks")
	plainDatabase = flag.String("plain.database", "", "content's database, for the plain handlers")
	plainPage     = flag.String("plain.page", "", "a file that holds the answer that the plain page gives, head and body")
)

func TestMain(m *testing.M) {
	flag.Parse()
	if *plainAddress != "" {
		if err := servePlain(context.Background(), *plainAddress, *plainDatabase, *plainPage); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// startPlain starts the baseline, whose page answers what the portal's did, and gives its address.
func startPlain(b *testing.B, database string, page []byte) string {
	b.Helper()
	file := filepath.Join(b.TempDir(), "page")
	if err := os.WriteFile(file, page, 0o600); err != nil {
		b.Fatal(err)
	}
	address := system.FreeAddress(b)
	program, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	command := exec.CommandContext(b.Context(), program, "-plain="+address, "-plain.database="+database, "-plain.page="+file)
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = command.Process.Kill(); _ = command.Wait() })
	system.Eventually(b, 10*time.Second, func() (bool, string) {
		if err := call(b, &http.Client{Timeout: time.Second}, http.MethodGet, "http://"+address+"/page", "", "", nil); err != nil {
			return false, err.Error()
		}
		return true, ""
	})
	return "http://" + address
}

// servePlain is what somebody would write who wants the same bytes and the same rows and nothing else: no identity, no rules, no
// idempotency looked up, no telemetry.
func servePlain(ctx context.Context, address, database, pageFile string) error {
	head, page, err := answerIn(pageFile)
	if err != nil {
		return err
	}
	pool, err := pgxpool.New(ctx, database)
	if err != nil {
		return err
	}
	defer pool.Close()
	if _, err := pool.Exec(ctx, `DROP SCHEMA IF EXISTS plain CASCADE; CREATE SCHEMA plain;
		CREATE TABLE plain.event (LIKE es.event INCLUDING ALL); CREATE TABLE plain.command (LIKE es.command INCLUDING ALL);
		CREATE SEQUENCE plain.position`); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /page", func(w http.ResponseWriter, _ *http.Request) {
		for name := range head {
			w.Header().Set(name, head.Get(name))
		}
		_, _ = w.Write(page)
	})
	mux.HandleFunc("GET /contents/{id}", func(w http.ResponseWriter, r *http.Request) {
		value, err := readContent(r.Context(), pool, r.PathValue("id"))
		answer(w, value, err)
	})
	mux.HandleFunc("POST /contents", func(w http.ResponseWriter, r *http.Request) {
		var text map[string]any
		if err := json.NewDecoder(r.Body).Decode(&text); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer(w, text, writeContent(r.Context(), pool, text))
	})
	server := &http.Server{Addr: address, Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// answerIn reads an answer as it crossed the wire. Its date is the server's own to set.
func answerIn(file string) (http.Header, []byte, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, err
	}
	response, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(raw)), nil)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	response.Header.Del("Date")
	page, err := io.ReadAll(response.Body)
	return response.Header, page, err
}

func answer(w http.ResponseWriter, value any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value)
}

// readContent reads what content's service reads of an item that has no snapshot, by the same statement, and answers with its last event.
func readContent(ctx context.Context, pool *pgxpool.Pool, content string) (any, error) {
	stream, err := id.Parse("content", content)
	if err != nil {
		return nil, err
	}
	rows, err := pool.Query(ctx, `SELECT coalesce(e.position, 0), coalesce(e.version, 0), coalesce(e.command, $1), coalesce(e.type, ''),
		coalesce(e.recorded_at, 'epoch'), e.body, coalesce(s.version, 0), s.program, CASE WHEN e.version IS NULL OR e.version = s.version + 1 THEN s.state END
		FROM (SELECT) one LEFT JOIN es.snapshot s ON s.stream = $1 LEFT JOIN es.event e ON e.stream = $1 AND e.version > coalesce(s.version, 0)
		ORDER BY e.version`, [16]byte(stream))
	if err != nil {
		return nil, err
	}
	var position, version, snapshot int64
	var command [16]byte
	var name string
	var recorded time.Time
	var last, program, state []byte
	if _, err := pgx.ForEachRow(rows, []any{&position, &version, &command, &name, &recorded, &last, &snapshot, &program, &state}, func() error { return nil }); err != nil {
		return nil, err
	}
	var body map[string]any
	return body, json.Unmarshal(last, &body)
}

// writeContent writes the rows that content's service writes for a new item: its plan item looked up, one event, one command.
func writeContent(ctx context.Context, pool *pgxpool.Pool, text map[string]any) error {
	body, err := json.Marshal(text)
	if err != nil {
		return err
	}
	digest := sha256.Sum256(body)
	stream, key := id.NewUUID(time.Now()), id.NewUUID(time.Now())
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		var lead string
		if err := tx.QueryRow(ctx, `SELECT lead FROM content.plan_item WHERE id = $1`, text["planItem"]).Scan(&lead); err != nil {
			return err
		}
		var position int64
		if err := tx.QueryRow(ctx, `INSERT INTO plain.event (position, stream, version, command, type, recorded_at, digest, leaf, body)
			VALUES (nextval('plain.position'), $1, 1, $2, 'content.item_drafted.v1', clock_timestamp(), $3, $3, $4) RETURNING position`,
			[16]byte(stream), [16]byte(key), digest[:], body).Scan(&position); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO plain.command (key, digest, stream, version, position, recorded_at) VALUES ($1, $2, $3, 1, $4, clock_timestamp())`,
			[16]byte(key), digest[:], [16]byte(stream), position)
		return err
	})
}
