package personal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// Sealed is an encrypted text, in letters, digits, "-", "_" and one dot, so that it stands in JSON, SQL and URLs as it is:
//
//	p1.<base64url, no padding, of nonce (12 bytes), ciphertext, tag (16 bytes)>
//
// p1 is AES-256-GCM under a key derived from the person's (HKDF-SHA256), a random nonce, the person, purpose and field as associated
// data, the text padded to a multiple of 32 bytes so that little of its length is told. There is one way to write a sealed text:
// whatever differs from it by a character is refused.
type Sealed string

const (
	version   = "p1."
	nonceSize = 12
	tagSize   = 16
	padTo     = 32
	// maximumText bounds one text, in bytes; an event has room for many.
	maximumText = 1 << 20
	// KeySize is that of a person's key, in bytes.
	KeySize = 32
)

var (
	// errForm says that a text is not a sealed one.
	errForm = errors.New("not a sealed text")
	// errForeign says that a sealed text was not made under this key for this person, purpose and field, or was altered.
	errForeign = errors.New("the sealed text is not of this person and field, or was altered")
)

// encoding refuses bits that decode to nothing, so that there is one form.
func encoding() *base64.Encoding { return base64.RawURLEncoding.Strict() }

// parse gives the bytes of a sealed text.
func (s Sealed) parse() ([]byte, error) {
	body, ok := strings.CutPrefix(string(s), version)
	// The decoder passes over line ends.
	if !ok || strings.ContainsAny(body, "\r\n") || len(body) > encoding().EncodedLen(nonceSize+maximumText+padTo+tagSize) {
		return nil, errForm
	}
	raw, err := encoding().DecodeString(body)
	if err != nil || len(raw) < nonceSize+padTo+tagSize || (len(raw)-nonceSize-tagSize)%padTo != 0 {
		return nil, errForm
	}
	return raw, nil
}

func format(raw []byte) Sealed { return Sealed(version + encoding().EncodeToString(raw)) }

// Check says whether this has the form of a sealed text. Whether it opens only the key can tell.
func (s Sealed) Check() error {
	_, err := s.parse()
	return err
}

// derive gives the key for one use of a person's key.
func derive(key []byte, use string) ([]byte, error) {
	return hkdf.Key(sha256.New, key, nil, "loa personal 1 "+use, KeySize)
}

func sealing(key []byte) (cipher.AEAD, error) {
	derived, err := derive(key, "seal")
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// binding is the associated data: each part with its length, so that no two bindings are written alike.
func binding(p Person, f Field) []byte {
	var b []byte
	for _, part := range []string{version, string(p), f.Purpose, f.Name} {
		b = binary.BigEndian.AppendUint64(b, uint64(len(part)))
		b = append(b, part...)
	}
	return b
}

// pad appends a one bit and zero bits up to a multiple of padTo bytes (ISO/IEC 9797-1, method 2).
func pad(text string) []byte {
	padded := make([]byte, (len(text)/padTo+1)*padTo)
	copy(padded, text)
	padded[len(text)] = 0x80
	return padded
}

func unpad(padded []byte) (string, error) {
	text := bytes.TrimRight(padded, "\x00")
	if len(text) == 0 || text[len(text)-1] != 0x80 || len(padded)-len(text) >= padTo {
		return "", errForm
	}
	return string(text[:len(text)-1]), nil
}

func seal(aead cipher.AEAD, p Person, f Field, text string) (Sealed, error) {
	if len(text) > maximumText {
		return "", fmt.Errorf("a text of %d bytes is longer than %d", len(text), maximumText)
	}
	raw := make([]byte, nonceSize, nonceSize+len(text)+padTo+tagSize)
	rand.Read(raw)
	return format(aead.Seal(raw, raw, pad(text), binding(p, f))), nil
}

func open(aead cipher.AEAD, p Person, f Field, s Sealed) (string, error) {
	raw, err := s.parse()
	if err != nil {
		return "", err
	}
	padded, err := aead.Open(nil, raw[:nonceSize], raw[nonceSize:], binding(p, f))
	if err != nil {
		return "", errForeign
	}
	return unpad(padded)
}

// digest keys a digest by the person's key.
func digest(key, of []byte) ([]byte, error) {
	derived, err := derive(key, "digest")
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, derived)
	mac.Write(of)
	return mac.Sum(nil), nil
}
