package gateway

import (
	"encoding/json"
	"net/http"
)

// healthy answers that the process lives.
func healthy(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte("ok\n"))
}

// readiness is the answer of /readyz.
type readiness struct {
	Ready bool `json:"ready"`
	// WaitingFor is what is not there yet.
	WaitingFor []string `json:"waitingFor"`
}

func (g *gateway) readiness(w http.ResponseWriter, r *http.Request) {
	waiting := []string{}
	if g.Ready != nil {
		waiting = append(waiting, g.Ready()...)
	}
	if !g.Verifier.Ready() {
		waiting = append(waiting, "OIDC")
	}
	body, err := json.Marshal(readiness{Ready: len(waiting) == 0, WaitingFor: waiting})
	if err != nil {
		g.refuse(w, r, internal(r, err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if len(waiting) > 0 {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = w.Write(append(body, '\n'))
}
