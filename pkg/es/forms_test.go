package es

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestGoldens(t *testing.T) { CheckGoldens(t, notes(), "testdata/events") }

func TestOlderVersionsAreReadAsTheCurrentOne(t *testing.T) {
	w := database(t)
	l, repo := w.repo(t)
	n := newNote()
	r := must[Result[note]](t)(repo.Execute(t.Context(), n, command(), write("mới")))
	// What a program of last year stored.
	body := strings.Replace(string(r.Recorded[0].Body), `{"text":"mới","size":5}`, `{"text":"xưa"}`, 1)
	if _, err := w.owner.Exec(t.Context(), `INSERT INTO es.event SELECT 2, stream, 2, gen_random_uuid(), 'test.line_written.v1', recorded_at,
		digest, leaf, $1 FROM es.event`, []byte(body)); err != nil {
		t.Fatal(err)
	}
	events := must[[]Event](t)(l.Read(t.Context(), 1, 10))
	if len(events) != 1 || events[0].Data != (lineWritten{"xưa", 4}) || events[0].Type != "test.line_written.v1" {
		t.Errorf("%+v", events)
	}
	if a, _, err := repo.Load(t.Context(), n); err != nil || !reflect.DeepEqual(a.Lines, []string{"mới", "xưa"}) {
		t.Errorf("%+v %v", a, err)
	}
}

// complaints is a TB that keeps what it is told.
type complaints []string

func (c *complaints) Helper() {}
func (c *complaints) Errorf(format string, args ...any) {
	*c = append(*c, fmt.Sprintf(format, args...))
}

type renamed struct {
	Title string         `json:"title"`
	At    time.Time      `json:"at"`
	Tags  map[string]int `json:"tags,omitempty"`
}

func TestGoldensNoticeEveryChange(t *testing.T) {
	dir := t.TempDir()
	check := func(want string, types ...Type) {
		t.Helper()
		var c complaints
		CheckGoldens(&c, NewCatalogue(types...), dir)
		if all := strings.Join(c, "\n"); want == "" && all != "" || !strings.Contains(all, want) {
			t.Errorf("want %q, got %q", want, all)
		}
	}
	first := EventType[renamed]("test.first.v1")
	check("had no golden file", first)
	check("", first)
	if raw, err := os.ReadFile(filepath.Join(dir, "test.first.v1.json")); err != nil || !strings.Contains(string(raw), `"tags": {`) {
		t.Errorf("a field was left out: %s %v", raw, err)
	}
	check("can no longer be read", EventType[struct {
		Title string `json:"title"`
		At    time.Time
	}]("test.first.v1")) // a field went
	check("changed its form", EventType[struct {
		renamed
		Added string `json:"added"`
	}]("test.first.v1"))
	check("got fields that its golden file does not have: data.Added", EventType[struct {
		Title string         `json:"title"`
		At    time.Time      `json:"at"`
		Tags  map[string]int `json:"tags,omitempty"`
		Added string         `json:"added,omitempty"` // left out of the JSON while it is empty
	}]("test.first.v1"))
	check("cannot read it any more", EventType[lineWritten]("test.second.v1"))
	if err := os.Remove(filepath.Join(dir, "test.second.v1.json")); err != nil {
		t.Fatal(err)
	}
	up := Upcast{"test.first.v1", func(json.RawMessage) (json.RawMessage, error) { return []byte(`{"text":"x","size":1}`), nil }}
	check("had no golden file", EventType[lineWritten]("test.first.v2", up))
	check("", EventType[lineWritten]("test.first.v2", up))
	up.Func = func(raw json.RawMessage) (json.RawMessage, error) { return raw, nil }
	check("", EventType[lineWritten]("test.first.v2", Upcast{up.From, func(json.RawMessage) (json.RawMessage, error) { return []byte(`{"text":"x","size":1}`), nil }}))
	if err := os.Rename(filepath.Join(dir, "test.first.v1.json"), filepath.Join(dir, "away")); err != nil {
		t.Fatal(err)
	}
	check("test.first.v1.json", EventType[lineWritten]("test.first.v2", up)) // the golden of an older version went
	if err := os.Rename(filepath.Join(dir, "away"), filepath.Join(dir, "test.first.v1.json")); err != nil {
		t.Fatal(err)
	}
	check("test.first.v1 can no longer be read", EventType[lineWritten]("test.first.v2", up))
	up.From = "test.zeroth.v1"
	check("test.zeroth.v1", EventType[lineWritten]("test.first.v2", up))
}

func TestUpcastsRunOldestFirst(t *testing.T) {
	add := func(s string) func(json.RawMessage) (json.RawMessage, error) {
		return func(raw json.RawMessage) (json.RawMessage, error) {
			var l lineWritten
			if err := json.Unmarshal(raw, &l); err != nil {
				return nil, err
			}
			l.Text += s
			return json.Marshal(l)
		}
	}
	c := Join(NewCatalogue(EventType[lineWritten]("test.a.v3", Upcast{"test.a.v1", add("1")}, Upcast{"test.a.v2", add("2")})),
		NewCatalogue(EventType[noteClosed]("test.b.v1")))
	for name, want := range map[string]string{"test.a.v1": "x12", "test.a.v2": "x2", "test.a.v3": "x"} {
		if d, err := c.Decode(name, []byte(`{"text":"x"}`)); err != nil || d.(lineWritten).Text != want {
			t.Errorf("%s: %v %v", name, d, err)
		}
	}
	if _, err := c.Decode("test.c.v1", []byte(`{}`)); err == nil {
		t.Error("an unknown type was read")
	}
	if _, _, err := c.Encode(&lineWritten{}); err == nil {
		t.Error("a pointer was stored")
	}
}

func tokens() *rapid.Generator[Token] {
	return rapid.Custom(func(t *rapid.T) Token {
		token := Token{}
		for _, s := range []string{"planning", "content", "distribution"} {
			if !rapid.Bool().Draw(t, s) {
				continue
			}
			r := Reached{Epoch: rapid.IntRange(1, 3).Draw(t, "epoch"), Position: rapid.Int64Range(0, 1e12).Draw(t, "position")}
			for p := range rapid.IntRange(0, 4).Draw(t, "partitions") {
				if r.Published == nil {
					r.Published = map[int]int64{}
				}
				r.Published[p] = rapid.Int64Range(0, 1e12).Draw(t, "published")
			}
			token[s] = r
		}
		return token
	})
}

func TestTokensAreReadBackAndMerged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := tokens().Draw(t, "a"), tokens().Draw(t, "b")
		if got, err := ParseToken(a.String()); err != nil || !reflect.DeepEqual(got, a) {
			t.Fatalf("%v %v", got, err)
		}
		m := a.Merge(b)
		if !reflect.DeepEqual(m, b.Merge(a)) || !reflect.DeepEqual(m.Merge(a), m) || !reflect.DeepEqual(m.Merge(m), m) {
			t.Fatalf("merged %v", m)
		}
		for s, r := range a {
			if m[s].Epoch < r.Epoch || m[s].Epoch == r.Epoch && m[s].Position < r.Position {
				t.Fatalf("%s went back from %v to %v", s, r, m[s])
			}
		}
	})
	for _, bad := range []string{"!", "cGxhbm5pbmc", "cGxhbm5pbmcgMSAtMw", strings.Repeat("A", 5000)} {
		if _, err := ParseToken(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}
