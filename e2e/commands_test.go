package e2e

import (
	"strings"
	"testing"

	"github.com/loa-vn/loa/e2e/journey"
	"github.com/loa-vn/loa/e2e/system"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
)

// commands: what the operator's commands print beside a running system, and how they end: 0 done, 1 failed, 2 wrong usage or
// configuration.
func commands(t *testing.T, j *journey.Journey) {
	s := j.System
	t.Run("modules", func(t *testing.T) {
		for _, program := range []string{"bin/loa", "bin/loa-local"} {
			out, complaint, code := system.Run(t.Context(), t, program, nil, "modules")
			if code != 0 || out != "keys\nplanning\ncontent\napprovals\ndistribution\nreporting\nportal\nworker\ngateway\n" {
				t.Errorf("%s modules: %d %s%s", program, code, out, complaint)
			}
		}
	})
	t.Run("version", func(t *testing.T) {
		out, complaint, code := s.Run(t.Context(), "version")
		if code != 0 || len(strings.Fields(out)) != 1 {
			t.Errorf("%d %q %s", code, out, complaint)
		}
	})
	t.Run("config hides secrets", func(t *testing.T) {
		const secret = "khong-duoc-in-ra"
		digest := strings.Repeat("ab", 32)
		out, complaint, code := system.Run(t.Context(), t, "bin/loa", []string{
			"LOA_POSTGRES_URL=postgres://owner:" + secret + "@127.0.0.1/postgres", "LOA_DATABASES=content=postgres://loa_content:" + secret + "@127.0.0.1/loa_content",
			"LOA_OIDC_CLIENT_SECRETS=worker=" + secret, "LOA_DIGEST_KEY=" + digest, "LOA_HTTP_ADDR=127.0.0.1:8099",
			"LOA_ENVELOPE_KEY=2026=" + digest,
		}, "config", "--print")
		if code != 0 || strings.Contains(out, secret) || strings.Contains(out, digest) {
			t.Errorf("%d %s%s", code, out, complaint)
		}
		for _, line := range []string{"LOA_HTTP_ADDR=127.0.0.1:8099\n", "LOA_TARGET=all\n", "LOA_OIDC_CLIENT_SECRETS=worker=********\n", "LOA_ENVELOPE_KEY=2026=********\n"} {
			if !strings.Contains(out, line) {
				t.Errorf("config --print lacks %q: %s", line, out)
			}
		}
	})
	t.Run("a secret that cannot be read is not repeated", func(t *testing.T) {
		const secret = "khong-duoc-in-ra"
		for _, setting := range []string{"LOA_ENVELOPE_KEY=2026=" + secret, "LOA_DATABASES=" + secret} {
			out, complaint, code := system.Run(t.Context(), t, "bin/loa", []string{setting}, "modules")
			name, _, _ := strings.Cut(setting, "=")
			if code != 2 || strings.Contains(out+complaint, secret) || !strings.Contains(complaint, name) {
				t.Errorf("%d %s%s", code, out, complaint)
			}
		}
	})
	t.Run("erase", func(t *testing.T) {
		const nobody = "person_01k8z9v6w5qj3c7n2m4x8r1t0a"
		out, complaint, code := s.Run(t.Context(), "erase", nobody, "--reason", "HS-1")
		if code != 1 || !strings.Contains(complaint, "no key was ever made") {
			t.Errorf("somebody unknown: %d %s%s", code, out, complaint)
		}
		out, complaint, code = s.Run(t.Context(), "erase", nobody, "--reason", "HS-1", "--unseen")
		if code != 0 || !strings.HasPrefix(out, nobody+" erased at ") {
			t.Errorf("%d %s%s", code, out, complaint)
		}
		out, complaint, code = s.Run(t.Context(), "keys", "erased")
		if code != 0 || !strings.HasPrefix(out, nobody+"\t") || !strings.HasSuffix(out, "\tHS-1\n") {
			t.Errorf("%d %s%s", code, out, complaint)
		}
		if out, complaint, code := s.Run(t.Context(), "erase", "0912345678", "--reason", "HS-1"); code != 2 {
			t.Errorf("a number for an id: %d %s%s", code, out, complaint)
		}
		if out, complaint, code := s.Run(t.Context(), "keys", "rewrap"); code != 0 || !strings.HasPrefix(out, "0 keys wrapped anew by local\n") {
			t.Errorf("%d %s%s", code, out, complaint)
		}
	})
	t.Run("topics", func(t *testing.T) {
		out, complaint, code := s.Run(t.Context(), "topics")
		if code != 0 || strings.Count(out, " 4 partitions\n") != 5 || !strings.Contains(out, "loa.content.events.v1 ") {
			t.Errorf("%d %s%s", code, out, complaint)
		}
	})
	t.Run("replay", func(t *testing.T) {
		list := func() string {
			page := &contentv1.ListContentsResponse{}
			s.Client(t).Must(system.Request{As: "cv.stttt", Method: "GET", Path: "/v1/contents?pageSize=200"}, page)
			var all []string
			for _, c := range page.GetContents() {
				all = append(all, c.GetId()+" "+c.GetState()+" "+c.GetHash())
			}
			return strings.Join(all, "\n")
		}
		before := list()
		out, complaint, code := s.Run(t.Context(), "replay", "content")
		if code != 0 || !strings.HasPrefix(out, "content ") || !strings.HasSuffix(out, " replayed\n") {
			t.Fatalf("%d %s%s", code, out, complaint)
		}
		if after := list(); after != before || !strings.Contains(before, j.Now.GetId()+" published") {
			t.Errorf("before the replay\n%s\nafter it\n%s", before, after)
		}
	})
	t.Run("dlq list", func(t *testing.T) {
		out, complaint, code := s.Run(t.Context(), "dlq", "list")
		if code != 0 || strings.Join(strings.Fields(out), " ") != "MODULE CONSUMER EVENT TYPE KEY PARKED WHY" {
			t.Errorf("%d %s%s", code, out, complaint)
		}
	})
	t.Run("workflows reconcile", func(t *testing.T) {
		out, complaint, code := s.Run(t.Context(), "workflows", "reconcile")
		if code != 0 || out != "nothing was missing\n" {
			t.Errorf("%d %s%s", code, out, complaint)
		}
	})
	t.Run("people", func(t *testing.T) {
		out, complaint, code := s.Run(t.Context(), "people")
		if code != 0 || strings.Count(out, "\n") != 25 || !strings.Contains(out, "cv.stttt") || !strings.Contains(out, "INVENTED") {
			t.Errorf("%d %s%s", code, out, complaint)
		}
	})
	t.Run("token", func(t *testing.T) {
		out, complaint, code := s.Run(t.Context(), "token", "--as", "cv.stttt")
		if code != 0 || len(strings.Split(strings.TrimSpace(out), ".")) != 3 || strings.Count(out, "\n") != 1 {
			t.Errorf("%d %q %s", code, out, complaint)
		}
	})
	for name, c := range map[string]struct {
		program string
		env     []string
		args    []string
		code    int
		says    string
	}{
		"a token of nobody":              {"bin/loa-local", []string{"LOA_DATA=" + s.Data}, []string{"token", "--as", "nobody"}, 1, "nobody"},
		"a token without a name":         {"bin/loa-local", []string{"LOA_DATA=" + s.Data}, []string{"token"}, 2, "--as"},
		"a token where nothing runs":     {"bin/loa-local", []string{"LOA_DATA=" + t.TempDir()}, []string{"token", "--as", "cv.stttt"}, 1, "make run"},
		"a second start":                 {"bin/loa-local", []string{"LOA_DATA=" + s.Data}, nil, 2, "LOA_DATA"},
		"a command that is not":          {"bin/loa", nil, []string{"dance"}, 2, "dance"},
		"a setting that is not":          {"bin/loa", []string{"LOA_HTP_ADDR=127.0.0.1:1"}, []string{"modules"}, 2, "LOA_HTP_ADDR"},
		"a value that is not":            {"bin/loa", []string{"LOA_HTTP_ADDR=8080"}, []string{"modules"}, 2, "LOA_HTTP_ADDR"},
		"a target that is not":           {"bin/loa", []string{"LOA_TARGET=radio"}, nil, 2, "radio"},
		"a server without its settings":  {"bin/loa", nil, nil, 2, "LOA_"},
		"a replay of what is not":        {"bin/loa-local", []string{"LOA_DATA=" + s.Data}, []string{"replay", "radio"}, 2, "radio"},
		"a parked event that is not":     {"bin/loa-local", []string{"LOA_DATA=" + s.Data}, []string{"dlq", "show", "content", "content.approvals", "nothing"}, 1, "parked"},
		"a migration without a database": {"bin/loa", []string{"LOA_POSTGRES_URL=postgres://nobody:x@127.0.0.1:1/postgres"}, []string{"migrate"}, 1, "LOA_POSTGRES_URL"},
	} {
		t.Run(name, func(t *testing.T) {
			out, complaint, code := system.Run(t.Context(), t, c.program, c.env, c.args...)
			if code != c.code || !strings.Contains(complaint, c.says) {
				t.Errorf("exit code %d, wanted %d and a word of %q: %s%s", code, c.code, c.says, out, complaint)
			}
		})
	}
}
