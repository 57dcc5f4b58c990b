package oidc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

var (
	errUnknownClient  = errors.New("unknown client or wrong secret")
	errUnknownRequest = errors.New("this sign-in is not known any more; begin it again")
	errNotOffered     = errors.New("this provider does not offer that")
)

// storage is what the protocol asks. Sign-ins in progress are kept in memory: a restart ends them, and they are
// begun again by a click. Tokens need no memory.
type storage struct {
	key     key
	secrets map[string]string
	people  people

	mutex sync.Mutex
	open  map[string]*authRequest
	codes map[string]string // code → id of the request
}

// authRequest is a sign-in in progress.
type authRequest struct {
	id      string
	request oidc.AuthRequest
	person  string // empty until somebody is chosen
	begun   time.Time
	chosen  time.Time
}

// The methods below are those of op.AuthRequest.

func (a *authRequest) GetID() string                      { return a.id }
func (a *authRequest) GetACR() string                     { return "" }
func (a *authRequest) GetAMR() []string                   { return nil }
func (a *authRequest) GetAudience() []string              { return []string{Audience} }
func (a *authRequest) GetAuthTime() time.Time             { return a.chosen }
func (a *authRequest) GetClientID() string                { return a.request.ClientID }
func (a *authRequest) GetNonce() string                   { return a.request.Nonce }
func (a *authRequest) GetRedirectURI() string             { return a.request.RedirectURI }
func (a *authRequest) GetResponseType() oidc.ResponseType { return a.request.ResponseType }
func (a *authRequest) GetResponseMode() oidc.ResponseMode { return a.request.ResponseMode }
func (a *authRequest) GetScopes() []string                { return a.request.Scopes }
func (a *authRequest) GetState() string                   { return a.request.State }
func (a *authRequest) GetSubject() string                 { return a.person }
func (a *authRequest) Done() bool                         { return a.person != "" }
func (a *authRequest) GetCodeChallenge() *oidc.CodeChallenge {
	return &oidc.CodeChallenge{Challenge: a.request.CodeChallenge, Method: a.request.CodeChallengeMethod}
}

// CreateAuthRequest begins a sign-in. PKCE is not optional here, and nobody is ever signed in already.
func (s *storage) CreateAuthRequest(_ context.Context, request *oidc.AuthRequest, _ string) (op.AuthRequest, error) {
	if request.CodeChallenge == "" || request.CodeChallengeMethod != oidc.CodeChallengeMethodS256 {
		return nil, oidc.ErrInvalidRequest().WithDescription("PKCE with S256 is required")
	}
	if len(request.Prompt) == 1 && request.Prompt[0] == oidc.PromptNone {
		return nil, oidc.ErrLoginRequired()
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.forgetOld()
	if len(s.open) >= mostOpenRequests {
		return nil, oidc.ErrServerError().WithDescription("too many sign-ins in progress")
	}
	begun := &authRequest{id: rand.Text(), request: *request, begun: time.Now()}
	s.open[begun.id] = begun
	return begun, nil
}

func (s *storage) forgetOld() {
	limit := time.Now().Add(-requestLifetime)
	for id, request := range s.open {
		if request.begun.Before(limit) {
			delete(s.open, id)
		}
	}
	for code, id := range s.codes {
		if _, known := s.open[id]; !known {
			delete(s.codes, code)
		}
	}
}

// choose says who signs in by the request id.
func (s *storage) choose(id, person string) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	request, known := s.open[id]
	if !known || time.Since(request.begun) > requestLifetime {
		return errUnknownRequest
	}
	request.person, request.chosen = person, time.Now()
	return nil
}

// AuthRequestByID finds a sign-in in progress.
func (s *storage) AuthRequestByID(_ context.Context, id string) (op.AuthRequest, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	request, known := s.open[id]
	if !known {
		return nil, errUnknownRequest
	}
	copied := *request
	return &copied, nil
}

// AuthRequestByCode finds the sign-in a code was given out for. A code works once.
func (s *storage) AuthRequestByCode(ctx context.Context, code string) (op.AuthRequest, error) {
	s.mutex.Lock()
	id, known := s.codes[code]
	delete(s.codes, code)
	s.mutex.Unlock()
	if !known {
		return nil, errUnknownRequest
	}
	return s.AuthRequestByID(ctx, id)
}

// SaveAuthCode remembers the code given out for a sign-in.
func (s *storage) SaveAuthCode(_ context.Context, id, code string) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.codes[code] = id
	return nil
}

// DeleteAuthRequest forgets a sign-in.
func (s *storage) DeleteAuthRequest(_ context.Context, id string) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.open, id)
	return nil
}

// CreateAccessToken names a token and says how long it is valid.
func (s *storage) CreateAccessToken(_ context.Context, request op.TokenRequest) (string, time.Time, error) {
	lifetime := personLifetime
	if strings.HasPrefix(request.GetSubject(), ServicePrefix) {
		lifetime = serviceLifetime
	}
	return rand.Text(), time.Now().Add(lifetime).UTC(), nil
}

