package id

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestFormatParseRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var u UUID
		copy(u[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "bytes"))
		got, err := Parse("plan", Format("plan", u))
		if err != nil || got != u {
			t.Fatalf("%v -> %s -> %v, %v", u, Format("plan", u), got, err)
		}
	})
}

func TestSortedByTime(t *testing.T) {
	at := time.Date(2022, 3, 1, 13, 20, 0, 0, time.UTC)
	if a, b := Format("item", NewUUID(at)), Format("item", NewUUID(at.Add(time.Millisecond))); a >= b {
		t.Errorf("%s is not before %s", a, b)
	}
}

func TestDeriveIsStableAndSeparatesParts(t *testing.T) {
	if Derive(time.Time{}, "a", "bc") == Derive(time.Time{}, "ab", "c") {
		t.Error("parts run together")
	}
	if first, again := Derive(time.Time{}, "a"), Derive(time.Time{}, "a"); first != again {
		t.Error("not stable")
	}
	if v := Derive(time.Time{}, "a")[6] >> 4; v != 8 {
		t.Errorf("version %d", v)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, s := range []string{"", "plan_", "item_01h455vb4pex5vsknk084sn02q", "plan_81h455vb4pex5vsknk084sn02q", "plan_01h455vb4pex5vsknk084sn02u"} {
		if _, err := Parse("plan", s); err == nil {
			t.Errorf("%q was read", s)
		}
	}
}
