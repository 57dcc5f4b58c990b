// Package probe asks a running Loa over REST as anybody, and reads what its logs hold. It is what the tests of refusals stand on: a
// refusal is judged by its whole answer, and by the logs, which must not have grown.
package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/loa-vn/loa/e2e/system"
)

// Probe sends requests to one system.
type Probe struct {
	System *system.System
	client *http.Client
	// position is how far the answers so far have come; every request asks for at least that.
	mutex    sync.Mutex
	position string
}

// New makes a probe of a running system.
func New(s *system.System) *Probe {
	return &Probe{System: s, client: &http.Client{Timeout: time.Minute}}
}

// Call is one request.
type Call struct {
	// As is the seeded person who asks; empty is nobody, unless Token is set.
	As string
	// Token is the bearer token to send, instead of a seeded person's.
	Token        string
	Method, Path string
	// Type of the body; empty is application/json when there is one.
	Type string
	Body string
	// Header is sent besides.
	Header map[string]string
	// Alone sends the request without the position of earlier answers.
	Alone bool
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Problem is application/problem+json as Loa writes it.
type Problem struct {
	Type    string  `json:"type"`
	Title   string  `json:"title"`
	Status  int     `json:"status"`
	Detail  string  `json:"detail"`
	Reason  string  `json:"reason"`
	Errors  []Place `json:"errors"`
	TraceID string  `json:"traceId"`
}

// Place is one place that is wrong.
type Place struct {
	Field  string `json:"field"`
	Row    int    `json:"row"`
	Column string `json:"column"`
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

// Problem reads a refusal; the zero Problem when the answer is none.
func (a Answer) Problem() Problem {
	var p Problem
	if a.Header.Get("Content-Type") == "application/problem+json" {
		_ = json.Unmarshal(a.Body, &p)
	}
	return p
}

// JSON reads the answer into a generic value, so that two answers may be compared whatever their spacing.
func (a Answer) JSON(t testing.TB) any {
	t.Helper()
	var value any
	if err := json.Unmarshal(a.Body, &value); err != nil {
		t.Fatalf("%d %s: %v", a.Status, a.Body, err)
	}
	return value
}

// Send sends a request.
func (p *Probe) Send(t testing.TB, c Call) Answer {
	t.Helper()
	token := c.Token
	if token == "" && c.As != "" {
		token = p.System.Token(c.As)
	}
	answer, err := p.send(t.Context(), c, token)
	if err != nil {
		t.Fatalf("%s %s: %v", c.Method, c.Path, err)
	}
	return answer
}

func (p *Probe) send(ctx context.Context, c Call, token string) (Answer, error) {
	request, err := http.NewRequestWithContext(ctx, c.Method, p.System.API+c.Path, bytes.NewReader([]byte(c.Body)))
	if err != nil {
		return Answer{}, err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if c.Body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.Type != "" {
		request.Header.Set("Content-Type", c.Type)
	}
	p.mutex.Lock()
	if p.position != "" && !c.Alone {
		request.Header.Set("Loa-At-Least", p.position)
	}
	p.mutex.Unlock()
	for name, value := range c.Header {
		request.Header.Set(name, value)
	}
	response, err := p.client.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return Answer{}, err
	}
	if position := response.Header.Get("Loa-Position"); position != "" {
		p.mutex.Lock()
		p.position = position
		p.mutex.Unlock()
	}
	return Answer{Status: response.StatusCode, Header: response.Header, Body: body}, nil
}

// Get reads a resource as a seeded person and fails unless the answer is 200.
func (p *Probe) Get(t testing.TB, as, path string, into any) {
	t.Helper()
	p.do(t, Call{As: as, Method: http.MethodGet, Path: path}, into)
}

// Post sends JSON as a seeded person and fails unless the answer is 200.
func (p *Probe) Post(t testing.TB, as, path string, body, into any) {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	p.do(t, Call{As: as, Method: http.MethodPost, Path: path, Body: string(raw)}, into)
}

func (p *Probe) do(t testing.TB, c Call, into any) {
	t.Helper()
	answer := p.Send(t, c)
	if answer.Status != http.StatusOK {
		t.Fatalf("%s %s as %s: %d %s", c.Method, c.Path, c.As, answer.Status, answer.Body)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(answer.Body, into); err != nil {
		t.Fatalf("%s %s: %v", c.Method, c.Path, err)
	}
}

// Patience is how long a state that comes by the bus is waited for.
const Patience = 30 * time.Second

// Until asks again until the answer is 200 and done says that it is what is waited for.
func Until[T any](t testing.TB, p *Probe, as, path string, done func(T) bool) T {
	t.Helper()
	var found T
	system.Eventually(t, Patience, func() (bool, string) {
		answer := p.Send(t, Call{As: as, Method: http.MethodGet, Path: path})
		if answer.Status != http.StatusOK {
			return false, string(answer.Body)
		}
		var value T
		if err := json.Unmarshal(answer.Body, &value); err != nil {
			return false, err.Error()
		}
		found = value
		return done(value), string(answer.Body)
	})
	return found
}
