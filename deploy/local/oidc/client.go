package oidc

import (
	"net/url"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// client is a program that gets tokens: the one people sign in through, which has no secret and proves itself by
// PKCE, or a service.
type client struct{ id string }

func (c client) forPeople() bool { return c.id == Audience }

// The methods below are those of op.Client.

func (c client) GetID() string                        { return c.id }
func (c client) PostLogoutRedirectURIs() []string     { return nil }
func (c client) AccessTokenType() op.AccessTokenType  { return op.AccessTokenTypeJWT }
func (c client) IDTokenLifetime() time.Duration       { return personLifetime }
func (c client) DevMode() bool                        { return false }
func (c client) IsScopeAllowed(string) bool           { return false }
func (c client) IDTokenUserinfoClaimsAssertion() bool { return false }
func (c client) ClockSkew() time.Duration             { return 0 }
func (c client) LoginURL(id string) string            { return signInPath + "?request=" + url.QueryEscape(id) }

func (c client) RestrictAdditionalIdTokenScopes() func([]string) []string {
	return func(scopes []string) []string { return scopes }
}

func (c client) RestrictAdditionalAccessTokenScopes() func([]string) []string {
	return func(scopes []string) []string { return scopes }
}

func (c client) RedirectURIs() []string {
	if c.forPeople() {
		return []string{RedirectURI}
	}
	return nil
}

func (c client) ApplicationType() op.ApplicationType {
	if c.forPeople() {
		return op.ApplicationTypeNative
	}
	return op.ApplicationTypeWeb
}

func (c client) AuthMethod() oidc.AuthMethod {
	if c.forPeople() {
		return oidc.AuthMethodNone
	}
	return oidc.AuthMethodBasic
}

func (c client) ResponseTypes() []oidc.ResponseType {
	if c.forPeople() {
		return []oidc.ResponseType{oidc.ResponseTypeCode}
	}
	return nil
}

func (c client) GrantTypes() []oidc.GrantType {
	if c.forPeople() {
		return []oidc.GrantType{oidc.GrantTypeCode}
	}
	return []oidc.GrantType{oidc.GrantTypeClientCredentials}
}
