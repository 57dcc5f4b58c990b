package auth

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	// DefaultAudience is what a token must be meant for when nothing else is configured.
	DefaultAudience = "loa"

	discoveryTimeout = 5 * time.Second
	discoveryPause   = 200 * time.Millisecond // after a failed discovery, before the next is tried
	maximumTokens    = 10_000                 // verified tokens kept in memory
)

// VerifierOptions say whose tokens are taken.
type VerifierOptions struct {
	// Issuer is the provider's URL as it stands in its tokens.
	Issuer string
	// Audience is what a token must be meant for; empty means DefaultAudience.
	Audience string
	// Client reaches the provider; nil means one with a timeout of five seconds.
	Client *http.Client
	// Clock is compared with a token's expiry; nil means the machine's.
	Clock  func() time.Time
	Logger *slog.Logger
}

// Verifier checks bearer tokens of one OIDC issuer. It may be made before the issuer is up: until the first discovery succeeds, a
// token is answered with UNAVAILABLE. It is safe for concurrent use.
type Verifier struct {
	options VerifierOptions

	turn      chan struct{} // held by the one that discovers
	state     sync.RWMutex
	found     *issuer
	failed    error
	failedAt  time.Time
	tokens    map[[sha256.Size]byte]Token
	tokensMax int
}

// Token is what a verified token says.
type Token struct {
	Subject string
	Expiry  time.Time
}

type issuer struct {
	provider *oidc.Provider
	verifier *oidc.IDTokenVerifier
}

// NewVerifier makes a verifier; it calls nobody yet.
func NewVerifier(options VerifierOptions) *Verifier {
	if options.Audience == "" {
		options.Audience = DefaultAudience
	}
	if options.Client == nil {
		options.Client = &http.Client{Timeout: discoveryTimeout}
	}
	if options.Clock == nil {
		options.Clock = time.Now
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	return &Verifier{
		options: options, turn: make(chan struct{}, 1),
		tokens: map[[sha256.Size]byte]Token{}, tokensMax: maximumTokens,
	}
}

// Verify checks signature, issuer, audience and times. A verified token is remembered by its hash until it expires. Errors:
// UNAUTHENTICATED for a token that is no good, UNAVAILABLE when the issuer cannot be asked.
func (v *Verifier) Verify(ctx context.Context, raw string) (Token, error) {
	hash := sha256.Sum256([]byte(raw))
	v.state.RLock()
	token, ok := v.tokens[hash]
	v.state.RUnlock()
	if ok && v.options.Clock().Before(token.Expiry) {
		return token, nil
	}
	found, err := v.discover(ctx)
	if err != nil {
		return Token{}, issuerAway(err)
	}
	var fetch keyFetch
	checked, err := found.verifier.Verify(context.WithValue(ctx, keyFetchKey{}, &fetch), raw)
	switch {
	case err != nil && fetch.err != nil:
		return Token{}, issuerAway(fetch.err)
	case err != nil:
		return Token{}, unauthenticated(err)
	case checked.Subject == "" || checked.Subject == ServicePrefix:
		return Token{}, unauthenticated(errors.New("the token has no subject"))
	}
	token = Token{Subject: checked.Subject, Expiry: checked.Expiry}
	v.remember(hash, token)
	return token, nil
}

// Wait tries until the issuer has been discovered or the context ends.
func (v *Verifier) Wait(ctx context.Context) error {
	pause := discoveryPause
	for said := false; ; said = true {
		_, err := v.discover(ctx)
		if err == nil {
			return nil
		}
		if !said {
			v.options.Logger.InfoContext(ctx, "waiting for the identity provider", "issuer", v.options.Issuer, "error", err)
		}
		select {
		case <-ctx.Done():
			return issuerAway(errors.Join(ctx.Err(), err))
		case <-time.After(pause):
		}
		pause = min(2*pause, 2*time.Second)
	}
}

// Ready says whether the issuer has been discovered.
func (v *Verifier) Ready() bool {
	v.state.RLock()
	defer v.state.RUnlock()
	return v.found != nil
}

func (v *Verifier) remember(hash [sha256.Size]byte, token Token) {
	v.state.Lock()
	defer v.state.Unlock()
	if len(v.tokens) >= v.tokensMax {
		now := v.options.Clock()
		for h, t := range v.tokens {
			if !now.Before(t.Expiry) {
				delete(v.tokens, h)
			}
		}
		if len(v.tokens) >= v.tokensMax {
			clear(v.tokens)
		}
	}
	v.tokens[hash] = token
}

// discover reads the issuer's document once; the others wait for the one that does.
func (v *Verifier) discover(ctx context.Context) (*issuer, error) {
	v.state.RLock()
	found := v.found
	v.state.RUnlock()
	if found != nil {
		return found, nil
	}
	select {
	case v.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-v.turn }()
	v.state.RLock()
	found, failed, failedAt := v.found, v.failed, v.failedAt
	v.state.RUnlock()
	if found != nil {
		return found, nil
	}
	if failed != nil && time.Since(failedAt) < discoveryPause {
		return nil, failed
	}
	// Discovery serves whoever waits after this caller too, so it does not end with this caller's request.
	asked, cancel := context.WithTimeout(context.WithoutCancel(oidc.ClientContext(ctx, v.options.Client)), discoveryTimeout)
	defer cancel()
	found, err := v.ask(asked)
	v.state.Lock()
	defer v.state.Unlock()
	if err != nil {
		v.failed, v.failedAt = err, time.Now()
		return nil, err
	}
	v.found, v.failed = found, nil
	return found, nil
}

func (v *Verifier) ask(ctx context.Context) (*issuer, error) {
	provider, err := oidc.NewProvider(ctx, v.options.Issuer)
	if err != nil {
		return nil, err
	}
	var document struct {
		Keys       string   `json:"jwks_uri"`
		Algorithms []string `json:"id_token_signing_alg_values_supported"`
	}
	if err := provider.Claims(&document); err != nil {
		return nil, err
	}
	keys := keySet{oidc.NewRemoteKeySet(context.WithoutCancel(ctx), document.Keys)}
	config := &oidc.Config{ClientID: v.options.Audience, Now: v.options.Clock, SupportedSigningAlgs: asymmetric(document.Algorithms)}
	return &issuer{provider: provider, verifier: oidc.NewVerifier(v.options.Issuer, keys, config)}, nil
}

// Machine gives the tokens a service calls with: client credentials, fetched when needed and kept until shortly before they expire.
func (v *Verifier) Machine(clientID, secret string) oauth2.TokenSource {
	return oauth2.ReuseTokenSource(nil, &machine{verifier: v, clientID: clientID, secret: secret})
}

// asymmetric keeps the algorithms whose keys can be published; a provider that names none of them gets RS256, the one it must have.
func asymmetric(algorithms []string) []string {
	var kept []string
	for _, a := range algorithms {
		if !strings.HasPrefix(a, "HS") && a != "none" {
			kept = append(kept, a)
		}
	}
	return kept
}

// keySet tells a key that could not be fetched from a signature that is wrong: the library's error keeps only the text.
type keySet struct{ remote *oidc.RemoteKeySet }

type keyFetchKey struct{}

type keyFetch struct{ err error }

func (k keySet) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := k.remote.VerifySignature(ctx, jwt)
	if err != nil && strings.HasPrefix(err.Error(), "fetching keys ") {
		if fetch, ok := ctx.Value(keyFetchKey{}).(*keyFetch); ok {
			fetch.err = err
		}
	}
	return payload, err
}
