package bench

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/loa-vn/loa/e2e/system"
)

// BenchmarkPublish measures, one at a time, how long it is from the publish command to the page, how much of that is the command, and how
// long after the moment that was set a publication is public and its page is there. The page is asked for every two milliseconds.
func BenchmarkPublish(b *testing.B) {
	if b.N > 1 {
		return
	}
	const atOnce, timed = 60, 8
	s := system.Start(b, system.Options{Shape: system.One, Example: true})
	j := newJourneys(b, s)
	j.one(b)
	var commands, pages, late, latePages []time.Duration
	for range atOnce {
		content := j.approved(b)
		begun, taken, p := j.publish(b, content, time.Time{})
		j.page(b, p.Path)
		commands, pages = append(commands, taken.Sub(begun)), append(pages, time.Since(begun))
	}
	for range timed {
		content, at := j.approved(b), time.Now().Add(5*time.Second).Truncate(time.Millisecond)
		_, _, p := j.publish(b, content, at)
		<-time.After(time.Until(at.Add(-100 * time.Millisecond)))
		j.page(b, p.Path)
		latePages = append(latePages, time.Since(at))
		var public struct{ PublishedAt time.Time }
		j.get(b, "bt.cong", "/v1/publications/"+p.ID, &public)
		late = append(late, public.PublishedAt.Sub(at))
	}
	report := func(durations []time.Duration, name string) {
		slices.Sort(durations)
		b.ReportMetric(float64(durations[len(durations)/2].Milliseconds()), "ms/"+name+"-p50")
		b.ReportMetric(float64(durations[len(durations)*99/100].Milliseconds()), "ms/"+name+"-p99")
	}
	report(commands, "publish-command")
	report(pages, "publish-to-page")
	report(late, "moment-to-public")
	report(latePages, "moment-to-page")
	b.ReportMetric(0, "ns/op")
}

type made struct{ ID, Path string }

// publish sends the command until distribution has heard of the approval, and tells when the last one was sent and answered.
func (j *journeys) publish(b *testing.B, content string, at time.Time) (begun, taken time.Time, p made) {
	b.Helper()
	body := map[string]any{}
	if !at.IsZero() {
		body["publishAt"] = at.UTC().Format(time.RFC3339Nano)
	}
	system.Eventually(b, time.Minute, func() (bool, string) {
		begun = time.Now()
		status, answer := j.exchange(b, "bt.cong", http.MethodPost, "/v1/contents/"+content+":publish", body)
		taken = time.Now()
		return status < 300 && json.Unmarshal(answer, &p) == nil, string(answer)
	})
	return begun, taken, p
}

// page waits until the page is there.
func (j *journeys) page(b *testing.B, path string) {
	b.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); <-tick.C {
		r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, j.s.Portal+path, http.NoBody)
		if err != nil {
			b.Fatal(err)
		}
		response, err := j.client.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode == http.StatusOK {
			return
		}
	}
	b.Fatalf("%s does not come", path)
}
