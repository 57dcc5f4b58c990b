package oidc

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/go-jose/go-jose/v4"

	"github.com/loa-vn/loa/deploy/local/internal/keep"
)

// key signs the tokens. It is kept, so that tokens issued before a restart stay valid.
type key struct {
	id      string
	private *rsa.PrivateKey
}

func loadKey(path string) (key, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(path)
	}
	if err != nil {
		return key{}, err
	}
	block, _ := pem.Decode(content)
	if block == nil {
		return key{}, fmt.Errorf("%s holds no key", path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return key{}, fmt.Errorf("%s: %w", path, err)
	}
	private, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return key{}, fmt.Errorf("%s holds a key of another kind: %T", path, parsed)
	}
	return withID(private)
}

func makeKey(path string) (key, error) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return key{}, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return key{}, err
	}
	if err := keep.Write(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		return key{}, err
	}
	return withID(private)
}

// withID names the key by its thumbprint (RFC 7638), so that a new key is never taken for an old one.
func withID(private *rsa.PrivateKey) (key, error) {
	public := jose.JSONWebKey{Key: private.Public()}
	thumbprint, err := public.Thumbprint(crypto.SHA256)
	return key{id: base64.RawURLEncoding.EncodeToString(thumbprint), private: private}, err
}

// ID, Key and SignatureAlgorithm are what the protocol needs to sign.
func (k key) ID() string                                  { return k.id }
func (k key) Key() any                                    { return k.private }
func (k key) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }

// publicKey is what the protocol publishes.
type publicKey struct{ key }

func (k publicKey) Key() any                           { return k.private.Public() }
func (k publicKey) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k publicKey) Use() string                        { return "sig" }
