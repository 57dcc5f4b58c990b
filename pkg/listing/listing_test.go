package listing

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestSizes(t *testing.T) {
	for asked, want := range map[int32]int{0: Usual, 1: 1, 200: 200, 201: 200, 1 << 30: 200} {
		if p, wrong := Read(asked, ""); p.Size != want || wrong != nil {
			t.Errorf("%d: %d, %v", asked, p.Size, wrong)
		}
	}
	if _, wrong := Read(-1, "!"); len(wrong) != 2 || wrong[0].Field != "pageSize" || wrong[1].Field != "pageToken" {
		t.Errorf("both are wrong: %v", wrong)
	}
}

func TestTokensAreReadBack(t *testing.T) {
	for _, p := range []Place{{ID: "H24.02"}, {At: time.UnixMicro(1645549200000001).UTC(), ID: "content_01"}} {
		if got, wrong := Read(1, p.Token()); wrong != nil || !got.After.At.Equal(p.At) || got.After.ID != p.ID {
			t.Errorf("%v came back as %v, %v", p, got.After, wrong)
		}
	}
	for _, token := range []string{"x", "IA", "YWJj", "YSBi"} {
		if _, wrong := Read(1, token); len(wrong) != 1 {
			t.Errorf("%q was taken", token)
		}
	}
}

// Walking the pages gives every entry once, in order.
func TestPagesTileTheList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []string
		for i := range rapid.IntRange(0, 30).Draw(t, "entries") {
			all = append(all, strconv.Itoa(100+i))
		}
		size := int32(rapid.IntRange(1, 7).Draw(t, "size"))
		var walked []string
		for token := ""; ; {
			p, _ := Read(size, token)
			from := 0
			for from < len(all) && all[from] <= p.After.ID {
				from++
			}
			page, next := Cut(p, all[from:min(len(all), from+p.Size+1)], func(s string) Place { return Place{ID: s} })
			walked = append(walked, page...)
			if token = next; token == "" {
				break
			}
		}
		if !slices.Equal(walked, all) {
			t.Fatalf("walked %v of %v", walked, all)
		}
	})
}
