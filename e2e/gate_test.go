package e2e

import (
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/loa-vn/loa/e2e/system"
)

// gates stand before every service's gRPC address and pass everything on, but for the reading of published events while they are shut.
type gates struct {
	// peers is the setting that leads through the gates.
	peers   string
	shut    atomic.Bool
	refused atomic.Int64
}

func newGates(t *testing.T, s *system.System) *gates {
	t.Helper()
	g := &gates{}
	var peers []string
	for service, address := range s.Peers() {
		peers = append(peers, service+"="+g.open(t, address))
	}
	g.peers = strings.Join(peers, ";")
	return g
}

// open opens the gate to one address and gives its own.
func (g *gates) open(t *testing.T, to string) string {
	t.Helper()
	var plain http.Protocols
	plain.SetUnencryptedHTTP2(true)
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: to})
	transport := &http.Transport{Protocols: &plain}
	proxy.Transport, proxy.FlushInterval = transport, -1
	proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { unavailable(w) }
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Protocols: &plain, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.shut.Load() && strings.HasPrefix(r.URL.Path, "/loa.bus.v1.PublishedService/") {
			g.refused.Add(1)
			unavailable(w)
			return
		}
		proxy.ServeHTTP(w, r)
	})}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close()
		transport.CloseIdleConnections()
	})
	return listener.Addr().String()
}

// unavailable answers as gRPC does (status 14, UNAVAILABLE).
func unavailable(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/grpc")
	w.Header().Set("Grpc-Status", "14")
	w.Header().Set("Grpc-Message", "refused by the test")
}
