package input

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loa-vn/loa/e2e/probe"
	"github.com/loa-vn/loa/e2e/system"
)

func unavailable(what string) refusal {
	return refusal{
		status: http.StatusServiceUnavailable, reason: "UNAVAILABLE", retry: "2",
		vi: "Một phần của hệ thống (" + what + ") đang tạm nghỉ. Chưa có gì được ghi; hãy thử lại sau ít giây.",
		en: "A part of the system (" + what + ") is away. Nothing was recorded; try again in a few seconds.",
	}
}

// brokerAway: what is written is acknowledged all the same, nothing crosses, and it crosses once when the broker is back.
func brokerAway(t *testing.T, s *stand) {
	s.broker.end(syscall.SIGKILL)
	i := s.draft(t, "Khi máy chủ tin nhắn nghỉ")
	key := map[string]string{"Idempotency-Key": "trình khi nghỉ"}
	submit := probe.Call{As: "cv.stttt", Method: http.MethodPost, Path: "/v1/contents/" + i.ID + ":submit", Body: "{}", Header: key, Alone: true}
	answer := s.Send(t, submit)
	if answer.Status != http.StatusOK {
		t.Fatalf("submitting without a broker: %d %s", answer.Status, answer.Body)
	}
	decode(t, answer.Body, &i)
	// The submission's own position, which approvals cannot reach while the broker is away.
	behind := probe.Call{
		As: "cv.stttt", Method: http.MethodGet, Path: "/v1/dossiers?document=" + i.ID, Header: map[string]string{"Loa-At-Least": answer.Header.Get("Loa-Position")},
	}
	s.answers(t, behind, refusal{
		status: http.StatusServiceUnavailable, reason: "READ_MODEL_BEHIND", retry: "1",
		vi: "Dữ liệu hiển thị chưa theo kịp thao tác vừa làm. Hãy thử lại sau ít giây.",
		en: "What is shown has not caught up with what was just done. Try again in a few seconds.",
	})
	alone := s.Send(t, probe.Call{As: "cv.stttt", Method: http.MethodGet, Path: "/v1/dossiers?document=" + i.ID, Alone: true})
	var none struct{ Dossiers []dossier }
	decode(t, alone.Body, &none)
	if alone.Status != http.StatusOK || len(none.Dossiers) != 0 {
		t.Errorf("with the broker away: %d %s", alone.Status, alone.Body)
	}
	s.broker.start()
	d := s.dossierOf(t, i)
	if again := s.Send(t, submit); again.Status != http.StatusOK {
		t.Errorf("the repeat: %d %s", again.Status, again.Body)
	}
	s.approve(t, "tp.stttt", d, i.Hash)
	s.approve(t, "pgd.stttt", d, i.Hash)
	s.state(t, i.ID, "approved")
}

// temporalAway: what is published at once needs no workflow to become public; what is set for a time waits for Temporal to come back, and
// then becomes public, once.
func temporalAway(t *testing.T, s *stand) {
	i, j := s.approved(t, "Khi máy hẹn giờ nghỉ"), s.approved(t, "Đăng ngay khi máy hẹn giờ nghỉ")
	s.temporal.cut()
	var atOnce struct{ State, Path string }
	decode(t, s.taken(t, s.publish(t, j.ID, time.Time{})), &atOnce)
	if atOnce.State != "published" {
		t.Errorf("published at once it is %s", atOnce.State)
	}
	system.Eventually(t, probe.Patience, func() (bool, string) {
		status, _ := s.portal(t, atOnce.Path)
		return status == http.StatusOK, strconv.Itoa(status)
	})
	var publication struct{ ID, State, Path string }
	decode(t, s.taken(t, s.publish(t, i.ID, time.Now().Add(5*time.Second))), &publication)
	if publication.State != "scheduled" {
		t.Errorf("without Temporal it is %s", publication.State)
	}
	s.state(t, i.ID, "scheduled")
	if status, _ := s.portal(t, publication.Path); status != http.StatusNotFound {
		t.Errorf("the page is there already: %d", status)
	}
	s.temporal.mend(t)
	s.state(t, i.ID, "published")
	type page struct{ Publications []struct{ State string } }
	probe.Until(t, s.Probe, "bt.cong", "/v1/publications?content="+i.ID, func(p page) bool {
		return len(p.Publications) == 1 && p.Publications[0].State == "published"
	})
	system.Eventually(t, probe.Patience, func() (bool, string) {
		status, body := s.portal(t, publication.Path)
		return status == http.StatusOK && strings.Contains(body, "Khi máy hẹn giờ nghỉ"), strconv.Itoa(status)
	})
}

