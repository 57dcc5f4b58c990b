// Package oidc is the OpenID Connect provider of Loa on one machine: the seeded people sign in by choosing their name.
// It issues real, signed tokens by the standard flows, so that nothing else in Loa knows which provider it talks to.
package oidc

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/zitadel/oidc/v3/pkg/op"
	"golang.org/x/text/language"

	"github.com/loa-vn/loa/deploy/local/internal/keep"
	"github.com/loa-vn/loa/deploy/local/internal/netport"
)

const (
	// Audience is the audience of every token, and the client that people sign in through.
	Audience = "loa"
	// ServicePrefix begins the client id and the subject of a service.
	ServicePrefix = "service:"
	// RedirectURI is where a sign-in ends. Any loopback port is accepted, as RFC 8252, section 7.3, asks for programs
	// on the same machine.
	RedirectURI = "http://127.0.0.1/signed-in"

	host             = "127.0.0.1"
	personLifetime   = 8 * time.Hour
	serviceLifetime  = time.Hour
	requestLifetime  = 10 * time.Minute
	mostOpenRequests = 10000
)

// Options say who may sign in and where keys are kept.
type Options struct {
	// DataDir keeps the signing key and the clients' secrets. Required.
	DataDir string
	// Port is the loopback port. Zero chooses a free one; a port in use is replaced by a free one unless PortSetting is set.
	Port int
	// PortSetting is the name of the setting that fixed Port, for the error when that port is in use.
	PortSetting string
	// People may sign in; the first row of an id counts.
	People []Person
	// Services are the names of the services that get a client and a secret each.
	Services []string
	// Logger gets the provider's warnings; nil discards them.
	Logger *slog.Logger
}

// Provider is a running provider.
type Provider struct {
	issuer  string
	port    int
	secrets map[string]string
	server  *http.Server
	served  chan error
}

// Start returns when the provider listens.
func Start(ctx context.Context, options Options) (*Provider, error) {
	provider, err := listen(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("OIDC provider: %w", err)
	}
	return provider, nil
}

func listen(ctx context.Context, options Options) (*Provider, error) {
	logger := options.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(options.DataDir, 0o700); err != nil {
		return nil, err
	}
	key, err := loadKey(filepath.Join(options.DataDir, "signing-key.pem"))
	if err != nil {
		return nil, err
	}
	secrets, err := loadSecrets(filepath.Join(options.DataDir, "clients"), options.Services)
	if err != nil {
		return nil, err
	}
	codeKey, err := keep.Secret(filepath.Join(options.DataDir, "code-key"))
	if err != nil {
		return nil, err
	}
	port, err := netport.Choose(host, options.Port, options.PortSetting)
	if err != nil {
		return nil, err
	}
	address := net.JoinHostPort(host, strconv.Itoa(port))
	issuer := "http://" + address

	people := newPeople(options.People)
	store := &storage{key: key, secrets: secrets, people: people, open: make(map[string]*authRequest), codes: make(map[string]string)}
	config := &op.Config{
		CryptoKey: sha256.Sum256([]byte(codeKey)), CryptoKeyId: "codes",
		CodeMethodS256: true, AuthMethodPost: true,
		SupportedUILocales: []language.Tag{language.Vietnamese, language.English},
	}
	protocol, err := op.NewProvider(config, store, op.StaticIssuer(issuer),
		op.WithAllowInsecure()) // Loopback only; the tokens never leave the machine.
	if err != nil {
		return nil, err
	}
	page := signIn{storage: store, people: people, callback: op.AuthCallbackURL(protocol), logger: logger}
	intercept := op.NewIssuerInterceptor(protocol.IssuerFromRequest)
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+signInPath, page.show)
	mux.Handle("POST "+signInPath, intercept.Handler(http.HandlerFunc(page.choose)))
	mux.Handle("/", protocol)

	var configuration net.ListenConfig
	listener, err := configuration.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	provider := &Provider{
		issuer: issuer, port: port, secrets: secrets, served: make(chan error, 1),
		server: &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelWarn)},
	}
	go func() { provider.served <- provider.server.Serve(listener) }()
	return provider, nil
}

// loadSecrets keeps a secret per service, each in a file of its own.
func loadSecrets(directory string, services []string) (map[string]string, error) {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return nil, err
	}
	secrets := make(map[string]string, len(services))
	for _, service := range services {
		secret, err := keep.Secret(filepath.Join(directory, service))
		if err != nil {
			return nil, err
		}
		secrets[service] = secret
	}
	return secrets, nil
}

// Issuer is the provider's address, and the issuer in its tokens.
func (p *Provider) Issuer() string { return p.issuer }

// Port is the loopback port the provider listens on.
func (p *Provider) Port() int { return p.port }

// ClientSecrets are the services' secrets by service name.
func (p *Provider) ClientSecrets() map[string]string { return maps.Clone(p.secrets) }

// Stop lets running requests finish until ctx ends.
func (p *Provider) Stop(ctx context.Context) error {
	err := p.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, p.server.Close())
	}
	if served := <-p.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
