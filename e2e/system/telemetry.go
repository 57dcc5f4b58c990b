package system

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Span is a span that a process has exported. Ids are in hex.
type Span struct {
	Name, ID, Trace, Parent string
	// Links are the span ids it is linked to.
	Links      []string
	Attributes map[string]string
}

// Collector receives spans by OTLP over HTTP.
type Collector struct {
	URL   string
	mutex sync.Mutex
	spans []Span
}

// NewCollector starts a collector that ends with the test.
func NewCollector(t testing.TB) *Collector {
	c := &Collector{}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	c.URL = server.URL
	return c
}

// Environment are the standard settings that make a process export its spans here, soon after they end.
func (c *Collector) Environment() []string {
	return []string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=" + c.URL, "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "OTEL_BSP_SCHEDULE_DELAY=200",
		"OTEL_METRICS_EXPORTER=none", "OTEL_LOGS_EXPORTER=none",
	}
}

// ServeHTTP takes one export.
func (c *Collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil && r.Header.Get("Content-Encoding") == "gzip" {
		var unzip *gzip.Reader
		if unzip, err = gzip.NewReader(bytes.NewReader(body)); err == nil {
			body, err = io.ReadAll(unzip)
		}
	}
	var export collectorv1.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(body, &export)
	}
	if err != nil || !strings.HasSuffix(r.URL.Path, "/v1/traces") {
		http.Error(w, "not an export of spans", http.StatusBadRequest)
		return
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, resource := range export.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				span := Span{
					Name: s.GetName(), ID: hex.EncodeToString(s.GetSpanId()), Trace: hex.EncodeToString(s.GetTraceId()),
					Parent: hex.EncodeToString(s.GetParentSpanId()), Attributes: map[string]string{},
				}
				for _, l := range s.GetLinks() {
					span.Links = append(span.Links, hex.EncodeToString(l.GetSpanId()))
				}
				for _, a := range s.GetAttributes() {
					span.Attributes[a.GetKey()] = a.GetValue().GetStringValue()
				}
				c.spans = append(c.spans, span)
			}
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// Spans are those that have come so far.
func (c *Collector) Spans() []Span {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return append([]Span(nil), c.spans...)
}

// Reached follows the trace forwards from a span: to the spans whose parent it is, to those that link to it, and so on.
func Reached(spans []Span, from string) []Span {
	next := map[string][]Span{}
	for _, s := range spans {
		for _, before := range append([]string{s.Parent}, s.Links...) {
			next[before] = append(next[before], s)
		}
	}
	seen := map[string]bool{from: true}
	var reached []Span
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		for _, s := range next[queue[0]] {
			if !seen[s.ID] {
				seen[s.ID] = true
				reached = append(reached, s)
				queue = append(queue, s.ID)
			}
		}
	}
	return reached
}

// NewSink starts a collector that reads what it is sent and keeps nothing, for measurements, and gives its address.
func NewSink(t testing.TB) (address string) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(server.Close)
	return server.URL
}