// taken sends a command until distribution has heard of the approval, and gives its answer.
func (s *stand) taken(t *testing.T, call probe.Call) []byte {
	t.Helper()
	var body []byte
	system.Eventually(t, probe.Patience, func() (bool, string) {
		answer := s.Send(t, call)
		body = answer.Body
		return answer.Status == http.StatusOK, string(answer.Body)
	})
	return body
}

// postgresAway: every read and write says that the database is away, the pages of the public site that are in memory stay for as long as
// the process may vouch for them, and afterwards nothing is lost or doubled.
func postgresAway(t *testing.T, s *stand) {
	made, d := s.submitted(t, "Khi cơ sở dữ liệu nghỉ")
	before := s.snapshot(t)
	written := s.Written(t) // by a connection of its own, around the cut
	public := []string{"/", s.page}
	for _, path := range public { // what was published since has dropped the pages that named too few others; who reads one puts it back
		if status, _ := s.portal(t, path); status != http.StatusOK {
			t.Fatalf("%s: %d", path, status)
		}
	}
	s.postgres.cut()
	for _, path := range []string{
		"/v1/me", "/v1/agencies", "/v1/plans", "/v1/contents", "/v1/contents/" + made.ID, "/v1/dossiers/" + d.ID, "/v1/publications", "/v1/reports",
		"/v1/routes/content",
	} {
		t.Run("GET "+strings.ReplaceAll(path, "/", " "), func(t *testing.T) {
			s.answers(t, probe.Call{As: "cv.stttt", Method: http.MethodGet, Path: path}, unavailable("PostgreSQL"))
		})
	}
	create := probe.Call{
		As: "cv.stttt", Method: http.MethodPost, Path: "/v1/contents", Body: encode(t, s.text("Gửi khi nghỉ")),
		Header: map[string]string{"Idempotency-Key": "gửi khi nghỉ"},
	}
	approve := s.decision(t, "tp.stttt", d.ID, "approve", map[string]any{"hash": made.Hash}, "duyệt khi nghỉ")
	t.Run("POST content", func(t *testing.T) { s.answers(t, create, unavailable("PostgreSQL")) })
	t.Run("POST decision", func(t *testing.T) { s.answers(t, approve, unavailable("PostgreSQL")) })
	t.Run("POST file", func(t *testing.T) {
		s.answers(t, probe.Call{As: "quan.tri", Method: http.MethodPost, Path: "/v1/agencies:import", Type: "text/csv", Body: agencyColumns + "\n" + goodAgency + "\n"},
			unavailable("PostgreSQL"))
	})
	t.Run("the public site", func(t *testing.T) {
		for _, path := range public {
			if status, _ := s.portal(t, path); status != http.StatusOK {
				t.Errorf("%s: %d", path, status)
			}
		}
		// What is not in memory is not known not to be there.
		answer := s.Send(t, probe.Call{Method: http.MethodGet, Path: "/tin/chua-ai-hoi-" + randomHex(t, 8), Alone: true})
		if answer.Status != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" {
			t.Errorf("a page that nobody has read: %d %v", answer.Status, answer.Header)
		}
	})
	t.Run("what needs no database", func(t *testing.T) {
		call := create
		call.Body = `{"titel":"x"}`
		s.answers(t, call, unknownField("titel"))
	})
	if now := s.Written(t); now["content"] != written["content"] || now["approvals"] != written["approvals"] {
		t.Errorf("written while the database was away: before %v, after %v", written, now)
	}
	s.postgres.mend(t)
	var first probe.Answer
	system.Eventually(t, probe.Patience, func() (bool, string) {
		first = s.Send(t, create)
		return first.Status == http.StatusOK, string(first.Body)
	})
	if again := s.Send(t, create); encode(t, again.JSON(t)) != encode(t, first.JSON(t)) {
		t.Errorf("the repeat is answered with %s, the first was %s", again.Body, first.Body)
	}
	system.Eventually(t, probe.Patience, func() (bool, string) {
		answer := s.Send(t, approve)
		return answer.Status == http.StatusOK, string(answer.Body)
	})
	s.approve(t, "pgd.stttt", d, made.Hash)
	s.state(t, made.ID, "approved")
	now := s.Written(t)
	if now["content"] != written["content"]+1 || now["approvals"] != written["approvals"]+4 {
		t.Errorf("events: before %v, after %v; expected one draft, two levels, the beginning of the second's term and one approval more", written, now)
	}
	after := s.snapshot(t)
	if count(before, "/v1/contents?pageSize=200", "contents")+1 != count(after, "/v1/contents?pageSize=200", "contents") {
		t.Error("the item that was sent again is not there once")
	}
	s.System.AwaitReady()
}

