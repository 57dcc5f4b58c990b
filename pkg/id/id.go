// Package id makes and reads identifiers: a type prefix and a UUID in 26 characters of Crockford base 32 (the TypeID form), such as
// plan_01jx…. The UUID is version 7 (RFC 9562) for what is made new, and version 8 for what is derived from something known, so
// that the same thing always gets the same identifier.
package id

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// UUID is 16 bytes, RFC 9562.
type UUID [16]byte

// String is the 8-4-4-4-12 form.
func (u UUID) String() string {
	h := hex.EncodeToString(u[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// IsZero says that no identifier is set.
func (u UUID) IsZero() bool { return u == UUID{} }

// NewUUID makes a version 7 UUID at a moment.
func NewUUID(at time.Time) UUID {
	var u UUID
	rand.Read(u[6:])
	return stamp(u, at, 7)
}

// Derive makes a version 8 UUID from what is known of a thing; parts are hashed with their lengths, so ("a","bc") and ("ab","c")
// differ. The moment gives the sort order and may be zero.
func Derive(at time.Time, parts ...string) UUID {
	h := sha256.New()
	for _, p := range parts {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	var u UUID
	copy(u[:], h.Sum(nil))
	if at.IsZero() {
		u[6], u[8] = u[6]&0x0f|0x80, u[8]&0x3f|0x80
		return u
	}
	return stamp(u, at, 8)
}

func stamp(u UUID, at time.Time, version byte) UUID {
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(max(at.UnixMilli(), 0)))
	copy(u[:6], ms[2:])
	u[6], u[8] = u[6]&0x0f|version<<4, u[8]&0x3f|0x80
	return u
}

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// Format writes prefix_26characters.
func Format(prefix string, u UUID) string {
	var out [26]byte
	// 130 bits hold 128: the first character carries three.
	hi, lo := binary.BigEndian.Uint64(u[:8]), binary.BigEndian.Uint64(u[8:])
	for i := 25; i >= 0; i-- {
		out[i] = alphabet[lo&31]
		lo = lo>>5 | hi<<59
		hi >>= 5
	}
	return prefix + "_" + string(out[:])
}

// Parse reads what Format wrote, for one prefix.
func Parse(prefix, s string) (UUID, error) {
	digits, ok := strings.CutPrefix(s, prefix+"_")
	if !ok || len(digits) != 26 || digits[0] > '7' {
		return UUID{}, fmt.Errorf("%q is not an identifier of the form %s_… with 26 characters", s, prefix)
	}
	var hi, lo uint64
	for i := range 26 {
		v := strings.IndexByte(alphabet, digits[i])
		if v < 0 {
			return UUID{}, fmt.Errorf("%q holds the character %q, which no identifier has", s, digits[i])
		}
		hi = hi<<5 | lo>>59
		lo = lo<<5 | uint64(v)
	}
	var u UUID
	binary.BigEndian.PutUint64(u[:8], hi)
	binary.BigEndian.PutUint64(u[8:], lo)
	return u, nil
}
