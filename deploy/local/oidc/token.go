package oidc

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// ErrUnknownPerson says that nobody has the id; the error that wraps it lists ids that were perhaps meant.
var ErrUnknownPerson = errors.New("unknown person")

// TokenFor signs in as a person at the running provider, by the authorization code flow with PKCE like any other
// program, and returns the access token.
func TokenFor(ctx context.Context, issuer, personID string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	browser := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	ctx = gooidc.ClientContext(ctx, browser)
	provider, err := gooidc.NewProvider(ctx, issuer)
	if err != nil {
		return "", err
	}
	config := oauth2.Config{ClientID: Audience, Endpoint: provider.Endpoint(), RedirectURL: RedirectURI, Scopes: []string{gooidc.ScopeOpenID}}
	verifier, state := oauth2.GenerateVerifier(), rand.Text()
	walk := walk{browser: browser}
	page, err := walk.follow(ctx, config.AuthCodeURL(state, oauth2.S256ChallengeOption(verifier)))
	if err != nil {
		return "", err
	}
	callback, err := walk.choose(ctx, page, personID)
	if err != nil {
		return "", err
	}
	end, err := walk.follow(ctx, callback.String())
	if err != nil {
		return "", err
	}
	answer := end.Query()
	if !strings.HasPrefix(end.String(), RedirectURI+"?") || answer.Get("state") != state || answer.Get("code") == "" {
		return "", fmt.Errorf("the sign-in ended with %q %s", answer.Get("error"), answer.Get("error_description"))
	}
	token, err := config.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		return "", err
	}
	return token.AccessToken, nil
}

// walk goes from page to page as a browser would.
type walk struct{ browser *http.Client }

// follow returns where address redirects to.
func (w walk) follow(ctx context.Context, address string) (*url.URL, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	return w.redirectOf(request)
}

// choose fills in the sign-in page.
func (w walk) choose(ctx context.Context, page *url.URL, personID string) (*url.URL, error) {
	form := url.Values{"request": {page.Query().Get("request")}, "person": {personID}}
	action := page.ResolveReference(&url.URL{Path: signInPath})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, action.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return w.redirectOf(request)
}

func (w walk) redirectOf(request *http.Request) (*url.URL, error) {
	response, err := w.browser.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusFound {
		return response.Location()
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, 4096))
	if err != nil {
		return nil, err
	}
	message := strings.TrimSpace(string(text))
	if response.StatusCode == http.StatusNotFound && request.Method == http.MethodPost {
		return nil, fmt.Errorf("%w: %s", ErrUnknownPerson, message)
	}
	return nil, fmt.Errorf("%s answered %s: %s", request.URL.Path, response.Status, message)
}