func count(snapshot map[string]any, path, list string) int {
	page, _ := snapshot[path].(map[string]any)
	entries, _ := page[list].([]any)
	return len(entries)
}

// portal reads a public page, which is at the address of the API in one process.
func (s *stand) portal(t *testing.T, path string) (int, string) {
	t.Helper()
	answer := s.Send(t, probe.Call{Method: http.MethodGet, Path: path, Alone: true})
	return answer.Status, string(answer.Body)
}

// tooMany starts the same Loa again with a small rate: who asks too much waits, and nobody else does.
func tooMany(t *testing.T, s *stand) {
	s.System.Stop("loa-local")
	s.System.Environment = append(s.System.Environment, "LOA_RATE_PER_SECOND=0.2")
	s.System.StartAll()
	create := probe.Call{As: "cv.stttt", Method: http.MethodPost, Path: "/v1/contents", Body: encode(t, s.text("Quá nhiều")), Alone: true}
	written := s.Written(t)
	taken := 0
	var held probe.Answer
	for range 20 {
		if held = s.Send(t, create); held.Status != http.StatusOK {
			break
		}
		taken++
	}
	seconds, err := strconv.Atoi(held.Header.Get("Retry-After"))
	if held.Status != http.StatusTooManyRequests || err != nil || seconds < 1 || seconds > 5 || taken == 0 {
		t.Fatalf("after %d: %d, Retry-After %q: %s", taken, held.Status, held.Header.Get("Retry-After"), held.Body)
	}
	for language, sentence := range map[string]string{
		"vi": "Bạn gửi quá nhiều yêu cầu. Hãy đợi N giây rồi thử lại.", "en": "Too many requests. Wait N seconds and try again.",
	} {
		call := create
		call.Header = map[string]string{"Accept-Language": language}
		answer := s.Send(t, call)
		p := answer.Problem()
		if answer.Status != http.StatusTooManyRequests || p.Reason != "RATE_LIMITED" || p.Status != http.StatusTooManyRequests || p.TraceID == "" ||
			p.Detail != strings.Replace(sentence, "N", answer.Header.Get("Retry-After"), 1) {
			t.Errorf("%d %s", answer.Status, answer.Body)
		}
	}
	if now := s.Written(t); now["content"] != written["content"]+taken {
		t.Errorf("%d requests were taken and %d drafts written", taken, now["content"]-written["content"])
	}
	other := s.Send(t, probe.Call{As: "cv2.stttt", Method: http.MethodGet, Path: "/v1/me", Alone: true})
	if !json.Valid(other.Body) || other.Status != http.StatusOK {
		t.Errorf("somebody else is held too: %d %s", other.Status, other.Body)
	}
}
