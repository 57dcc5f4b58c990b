package auth

import (
	"context"
	"fmt"
	"net/url"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// machine fetches a token with a service's own credentials.
type machine struct {
	verifier         *Verifier
	clientID, secret string
}

// Token discovers the issuer if need be. oauth2.TokenSource takes no context, so the times are those of discovery.
func (m *machine) Token() (*oauth2.Token, error) {
	ctx, cancel := context.WithTimeout(context.Background(), discoveryTimeout)
	defer cancel()
	found, err := m.verifier.discover(ctx)
	if err != nil {
		return nil, issuerAway(err)
	}
	config := clientcredentials.Config{
		ClientID: m.clientID, ClientSecret: m.secret, TokenURL: found.provider.Endpoint().TokenURL,
		EndpointParams: url.Values{"audience": {m.verifier.options.Audience}},
	}
	token, err := config.Token(context.WithValue(ctx, oauth2.HTTPClient, m.verifier.options.Client))
	if err != nil {
		return nil, issuerAway(fmt.Errorf("a token for the service %s: %w", m.clientID, err))
	}
	return token, nil
}
