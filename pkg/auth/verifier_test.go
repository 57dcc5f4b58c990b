package auth_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/auth/authtest"
	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

func TestVerifiedTokenNamesItsSubject(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	v := auth.NewVerifier(auth.VerifierOptions{Issuer: issuer.URL})
	token, err := v.Verify(t.Context(), issuer.Token(t, "cv.stttt"))
	if err != nil || token.Subject != "cv.stttt" || time.Until(token.Expiry) < 50*time.Minute {
		t.Errorf("%+v, %v", token, err)
	}
}

// A token that is spoilt in any way is refused, also right after the good one was taken and remembered.
func TestSpoiltTokenIsRefused(t *testing.T) {
	issuer, stranger := authtest.NewIssuer(t), authtest.NewIssuer(t)
	v := auth.NewVerifier(auth.VerifierOptions{Issuer: issuer.URL})
	good := issuer.Token(t, "cv.stttt")
	if _, err := v.Verify(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(good, ".")
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	other := strings.Replace(string(claims), "cv.stttt", "tp.stttt", 1)
	body := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	symmetric, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: []byte(strings.Repeat("k", 32))}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var same map[string]any
	if err := json.Unmarshal(claims, &same); err != nil {
		t.Fatal(err)
	}
	withSecret, err := jwt.Signed(symmetric).Claims(same).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	hour := time.Now().Add(time.Hour)
	for name, token := range map[string]string{
		"another subject":        parts[0] + "." + body(other) + "." + parts[2],
		"no signature":           parts[0] + "." + parts[1] + ".",
		"algorithm none":         body(`{"alg":"none"}`) + "." + parts[1] + ".",
		"a shared secret":        withSecret,
		"another's signature":    stranger.Token(t, "cv.stttt", map[string]any{"iss": issuer.URL}),
		"another issuer":         issuer.Token(t, "cv.stttt", map[string]any{"iss": stranger.URL}),
		"another audience":       issuer.Token(t, "cv.stttt", map[string]any{"aud": []string{"elsewhere"}}),
		"expired":                issuer.Token(t, "cv.stttt", map[string]any{"exp": time.Now().Add(-time.Second).Unix()}),
		"without expiry":         issuer.Token(t, "cv.stttt", map[string]any{"exp": nil}),
		"not yet":                issuer.Token(t, "cv.stttt", map[string]any{"nbf": hour.Unix(), "exp": hour.Add(time.Hour).Unix()}),
		"no subject":             issuer.Token(t, ""),
		"a service without name": issuer.Token(t, "service:"),
		"not a token":            "abc",
		"empty":                  "",
	} {
		if got, err := v.Verify(t.Context(), token); errs.ReasonOf(err) != errorsv1.Reason_UNAUTHENTICATED {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := v.Verify(t.Context(), good); err != nil {
		t.Errorf("the good one after all that: %v", err)
	}
}

// A remembered token ends with its expiry, and is not verified twice before.
func TestRememberedTokenExpires(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	var offset atomic.Int64
	v := auth.NewVerifier(auth.VerifierOptions{Issuer: issuer.URL, Clock: func() time.Time { return time.Now().Add(time.Duration(offset.Load())) }})
	token := issuer.Token(t, "cv.stttt")
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	issuer.Rotate(t) // the key is gone: only what is remembered can still be taken
	offset.Store(int64(59 * time.Minute))
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Errorf("before its expiry: %v", err)
	}
	offset.Store(int64(61 * time.Minute))
	if _, err := v.Verify(t.Context(), token); errs.ReasonOf(err) != errorsv1.Reason_UNAUTHENTICATED {
		t.Errorf("after its expiry: %v", err)
	}
}

func TestRotatedKeyIsFetched(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	v := auth.NewVerifier(auth.VerifierOptions{Issuer: issuer.URL})
	for range 3 {
		// The library may answer a fetch that follows another within microseconds with the keys of that one.
		deadline := time.Now().Add(5 * time.Second)
		for {
			_, err := v.Verify(t.Context(), issuer.Token(t, "cv.stttt"))
			if err == nil {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal(err)
			}
		}
		known := issuer.KeysAsked.Load()
		if _, err := v.Verify(t.Context(), issuer.Token(t, "tp.stttt")); err != nil || issuer.KeysAsked.Load() != known {
			t.Errorf("a known key was fetched again: %v", err)
		}
		issuer.Rotate(t)
	}
}

// The issuer may come up after the service: until then a token is neither good nor bad.
func TestIssuerMayComeLater(t *testing.T) {
	issuer := authtest.NewSilentIssuer(t)
	v := auth.NewVerifier(auth.VerifierOptions{Issuer: issuer.URL})
	token := issuer.Token(t, "cv.stttt")
	if _, err := v.Verify(t.Context(), token); errs.ReasonOf(err) != errorsv1.Reason_UNAVAILABLE {
		t.Errorf("while it is away: %v", err)
	}
	if v.Ready() {
		t.Error("ready without an issuer")
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := v.Wait(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting on after the end: %v", err)
	}
	waited := make(chan error, 1)
	go func() { waited <- v.Wait(t.Context()) }()
	stop := issuer.Start(t)
	if err := <-waited; err != nil || !v.Ready() {
		t.Fatalf("%v, ready %v", err, v.Ready())
	}
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Errorf("once it is up: %v", err)
	}
	stop()
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Errorf("a remembered token while it is away again: %v", err)
	}
	issuer.Rotate(t)
	deadline := time.Now().Add(5 * time.Second) // see TestRotatedKeyIsFetched
	for {
		_, err := v.Verify(t.Context(), issuer.Token(t, "cv.stttt"))
		if errs.ReasonOf(err) == errorsv1.Reason_UNAVAILABLE {
			break
		}
		if err == nil || time.Now().After(deadline) {
			t.Fatalf("a new key while it is away: %v", err)
		}
	}
}

func TestMachineToken(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	issuer.Secrets["service:worker"] = "secret"
	v := auth.NewVerifier(auth.VerifierOptions{Issuer: issuer.URL})
	source := v.Machine("service:worker", "secret")
	token, err := source.Token()
	if err != nil {
		t.Fatal(err)
	}
	again, err := source.Token()
	if err != nil || again.AccessToken != token.AccessToken {
		t.Errorf("a new token although the first is good: %v", err)
	}
	verified, err := v.Verify(t.Context(), token.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	p, err := auth.Resolve(t.Context(), nil, verified.Subject, time.Now())
	if err != nil || p.Service != "worker" || p.Person != nil || p.Subject != "service:worker" {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := v.Machine("service:worker", "wrong").Token(); errs.ReasonOf(err) != errorsv1.Reason_UNAVAILABLE {
		t.Errorf("a wrong secret: %v", err)
	}
}

func TestBearer(t *testing.T) {
	for header, want := range map[string]string{
		"Bearer abc": "abc", "bearer abc": "abc", "Basic abc": "", "Bearer": "", "Bearer ": "", "": "", "abc": "",
	} {
		got, err := auth.Bearer(header)
		if got != want || (want == "") != (errs.ReasonOf(err) == errorsv1.Reason_UNAUTHENTICATED) {
			t.Errorf("%q: %q, %v", header, got, err)
		}
	}
}
