package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loa-vn/loa/e2e/system"
)

// proofs: the logs of a running system are sealed; the operator checks them and exports a part; somebody who has nothing but the
// verifier key and files checks the export, an inclusion and a consistency; and what a superuser alters afterwards is named.
func proofs(t *testing.T, s *system.System) {
	key, err := os.ReadFile(filepath.Join(s.Data, "checkpoint.vkey"))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	outsider := func(args ...string) (string, int) {
		out, complaint, code := system.Run(t.Context(), t, "bin/loa", []string{"LOA_CHECKPOINT_VERIFIER=" + strings.TrimSpace(string(key))}, args...)
		return out + complaint, code
	}
	var first struct{ Size, Note string }
	system.Eventually(t, system.Patience, func() (bool, string) {
		status, body := ask(t, s, "/v1/proof/content/checkpoint")
		return status == http.StatusOK && json.Unmarshal(body, &first) == nil && strings.HasPrefix(first.Note, "loa.local/content/1\n"), string(body)
	})
	written := fmt.Sprint(len(s.Events(t, "content")))
	system.Eventually(t, system.Patience, func() (bool, string) {
		status, body := ask(t, s, "/v1/proof/content/consistency?from="+first.Size)
		var answer struct{ To string }
		if err := os.WriteFile(filepath.Join(folder, "consistency.json"), body, 0o600); err != nil {
			t.Fatal(err)
		}
		return status == http.StatusOK && json.Unmarshal(body, &answer) == nil && answer.To == written, string(body)
	})
	status, body := ask(t, s, "/v1/proof/content/events/1.3")
	if status != http.StatusOK || os.WriteFile(filepath.Join(folder, "event.json"), body, 0o600) != nil {
		t.Fatalf("%d %s", status, body)
	}
	mine := filepath.Join(folder, "mine")
	if err := os.WriteFile(mine, []byte(first.Note), 0o600); err != nil {
		t.Fatal(err)
	}

	out, complaint, code := s.Run(t.Context(), "verify", "--checkpoint", mine)
	if code != 0 || strings.Count(out, " events are as they were sealed") != len(system.Services()) {
		t.Errorf("verify ended with %d: %s%s", code, out, complaint)
	}
	segment := filepath.Join(folder, "segment")
	if out, complaint, code := s.Run(t.Context(), "export", "content", "--from", "2", "--to", "9", "-o", segment); code != 0 {
		t.Fatalf("export ended with %d: %s%s", code, out, complaint)
	}
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"verify", "segment", segment}, 0, "content: the events 2 to 9 are as they were sealed"},
		{[]string{"verify", "inclusion", filepath.Join(folder, "event.json")}, 0, "content: position 3, recorded "},
		{[]string{"verify", "consistency", filepath.Join(folder, "consistency.json"), "--old", mine}, 0, "is the beginning of the log of size " + written},
		{[]string{"verify", "segment", changed(t, segment, "\n5\t", "\n6\t")}, 1, "ALTERED at position 5"},
		{[]string{"verify", "inclusion", changed(t, filepath.Join(folder, "event.json"), `"3"`, `"4"`)}, 1, "ALTERED at position 4"},
		{[]string{"verify", "inclusion", segment}, 2, "segment"},
		{[]string{"verify", "segment", filepath.Join(folder, "absent")}, 2, "absent"},
	} {
		if out, code := outsider(c.args...); code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("loa %s ended with %d: %s", strings.Join(c.args, " "), code, out)
		}
	}
	for path, want := range map[string]int{
		"content/events/2.3": http.StatusNotFound, "content/events/1.1000000": http.StatusNotFound, "portal/checkpoint": http.StatusNotFound,
		"content/events/3": http.StatusUnprocessableEntity, "content/consistency?from=1000000": http.StatusConflict,
	} {
		if status, body := ask(t, s, "/v1/proof/"+path); status != want {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}

	owner := s.Owner(t, "content")
	alter(t, func(sql string) error { _, err := owner.Exec(t.Context(), sql); return err })
	out, complaint, code = s.Run(t.Context(), "verify", "content", "planning")
	if code != 1 || !strings.Contains(complaint, "content: ALTERED at position 7") || !strings.Contains(out, "planning: ") {
		t.Errorf("after an alteration verify ended with %d: %s%s", code, out, complaint)
	}
}

// alter is what a superuser can do in one database: an event's type, and everything in its row that follows from it.
func alter(t *testing.T, exec func(sql string) error) {
	t.Helper()
	for _, sql := range []string{
		"SET session_replication_role = replica",
		"UPDATE es.event SET type = 'content.item_approved.v1' WHERE position = 7",
		`UPDATE es.event SET digest = sha256(int4send(octet_length(type)) || convert_to(type, 'UTF8') || uuid_send(stream) || int8send(version) ||
			uuid_send(command) || body) WHERE position = 7`,
		`UPDATE es.event SET leaf = sha256('\x00'::bytea || int8send(position) || int8send((extract(epoch FROM recorded_at) * 1000000)::bigint) || digest)
			WHERE position = 7`,
	} {
		if err := exec(sql); err != nil {
			t.Fatal(err)
		}
	}
}

// ask asks as nobody.
func ask(t *testing.T, s *system.System, path string) (int, []byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), system.Patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.API+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := (&http.Client{}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, body
}

// changed is a copy of a file with its first such text replaced.
func changed(t *testing.T, file, from, to string) string {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(raw), from) {
		t.Fatalf("%s has no %s: %v", file, from, err)
	}
	path := filepath.Join(t.TempDir(), "changed")
	if err := os.WriteFile(path, []byte(strings.Replace(string(raw), from, to, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
