// Package bench measures the whole system as its users meet it: from start to ready, memory, journeys a minute, and the time from the
// publish command to the page. Medians of several rounds; run by `make bench`, never by the tests.
package bench

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loa-vn/loa/e2e/system"
)

// rounds of each measurement.
const rounds = 5

func median(durations []time.Duration) time.Duration {
	slices.Sort(durations)
	return durations[len(durations)/2]
}

// BenchmarkStart measures from start to READY, on an empty directory with the example loaded and on existing data.
func BenchmarkStart(b *testing.B) {
	if b.N > 1 {
		return
	}
	var empty, again []time.Duration
	for range rounds {
		begun := time.Now()
		s := system.Start(b, system.Options{Shape: system.One, Example: true})
		empty = append(empty, time.Since(begun))
		s.Stop("loa-local")
		begun = time.Now()
		s.StartAll()
		again = append(again, time.Since(begun))
		s.Stop("loa-local")
	}
	b.ReportMetric(median(empty).Seconds(), "s/start-empty")
	b.ReportMetric(median(again).Seconds(), "s/start-existing")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkMemory measures the summed PSS of all processes a minute after READY.
func BenchmarkMemory(b *testing.B) {
	if b.N > 1 {
		return
	}
	s := system.Start(b, system.Options{Shape: system.One, Example: true})
	<-time.After(time.Minute)
	total := 0
	for _, pid := range tree(b, s.Pid("loa-local")) {
		total += pss(pid)
	}
	b.ReportMetric(float64(total)/1024, "MB/pss")
	b.ReportMetric(0, "ns/op")
}

// tree is a process and everything below it. PostgreSQL's processes are below it too.
func tree(b *testing.B, root int) []int {
	b.Helper()
	children := map[int][]int{}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		b.Fatal(err)
	}
	for _, path := range stats {
		content, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		_, rest, _ := bytes.Cut(content, []byte(") "))
		if fields := strings.Fields(string(rest)); len(fields) > 1 {
			parent, _ := strconv.Atoi(fields[1])
			children[parent] = append(children[parent], pid)
		}
	}
	list := []int{root}
	for i := 0; i < len(list); i++ {
		list = append(list, children[list[i]]...)
	}
	return list
}

// pss in kB, 0 for a process that has gone.
func pss(pid int) int {
	f, err := os.Open(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), "Pss:"); ok {
			kb, _ := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(value, "kB")))
			return kb
		}
	}
	return 0
}

// BenchmarkJourney measures whole journeys, draft to page, several at once, and in them the time from the publish command to the page.
func BenchmarkJourney(b *testing.B) {
	if b.N > 1 {
		return
	}
	s := system.Start(b, system.Options{Shape: system.One, Example: true})
	j := newJourneys(b, s)
	j.one(b) // the first one warms caches and connections
	j.toPage = nil
	const writers, each = 4, 10
	begun := time.Now()
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for range each {
				j.one(b)
			}
		})
	}
	group.Wait()
	took := time.Since(begun)
	b.ReportMetric(writers*each/took.Minutes(), "journeys/min")
	b.ReportMetric(float64(median(j.toPage).Milliseconds()), "ms/publish-to-page-p50")
	b.ReportMetric(float64(j.toPage[len(j.toPage)*99/100].Milliseconds()), "ms/publish-to-page-p99")
	b.ReportMetric(0, "ns/op")
}

type journeys struct {
	s                 *system.System
	client            *http.Client
	plan, item, theme string
	mutex             sync.Mutex
	number            int
	toPage            []time.Duration
}

func newJourneys(b *testing.B, s *system.System) *journeys {
	b.Helper()
	j := &journeys{s: s, client: &http.Client{Timeout: time.Minute}}
	var plans struct{ Plans []struct{ ID, Number string } }
	j.get(b, "cv.stttt", "/v1/plans", &plans)
	for _, p := range plans.Plans {
		if p.Number != "38/KH-UBND" {
			j.plan = p.ID
		}
	}
	var items struct {
		Items []struct{ ID, Theme, Lead string }
	}
	j.get(b, "cv.stttt", "/v1/plans/"+j.plan+"/items", &items)
	for _, i := range items.Items {
		if i.Lead == "H24.02" {
			j.item, j.theme = i.ID, i.Theme
		}
	}
	return j
}

