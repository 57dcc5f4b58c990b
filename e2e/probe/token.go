package probe

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Claims of a token that are not what a sign-in would give.
type Claims map[string]any

// Signed makes a token that the system's own provider could have made: a seeded person's, with some claims replaced, signed by the
// provider's key. So it is only these claims that a refusal can be of.
func (p *Probe) Signed(t testing.TB, claims Claims) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(p.System.Data, "oidc", "signing-key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(content)
	if block == nil {
		t.Fatal("the provider's key is no PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return p.sign(t, key.(*rsa.PrivateKey), claims)
}

// Forged is a seeded person's token with its own claims, signed by a key that is not the provider's.
func (p *Probe) Forged(t testing.TB) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return p.sign(t, key, Claims{"jti": rand.Text()})
}

// Expired is a seeded person's token whose time is over.
func (p *Probe) Expired(t testing.TB) string {
	t.Helper()
	now := time.Now()
	return p.Signed(t, Claims{"iat": now.Add(-2 * time.Hour).Unix(), "nbf": now.Add(-2 * time.Hour).Unix(), "exp": now.Add(-time.Hour).Unix()})
}

func (p *Probe) sign(t testing.TB, key *rsa.PrivateKey, claims Claims) string {
	t.Helper()
	parts := strings.Split(p.System.Token("cv.stttt"), ".")
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	all := Claims{}
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	maps.Copy(all, claims)
	if raw, err = json.Marshal(all); err != nil {
		t.Fatal(err)
	}
	text := parts[0] + "." + base64.RawURLEncoding.EncodeToString(raw)
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// Machine signs in as a service with its own credentials.
func (p *Probe) Machine(t testing.TB, service string) string {
	t.Helper()
	at := p.engines(t)
	form := url.Values{"grant_type": {"client_credentials"}, "audience": {"loa"}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at.OIDCIssuer+"/oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(url.QueryEscape("service:"+service), url.QueryEscape(at.OIDCClientSecrets[service]))
	response, err := p.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.AccessToken == "" {
		t.Fatalf("a token for the service %s: %d %s", service, response.StatusCode, body)
	}
	return answer.AccessToken
}
