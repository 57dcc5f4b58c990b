package bench

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"testing"
	"time"

	"github.com/loa-vn/loa/e2e/system"
	"github.com/loa-vn/loa/pkg/engines/measure"
)

var (
	roundsFlag = flag.Int("rounds", 5, "how many rounds count")
	busyFlag   = flag.Float64("busy", 0.2, "what other programs may use of the CPUs in a round that counts")
)

const (
	callersAtOnce = 16
	sliceOfTime   = 3 * time.Second
)

// BenchmarkServing measures a portal page, a read and a write over REST beside plain handlers of net/http that answer the same bytes and
// use the same rows. Both are processes of their own and are asked by the same client.
func BenchmarkServing(b *testing.B) {
	if b.N > 1 {
		return
	}
	s := system.Start(b, system.Options{Shape: system.One, Example: true, Environment: []string{"LOA_RATE_PER_SECOND=1000000"}})
	j := newJourneys(b, s)
	address, err := url.Parse(s.Engines().PostgresURL)
	if err != nil {
		b.Fatal(err)
	}
	address.Path = "/loa_content"
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callersAtOnce, DisableCompression: true}}
	token := "Bearer " + s.Token("cv.stttt")

	article := j.anArticle(b)
	page := answerOf(b, client, s.Portal+article)
	plain := startPlain(b, address.String(), page)
	draft := j.aDraft()
	body, err := json.Marshal(draft)
	if err != nil {
		b.Fatal(err)
	}
	var content struct{ ID string }
	j.post(b, "cv.stttt", "/v1/contents", draft, &content)

	variant := func(name, method, address, encoding, token string, body []byte) measure.Variant {
		return measure.Variant{Name: name, Measure: func(b *testing.B) measure.Figures {
			return measure.Callers(b, callersAtOnce, sliceOfTime, func(b *testing.B) error {
				return call(b, client, method, address, encoding, token, body)
			})
		}}
	}
	run := measure.Run{Rounds: *roundsFlag, Busy: *busyFlag}
	for _, pair := range [][2]measure.Variant{
		{variant("page, plain", http.MethodGet, plain+"/page", "gzip", "", nil), variant("page, portal", http.MethodGet, s.Portal+article, "gzip", "", nil)},
		{variant("read, plain", http.MethodGet, plain+"/contents/"+content.ID, "", "", nil), variant("read, REST", http.MethodGet, s.API+"/v1/contents/"+content.ID, "", token, nil)},
		{variant("write, plain", http.MethodPost, plain+"/contents", "", "", body), variant("write, REST", http.MethodPost, s.API+"/v1/contents", "", token, body)},
	} {
		run.Interleave(b, "requests", 1, pair[0], pair[1])
	}
}

// BenchmarkTelemetry measures what OpenTelemetry costs: the same reads and writes on a system that exports every span, with metrics and
// logs, beside one that samples and exports nothing. Its CPU figure counts the collector too, which is a process of the benchmark.
func BenchmarkTelemetry(b *testing.B) {
	if b.N > 1 {
		return
	}
	collector := system.NewSink(b)
	start := func(more ...string) (*system.System, *journeys) {
		s := system.Start(b, system.Options{Shape: system.One, Example: true, Environment: append(more, "LOA_RATE_PER_SECOND=1000000")})
		return s, newJourneys(b, s)
	}
	silent, silentJourneys := start("OTEL_TRACES_SAMPLER=always_off")
	telling, tellingJourneys := start(
		"OTEL_EXPORTER_OTLP_ENDPOINT="+collector, "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "OTEL_TRACES_SAMPLER=always_on",
		"OTEL_TRACES_EXPORTER=otlp", "OTEL_METRICS_EXPORTER=otlp", "OTEL_LOGS_EXPORTER=otlp",
	)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callersAtOnce}}
	mixed := func(name string, s *system.System, j *journeys) measure.Variant {
		body, err := json.Marshal(j.aDraft())
		if err != nil {
			b.Fatal(err)
		}
		token := "Bearer " + s.Token("cv.stttt")
		var content struct{ ID string }
		j.post(b, "cv.stttt", "/v1/contents", j.aDraft(), &content)
		return measure.Variant{Name: name, Measure: func(b *testing.B) measure.Figures {
			return measure.Callers(b, callersAtOnce, sliceOfTime, func(b *testing.B) error {
				for range 4 {
					if err := call(b, client, http.MethodGet, s.API+"/v1/contents/"+content.ID, "", token, nil); err != nil {
						return err
					}
				}
				return call(b, client, http.MethodPost, s.API+"/v1/contents", "", token, body)
			})
		}}
	}
	measure.Run{Rounds: *roundsFlag, Busy: *busyFlag}.Interleave(b, "times four reads and a write", 1,
		mixed("nothing exported", silent, silentJourneys), mixed("every span, metrics, logs", telling, tellingJourneys))
}

// aDraft is a new item as an officer would write it.
func (j *journeys) aDraft() map[string]any {
	return map[string]any{
		"plan": j.plan, "planItem": j.item, "theme": j.theme, "language": "vi", "title": "Tin đo", "summary": "Tin để đo.",
		"body":      "Bộ phận Một cửa nhận hồ sơ từ thứ Hai đến thứ Sáu.\n\nNgười dân nộp hồ sơ trực tuyến thì không phải đến cơ quan.",
		"audiences": []string{"nguoi-dan"}, "channels": []string{"portal"}, "example": true,
	}
}

// anArticle is the path of a published item.
func (j *journeys) anArticle(b *testing.B) string {
	b.Helper()
	var list struct {
		Publications []struct{ Path, State string }
	}
	j.get(b, "cv.stttt", "/v1/publications", &list)
	for _, p := range list.Publications {
		if p.State == "published" {
			return p.Path
		}
	}
	b.Fatal("nothing is published")
	return ""
}

func call(b *testing.B, client *http.Client, method, address, encoding, token string, body []byte) error {
	_, err := exchange(b, client, method, address, encoding, token, body)
	return err
}

// answerOf is what a page is answered with, head and body.
func answerOf(b *testing.B, client *http.Client, address string) []byte {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "gzip")
	response, err := client.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := httputil.DumpResponse(response, true)
	if err != nil || response.StatusCode != http.StatusOK {
		b.Fatalf("%s: %s, %v", address, response.Status, err)
	}
	return raw
}

func exchange(b *testing.B, client *http.Client, method, address, encoding, token string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(b.Context(), method, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if token != "" {
		r.Header.Set("Authorization", token)
	}
	if encoding != "" {
		r.Header.Set("Accept-Encoding", encoding)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	response, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	got, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %s", method, address, response.Status, got)
	}
	return got, err
}
