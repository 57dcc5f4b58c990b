package chaos

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/es"
)

const (
	// patience is how long a person waits for one thing: what was killed has to start again, and what a killed worker had in hand is
	// given to another only when its time (30 s) is over.
	patience = 2 * time.Minute
	// oneTry is how long a single request may take.
	oneTry = 15 * time.Second
	again  = 40 * time.Millisecond
)

// people act over REST and do not give up: what nobody answers, or what is answered by 503, is sent again, the same bytes under the
// same key.
type people struct {
	api      string
	client   *http.Client
	tokens   map[string]string
	position string
	// acknowledged are the answers to writes so far.
	acknowledged []acknowledgement
}

// acknowledgement is what the answer to a write has promised to keep.
type acknowledgement struct {
	request        request
	body           []byte
	id, hash, etag string
	// service's log had come to position when it had written.
	service  string
	position int64
}

type request struct {
	as, method, path, contentType string
	body                          []byte
	key, ifMatch                  string
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

// refusal is an answer that does not change by asking again.
type refusal struct {
	request request
	answer  answer
}

func (r refusal) Error() string {
	return fmt.Sprintf("%s %s as %s under %q: %d %s", r.request.method, r.request.path, r.request.as, r.request.key, r.answer.status, r.answer.body)
}

// until asks again until done says so. The last word is in the error when the patience ends.
func until(ctx context.Context, what string, done func() (ok bool, last string, err error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(again)
	defer tick.Stop()
	for {
		ok, last, err := done()
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w; the last word was %s", what, context.Cause(ctx), last)
		case <-tick.C:
		}
	}
}

// try sends a request once.
func (p *people) try(ctx context.Context, r request) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, oneTry)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, r.method, p.api+r.path, bytes.NewReader(r.body))
	if err != nil {
		return answer{}, err
	}
	q.Header.Set("Authorization", "Bearer "+p.tokens[r.as])
	for name, value := range map[string]string{"Idempotency-Key": r.key, "If-Match": r.ifMatch, "Loa-At-Least": p.position, "Content-Type": r.contentType} {
		if value != "" {
			q.Header.Set(name, value)
		}
	}
	response, err := p.client.Do(q)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, body}, err
}

// send sends a request until it is answered by 200. What is not known or not allowed yet is sent again too: what is waited for comes
// by the bus. Every other answer ends it.
func (p *people) send(ctx context.Context, r request, into proto.Message) (answer, error) {
	var a answer
	err := until(ctx, r.method+" "+r.path+" as "+r.as, func() (bool, string, error) {
		var err error
		a, err = p.try(ctx, r)
		switch {
		case err != nil:
			return false, err.Error(), nil //nolint:nilerr // A process that is down is asked again.
		case a.status == http.StatusOK:
			return true, "", nil
		case slices.Contains([]int{http.StatusServiceUnavailable, http.StatusForbidden, http.StatusNotFound, http.StatusConflict}, a.status):
			return false, fmt.Sprintf("%d %s", a.status, a.body), nil
		default:
			return false, "", refusal{r, a}
		}
	})
	if err == nil && into != nil {
		proto.Reset(into)
		err = protojson.Unmarshal(a.body, into)
	}
	return a, err
}

// read asks until the answer is what is waited for.
func (p *people) read(ctx context.Context, as, path string, into proto.Message, enough func() bool) error {
	return until(ctx, "waiting for "+path+" as "+as, func() (bool, string, error) {
		a, err := p.send(ctx, request{as: as, method: http.MethodGet, path: path}, into)
		return err == nil && enough(), string(a.body), err
	})
}

// write sends a command and keeps what its answer promises.
func (p *people) write(ctx context.Context, service string, r request, into proto.Message) error {
	if r.contentType == "" {
		r.contentType = "application/json"
	}
	a, err := p.send(ctx, r, into)
	if err != nil {
		return err
	}
	kept := acknowledgement{request: r, body: a.body, service: service, etag: a.header.Get("ETag")}
	p.position = a.header.Get("Loa-Position")
	if kept.position, err = positionOf(a, service); err != nil {
		return fmt.Errorf("the answer to %q: %w", r.key, err)
	}
	if m, ok := into.(interface{ GetId() string }); ok {
		kept.id = m.GetId()
	}
	if m, ok := into.(interface{ GetHash() string }); ok {
		kept.hash = m.GetHash()
	}
	p.acknowledged = append(p.acknowledged, kept)
	return nil
}

// positionOf is where a service's log was when it had done what an answer says.
func positionOf(a answer, service string) (int64, error) {
	token, err := es.ParseToken(a.header.Get("Loa-Position"))
	if err == nil && token[service].Position == 0 {
		err = fmt.Errorf("no position of %s in %q", service, a.header.Get("Loa-Position"))
	}
	return token[service].Position, err
}

// json is a write with a JSON body.
func (p *people) json(ctx context.Context, service, as, method, path string, body proto.Message, key string, into proto.Message) error {
	text, err := protojson.Marshal(body)
	if err != nil {
		return err
	}
	// protojson spaces its output differently from one program to the next; the bytes are made once, so a repeat has the same.
	return p.write(ctx, service, request{as: as, method: method, path: path, body: text, key: key}, into)
}

// page waits until a public page is there and holds every part.
func (p *people) page(ctx context.Context, portal, path string, parts ...string) error {
	return until(ctx, "waiting for the page "+path, func() (bool, string, error) {
		a, err := p.visit(ctx, portal+path, "text/html")
		if err != nil {
			return false, err.Error(), nil //nolint:nilerr // A process that is down is asked again.
		}
		for _, part := range parts {
			if !strings.Contains(string(a.body), part) {
				return false, fmt.Sprintf("%d without %q", a.status, part), nil
			}
		}
		return a.status == http.StatusOK, fmt.Sprint(a.status), nil
	})
}

// visit asks for a public address once, as nobody in particular. Redirections are answers.
func (p *people) visit(ctx context.Context, address, accept string) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, oneTry)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return answer{}, err
	}
	q.Header.Set("Accept", accept)
	response, err := p.client.Transport.RoundTrip(q)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, body}, err
}
