// Package authtest is an OpenID Connect issuer for tests: discovery, keys and client credentials over real HTTP on loopback, with
// tokens that a test may spoil. It is for tests only.
package authtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Issuer issues tokens. Its provider may be up or down.
type Issuer struct {
	// URL is the issuer's name in its tokens.
	URL string
	// Secrets of the clients that may ask for a token of their own, by client id, which is the token's subject.
	Secrets map[string]string
	// KeysAsked counts how often the keys were fetched.
	KeysAsked atomic.Int64

	address string
	mu      sync.Mutex
	key     *ecdsa.PrivateKey
	keyID   string
}

// NewIssuer makes an issuer that is up until the test ends.
func NewIssuer(t testing.TB) *Issuer {
	t.Helper()
	i := NewSilentIssuer(t)
	i.Start(t)
	return i
}

// NewSilentIssuer makes an issuer that has an address and can sign, but is not up.
func NewSilentIssuer(t testing.TB) *Issuer {
	t.Helper()
	l := listen(t, "127.0.0.1:0")
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	i := &Issuer{URL: "http://" + address, Secrets: map[string]string{}, address: address}
	i.Rotate(t)
	return i
}

// Start brings the provider up and gives what takes it down again; the end of the test does too.
func (i *Issuer) Start(t testing.TB) (stop func()) {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{
			"issuer": i.URL, "jwks_uri": i.URL + "/keys", "token_endpoint": i.URL + "/token", "authorization_endpoint": i.URL + "/authorize",
			"id_token_signing_alg_values_supported": []string{"ES256", "HS256"}, "response_types_supported": []string{"code"},
			"subject_types_supported": []string{"public"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		i.KeysAsked.Add(1)
		i.mu.Lock()
		defer i.mu.Unlock()
		answer(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: i.key.Public(), KeyID: i.keyID, Algorithm: "ES256", Use: "sig"}}})
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		client, secret, _ := r.BasicAuth()
		client, err := url.QueryUnescape(client) // RFC 6749, 2.3.1
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if known, ok := i.Secrets[client]; !ok || known != secret || r.FormValue("grant_type") != "client_credentials" {
			w.WriteHeader(http.StatusUnauthorized)
			answer(w, map[string]any{"error": "invalid_client"})
			return
		}
		token, err := i.sign(map[string]any{"sub": client})
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		answer(w, map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": 3600})
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	l := listen(t, i.address)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l) // says that it was closed, which is what stop does
	}()
	stop = sync.OnceFunc(func() {
		_ = server.Close()
		<-done
	})
	t.Cleanup(stop)
	return stop
}

// Rotate replaces the key, as providers do from time to time.
func (i *Issuer) Rotate(t testing.TB) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.key, i.keyID = key, rand.Text()
}

// Token signs a token for the subject, good for an hour, with claims added or replaced.
func (i *Issuer) Token(t testing.TB, subject string, claims ...map[string]any) string {
	t.Helper()
	all := map[string]any{"sub": subject}
	for _, c := range claims {
		maps.Copy(all, c)
	}
	token, err := i.sign(all)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (i *Issuer) sign(claims map[string]any) (string, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: i.key, KeyID: i.keyID}},
		(&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", err
	}
	now := time.Now()
	all := map[string]any{
		"iss": i.URL, "aud": []string{"loa"}, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "jti": rand.Text(),
	}
	maps.Copy(all, claims)
	return jwt.Signed(signer).Claims(all).Serialize()
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body) // a client that went away is no matter here
}

func listen(t testing.TB, address string) net.Listener {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return l
}
