package personal

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/id"
)

var (
	lan   = NewPerson(id.Derive(time.Time{}, "lan"))
	minh  = NewPerson(id.Derive(time.Time{}, "minh"))
	phone = Field{Purpose: "feedback.case", Name: "phone"}
)

func newKey() []byte {
	key := make([]byte, KeySize)
	rand.Read(key)
	return key
}

func aText() *rapid.Generator[string] {
	return rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"", "Nguyễn Thị Lan", "0912 345 678", strings.Repeat("ộ", 31), strings.Repeat("a", padTo-1), strings.Repeat("a", padTo), "\x00\x80", "a\x80\x00\x00",
	}))
}

func TestWhatIsSealedOpens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key, text := rapid.SliceOfN(rapid.Byte(), KeySize, KeySize).Draw(t, "key"), aText().Draw(t, "text")
		f := Field{rapid.String().Draw(t, "purpose"), rapid.String().Draw(t, "name")}
		aead, err := sealing(key)
		if err != nil {
			t.Fatal(err)
		}
		s, err := seal(aead, lan, f, text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := open(aead, lan, f, s); err != nil || got != text {
			t.Fatalf("opened %q, %v", got, err)
		}
		if in, err := json.Marshal(s); err != nil || string(in) != `"`+string(s)+`"` || s.Check() != nil {
			t.Fatalf("in JSON %s, %v, %v", in, err, s.Check())
		}
		again, err := seal(aead, lan, f, text)
		if err != nil || again == s {
			t.Fatalf("sealed twice alike: %v", err)
		}
	})
}

func TestAnotherPersonFieldPurposeOrKeyOpensNothing(t *testing.T) {
	key := newKey()
	rapid.Check(t, func(t *rapid.T) {
		text := aText().Draw(t, "text")
		mine, err := sealing(key)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := sealing(newKey())
		if err != nil {
			t.Fatal(err)
		}
		s, err := seal(mine, lan, phone, text)
		if err != nil {
			t.Fatal(err)
		}
		// The last two are written alike when joined without their lengths.
		for name, try := range map[string]func() (string, error){
			"another key":            func() (string, error) { return open(theirs, lan, phone, s) },
			"another person":         func() (string, error) { return open(mine, minh, phone, s) },
			"another field":          func() (string, error) { return open(mine, lan, Field{phone.Purpose, "name"}, s) },
			"another purpose":        func() (string, error) { return open(mine, lan, Field{"feedback.survey", phone.Name}, s) },
			"a border moved":         func() (string, error) { return open(mine, lan, Field{phone.Purpose + "p", "hone"}, s) },
			"a border moved forward": func() (string, error) { return open(mine, lan, Field{"feedback.cas", "ephone"}, s) },
		} {
			if got, err := try(); !errors.Is(err, errForeign) || got != "" {
				t.Fatalf("%s: opened %q, %v", name, got, err)
			}
		}
	})
}

func TestAnAlteredTextIsRefused(t *testing.T) {
	aead, err := sealing(newKey())
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		s, err := seal(aead, lan, phone, aText().Draw(t, "text"))
		if err != nil {
			t.Fatal(err)
		}
		altered := []byte(s)
		at := rapid.IntRange(0, len(altered)-1).Draw(t, "at")
		switch rapid.SampledFrom([]string{"change", "cut", "insert", "append"}).Draw(t, "how") {
		case "change":
			altered[at] = rapid.Byte().Filter(func(b byte) bool { return b != s[at] }).Draw(t, "byte")
		case "cut":
			altered = altered[:at]
		case "insert":
			altered = append(altered[:at], append([]byte{rapid.SampledFrom([]byte("A\n\r= .")).Draw(t, "byte")}, s[at:]...)...)
		case "append":
			altered = append(altered, rapid.SampledFrom([]string{"\n", "=", "A", "AAAA", " "}).Draw(t, "more")...)
		}
		if got, err := open(aead, lan, phone, Sealed(altered)); err == nil {
			t.Fatalf("%q opened as %q", altered, got)
		}
	})
}

