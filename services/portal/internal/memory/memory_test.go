package memory_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loa-vn/loa/services/portal/internal/memory"
)

func made(t testing.TB, text string, tags ...string) memory.Page {
	t.Helper()
	r, err := memory.NewResponse([]byte(text), "text/html")
	if err != nil {
		t.Fatal(err)
	}
	return memory.Page{Response: r, Tags: tags}
}

func body(r *memory.Response) string {
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", http.NoBody))
	return w.Body.String()
}

// Whatever is filled, asked for and dropped, in whatever order: the budget holds, and a page that is kept was made after the last drop
// of each of its tags.
func TestBudgetAndTags(t *testing.T) {
	const budget = 16 << 10
	rapid.Check(t, func(rt *rapid.T) {
		m := memory.New(budget)
		version := map[string]int{}
		tags := []string{"a", "b", "c"}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			tag := rapid.SampledFrom(tags).Draw(rt, "tag")
			if rapid.Bool().Draw(rt, "drop") {
				m.Drop(tag)
				version[tag]++
				continue
			}
			path := fmt.Sprintf("/%s/%d", tag, rapid.IntRange(0, 30).Draw(rt, "page"))
			r, err := m.Fill(t.Context(), path, func(context.Context) (memory.Page, error) {
				// What does not compress, so that sizes differ.
				return made(t, fmt.Sprintf("%d %s", version[tag], strings.Repeat(path, rapid.IntRange(1, 300).Draw(rt, "length"))), tag), nil
			})
			if err != nil {
				rt.Fatal(err)
			}
			if got, want := strings.Fields(body(r))[0], fmt.Sprint(version[tag]); got != want {
				rt.Fatalf("%s tells version %s, it is %s now", path, got, want)
			}
			if used, _ := m.Used(); used > budget {
				rt.Fatalf("%d bytes kept of %d", used, budget)
			}
		}
	})
}

// What is asked for stays; what was not asked for longest goes first.
func TestAskedForStays(t *testing.T) {
	m := memory.New(8 << 10)
	for n := range 100 {
		path := fmt.Sprintf("/%d", n)
		if _, err := m.Fill(t.Context(), path, func(context.Context) (memory.Page, error) { return made(t, path), nil }); err != nil {
			t.Fatal(err)
		}
		if _, found := m.Get("/0"); !found {
			t.Fatalf("the page that is asked for all the time is gone after %d others", n)
		}
	}
	if _, found := m.Get("/1"); found {
		t.Error("nothing was forgotten")
	}
}

// A page whose making began before a drop and ended after it is not handed out: it is made again.
func TestDroppedWhileItIsMade(t *testing.T) {
	for name, drop := range map[string]func(m *memory.Memory){
		"by tag": func(m *memory.Memory) { m.Drop("other", "publication:1") },
		"all":    func(m *memory.Memory) { m.Clear() },
	} {
		t.Run(name, func(t *testing.T) {
			m := memory.New(1 << 20)
			made1, state := 0, "published"
			r, err := m.Fill(t.Context(), "/tin/a", func(context.Context) (memory.Page, error) {
				made1++
				seen := state // read, then withdrawn while the page is being rendered
				if made1 == 1 {
					state = "withdrawn"
					drop(m)
				}
				return made(t, seen, "publication:1"), nil
			})
			if err != nil || body(r) != "withdrawn" || made1 != 2 {
				t.Errorf("%q after %d times (%v)", body(r), made1, err)
			}
			if kept, found := m.Get("/tin/a"); !found || body(kept) != "withdrawn" {
				t.Error("what is kept is not what was handed out")
			}
		})
	}
}

// A drop of something else does not make a page again, and a page that never comes to rest is given up.
func TestOtherDropsAndRestless(t *testing.T) {
	m := memory.New(1 << 20)
	times := 0
	_, err := m.Fill(t.Context(), "/", func(context.Context) (memory.Page, error) {
		times++
		m.Drop("publication:2")
		return made(t, "x", "publication:1"), nil
	})
	if err != nil || times != 1 {
		t.Errorf("made %d times (%v)", times, err)
	}
	_, err = m.Fill(t.Context(), "/restless", func(context.Context) (memory.Page, error) {
		m.Drop("publication:1")
		return made(t, "x", "publication:1"), nil
	})
	if !errors.Is(err, memory.ErrChanged) {
		t.Errorf("it ends with %v", err)
	}
}

