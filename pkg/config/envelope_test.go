package config

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestEnvelopeKeepsItsOrderAndHidesItsKeys(t *testing.T) {
	a, b := strings.Repeat("0a", 32), strings.Repeat("0b", 32)
	text := "2026-11=" + b + ";2025-04=" + a
	var e Envelope
	if err := e.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if e.Reveal() != text || e[0].Name != "2026-11" {
		t.Errorf("read %q", e.Reveal())
	}
	c := Config{EnvelopeKey: e}
	inJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	printed := []string{string(inJSON), fmt.Sprintf("%v %+v %v", c, c, e)}
	for _, s := range Settings(&c) {
		printed = append(printed, s.Value)
	}
	for _, p := range printed {
		if strings.Contains(p, a) || strings.Contains(p, b) {
			t.Errorf("a key stands in %s", p)
		}
	}
}

func TestEnvelopeRefusesWithoutTellingTheKey(t *testing.T) {
	key := strings.Repeat("5e", 32)
	for _, text := range []string{key, "=" + key, "A=" + key, "a b=" + key, "a=" + key[:62], "a=" + key + ";a=" + key, "a=" + key + "zz"} {
		var e Envelope
		if err := e.UnmarshalText([]byte(text)); err == nil || strings.Contains(err.Error(), "5e5e") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
