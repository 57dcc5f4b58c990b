package system

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// Client sends requests to the gateway as people. Every read asks for at least what the client's own writes have done.
type Client struct {
	t      testing.TB
	system *System
	http   *http.Client
	// Patience is how long a request is sent again, under the same key, while nobody answers or the answer is 503. Nought, for an
	// undisturbed system, sends it once.
	Patience time.Duration

	mutex    sync.Mutex
	position string
}

// Client makes a client.
func (s *System) Client(t testing.TB) *Client {
	return &Client{t: t, system: s, http: &http.Client{Timeout: 30 * time.Second}}
}

// Request is what one person asks.
type Request struct {
	As, Method, Path string
	// Body is nil, a text or bytes (sent as they are), or a value that becomes JSON. ContentType defaults to JSON.
	Body        any
	ContentType string
	// Key is the Idempotency-Key; IfMatch an ETag; Traceparent the W3C trace context of the caller; Language vi when empty.
	Key, IfMatch, Traceparent, Language string
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Problem is an application/problem+json answer.
type Problem struct {
	Type, Title, Detail, Reason, TraceID string
	Status                               int
	Errors                               []struct {
		Field, Column, Reason, Detail string
		Row                           int
	}
}

// Do sends a request and gives the answer, whatever it is.
func (c *Client) Do(r Request) Answer {
	c.t.Helper()
	token := c.system.Token(r.As)
	var answer Answer
	Eventually(c.t, max(c.Patience, time.Nanosecond), func() (bool, string) {
		c.t.Helper()
		var err error
		answer, err = c.once(r, token)
		switch {
		case err != nil && c.Patience == 0:
			c.t.Fatalf("%s %s as %s: %v", r.Method, r.Path, r.As, err)
			return false, ""
		case err != nil:
			return false, err.Error()
		default:
			return c.Patience == 0 || answer.Status != http.StatusServiceUnavailable, string(answer.Body)
		}
	})
	return answer
}

func (c *Client) once(r Request, token string) (Answer, error) {
	var body []byte
	contentType := "application/json"
	switch b := r.Body.(type) {
	case nil:
	case []byte:
		body = b
	case string:
		body = []byte(b)
	case proto.Message:
		var err error
		if body, err = protojson.Marshal(b); err != nil {
			return Answer{}, err
		}
	default:
		var err error
		if body, err = json.Marshal(b); err != nil {
			return Answer{}, err
		}
	}
	if r.ContentType != "" {
		contentType = r.ContentType
	}
	request, err := http.NewRequestWithContext(c.t.Context(), r.Method, c.system.API+r.Path, bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	for name, value := range map[string]string{
		"Authorization": "Bearer " + token, "Idempotency-Key": r.Key, "If-Match": r.IfMatch, "Traceparent": r.Traceparent,
		"Accept-Language": r.Language, "Loa-At-Least": c.seen(""),
	} {
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	if r.Language == "" {
		request.Header.Set("Accept-Language", "vi")
	}
	if len(body) > 0 {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	got, err := io.ReadAll(response.Body)
	c.seen(response.Header.Get("Loa-Position"))
	return Answer{Status: response.StatusCode, Header: response.Header, Body: got}, err
}

// seen takes a position into account, and gives the one to ask for.
func (c *Client) seen(position string) string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if position != "" {
		c.position = position
	}
	return c.position
}

// Must sends a request that has to succeed and reads the answer into a message, nil for none.
func (c *Client) Must(r Request, into proto.Message) Answer {
	c.t.Helper()
	a := c.Do(r)
	if a.Status != http.StatusOK {
		c.t.Fatalf("%s %s as %s: %d %s", r.Method, r.Path, r.As, a.Status, a.Body)
	}
	c.read(r, a, into)
	return a
}

// read is strict: a field that the API's description lacks fails.
func (c *Client) read(r Request, a Answer, into proto.Message) {
	c.t.Helper()
	if into == nil {
		return
	}
	proto.Reset(into)
	if err := protojson.Unmarshal(a.Body, into); err != nil {
		c.t.Fatalf("%s %s as %s: %v in %s", r.Method, r.Path, r.As, err, a.Body)
	}
}

// Refused sends a request that has to be refused with a status and a reason.
func (c *Client) Refused(r Request, status int, reason string) Problem {
	c.t.Helper()
	a := c.Do(r)
	var p Problem
	if err := json.Unmarshal(a.Body, &p); err != nil {
		c.t.Fatalf("%s %s as %s: %d, and the body is no problem: %s", r.Method, r.Path, r.As, a.Status, a.Body)
	}
	if a.Status != status || p.Status != status || p.Reason != reason || p.Detail == "" {
		c.t.Fatalf("%s %s as %s: %d %s, wanted %d %s: %s", r.Method, r.Path, r.As, a.Status, p.Reason, status, reason, a.Body)
	}
	if got := a.Header.Get("Content-Type"); got != "application/problem+json" {
		c.t.Fatalf("a problem came as %q", got)
	}
	return p
}

// Until asks until the answer is what is waited for; what comes by the bus takes a moment.
func (c *Client) Until(as, path string, into proto.Message, enough func() bool) Answer {
	c.t.Helper()
	r := Request{As: as, Method: http.MethodGet, Path: path}
	var a Answer
	Eventually(c.t, Patience, func() (bool, string) {
		c.t.Helper()
		a = c.Do(r)
		if a.Status != http.StatusOK {
			return false, string(a.Body)
		}
		c.read(r, a, into)
		return enough(), string(a.Body)
	})
	return a
}

// Patiently sends a write again, under the same key, while the state forbids it: the event that allows it comes by the bus.
func (c *Client) Patiently(r Request, into proto.Message) {
	c.t.Helper()
	Eventually(c.t, Patience, func() (bool, string) {
		c.t.Helper()
		a := c.Do(r)
		switch a.Status {
		case http.StatusOK:
			c.read(r, a, into)
			return true, ""
		case http.StatusConflict, http.StatusNotFound:
			return false, string(a.Body)
		default:
			c.t.Fatalf("%s %s as %s: %d %s", r.Method, r.Path, r.As, a.Status, a.Body)
			return false, ""
		}
	})
}

// Patience is how long what comes by the bus may take on a busy machine.
const Patience = 45 * time.Second

// On is the client with another test to tell what fails.
func (c *Client) On(t testing.TB) *Client {
	return &Client{t: t, system: c.system, http: c.http, Patience: c.Patience, position: c.seen("")}
}