func TestLittleOfTheLengthIsTold(t *testing.T) {
	aead, err := sealing(newKey())
	if err != nil {
		t.Fatal(err)
	}
	length := func(text string) int {
		s, err := seal(aead, lan, phone, text)
		if err != nil {
			t.Fatal(err)
		}
		return len(s)
	}
	if a, b, c := length(""), length(strings.Repeat("x", padTo-1)), length(strings.Repeat("x", padTo)); a != b || b == c {
		t.Errorf("lengths %d, %d, %d", a, b, c)
	}
	if _, err := seal(aead, lan, phone, strings.Repeat("x", maximumText+1)); err == nil {
		t.Error("no text is too long")
	}
}

// Each use has a key of its own: what leaks of one says nothing of the other.
func TestDigestsAreKeyedByThePerson(t *testing.T) {
	key, of := newKey(), []byte("digest of a request")
	a, err := digest(key, of)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := digest(key, of)
	other, _ := digest(newKey(), of)
	if !bytes.Equal(a, again) || bytes.Equal(a, other) || bytes.Equal(a, of) {
		t.Errorf("%x, %x, %x", a, again, other)
	}
	s, _ := derive(key, "seal")
	d, _ := derive(key, "digest")
	if bytes.Equal(s, d) || bytes.Equal(s, key) {
		t.Error("one key for two uses")
	}
}

// Nothing personal prints itself, whatever prints it.
func TestValuesDoNotPrintThemselves(t *testing.T) {
	const secret = "Nguyễn Thị Lan"
	v, p := Value{text: secret}, Plain{phone, secret}
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	logger.Info("x", "value", v, "plain", p, "list", []Value{v}, "error", fmt.Errorf("%v %+v %#v %s", v, p, v, p))
	inJSON, err := json.Marshal(struct {
		V Value
		P []Plain
	}{v, []Plain{p}})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{log.String(), string(inJSON), fmt.Sprintf("%v %+v %#v %s %q", v, v, v, v, v), fmt.Sprintf("%v %+v %#v", p, p, p)} {
		if strings.Contains(text, secret) || !strings.Contains(text, hidden) {
			t.Errorf("%s", text)
		}
	}
	if v.Reveal(errs.Vietnamese) != secret || (Value{erased: true}).Reveal(errs.Vietnamese) != "[đã xoá]" || (Value{erased: true}).Reveal(errs.English) != "[erased]" {
		t.Error("reveals another text")
	}
}

func TestOnlyOpaqueIdsArePeople(t *testing.T) {
	key := id.Derive(time.Time{}, "command")
	if a, b := NewPerson(key), NewPerson(key); a != b || a.Check() != nil {
		t.Errorf("%s and %s: %v", a, b, a.Check())
	}
	for _, p := range []Person{"", "0912345678", "Nguyễn Thị Lan", "person_", Person("content" + strings.TrimPrefix(string(lan), prefix))} {
		if p.Check() == nil {
			t.Errorf("%q passes for a person", p)
		}
	}
}

// FuzzSealed: whatever has the form is written in one way only, and nothing that was not sealed opens.
func FuzzSealed(f *testing.F) {
	key := bytes.Repeat([]byte{7}, KeySize)
	aead, err := sealing(key)
	if err != nil {
		f.Fatal(err)
	}
	known := map[string]bool{}
	for i, text := range []string{"", "Nguyễn Thị Lan", strings.Repeat("ộ", 100)} {
		// Workers of a fuzzing run are processes of their own, and know the same ones.
		nonce := bytes.Repeat([]byte{byte(i)}, nonceSize)
		s := format(aead.Seal(nonce, nonce, pad(text), binding(lan, phone)))
		known[string(s)] = true
		for _, seed := range []string{string(s), string(s[:len(s)-1]), string(s) + "\n", string(s) + "=", strings.Replace(string(s), version, "p2.", 1)} {
			f.Add(seed)
		}
	}
	f.Add("")
	f.Add(version)
	f.Add(version + strings.Repeat("A", 80))
	f.Add(version + strings.Repeat("_", 80))
	f.Fuzz(func(t *testing.T, text string) {
		s := Sealed(text)
		raw, err := s.parse()
		if (err == nil) != (s.Check() == nil) {
			t.Fatal("two answers")
		}
		if err == nil && format(raw) != s {
			t.Fatalf("%q is also written %q", text, format(raw))
		}
		if got, err := open(aead, lan, phone, s); err == nil && !known[text] {
			t.Fatalf("%q opened as %q", text, got)
		}
	})
}
