package es

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loa-vn/loa/pkg/id"
	"pgregory.net/rapid"
)

// TestBodyIsReadAsJSON holds the quick reader of bodies against encoding/json, on what the log writes and on what it does not.
func TestBodyIsReadAsJSON(t *testing.T) {
	t.Parallel()
	word := rapid.OneOf(rapid.Just(""), rapid.StringMatching(`[a-z_0-9.]{1,20}`), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		var key id.UUID
		copy(key[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
		raw, err := encodeBody(Meta{
			ID: key, Aggregate: word.Draw(t, "aggregate"), HappenedAt: time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, "at")).UTC(),
			Actor: word.Draw(t, "actor"), Agency: word.Draw(t, "agency"), Correlation: word.Draw(t, "correlation"),
			Causation: word.Draw(t, "causation"), Traceparent: word.Draw(t, "traceparent"), Tracestate: word.Draw(t, "tracestate"),
		}, json.RawMessage(rapid.SampledFrom([]string{`{"text":"}","size":1}`, `{"text":"\"data\":","size":-1}`, `{}`}).Draw(t, "data")))
		if err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "damaged") {
			at := rapid.IntRange(0, len(raw)-1).Draw(t, "at")
			raw = append(raw[:at:at], append([]byte(rapid.SampledFrom([]string{"", `"`, `\`, " ", "}", ",", `,"data":{}`}).Draw(t, "with")), raw[at:]...)...)
		}
		quick, slow := Event{Type: "test.line_written.v2", Body: raw}, Event{Type: "test.line_written.v2", Body: raw}
		b, ok := readBody(raw)
		if !ok || notes().fill(&quick, b) != nil {
			return // refused: encoding/json is asked then
		}
		var want body
		if err := json.Unmarshal(raw, &want); err != nil {
			t.Fatalf("%s is read as %+v, and encoding/json says: %v", raw, quick, err)
		}
		if err := notes().fill(&slow, want); err != nil {
			t.Fatal(err)
		}
		if !quick.HappenedAt.Equal(slow.HappenedAt) {
			t.Fatalf("%s happened at %s, by encoding/json at %s", raw, quick.HappenedAt, slow.HappenedAt)
		}
		quick.HappenedAt = slow.HappenedAt
		if !reflect.DeepEqual(quick, slow) {
			t.Fatalf("%s is read as\n%+v, by encoding/json as\n%+v", raw, quick, slow)
		}
	})
}

func TestUndamagedBodiesAreReadQuickly(t *testing.T) {
	t.Parallel()
	raw, err := encodeBody(Meta{ID: id.NewUUID(time.Now()), Aggregate: "note_01", HappenedAt: time.Now(), Actor: "cv.stttt"}, json.RawMessage(`{"text":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	if b, ok := readBody(raw); !ok || b.Actor != "cv.stttt" || string(b.Data) != `{"text":"x"}` {
		t.Errorf("%s is read as %+v, %v", raw, b, ok)
	}
}

func TestDataIsOneValue(t *testing.T) {
	t.Parallel()
	e := Event{Type: "test.line_written.v2", Body: []byte(`{"id":"` + strings.Repeat("0", 32) + `","aggregate":"note_01","happenedAt":"2026-01-01T00:00:00Z","data":{"text":"x","size":1},"more":{}}`)}
	if err := notes().open(&e); err != nil || e.Data != (lineWritten{"x", 1}) {
		t.Errorf("a member after the data: %v, %v", e.Data, err)
	}
	e.Body = append(e.Body[:len(e.Body)-1], "]}"...)
	if err := notes().open(&e); err == nil {
		t.Errorf("a broken body is read as %+v", e.Data)
	}
}

type everything struct {
	Text   string            `json:"text"`
	Number int64             `json:"number"`
	Small  int32             `json:"small,omitempty"`
	Ratio  float64           `json:"ratio"`
	Yes    bool              `json:"yes"`
	At     time.Time         `json:"at"`
	Until  *time.Time        `json:"until,omitempty"`
	List   []string          `json:"list"`
	Bytes  []byte            `json:"bytes"`
	Array  [3]byte           `json:"array"`
	Names  map[string]string `json:"names"`
	Inner  struct {
		Any any `json:"any"`
	} `json:"inner"`
	Raw json.RawMessage `json:"raw,omitempty"`
}

// TestDataIsReadAsJSON holds the quick reader of data against the one that decides.
func TestDataIsReadAsJSON(t *testing.T) {
	t.Parallel()
	c := NewCatalogue(EventType[everything]("test.all_told.v1"))
	pieces := []string{"", " ", "null", "[]", "{}", `"x"`, "1", "1.5", "-1", "1e400", "true", `"Text":`, `,"text":"y"`, `"\ud800"`, "\xff", `"2026-01-01T00:00:00+07:00"`, `"2026-1-1T0:0:0Z"`, ","}
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, "at")).UTC()
		e := everything{
			Text: rapid.String().Draw(t, "text"), Number: rapid.Int64().Draw(t, "number"), Ratio: rapid.Float64Range(-1e9, 1e9).Draw(t, "ratio"), At: at,
			List: rapid.SliceOf(rapid.String()).Draw(t, "list"), Bytes: rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"),
			Names: rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "names"), Raw: json.RawMessage(`{"a":[1]}`),
		}
		if rapid.Bool().Draw(t, "until") {
			e.Until = &at
		}
		raw, err := marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "no array") { // in which the two differ, so that only the deciding one would be asked
			raw = bytes.Replace(raw, []byte(`"array":[0,0,0],`), nil, 1)
		}
		for range rapid.IntRange(0, 2).Draw(t, "damages") {
			from := rapid.IntRange(0, len(raw)).Draw(t, "from")
			to := rapid.IntRange(from, min(from+9, len(raw))).Draw(t, "to")
			raw = slices.Concat(raw[:from], []byte(rapid.SampledFrom(pieces).Draw(t, "with")), raw[to:])
		}
		got, failed := c.Decode("test.all_told.v1", raw)
		want, err := decodeAnew[everything](raw)
		if (failed == nil) != (err == nil) || err == nil && !reflect.DeepEqual(got, want) {
			t.Fatalf("%s is read as\n%+v (%v), by encoding/json as\n%+v (%v)", raw, got, failed, want, err)
		}
	})
}
