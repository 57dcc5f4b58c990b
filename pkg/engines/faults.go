package engines

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Faults is what the embedded broker does wrong when it is told to. Zero values are no fault.
type Faults struct {
	// AnswerLost: one in so many produces is stored and answered as if it had timed out.
	AnswerLost int
	// Swallow: one in so many produces is acknowledged and not stored.
	Swallow int
	// Refuse answers every produce with an error and stores nothing.
	Refuse bool
	// FileLimit is how large its files may grow, in bytes, as on a disk that is full.
	FileLimit uint64
	// Seed of what is left to chance.
	Seed uint64
}

// FaultyBroker is an embedded broker that does wrong what a test tells it. A restart makes it behave.
type FaultyBroker struct {
	*Broker
	socket string
	client *http.Client
}

// StartFaultyBroker starts one that ends with the test.
func StartFaultyBroker(t testing.TB) *FaultyBroker {
	t.Helper()
	// Not in t.TempDir, whose path is too long for a socket.
	f := &FaultyBroker{socket: filepath.Join(os.TempDir(), "loa-faults-"+rand.Text()[:12])}
	t.Cleanup(func() { _ = os.Remove(f.socket) })
	f.client = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", f.socket)
		},
	}}
	f.Broker = newBroker(t, "--faults", f.socket)
	if err := f.Start(); err != nil {
		t.Fatal(err)
	}
	return f
}

// Misbehave replaces what it does wrong.
func (f *FaultyBroker) Misbehave(t testing.TB, faults Faults) {
	t.Helper()
	f.tell(t, "misbehave", faults)
}

// Cut deletes what stands before an offset of a partition; -1 means everything. It fails while there is no such topic.
func (f *FaultyBroker) Cut(ctx context.Context, topic string, partition int, before int64) error {
	return f.order(ctx, "cut", map[string]any{"Topic": topic, "Partition": partition, "Before": before})
}

// Compact keeps the last record of each key in the topics whose cleanup.policy is compact, and deletes the others.
func (f *FaultyBroker) Compact(t testing.TB) {
	t.Helper()
	f.tell(t, "compact", struct{}{})
}

func (f *FaultyBroker) tell(t testing.TB, order string, particulars any) {
	t.Helper()
	if err := f.order(t.Context(), order, particulars); err != nil {
		t.Fatalf("telling the broker to %s: %v", order, err)
	}
}

func (f *FaultyBroker) order(ctx context.Context, order string, particulars any) error {
	body, err := json.Marshal(particulars)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://broker/"+order, bytes.NewReader(body))
	if err != nil {
		return err
	}
	answer, err := f.client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", answer.Status, text)
	}
	return err
}
