package canonical

import (
	"encoding/json"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// The names and strings of the examples of RFC 8785, sections 3.2.2 and 3.2.3.
func TestExamplesOfTheRFC(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"escapes":  {`{"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`, `{"literals":[null,true,false],"string":"€$\u000f\nA'B\"\\\\\"/"}`},
		"sorting":  {`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`, "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}"},
		"html":     {`"<b>&\u2028"`, "\"<b>&\u2028\""},
		"nothing":  {`{"b":[],"a":{}}`, `{"a":{},"b":[]}`},
		"extremes": {`[9007199254740991,-9007199254740991,0]`, `[9007199254740991,-9007199254740991,0]`},
	} {
		var v any
		if err := json.Unmarshal([]byte(c.in), &v); err != nil {
			t.Fatal(err)
		}
		if name == "extremes" {
			v = []int64{1<<53 - 1, -(1<<53 - 1), 0}
		}
		got, err := JSON(v)
		if err != nil || string(got) != c.want {
			t.Errorf("%s: got %s, %v; want %s", name, got, err, c.want)
		}
	}
}

func TestRefusesNumbersThatReadersDisagreeOn(t *testing.T) {
	for _, v := range []any{1.5, int64(1 << 53), 1e300} {
		if got, err := JSON(v); err == nil {
			t.Errorf("%v was written as %s", v, got)
		}
	}
}

// What is written reads back equal, and written again is the same bytes.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.MapOf(rapid.String(), rapid.SliceOf(rapid.String())).Draw(t, "value")
		first, err := JSON(in)
		if err != nil {
			t.Fatal(err)
		}
		var back map[string][]string
		if err := json.Unmarshal(first, &back); err != nil {
			t.Fatalf("%s: %v", first, err)
		}
		if !reflect.DeepEqual(in, back) {
			t.Fatalf("%v came back as %v", in, back)
		}
		second, err := JSON(back)
		if err != nil || string(first) != string(second) {
			t.Fatalf("%s and %s, %v", first, second, err)
		}
	})
}
