package example

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"sync"
	"time"
)

// client sends requests as people.
type client struct {
	Options
	http   *http.Client
	mutex  sync.Mutex
	tokens map[string]string
	// position is how far the answers so far have come; each request asks for at least that.
	position string
}

func newClient(o Options) *client {
	return &client{Options: o, http: &http.Client{Timeout: 30 * time.Second}, tokens: map[string]string{}}
}

// patience is how long a state that comes by the bus is waited for.
const patience = 30 * time.Second

func (c *client) token(ctx context.Context, person string) (string, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if t := c.tokens[person]; t != "" {
		return t, nil
	}
	t, err := c.Token(ctx, person)
	if err == nil {
		c.tokens[person] = t
	}
	return t, err
}

// json sends a JSON body, or none when it is nil, and reads the answer into answer unless that is nil.
func (c *client) json(ctx context.Context, person, method, path string, body any, key string, answer any) error {
	var raw []byte
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return err
		}
	}
	return c.send(ctx, person, method, path, "application/json", raw, key, answer)
}

func (c *client) send(ctx context.Context, person, method, path, contentType string, body []byte, key string, answer any) error {
	r, err := c.request(ctx, method, path, contentType, body, key)
	if err != nil {
		return err
	}
	return c.answered(r, person, answer)
}

// edit sends what changes of a resource, under the ETag that was read.
func (c *client) edit(ctx context.Context, person, path, etag string, changes any, key string, answer any) error {
	raw, err := json.Marshal(changes)
	if err != nil {
		return err
	}
	r, err := c.request(ctx, http.MethodPatch, path, "application/json", raw, key)
	if err != nil {
		return err
	}
	r.Header.Set("If-Match", etag)
	return c.answered(r, person, answer)
}

// upload sends a file as a form does.
func (c *client) upload(ctx context.Context, person, path, name string, file []byte, fields map[string]string, key string) error {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		return err
	}
	if _, err := part.Write(file); err != nil {
		return err
	}
	for field, value := range fields {
		if err := form.WriteField(field, value); err != nil {
			return err
		}
	}
	if err := form.Close(); err != nil {
		return err
	}
	return c.send(ctx, person, http.MethodPost, path, form.FormDataContentType(), body.Bytes(), key, nil)
}

// answered carries a request out and reads the answer into answer unless that is nil; a refusal is an error.
func (c *client) answered(r *http.Request, person string, answer any) error {
	status, got, err := c.carryOut(r, person)
	if err != nil {
		return err
	}
	if status >= 300 {
		return fmt.Errorf("%s %s as %s: %d %s", r.Method, r.URL.Path, person, status, got)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(got, answer)
}

func (c *client) exchange(ctx context.Context, person, method, path, contentType string, body []byte, key string) (int, []byte, error) {
	r, err := c.request(ctx, method, path, contentType, body, key)
	if err != nil {
		return 0, nil, err
	}
	return c.carryOut(r, person)
}

func (c *client) request(ctx context.Context, method, path, contentType string, body []byte, key string) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.BaseURL+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept-Language", "vi")
	if len(body) > 0 {
		r.Header.Set("Content-Type", contentType)
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	return r, nil
}

func (c *client) carryOut(r *http.Request, person string) (int, []byte, error) {
	token, err := c.token(r.Context(), person)
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if c.position != "" {
		r.Header.Set("Loa-At-Least", c.position)
	}
	response, err := c.http.Do(r)
	if err != nil {
		return 0, nil, err
	}
	if position := response.Header.Get("Loa-Position"); position != "" {
		c.position = position
	}
	defer func() { _ = response.Body.Close() }()
	got, err := io.ReadAll(response.Body)
	return response.StatusCode, got, err
}

// until asks again until the answer is what is waited for.
func (c *client) until(ctx context.Context, person, path string, enough func(answer []byte) bool) error {
	var last []byte
	err := poll(ctx, func() (bool, error) {
		status, got, err := c.exchange(ctx, person, http.MethodGet, path, "", nil, "")
		last = got
		return err == nil && status == http.StatusOK && enough(got), err
	})
	if err != nil {
		return fmt.Errorf("waiting for %s as %s: %w; the last answer was %s", path, person, err, last)
	}
	return nil
}

// patiently posts again while the state forbids it, since the event that allows it comes by the bus.
func (c *client) patiently(ctx context.Context, person, path string, body any, key string) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	var last []byte
	err = poll(ctx, func() (bool, error) {
		status, got, err := c.exchange(ctx, person, http.MethodPost, path, "application/json", raw, key)
		last = got
		if err != nil || status == http.StatusConflict || status == http.StatusNotFound {
			return false, err
		}
		if status >= 300 {
			return false, fmt.Errorf("%d %s", status, got)
		}
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("POST %s as %s: %w; the last answer was %s", path, person, err, last)
	}
	return nil
}

func poll(ctx context.Context, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
