package gateway_test

import (
	"encoding/json"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/gateway"
)

// Paths with verbs, bodies, masks, files and queries arrive as the requests they stand for.
func TestRequestsReachTheirMethods(t *testing.T) {
	h := newHouse(t)
	csv := "\ufeffid,name\ncv.a,\"Phạm, Hà\"\n"
	for _, c := range []struct {
		method, path, body string
		head               []string
		want               string
		request            proto.Message
	}{
		{
			"POST", "/v1/contents", `{"title":"Cải cách","planItem":"item_1","audiences":["a","b"],"example":true}`, nil, "CreateContent",
			&contentv1.CreateContentRequest{Content: &contentv1.Content{Title: "Cải cách", PlanItem: "item_1", Audiences: []string{"a", "b"}, Example: true}},
		},
		{"GET", "/v1/contents/content_1", "", nil, "GetContent", &contentv1.GetContentRequest{Content: "content_1"}},
		{"GET", "/v1/contents?pageSize=20&state=draft", "", nil, "ListContents", &contentv1.ListContentsRequest{PageSize: 20, State: "draft"}},
		{"POST", "/v1/contents/content_1:submit", "", nil, "SubmitContent", &contentv1.SubmitContentRequest{Content: "content_1"}},
		{"POST", "/v1/contents/content_1:submit", "{}", nil, "SubmitContent", &contentv1.SubmitContentRequest{Content: "content_1"}},
		{"PATCH", "/v1/contents/content_1", `{"title":"Mới","sourceLine":"x"}`, nil, "UpdateContent", &contentv1.UpdateContentRequest{
			Content: &contentv1.Content{Id: "content_1", Title: "Mới", SourceLine: "x"}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"source_line", "title"}},
		}},
		{"PATCH", "/v1/contents/content_1?updateMask=sourceLine,attachment.title", `{"title":"Mới"}`, nil, "UpdateContent", &contentv1.UpdateContentRequest{
			Content: &contentv1.Content{Id: "content_1", Title: "Mới"}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"attachment.title", "source_line"}},
		}},
		{
			"POST", "/v1/contents:importPublished?dryRun=true", `{"title":"A","publishedAt":"2022-03-01T13:20:00+07:00","attachment":{"number":"38"}}`, nil, "ImportPublished",
			&contentv1.ImportPublishedRequest{DryRun: true, Content: &contentv1.Content{
				Title: "A", Attachment: &contentv1.AttachmentLine{Number: "38"},
				PublishedAt: timestamppb.New(time.Date(2022, 3, 1, 6, 20, 0, 0, time.UTC)),
			}},
		},
		{
			"POST", "/v1/people:import?example=true&dryRun=true", csv,
			[]string{"Content-Type", "text/csv; charset=UTF-8"},
			"ImportPeople",
			&planningv1.ImportPeopleRequest{Csv: []byte(csv), Example: true, DryRun: true},
		},
		{
			"POST", "/v1/plans:import", "number: 38/KH-UBND\n\xff",
			[]string{"Content-Type", "application/yaml"},
			"ImportPlan",
			&planningv1.ImportPlanRequest{Yaml: []byte("number: 38/KH-UBND\n\xff")},
		},
		{"POST", "/v1/plans:import", "number: 38", []string{"Content-Type", "text/yaml"}, "ImportPlan", &planningv1.ImportPlanRequest{Yaml: []byte("number: 38")}},
	} {
		a := h.call(t, c.method, c.path, c.body, c.head...)
		method, request, _ := h.asked()
		if update, ok := request.(*contentv1.UpdateContentRequest); ok {
			slices.Sort(update.GetUpdateMask().Paths)
		}
		if a.status != 200 || method != c.want || !proto.Equal(request, c.request) {
			t.Errorf("%s %s: %d, %s(%v) %s", c.method, c.path, a.status, method, request, a.body)
		}
	}
}

