package es

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Token says how far the logs had come when a caller was answered: the value of the header Loa-Position, which a later query names
// in Loa-At-Least so that it sees at least that much. It is keyed by service.
type Token map[string]Reached

// Reached is how far one service's log had come.
type Reached struct {
	Epoch    int
	Position int64
	// Published is, for each partition of the service's topic, the position of the last published event: what other services wait for.
	Published map[int]int64
}

// longest is the most text a token may have: about twenty services with every partition named.
const longest = 4096

// String is the token's text: opaque to callers, safe in a header and a URL; empty for an empty token.
func (t Token) String() string {
	if len(t) == 0 {
		return ""
	}
	var b strings.Builder
	for _, service := range slices.Sorted(maps.Keys(t)) {
		r := t[service]
		fmt.Fprintf(&b, "%s %d %d", service, r.Epoch, r.Position)
		for _, partition := range slices.Sorted(maps.Keys(r.Published)) {
			fmt.Fprintf(&b, " %d:%d", partition, r.Published[partition])
		}
		b.WriteByte('\n')
	}
	return base64.RawURLEncoding.EncodeToString([]byte(b.String()))
}

// ParseToken reads what String wrote; the empty text is the empty token.
func ParseToken(s string) (Token, error) {
	if len(s) > longest {
		return nil, fmt.Errorf("a position token of %d bytes is too long", len(s))
	}
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("not a position token: %w", err)
	}
	t := Token{}
	for line := range strings.Lines(string(raw)) {
		words := strings.Fields(line)
		if len(words) < 3 {
			return nil, fmt.Errorf("not a position token: the line %q", line)
		}
		epoch, err1 := strconv.Atoi(words[1])
		position, err2 := strconv.ParseInt(words[2], 10, 64)
		if err1 != nil || err2 != nil || epoch < 0 || position < 0 {
			return nil, fmt.Errorf("not a position token: the line %q", line)
		}
		r := Reached{Epoch: epoch, Position: position}
		for _, w := range words[3:] {
			p, at, _ := strings.Cut(w, ":")
			partition, err1 := strconv.Atoi(p)
			published, err2 := strconv.ParseInt(at, 10, 64)
			if err1 != nil || err2 != nil || partition < 0 || published < 0 {
				return nil, fmt.Errorf("not a position token: the word %q", w)
			}
			if r.Published == nil {
				r.Published = map[int]int64{}
			}
			r.Published[partition] = published
		}
		t[words[0]] = r
	}
	return t, nil
}

// Merge is a token that is satisfied only where both are. Of two epochs of a log the later one counts alone: positions of the
// earlier one may have been lost with it.
func (t Token) Merge(other Token) Token {
	merged := Token{}
	for _, from := range []Token{t, other} {
		for service, r := range from {
			have, ok := merged[service]
			switch {
			case !ok || have.Epoch < r.Epoch:
				r.Published = maps.Clone(r.Published)
				merged[service] = r
			case have.Epoch == r.Epoch:
				have.Position = max(have.Position, r.Position)
				for partition, at := range r.Published {
					if have.Published == nil {
						have.Published = map[int]int64{}
					}
					have.Published[partition] = max(have.Published[partition], at)
				}
				merged[service] = have
			}
		}
	}
	return merged
}