// Many who ask at once have the page made once; what fails fails for all and is not kept; what is not there is not kept.
func TestManyAskAtOnce(t *testing.T) {
	m := memory.New(1 << 20)
	var times atomic.Int32
	release := make(chan struct{})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			r, err := m.Fill(t.Context(), "/a", func(context.Context) (memory.Page, error) {
				times.Add(1)
				<-release
				return made(t, "a"), nil
			})
			if err != nil || body(r) != "a" {
				t.Errorf("%v", err)
			}
		})
	}
	close(release)
	all.Wait()
	if times.Load() != 1 {
		t.Errorf("made %d times", times.Load())
	}
	broken := errors.New("the database is away")
	if _, err := m.Fill(t.Context(), "/b", func(context.Context) (memory.Page, error) { return memory.Page{}, broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
	if r, err := m.Fill(t.Context(), "/b", func(context.Context) (memory.Page, error) { return memory.Page{}, nil }); r != nil || err != nil {
		t.Error("what is not there was handed out")
	}
	if _, found := m.Get("/b"); found {
		t.Error("nothing was kept as something")
	}
}

func TestResponse(t *testing.T) {
	text := strings.Repeat("Kế hoạch cải cách hành chính. ", 200)
	r, err := memory.NewResponse([]byte(text), "text/html; charset=utf-8")
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method string, header ...string) *http.Response {
		request := httptest.NewRequest(method, "/", http.NoBody)
		for i := 0; i+1 < len(header); i += 2 {
			request.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		r.ServeHTTP(w, request)
		return w.Result()
	}
	read := func(answer *http.Response) []byte {
		b, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	plain, zipped := ask(http.MethodGet), ask(http.MethodGet, "Accept-Encoding", "br;q=1.0, gzip;q=0.8")
	if string(read(plain)) != text || plain.Header.Get("Content-Length") != fmt.Sprint(len(text)) {
		t.Error("unpacked it is another text, or its length is wrong")
	}
	unpacker, err := gzip.NewReader(bytes.NewReader(read(zipped)))
	if err != nil {
		t.Fatal(err)
	}
	if unpacked, err := io.ReadAll(unpacker); err != nil || string(unpacked) != text {
		t.Errorf("packed it is another text (%v)", err)
	}
	if plain.Header.Get("ETag") == zipped.Header.Get("ETag") {
		t.Error("two encodings share an ETag")
	}
	for _, known := range []string{zipped.Header.Get("ETag"), "W/" + zipped.Header.Get("ETag"), `"x", ` + zipped.Header.Get("ETag"), "*"} {
		if again := ask(http.MethodGet, "Accept-Encoding", "gzip", "If-None-Match", known); again.StatusCode != http.StatusNotModified || len(read(again)) != 0 {
			t.Errorf("%s is answered %d", known, again.StatusCode)
		}
	}
	if head := ask(http.MethodHead); len(read(head)) != 0 || head.Header.Get("ETag") != plain.Header.Get("ETag") || head.Header.Get("Content-Length") != fmt.Sprint(len(text)) {
		t.Error("HEAD is not GET without a body")
	}
	if refused := ask(http.MethodGet, "Accept-Encoding", "gzip; q=0"); refused.Header.Get("Content-Encoding") != "" {
		t.Error("packed for one who refuses it")
	}
	r.Status, r.Header = http.StatusGone, http.Header{"X-Robots-Tag": {"noindex"}}
	if gone := ask(http.MethodGet, "If-None-Match", "*"); gone.StatusCode != http.StatusGone || gone.Header.Get("X-Robots-Tag") != "noindex" || gone.Header.Get("ETag") != "" {
		t.Errorf("a page that is gone is answered %d with %v", gone.StatusCode, gone.Header)
	}
}

// A page that is true until a moment is not sent after it: what was made for afterwards is, and where nothing was it is made anew.
func TestAPageUntilAMoment(t *testing.T) {
	m := memory.New(1 << 20)
	past, future := time.Now().Add(-time.Second), time.Now().Add(time.Hour)
	until := func(at time.Time, text string, then *memory.Response) *memory.Response {
		r := made(t, text).Response
		r.Until, r.Then = at, then
		return r
	}
	for _, c := range []struct {
		name string
		page *memory.Response
		want string // of the one that is kept; empty when none is
	}{
		{"before it", until(future, "urgent", made(t, "calm").Response), "urgent"},
		{"after it", until(past, "urgent", made(t, "calm").Response), "calm"},
		{"after two of three", until(past, "a", until(past, "b", until(future, "c", nil))), "c"},
		{"after all", until(past, "a", until(past, "b", nil)), ""},
	} {
		if _, err := m.Fill(t.Context(), c.name, func(context.Context) (memory.Page, error) { return memory.Page{Response: c.page}, nil }); err != nil {
			t.Fatal(err)
		}
		r, found := m.Get(c.name)
		if found != (c.want != "") || found && body(r) != c.want {
			t.Errorf("%s: %v", c.name, r)
		}
		if again, err := m.Fill(t.Context(), c.name, func(context.Context) (memory.Page, error) { return made(t, "anew"), nil }); err != nil || body(again) != cmp.Or(c.want, "anew") {
			t.Errorf("%s: filled with %v, %v", c.name, again, err)
		}
	}
}