// approved drafts, submits and approves twice, and gives the content.
func (j *journeys) approved(b *testing.B) string {
	j.mutex.Lock()
	j.number++
	title := fmt.Sprintf("Tin đo số %d", j.number)
	j.mutex.Unlock()
	var content struct{ ID, Hash string }
	j.post(b, "cv.stttt", "/v1/contents", map[string]any{
		"plan": j.plan, "planItem": j.item, "theme": j.theme, "language": "vi", "title": title, "summary": "Tin để đo.", "body": "Nội dung.",
		"audiences": []string{"nguoi-dan"}, "channels": []string{"portal"}, "example": true,
	}, &content)
	j.post(b, "cv.stttt", "/v1/contents/"+content.ID+":submit", map[string]any{}, nil)
	for _, person := range []string{"tp.stttt", "pgd.stttt"} {
		var waiting struct{ Dossiers []struct{ ID string } }
		system.Eventually(b, time.Minute, func() (bool, string) {
			j.get(b, person, "/v1/dossiers?waitingFor=me&document="+content.ID, &waiting)
			return len(waiting.Dossiers) == 1, "no dossier for " + person
		})
		j.post(b, person, "/v1/dossiers/"+waiting.Dossiers[0].ID+":approve", map[string]any{"hash": content.Hash}, nil)
	}
	return content.ID
}

// one drafts, submits, approves twice, publishes, and waits for the page.
func (j *journeys) one(b *testing.B) {
	content := j.approved(b)
	var publication struct{ Path string }
	var begun time.Time
	system.Eventually(b, time.Minute, func() (bool, string) {
		begun = time.Now()
		status, answer := j.exchange(b, "bt.cong", http.MethodPost, "/v1/contents/"+content+":publish", map[string]any{})
		return status < 300 && json.Unmarshal(answer, &publication) == nil, string(answer)
	})
	system.Eventually(b, time.Minute, func() (bool, string) {
		r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, j.s.Portal+publication.Path, http.NoBody)
		if err != nil {
			return false, err.Error()
		}
		response, err := j.client.Do(r)
		if err != nil {
			return false, err.Error()
		}
		_ = response.Body.Close()
		return response.StatusCode == http.StatusOK, response.Status
	})
	j.mutex.Lock()
	j.toPage = append(j.toPage, time.Since(begun))
	j.mutex.Unlock()
}

func (j *journeys) get(b *testing.B, person, path string, answer any) {
	status, body := j.exchange(b, person, http.MethodGet, path, nil)
	if status != http.StatusOK || json.Unmarshal(body, answer) != nil {
		b.Errorf("GET %s: %d %s", path, status, body)
	}
}

func (j *journeys) post(b *testing.B, person, path string, body, answer any) {
	status, got := j.exchange(b, person, http.MethodPost, path, body)
	if status >= 300 {
		b.Errorf("POST %s: %d %s", path, status, got)
		return
	}
	if answer != nil {
		if err := json.Unmarshal(got, answer); err != nil {
			b.Error(err)
		}
	}
}

func (j *journeys) exchange(b *testing.B, person, method, path string, body any) (int, []byte) {
	var raw []byte
	if body != nil {
		raw, _ = json.Marshal(body)
	}
	r, err := http.NewRequestWithContext(b.Context(), method, j.s.API+path, bytes.NewReader(raw))
	if err != nil {
		b.Error(err)
		return 0, nil
	}
	r.Header.Set("Authorization", "Bearer "+j.s.Token(person))
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	response, err := j.client.Do(r)
	if err != nil {
		b.Error(err)
		return 0, nil
	}
	defer func() { _ = response.Body.Close() }()
	got, _ := io.ReadAll(response.Body)
	return response.StatusCode, got
}
