package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/loa-vn/loa/pkg/errs"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/gateway"
)

// Every reason a service may refuse for is answered with its status, word and sentence in both languages, and with every place that is wrong.
func TestEveryReasonRenders(t *testing.T) {
	h := newHouse(t, func(o *gateway.Options) { o.RatePerSecond = 10_000 })
	values := errorsv1.Reason_REASON_UNSPECIFIED.Descriptor().Values()
	for i := range values.Len() {
		reason := errorsv1.Reason(values.Get(i).Number())
		if reason == errorsv1.Reason_REASON_UNSPECIFIED {
			continue // told by TestInternalErrorsTellNothing
		}
		var args []string
		for _, name := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(errs.Sentence(reason, nil, errs.Vietnamese)+errs.Sentence(reason, nil, errs.English), -1) {
			args = append(args, name[1], "Ệ-"+name[1])
		}
		h.behind.answer = func(context.Context) (*contentv1.Content, error) {
			e := errs.New(reason, args...)
			e.Fields = []errs.Field{{Field: "f", Row: 4, Column: "valid_to", Reason: reason, Args: e.Args}}
			return nil, e.Because(errors.New("SELECT hunter2"))
		}
		for _, spoken := range []errs.Language{errs.Vietnamese, errs.English} {
			a := h.call(t, "GET", "/v1/contents/c", "", "Accept-Language", string(spoken))
			p := a.problem(t)
			want := errs.Sentence(reason, errs.New(reason, args...).Args, spoken)
			if a.status != errs.Status(reason) || p.Status != a.status || p.Reason != reason.String() || p.Detail != want || p.Title == "" {
				t.Errorf("%s in %s: %d %+v", reason, spoken, a.status, p)
			}
			if strings.ContainsAny(p.Detail, "{}") {
				t.Errorf("%s in %s holds a name without a value: %s", reason, spoken, p.Detail)
			}
			if len(p.Errors) != 1 || p.Errors[0].Field != "f" || p.Errors[0].Row != 4 || p.Errors[0].Column != "valid_to" ||
				p.Errors[0].Reason != reason.String() || p.Errors[0].Detail != want {
				t.Errorf("%s in %s: errors %+v", reason, spoken, p.Errors)
			}
			if p.Type != "https://loa.example/docs/reasons#"+reason.String() || p.TraceID == "" {
				t.Errorf("%s: type %q, trace %q", reason, p.Type, p.TraceID)
			}
			if retry := a.head.Get("Retry-After"); (retry != "") != (a.status == 429 || a.status == 503) {
				t.Errorf("%s: Retry-After %q", reason, retry)
			}
			if strings.Contains(string(a.body), "hunter2") {
				t.Errorf("%s tells its cause", reason)
			}
		}
	}
}

// What is no refusal tells the trace id and nothing else.
func TestInternalErrorsTellNothing(t *testing.T) {
	h := newHouse(t)
	for name, fail := range map[string]func() error{
		"an error": func() error { return fmt.Errorf("SELECT hunter2") },
		"a panic":  func() error { panic("SELECT hunter2") },
	} {
		h.behind.answer = func(context.Context) (*contentv1.Content, error) { return nil, fail() }
		for spoken, starts := range map[string]string{"vi": "Hệ thống gặp lỗi.", "en": "Something went wrong on our side."} {
			a := h.call(t, "GET", "/v1/contents/c", "", "Accept-Language", spoken)
			p := a.problem(t)
			if a.status != 500 || p.Reason != "INTERNAL" || !strings.HasPrefix(p.Detail, starts) || !strings.Contains(p.Detail, p.TraceID) || p.TraceID == "" {
				t.Errorf("%s: %d %+v", name, a.status, p)
			}
			if strings.Contains(string(a.body), "hunter2") {
				t.Errorf("%s tells its cause: %s", name, a.body)
			}
		}
	}
}

// A service that is away is 503, with the key to send the request again with.
func TestServiceAway(t *testing.T) {
	h := newHouse(t)
	h.server.Stop()
	a := h.call(t, "POST", "/v1/contents", `{}`)
	if p := a.problem(t); a.status != 503 || p.Reason != "UNAVAILABLE" || !strings.Contains(p.Detail, "content") || a.head.Get("Retry-After") == "" || a.head.Get("Idempotency-Key") == "" {
		t.Errorf("%d %+v", a.status, p)
	}
}