func TestUnreadableRequestsAreRefused(t *testing.T) {
	h := newHouse(t)
	csv := []string{"Content-Type", "text/csv"}
	for _, c := range []struct {
		name, method, path, body string
		head                     []string
		status                   int
		reason, tells            string
	}{
		{"an unknown field", "POST", "/v1/contents", `{"titel":"x"}`, nil, 400, "UNKNOWN_FIELD", "titel"},
		{"an unknown field deep inside", "POST", "/v1/contents", `{"attachment":{"title":"x","nr":1}}`, nil, 400, "UNKNOWN_FIELD", "attachment.nr"},
		{"an unknown field in a body of everything", "POST", "/v1/contents/content_1:submit", `{"force":true}`, nil, 400, "UNKNOWN_FIELD", "force"},
		{"the path's field again", "POST", "/v1/contents/content_1:submit", `{"content":"content_2"}`, nil, 400, "UNKNOWN_FIELD", "content"},
		{"an unknown query", "GET", "/v1/contents?page_sizes=1", "", nil, 400, "UNKNOWN_FIELD", "page_sizes"},
		{"a body's field in the query", "POST", "/v1/contents?content.title=x", `{}`, nil, 400, "UNKNOWN_FIELD", "content.title"},
		{"the path's field in the query", "GET", "/v1/contents/content_1?content=content_2", "", nil, 400, "UNKNOWN_FIELD", "content"},
		{"a query where the body holds all", "POST", "/v1/contents/content_1:submit?force=true", "", nil, 400, "UNKNOWN_FIELD", "force"},
		{"a mask of nothing", "PATCH", "/v1/contents/content_1?updateMask=titel", `{"title":"x"}`, nil, 400, "UNKNOWN_FIELD", "titel"},
		{"a number for text", "POST", "/v1/contents", `{"title":5}`, nil, 400, "UNREADABLE", "title"},
		{"text for a list", "POST", "/v1/contents", `{"audiences":"a"}`, nil, 400, "UNREADABLE", "audiences"},
		{"an object in a list", "POST", "/v1/contents", `{"audiences":["a",{}]}`, nil, 400, "UNREADABLE", "audiences[1]"},
		{"text for an object", "POST", "/v1/contents", `{"attachment":"a"}`, nil, 400, "UNREADABLE", "attachment"},
		{"text for yes or no", "POST", "/v1/contents", `{"example":"true"}`, nil, 400, "UNREADABLE", "example"},
		{"no time", "POST", "/v1/contents:importPublished", `{"publishedAt":"01/03/2022"}`, nil, 400, "UNREADABLE", "publishedAt"},
		{"a fraction", "POST", "/v1/contents", `{"revision":1.5}`, nil, 400, "UNREADABLE", "revision"},
		{"no number in the query", "GET", "/v1/contents?pageSize=many", "", nil, 400, "UNREADABLE", "pageSize"},
		{"two values in the query", "GET", "/v1/contents?pageSize=1&pageSize=2", "", nil, 400, "UNREADABLE", "pageSize"},
		{"a broken query", "GET", "/v1/contents?state=%zz", "", nil, 400, "UNREADABLE", "query"},
		{"half of JSON", "POST", "/v1/contents", "{\n  \"title\": \"x\"", nil, 400, "UNREADABLE", "JSON 2:"},
		{"no JSON", "POST", "/v1/contents", "title=x", nil, 400, "UNREADABLE", "JSON 1:"},
		{"a list", "POST", "/v1/contents", "[]", nil, 400, "UNREADABLE", "JSON"},
		{"two values", "POST", "/v1/contents", "{}{}", nil, 400, "UNREADABLE", "JSON 1:"},
		{"a field twice", "POST", "/v1/contents", `{"title":"a","title":"b"}`, nil, 400, "UNREADABLE", "JSON 1:"},
		{"a field by both its names", "POST", "/v1/contents", `{"planItem":"a","plan_item":"b"}`, nil, 400, "UNREADABLE", "JSON 1:"},
		{"no UTF-8", "POST", "/v1/contents", "{\"title\":\"\xff\"}", nil, 400, "UNREADABLE", "UTF-8"},
		{"a depth of thousands", "POST", "/v1/contents", strings.Repeat(`{"attachment":`, 5000), nil, 400, "UNKNOWN_FIELD", "attachment.attachment"},
		{"a body where none belongs", "GET", "/v1/contents", `{}`, nil, 400, "UNREADABLE", "body"},
		{"a form", "POST", "/v1/contents", "title=x", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "UNSUPPORTED_MEDIA_TYPE", "application/json"},
		{"no content type", "POST", "/v1/contents", "{}", []string{"Content-Type", ""}, 415, "UNSUPPORTED_MEDIA_TYPE", "application/json"},
		{"a file for JSON", "POST", "/v1/contents", "a,b", csv, 415, "UNSUPPORTED_MEDIA_TYPE", "application/json"},
		{"JSON for a file", "POST", "/v1/people:import", `"aWQ="`, nil, 415, "UNSUPPORTED_MEDIA_TYPE", "text/csv"},
		{"CSV for YAML", "POST", "/v1/plans:import", "a,b", csv, 415, "UNSUPPORTED_MEDIA_TYPE", "application/yaml"},
		{"another encoding", "POST", "/v1/people:import", "id", []string{"Content-Type", "text/csv; charset=windows-1258"}, 415, "UNSUPPORTED_MEDIA_TYPE", "text/csv"},
		{"a packed body", "POST", "/v1/contents", "{}", []string{"Content-Encoding", "gzip"}, 415, "UNSUPPORTED_MEDIA_TYPE", "gzip"},
		{"too much JSON", "POST", "/v1/contents", `{"body":"` + strings.Repeat("x", 1<<20) + `"}`, nil, 413, "TOO_LARGE", "1 MiB"},
		{"too much CSV", "POST", "/v1/people:import", strings.Repeat("x", 1<<20+1), csv, 413, "TOO_LARGE", "1 MiB"},
		{"a key too long", "POST", "/v1/contents", `{}`, []string{"Idempotency-Key", strings.Repeat("k", 129)}, 400, "IDEMPOTENCY_KEY_TOO_LONG", "128"},
		{"a path of nothing", "GET", "/v1/nothing", "", nil, 404, "NOT_FOUND", "/v1/nothing"},
		{"a method it does not take", "DELETE", "/v1/contents/content_1", "", nil, 405, "METHOD_NOT_ALLOWED", "GET, PATCH"},
		{"a method a verb does not take", "PUT", "/v1/contents/content_1:submit", "", nil, 405, "METHOD_NOT_ALLOWED", "POST"},
		{"NUL in the query", "GET", "/v1/contents?plan=a%00", "", nil, 400, "UNREADABLE", "plan"},
		{"NUL in the path", "GET", "/v1/contents/a%00", "", nil, 400, "UNREADABLE", "U+0000"},
		{"NUL in the body", "POST", "/v1/contents", `{"title":"a\u0000"}`, nil, 400, "UNREADABLE", "title"},
		{"a verb of nothing", "POST", "/v1/contents/content_1:explode", "{}", nil, 404, "NOT_FOUND", "explode"},
		{"a method in a header", "POST", "/v1/contents/content_1", "a=b", []string{"X-HTTP-Method-Override", "GET", "Content-Type", "application/x-www-form-urlencoded"}, 405, "METHOD_NOT_ALLOWED", "POST"},
	} {
		a := h.call(t, c.method, c.path, c.body, c.head...)
		p := h.refused(t, c.name, a, c.status, c.reason)
		if !strings.Contains(p.Detail, c.tells) {
			t.Errorf("%s: the detail does not tell %q: %s", c.name, c.tells, p.Detail)
		}
		if english := h.call(t, c.method, c.path, c.body, append(c.head, "Accept-Language", "en")...).problem(t); english.Detail == p.Detail || !strings.Contains(english.Detail, c.tells) {
			t.Errorf("%s: in English %q", c.name, english.Detail)
		}
	}
}

