package rpc_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/rpc"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

func TestPlaintextIsForLoopback(t *testing.T) {
	secured := &tls.Config{MinVersion: tls.VersionTLS13}
	for address, plain := range map[string]bool{
		"127.0.0.1:0": true, "localhost:0": true, "[::1]:0": true, "0.0.0.0:0": false, ":0": false, "192.0.2.1:7001": false, "content:7001": false,
	} {
		if _, err := rpc.Dial(address, rpc.ClientOptions{}); (err == nil) != plain {
			t.Errorf("dialling %s: %v", address, err)
		}
		if _, err := rpc.Dial(address, rpc.ClientOptions{TLS: secured}); err != nil {
			t.Errorf("dialling %s with TLS: %v", address, err)
		}
	}
	if l, err := rpc.Listen(t.Context(), "0.0.0.0:0", nil); err == nil {
		_ = l.Close()
		t.Error("listening everywhere in plaintext")
	}
	if _, err := rpc.Listen(t.Context(), "nonsense", nil); err == nil {
		t.Error("listening on nonsense")
	}
}

// One server serves the process itself in plaintext and the network with mutual TLS: a client without a certificate is not let in.
func TestMutualTLS(t *testing.T) {
	files := certificates(t)
	config, err := files.Load()
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, func(o *rpc.ServerOptions) { o.TLS = config })
	l, err := rpc.Listen(t.Context(), "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	h.serve(t, l)
	if _, _, err := h.submit(t, "cv.stttt"); err != nil {
		t.Errorf("in process: %v", err)
	}
	anonymous := config.Clone()
	anonymous.Certificates = nil
	stranger, err := certificates(t).Load()
	if err != nil {
		t.Fatal(err)
	}
	stranger.RootCAs = config.RootCAs
	call := func(c *tls.Config) error {
		t.Helper()
		conn, err := rpc.Dial(l.Addr().String(), rpc.ClientOptions{Service: "content", TLS: c})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err = contentv1.NewContentServiceClient(conn).SubmitContent(rpc.WithCaller(ctx, h.issuer.Token(t, "cv.stttt")), &contentv1.SubmitContentRequest{Content: "c"})
		return err
	}
	if err := call(config); err != nil {
		t.Errorf("with a certificate: %v", err)
	}
	for name, c := range map[string]*tls.Config{"without a certificate": anonymous, "with another authority's": stranger, "in plaintext": nil} {
		if err := call(c); errs.ReasonOf(err) != errorsv1.Reason_UNAVAILABLE {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPartOfTLSFilesIsRefused(t *testing.T) {
	if config, err := (rpc.Files{}).Load(); config != nil || err != nil {
		t.Errorf("no files: %v, %v", config, err)
	}
	files := certificates(t)
	files.Key = ""
	if _, err := files.Load(); err == nil {
		t.Error("without a key")
	}
	files = certificates(t)
	files.Authority = files.Key
	if _, err := files.Load(); err == nil {
		t.Error("a key as authority")
	}
}

// A service that is away has recorded nothing; one that went away while it was asked to record leaves that in doubt.
func TestAnswerThatNeverCame(t *testing.T) {
	h := newHouse(t)
	l, err := rpc.Listen(t.Context(), "127.0.0.1:0", nil)
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	h.serve(t, l)
	entered := make(chan struct{})
	h.contents.submit = func(ctx context.Context, _ *contentv1.SubmitContentRequest) (*contentv1.Content, error) {
		close(entered)
		<-ctx.Done()
		return nil, ctx.Err()
	}
	conn, err := rpc.Dial(address, rpc.ClientOptions{Service: "content"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	call := func(key string) error {
		ctx := rpc.WithCaller(t.Context(), h.issuer.Token(t, "cv.stttt"))
		if key != "" {
			ctx = rpc.WithIdempotencyKey(ctx, key)
		}
		_, err := contentv1.NewContentServiceClient(conn).SubmitContent(ctx, &contentv1.SubmitContentRequest{Content: "c"}, grpc.WaitForReady(false))
		return err
	}
	answered := make(chan error, 1)
	go func() { answered <- call("k7") }()
	<-entered
	h.server.Stop()
	err = <-answered
	if e, ok := errors.AsType[*errs.Error](err); !ok || e.Reason != errorsv1.Reason_IN_DOUBT || e.Args["key"] != "k7" {
		t.Errorf("gone in the middle: %v", err)
	}
	if err := call("k8"); errs.ReasonOf(err) != errorsv1.Reason_UNAVAILABLE {
		t.Errorf("away: %v", err)
	}
}

// certificates makes an authority of its own and one certificate for 127.0.0.1.
func certificates(t *testing.T) rpc.Files {
	t.Helper()
	dir := t.TempDir()
	authorityKey, authority := certificate(t, nil, nil, true)
	key, own := certificate(t, authority, authorityKey, false)
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	files := rpc.Files{Authority: filepath.Join(dir, "ca.pem"), Certificate: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
	for name, block := range map[string]*pem.Block{
		files.Authority: {Type: "CERTIFICATE", Bytes: authority.Raw}, files.Certificate: {Type: "CERTIFICATE", Bytes: own.Raw},
		files.Key: {Type: "PRIVATE KEY", Bytes: raw},
	} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func certificate(t *testing.T, parent *x509.Certificate, parentKey *ecdsa.PrivateKey, authority bool) (*ecdsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "loa test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: authority, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	if parent == nil {
		parent, parentKey = template, key
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return key, made
}
