package gateway

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"golang.org/x/text/language"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/rpc"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// problem is application/problem+json (RFC 9457) with Loa's own members.
type problem struct {
	Type    string         `json:"type"`
	Title   string         `json:"title"`
	Status  int            `json:"status"`
	Detail  string         `json:"detail"`
	Reason  string         `json:"reason"`
	Errors  []fieldProblem `json:"errors,omitempty"`
	TraceID string         `json:"traceId,omitempty"`
}

type fieldProblem struct {
	Field  string `json:"field,omitempty"`
	Row    int    `json:"row,omitempty"`
	Column string `json:"column,omitempty"`
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

const (
	retryUnavailable = 2 // seconds until what is away is worth asking again
	retryBehind      = 1 // seconds until a read model has caught up, as a rule
)

// refuse answers with a problem in the caller's language.
func (g *gateway) refuse(w http.ResponseWriter, r *http.Request, e *errs.Error) {
	spoken := languageOf(r.Header.Get("Accept-Language"))
	traceID := rpc.TraceID(r.Context())
	if traceID == "" {
		traceID = w.Header().Get("X-Request-Id")
	}
	status := errs.Status(e.Reason)
	reason := e.Reason.String()
	args := e.Args
	if e.Reason == errorsv1.Reason_REASON_UNSPECIFIED {
		reason = "INTERNAL"
		args = map[string]string{"trace": traceID}
	}
	if status >= http.StatusInternalServerError {
		g.Logger.WarnContext(r.Context(), "request failed", "method", r.Method, "path", r.URL.Path, "status", status,
			"request", w.Header().Get("X-Request-Id"), "error", e)
	}
	p := problem{
		Type: g.PublicURL + "/docs/reasons#" + reason, Title: title(status, spoken), Status: status,
		Detail: errs.Sentence(e.Reason, args, spoken), Reason: reason, TraceID: traceID,
	}
	for _, f := range e.Fields {
		p.Errors = append(p.Errors, fieldProblem{
			Field: f.Field, Row: f.Row, Column: f.Column, Reason: f.Reason.String(), Detail: errs.Sentence(f.Reason, f.Args, spoken),
		})
	}
	body, err := json.Marshal(p)
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	head := w.Header()
	head.Set("Content-Type", "application/problem+json")
	head.Set("Content-Language", string(spoken))
	head.Set("Vary", "Accept-Language")
	head.Set("Cache-Control", "no-store")
	switch {
	case status == http.StatusUnauthorized && r.Header.Get("Authorization") != "":
		head.Set("WWW-Authenticate", `Bearer realm="loa", error="invalid_token"`)
	case status == http.StatusUnauthorized:
		head.Set("WWW-Authenticate", `Bearer realm="loa"`)
	case status == http.StatusMethodNotAllowed:
		head.Set("Allow", e.Args["allowed"])
	case status == http.StatusTooManyRequests:
		head.Set("Retry-After", e.Args["seconds"])
	case e.Reason == errorsv1.Reason_READ_MODEL_BEHIND:
		head.Set("Retry-After", strconv.Itoa(retryBehind))
	case status == http.StatusServiceUnavailable:
		head.Set("Retry-After", strconv.Itoa(retryUnavailable))
	}
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}

// internal is an error of the gateway's own; the logs hold its cause under the trace id.
func internal(r *http.Request, cause error) *errs.Error {
	return errs.New(errorsv1.Reason_REASON_UNSPECIFIED, "trace", rpc.TraceID(r.Context())).Because(cause)
}

// refusalOf keeps a refusal as it is; whatever else verifying a token fails with is a token that is no good.
func refusalOf(err error) *errs.Error {
	if e, ok := errors.AsType[*errs.Error](err); ok {
		return e
	}
	return errs.New(errorsv1.Reason_UNAUTHENTICATED).Because(err)
}

// languageOf chooses Vietnamese or English by the caller's preferences; Vietnamese when neither is asked for.
func languageOf(header string) errs.Language {
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil || len(tags) == 0 {
		return errs.Vietnamese
	}
	matcher := language.NewMatcher([]language.Tag{language.Vietnamese, language.English})
	if _, i, confidence := matcher.Match(tags...); i == 1 && confidence >= language.Low {
		return errs.English
	}
	return errs.Vietnamese
}

// title names an HTTP status in the caller's language.
func title(status int, l errs.Language) string {
	titles := map[int][2]string{
		400: {"Yêu cầu không đọc được", "Unreadable request"},
		401: {"Chưa đăng nhập", "Not signed in"},
		403: {"Không được phép", "Not allowed"},
		404: {"Không tìm thấy", "Not found"},
		405: {"Không dùng được phương thức này", "Method not allowed"},
		409: {"Trạng thái không cho phép", "The state forbids it"},
		410: {"Không còn nữa", "Gone"},
		412: {"Đã có bản mới hơn", "A newer version exists"},
		413: {"Nội dung quá lớn", "Too large"},
		415: {"Kiểu nội dung không dùng được", "Unsupported media type"},
		422: {"Nội dung chưa đúng", "Wrong content"},
		428: {"Thiếu điều kiện If-Match", "If-Match is required"},
		429: {"Quá nhiều yêu cầu", "Too many requests"},
		500: {"Lỗi hệ thống", "Internal error"},
		503: {"Tạm thời không phục vụ được", "Temporarily unavailable"},
	}
	if l == errs.English {
		return titles[status][1]
	}
	return titles[status][0]
}