// Exactly the limit is taken, however the length is told.
func TestBodyOfTheLimit(t *testing.T) {
	h := newHouse(t)
	if a := h.call(t, "POST", "/v1/people:import", strings.Repeat("x", 1<<20), "Content-Type", "text/csv"); a.status != 200 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// A field of another type is named with what stood there and what is expected.
func TestWrongTypeIsExplained(t *testing.T) {
	h := newHouse(t)
	p := h.call(t, "POST", "/v1/contents", `{"attachment":{"number":38}}`).problem(t)
	if len(p.Errors) != 1 || p.Errors[0].Field != "attachment.number" || p.Errors[0].Reason != "BAD_FORMAT" ||
		p.Errors[0].Detail != "“38” không đúng dạng của “attachment.number”: string." {
		t.Errorf("%+v", p)
	}
}

func TestAnswersCarryTheirHeaders(t *testing.T) {
	h := newHouse(t)
	a := h.call(t, "POST", "/v1/contents", `{"title":"x"}`, "X-Request-Id", "job-7", "Idempotency-Key", "k1")
	for name, want := range map[string]string{
		"ETag": `"3"`, "Location": "/v1/contents/content_1", "X-Request-Id": "job-7", "Idempotency-Key": "k1",
		"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
	} {
		if got := a.head.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if a.head.Get("Loa-Position") == "" {
		t.Error("no Loa-Position")
	}
	for name := range a.head {
		if strings.HasPrefix(name, "Grpc-") {
			t.Errorf("the header %s tells of gRPC", name)
		}
	}
	var body map[string]any
	if err := json.Unmarshal(a.body, &body); err != nil {
		t.Fatal(err)
	}
	if body["planItem"] != "" || body["example"] != false || body["audiences"] == nil || body["attachment"] != nil {
		t.Errorf("empty values: %s", a.body)
	}
}

func TestServicesGetTheHeadersThatConcernThem(t *testing.T) {
	h := newHouse(t)
	position := h.call(t, "POST", "/v1/contents", `{}`).head.Get("Loa-Position")
	h.call(t, "PATCH", "/v1/contents/content_1", `{"title":"x"}`, "If-Match", `"3"`, "Idempotency-Key", "khóa", "Accept-Language", "en",
		"Loa-At-Least", position, "X-Request-Id", "không được", "Cookie", "a=b", "Grpc-Metadata-Authorization", "Bearer x", "Grpc-Timeout", "1n")
	method, _, head := h.asked()
	for name, want := range map[string]string{
		"if-match": `"3"`, "idempotency-key-bin": "khóa", "accept-language": "en", "loa-at-least": position, "authorization": "Bearer " + h.token,
	} {
		if got := head.Get(name); method != "UpdateContent" || len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := head.Get("x-request-id"); len(got) != 1 || strings.Contains(got[0], " ") {
		t.Errorf("an unusable request id arrives as %q", got)
	}
	if head.Get("cookie") != nil || head.Get("grpcgateway-cookie") != nil {
		t.Error("a cookie arrived")
	}
}

func TestMissingKeyIsMadeAndTold(t *testing.T) {
	h := newHouse(t)
	first := h.call(t, "POST", "/v1/contents", `{}`).head.Get("Idempotency-Key")
	_, _, head := h.asked()
	second := h.call(t, "POST", "/v1/contents", `{}`).head.Get("Idempotency-Key")
	if first == "" || first == second || len(head.Get("idempotency-key")) != 1 || head.Get("idempotency-key")[0] != first {
		t.Errorf("%q, %q, the service got %q", first, second, head.Get("idempotency-key"))
	}
	if a := h.call(t, "GET", "/v1/contents/c", "", "Idempotency-Key", "k"); a.head.Get("Idempotency-Key") != "" {
		t.Error("a read has a key")
	}
}

func TestIdentityAtTheEdge(t *testing.T) {
	h := newHouse(t)
	for name, c := range map[string]struct{ authorization, challenge string }{
		"nobody":         {"", `Bearer realm="loa"`},
		"a password":     {"Basic YTpi", `Bearer realm="loa", error="invalid_token"`},
		"a spoilt token": {"Bearer " + h.token + "x", `Bearer realm="loa", error="invalid_token"`},
		"another's":      {"Bearer " + h.issuer.Token(t, "cv.stttt", map[string]any{"aud": "other"}), `Bearer realm="loa", error="invalid_token"`},
	} {
		a := h.call(t, "GET", "/v1/contents/c", "", "Authorization", c.authorization)
		h.refused(t, name, a, 401, "UNAUTHENTICATED")
		if got := a.head.Get("WWW-Authenticate"); got != c.challenge {
			t.Errorf("%s: %q", name, got)
		}
	}
	a := h.call(t, "GET", "/v1/contents/c", "", "Authorization", "Bearer "+h.issuer.Token(t, "vt.stttt"))
	if p := a.problem(t); a.status != 403 || p.Reason != "FORBIDDEN" || p.Detail != "Vai trò của bạn không được phép làm việc này." {
		t.Errorf("another role: %d %+v", a.status, p)
	}
}

func TestRateIsPerCaller(t *testing.T) {
	now := time.Now()
	h := newHouse(t, func(o *gateway.Options) { o.RatePerSecond, o.Clock = 0.5, func() time.Time { return now } })
	other := "Bearer " + h.issuer.Token(t, "vt.stttt")
	for range 2 { // bursts of four times the rate
		if a := h.call(t, "GET", "/v1/contents/c", ""); a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	a := h.call(t, "GET", "/v1/contents/c", "")
	if p := a.problem(t); a.status != 429 || p.Reason != "RATE_LIMITED" || a.head.Get("Retry-After") != "2" || !strings.Contains(p.Detail, "2 giây") {
		t.Errorf("%d %v %+v", a.status, a.head, p)
	}
	if a := h.call(t, "GET", "/v1/contents/c", "", "Authorization", other); a.status != 403 {
		t.Errorf("another caller: %d", a.status)
	}
	for i := range 3 {
		if a := h.call(t, "GET", "/v1/contents/c", "", "Authorization", "Bearer guess"); (a.status == 429) != (i == 2) {
			t.Errorf("guess %d: %d", i, a.status)
		}
	}
	now = now.Add(2 * time.Second)
	if a := h.call(t, "GET", "/v1/contents/c", ""); a.status != 200 {
		t.Errorf("after the wait: %d", a.status)
	}
}

func TestHealthAndReadiness(t *testing.T) {
	h := newHouse(t)
	if a := h.call(t, "GET", "/healthz", "", "Authorization", ""); a.status != 200 || string(a.body) != "ok" {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := h.call(t, "GET", "/readyz", "", "Authorization", ""); a.status != 503 || string(a.body) != `{"ready":false,"waitingFor":["OIDC"]}` || a.head.Get("Retry-After") == "" {
		t.Errorf("before the issuer was asked: %d %s", a.status, a.body)
	}
	h.call(t, "GET", "/v1/contents/c", "")
	if a := h.call(t, "GET", "/readyz", ""); a.status != 200 || string(a.body) != `{"ready":true,"waitingFor":[]}` {
		t.Errorf("%d %s", a.status, a.body)
	}
	h.waiting = []string{"the example data"}
	if a := h.call(t, "GET", "/readyz", ""); a.status != 503 || string(a.body) != `{"ready":false,"waitingFor":["the example data"]}` {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestReferenceIsServed(t *testing.T) {
	h := newHouse(t)
	for path, kind := range map[string]string{"/openapi.json": "application/json", "/docs": "text/html; charset=utf-8", "/docs/reasons": "text/html; charset=utf-8", "/docs/style.css": "text/css; charset=utf-8"} {
		if a := h.call(t, "GET", path, "", "Authorization", ""); a.status != 200 || a.head.Get("Content-Type") != kind {
			t.Errorf("%s: %d %s", path, a.status, a.head.Get("Content-Type"))
		}
	}
	// What a problem's type names is there.
	p := h.call(t, "GET", "/v1/nothing", "").problem(t)
	if p.Type != "https://loa.example/docs/reasons#NOT_FOUND" || !strings.Contains(string(h.call(t, "GET", "/docs/reasons", "").body), `id="NOT_FOUND"`) {
		t.Errorf("type %s", p.Type)
	}
}

// Every path of the OpenAPI document is served: none answers as a path of nothing.
func TestEveryDescribedPathIsServed(t *testing.T) {
	h := newHouse(t)
	var doc struct {
		Paths map[string]map[string]struct {
			RequestBody struct{ Content map[string]any } `json:"requestBody"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(h.call(t, "GET", "/openapi.json", "").body, &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Paths) < 25 {
		t.Fatalf("only %d paths", len(doc.Paths))
	}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			concrete := strings.Replace(path, "{service}", "content", 1)
			for strings.Contains(concrete, "{") {
				before, after, _ := strings.Cut(concrete, "{")
				_, after, _ = strings.Cut(after, "}")
				concrete = before + "1" + after // a number and a word
			}
			body, kind := "", ""
			for kind = range op.RequestBody.Content {
				body = "{}"
			}
			if kind == "multipart/form-data" {
				kind, body = form("file", "a.txt", "một")
			}
			a := h.call(t, strings.ToUpper(method), concrete, body, "Content-Type", kind)
			if a.status == 200 {
				continue
			}
			// This test's service does not implement them all; what it does not is an error of the service, not of the path.
			if p := a.problem(t); p.Reason != "INTERNAL" {
				t.Errorf("%s %s: %d %+v", method, path, a.status, p)
			}
		}
	}
}

func TestTraceIsFollowed(t *testing.T) {
	before := otel.GetTracerProvider()
	spans := tracetest.NewSpanRecorder()
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)))
	t.Cleanup(func() { otel.SetTracerProvider(before) })
	h := newHouse(t)
	const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
	p := h.call(t, "GET", "/v1/nothing", "", "traceparent", "00-"+trace+"-00f067aa0ba902b7-01").problem(t)
	if p.TraceID != trace {
		t.Errorf("the problem names %q", p.TraceID)
	}
	h.call(t, "GET", "/v1/contents/c", "", "traceparent", "00-"+trace+"-00f067aa0ba902b7-01")
	if _, _, head := h.asked(); len(head.Get("traceparent")) != 1 || !strings.Contains(head.Get("traceparent")[0], trace) {
		t.Errorf("the service got %q", head.Get("traceparent"))
	}
	// The span ends after the answer is out.
	named := func(s sdktrace.ReadOnlySpan) bool { return s.Name() == "GET /v1/contents/{content}" }
	for deadline := time.Now().Add(5 * time.Second); !slices.ContainsFunc(spans.Ended(), named); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("no span is named after its route")
		}
	}
	if p := h.call(t, "GET", "/v1/nothing", "").problem(t); len(p.TraceID) != 32 {
		t.Errorf("without a traceparent: %q", p.TraceID)
	}
}

func TestLanguages(t *testing.T) {
	h := newHouse(t)
	for accept, want := range map[string]string{
		"": "vi", "vi": "vi", "en": "en", "en-US,en;q=0.9": "en", "fr, en;q=0.5, vi;q=0.4": "en", "vi-VN, en": "vi", "zh": "vi", ";;;": "vi", "*": "vi",
	} {
		a := h.call(t, "GET", "/v1/nothing", "", "Accept-Language", accept)
		detail := map[string]string{"vi": "Không tìm thấy GET /v1/nothing.", "en": "GET /v1/nothing was not found."}[want]
		if p := a.problem(t); p.Detail != detail || a.head.Get("Content-Language") != want || a.head.Get("Vary") != "Accept-Language" {
			t.Errorf("%q: %s %s", accept, a.head.Get("Content-Language"), p.Detail)
		}
	}
}