// GetClientByClientID finds a client.
func (s *storage) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	if id == Audience {
		return client{id: id}, nil
	}
	if _, known := s.secrets[strings.TrimPrefix(id, ServicePrefix)]; known && strings.HasPrefix(id, ServicePrefix) {
		return client{id: id}, nil
	}
	return nil, errUnknownClient
}

// AuthorizeClientIDSecret checks a service's secret.
func (s *storage) AuthorizeClientIDSecret(_ context.Context, id, secret string) error {
	service, isService := strings.CutPrefix(id, ServicePrefix)
	want, known := s.secrets[service]
	if !isService || !known || subtle.ConstantTimeCompare([]byte(want), []byte(secret)) != 1 {
		return errUnknownClient
	}
	return nil
}

// ClientCredentials checks a service's secret and returns its client.
func (s *storage) ClientCredentials(ctx context.Context, id, secret string) (op.Client, error) {
	if err := s.AuthorizeClientIDSecret(ctx, id, secret); err != nil {
		return nil, err
	}
	return client{id: id}, nil
}

// ClientCredentialsTokenRequest describes the token of a service.
func (s *storage) ClientCredentialsTokenRequest(_ context.Context, id string, scopes []string) (op.TokenRequest, error) {
	return serviceRequest{id: id, scopes: scopes}, nil
}

type serviceRequest struct {
	id     string
	scopes []string
}

func (r serviceRequest) GetSubject() string    { return r.id }
func (r serviceRequest) GetAudience() []string { return []string{Audience} }
func (r serviceRequest) GetScopes() []string   { return r.scopes }

// SigningKey, SignatureAlgorithms and KeySet are the one key.
func (s *storage) SigningKey(context.Context) (op.SigningKey, error) { return s.key, nil }

// SignatureAlgorithms lists what tokens are signed with.
func (s *storage) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{s.key.SignatureAlgorithm()}, nil
}

// KeySet lists what tokens are verified with.
func (s *storage) KeySet(context.Context) ([]op.Key, error) { return []op.Key{publicKey{s.key}}, nil }

// Health is asked by the readiness page.
func (s *storage) Health(context.Context) error { return nil }

// SetUserinfoFromRequest fills the identity token.
func (s *storage) SetUserinfoFromRequest(_ context.Context, info *oidc.UserInfo, request op.IDTokenRequest, _ []string) error {
	return s.describe(info, request.GetSubject())
}

// SetUserinfoFromToken answers the user information endpoint.
func (s *storage) SetUserinfoFromToken(_ context.Context, info *oidc.UserInfo, _, subject, _ string) error {
	return s.describe(info, subject)
}

func (s *storage) describe(info *oidc.UserInfo, subject string) error {
	person, known := s.people.find(subject)
	if !known {
		return errors.New("unknown person")
	}
	info.Subject, info.Name, info.PreferredUsername = person.ID, person.Name, person.ID
	return nil
}

// GetPrivateClaimsFromScopes adds nothing: the directory says who a subject is, not the token.
func (s *storage) GetPrivateClaimsFromScopes(context.Context, string, string, []string) (map[string]any, error) {
	return nil, nil
}

// The methods below belong to flows that no client of this provider is granted.

// SetUserinfoFromScopes is superseded by SetUserinfoFromRequest.
func (s *storage) SetUserinfoFromScopes(context.Context, *oidc.UserInfo, string, string, []string) error {
	return nil
}

// CreateAccessAndRefreshTokens is refused: there are no refresh tokens.
func (s *storage) CreateAccessAndRefreshTokens(context.Context, op.TokenRequest, string) (string, string, time.Time, error) {
	return "", "", time.Time{}, errNotOffered
}

// TokenRequestByRefreshToken is refused: there are no refresh tokens.
func (s *storage) TokenRequestByRefreshToken(context.Context, string) (op.RefreshTokenRequest, error) {
	return nil, op.ErrInvalidRefreshToken
}

// GetRefreshTokenInfo is refused: there are no refresh tokens.
func (s *storage) GetRefreshTokenInfo(context.Context, string, string) (string, string, error) {
	return "", "", op.ErrInvalidRefreshToken
}

// TerminateSession has nothing to end: there are no sessions.
func (s *storage) TerminateSession(context.Context, string, string) error { return nil }

// RevokeToken is refused: tokens are verified without asking here.
func (s *storage) RevokeToken(context.Context, string, string, string) *oidc.Error {
	return oidc.ErrInvalidRequest().WithDescription("tokens cannot be revoked here")
}

// SetIntrospectionFromToken is refused: tokens say everything themselves.
func (s *storage) SetIntrospectionFromToken(context.Context, *oidc.IntrospectionResponse, string, string, string) error {
	return errNotOffered
}

// GetKeyByIDAndClientID is refused: clients have no keys.
func (s *storage) GetKeyByIDAndClientID(context.Context, string, string) (*jose.JSONWebKey, error) {
	return nil, errNotOffered
}

// ValidateJWTProfileScopes is refused: clients have no keys.
func (s *storage) ValidateJWTProfileScopes(context.Context, string, []string) ([]string, error) {
	return nil, errNotOffered
}
