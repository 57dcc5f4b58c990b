package config

import (
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Envelope is the keys that wrap people's keys. The first wraps new ones; every one opens what it wrapped, so that a new first one can
// be set while the old one is still needed. Values are hidden in print.
type Envelope []EnvelopeKey

// EnvelopeKey is one of them.
type EnvelopeKey struct {
	// Name stands beside what the key wrapped. It never changes its meaning: another key is another name.
	Name string
	// Key is 32 bytes in hex.
	Key Secret
}

// envelopeName is what an envelope key may be called.
var envelopeName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,31}$`)

// UnmarshalText reads name=hex;name=hex. Its errors do not tell what it could not read, since that may be a key.
func (e *Envelope) UnmarshalText(text []byte) error {
	*e = nil
	seen := map[string]bool{}
	for part := range strings.SplitSeq(string(text), ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		name, key, ok := strings.Cut(part, "=")
		if !ok || !envelopeName.MatchString(name) {
			return errors.New("an envelope key is name=key, the name of 1 to 32 letters a–z, digits, dots and hyphens")
		}
		if raw, err := hex.DecodeString(key); err != nil || len(raw) != 32 {
			return fmt.Errorf("the envelope key %s must be 32 bytes in hex", name)
		}
		if seen[name] {
			return fmt.Errorf("there are two envelope keys %s", name)
		}
		seen[name] = true
		*e = append(*e, EnvelopeKey{Name: name, Key: Secret(key)})
	}
	return nil
}

// MarshalText hides the keys.
func (e Envelope) MarshalText() ([]byte, error) { return []byte(e.write(Secret.String)), nil }

func (e Envelope) String() string { return e.write(Secret.String) }

// Reveal writes it the way the setting is read, for whoever passes settings on.
func (e Envelope) Reveal() string { return e.write(Secret.Reveal) }

func (e Envelope) write(value func(Secret) string) string {
	parts := make([]string, 0, len(e))
	for _, k := range e {
		parts = append(parts, k.Name+"="+value(k.Key))
	}
	return strings.Join(parts, ";")
}
