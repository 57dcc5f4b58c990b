package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/loa-vn/loa/pkg/config"
	"github.com/loa-vn/loa/pkg/personal"
)

// wrap wraps and unwraps people's keys by the envelope keys: AES-256-GCM, a random nonce, the person, the owner and the envelope's name
// as associated data, so that a row altered in the database unwraps to nothing.
type wrap struct {
	first string
	aeads map[string]cipher.AEAD
}

func newWrap(envelope config.Envelope) (*wrap, error) {
	if len(envelope) == 0 {
		return nil, errors.New("it is not set")
	}
	w := &wrap{first: envelope[0].Name, aeads: map[string]cipher.AEAD{}}
	for _, e := range envelope {
		key, err := hex.DecodeString(e.Key.Reveal())
		if err != nil {
			return nil, err
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, err
		}
		if w.aeads[e.Name], err = cipher.NewGCM(block); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func bound(envelope, person, owner string) []byte {
	var b []byte
	for _, part := range []string{"loa key 1", envelope, person, owner} {
		b = binary.BigEndian.AppendUint64(b, uint64(len(part)))
		b = append(b, part...)
	}
	return b
}

// close wraps a key by the first envelope key and names that.
func (w *wrap) close(key []byte, person, owner string) (envelope string, wrapped []byte) {
	aead := w.aeads[w.first]
	nonce := make([]byte, aead.NonceSize())
	rand.Read(nonce)
	return w.first, aead.Seal(nonce, nonce, key, bound(w.first, person, owner))
}

// open unwraps a key.
func (w *wrap) open(envelope string, wrapped []byte, person, owner string) ([]byte, error) {
	aead := w.aeads[envelope]
	if aead == nil {
		return nil, fmt.Errorf("the key of %s is wrapped by the envelope key %q, which LOA_ENVELOPE_KEY does not name", person, envelope)
	}
	if len(wrapped) < aead.NonceSize() {
		return nil, fmt.Errorf("the wrapped key of %s is cut short", person)
	}
	nonce, rest := wrapped[:aead.NonceSize()], wrapped[aead.NonceSize():]
	key, err := aead.Open(nil, nonce, rest, bound(envelope, person, owner))
	if err != nil || len(key) != personal.KeySize {
		return nil, fmt.Errorf("the key of %s cannot be unwrapped: its row was altered, or the envelope key %q is another one", person, envelope)
	}
	return key, nil
}
