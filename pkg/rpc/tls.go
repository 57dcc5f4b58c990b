package rpc

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// Files name the PEM files of mutual TLS between services: the authority that signed every service's certificate, and this one's own.
type Files struct{ Authority, Certificate, Key string }

// Load reads the files into a configuration for both ends of a connection; nil when none is named, an error when only some are.
func (f Files) Load() (*tls.Config, error) {
	if f == (Files{}) {
		return nil, nil
	}
	if f.Authority == "" || f.Certificate == "" || f.Key == "" {
		return nil, errors.New("mutual TLS needs the authority's certificate, the service's certificate and its key")
	}
	authority, err := os.ReadFile(f.Authority)
	if err != nil {
		return nil, fmt.Errorf("the authority's certificate: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(authority) {
		return nil, fmt.Errorf("%s holds no certificate", f.Authority)
	}
	own, err := tls.LoadX509KeyPair(f.Certificate, f.Key)
	if err != nil {
		return nil, fmt.Errorf("the service's certificate: %w", err)
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{own},
		RootCAs: pool, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
	}, nil
}

// Listen listens on host:port. Without TLS only loopback is listened on, so that no token crosses a network in the clear.
func Listen(ctx context.Context, address string, config *tls.Config) (net.Listener, error) {
	if err := guard(address, config); err != nil {
		return nil, err
	}
	return (&net.ListenConfig{}).Listen(ctx, "tcp", address)
}

func guard(address string, config *tls.Config) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%q is not host:port: %w", address, err)
	}
	if config != nil || host == "localhost" {
		return nil
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("%s is not loopback: gRPC there needs mutual TLS", address)
	}
	return nil
}

func clientCredentials(config *tls.Config) grpc.DialOption {
	if config == nil {
		return grpc.WithTransportCredentials(insecure.NewCredentials())
	}
	return grpc.WithTransportCredentials(credentials.NewTLS(config))
}

func serverCredentials(config *tls.Config) credentials.TransportCredentials {
	if config == nil {
		return insecure.NewCredentials()
	}
	return pipeOrTLS{TransportCredentials: credentials.NewTLS(config), plain: insecure.NewCredentials()}
}

// pipeOrTLS speaks plaintext inside the process and TLS on the network, with one server.
type pipeOrTLS struct {
	credentials.TransportCredentials
	plain credentials.TransportCredentials
}

func (c pipeOrTLS) ServerHandshake(conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	if conn.LocalAddr().Network() == "bufconn" {
		return c.plain.ServerHandshake(conn)
	}
	return c.TransportCredentials.ServerHandshake(conn)
}

func (c pipeOrTLS) Clone() credentials.TransportCredentials {
	return pipeOrTLS{TransportCredentials: c.TransportCredentials.Clone(), plain: c.plain}
}
