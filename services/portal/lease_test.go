package portal

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/services/portal/internal/site"

	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
)

func withdrawn(e *distributionv1.PublicationPublished, reason string) *distributionv1.PublicationWithdrawn {
	return &distributionv1.PublicationWithdrawn{
		Publication: e.GetPublication(), Content: e.GetContent().GetId(), Slug: e.GetSlug(), Title: e.GetContent().GetTitle(),
		Agency: e.GetContent().GetAgency(), Reason: reason, PublishedAt: e.GetPublishedAt(), WithdrawnAt: timestamppb.New(march.Add(24 * time.Hour)),
	}
}

// owed says how many receipts of acts are not given.
func (w *world) owed() (n int) {
	if err := w.pool.QueryRow(w.t.Context(), "SELECT count(*) FROM portal.act WHERE receipt_at IS NULL").Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) processes() (n int) {
	if err := w.pool.QueryRow(w.t.Context(), "SELECT count(*) FROM portal.process").Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// A process that lost the database answers until its lease ends and then nothing; the receipt of a withdrawal waits for that, and is given
// then by another.
func TestReceiptWaitsForAProcessThatLostTheDatabase(t *testing.T) {
	w := newWorld(t)
	w.lease = time.Second
	own, err := pgxpool.New(t.Context(), w.address)
	if err != nil {
		t.Fatal(err)
	}
	here := w.process()
	cut, _ := w.processOn(own)
	event := published("publication_1", "tin", "Tin", march, false)
	w.consume(event)
	for _, s := range []*site.Site{here, cut} {
		eventually(t, func() bool { return get(s, "/tin/tin").Code == http.StatusOK })
	}
	own.Close()
	lost := time.Now()
	w.consume(withdrawn(event, "Sai"))
	eventually(t, func() bool { return get(here, "/tin/tin").Code == http.StatusGone })
	const key = "publication_1 portal /tin/tin withdrawn 0"
	shown := false
	eventually(t, func() bool {
		given := w.receipts.count(key) > 0
		answer := get(cut, "/tin/tin")
		shown = shown || answer.Code == http.StatusOK
		if given && answer.Code == http.StatusOK {
			t.Fatalf("shown after the receipt, %s after the database was lost", time.Since(lost))
		}
		return given
	})
	if !shown || time.Since(lost) < w.lease/2 {
		t.Errorf("the receipt did not wait: %s, shown meanwhile: %v", time.Since(lost), shown)
	}
	answer := get(cut, "/tin/tin")
	if answer.Code != http.StatusServiceUnavailable || answer.Header().Get("Retry-After") == "" || answer.Header().Get("ETag") != "" || cut.Waiting() == "" {
		t.Errorf("without a lease: %d %v, waits for %q", answer.Code, answer.Header(), cut.Waiting())
	}
	if code := get(here, "/tin/tin").Code; code != http.StatusGone || w.receipts.count(key) != 1 {
		t.Errorf("the other one: %d, %d receipts", code, w.receipts.count(key))
	}
}

// A process that stops as it should is waited for no longer.
func TestReceiptDoesNotWaitForAProcessThatLeft(t *testing.T) {
	w := newWorld(t)
	w.lease = time.Minute
	w.process()
	_, end := w.processOn(w.pool)
	end()
	if n := w.processes(); n != 1 {
		t.Fatalf("%d processes", n)
	}
	event := published("publication_1", "tin", "Tin", march, false)
	w.consume(event, withdrawn(event, "Sai"))
	eventually(t, func() bool { return w.receipts.count("publication_1 portal /tin/tin withdrawn 0") == 1 })
	if n := w.receipts.count("publication_1 portal /tin/tin"); n != 0 {
		t.Errorf("%d receipts that a page stands which never did", n)
	}
}

// blocked is a client to which nothing can be written until it is let go.
type blocked struct {
	http.ResponseWriter
	reached, free chan struct{}
}

func (b *blocked) WriteHeader(status int) {
	close(b.reached)
	<-b.free
	b.ResponseWriter.WriteHeader(status)
}

// An answer that was chosen before a withdrawal and is not on its way yet holds the receipt back.
func TestReceiptWaitsForAnswersThatWereBegun(t *testing.T) {
	w := newWorld(t)
	s := w.process()
	event := published("publication_1", "tin", "Tin", march, false)
	w.consume(event)
	eventually(t, func() bool { return get(s, "/tin/tin").Code == http.StatusOK })
	slow := &blocked{ResponseWriter: httptest.NewRecorder(), reached: make(chan struct{}), free: make(chan struct{})}
	var running sync.WaitGroup
	running.Go(func() { s.ServeHTTP(slow, httptest.NewRequest(http.MethodGet, "/tin/tin", http.NoBody)) })
	<-slow.reached
	w.consume(withdrawn(event, "Sai"))
	eventually(t, func() bool { return get(s, "/tin/tin").Code == http.StatusGone })
	var before, beat int64
	read := func(n *int64) bool {
		return w.pool.QueryRow(t.Context(), "SELECT beat FROM portal.process").Scan(n) == nil
	}
	eventually(t, func() bool { return read(&before) })
	eventually(t, func() bool { return read(&beat) && beat > before+1 }) // it has told what it could
	if w.owed() != 1 {
		t.Error("the receipt was given while an answer with the text waited to be sent")
	}
	close(slow.free)
	running.Wait()
	eventually(t, func() bool { return w.owed() == 0 })
}

// witness is a client that knows, at the first byte of its answer, which receipts are given.
type witness struct {
	*httptest.ResponseRecorder
	given func() map[string]bool
	at    map[string]bool
}

func (w *witness) WriteHeader(status int) {
	w.at = w.given()
	w.ResponseRecorder.WriteHeader(status)
}

// Readers of two processes ask for everything that may show an item while it is corrected and withdrawn: no answer that begins after the
// receipt of its withdrawal holds a word of it, and none that begins after that of a correction shows the words before as the item.
func TestNothingIsShownAfterItsReceipt(t *testing.T) {
	w := newWorld(t)
	w.lease = 2 * time.Second
	processes := []*site.Site{w.process(), w.process()}
	var given sync.Map
	w.receipts.onTaken = func(key string) { given.Store(key, true) }
	const items = 12
	var stop atomic.Bool
	var running sync.WaitGroup
	for reader := range 6 {
		random := rand.New(rand.NewPCG(uint64(reader), 7)) //nolint:gosec // a test's own
		running.Go(func() {
			for !stop.Load() {
				n := random.IntN(items)
				path := []string{
					fmt.Sprintf("/tin/tin-%d", n), fmt.Sprintf("/en/tin/tin-%d", n), fmt.Sprintf("/tin/tin-%d/in", n), fmt.Sprintf("/tin/tin-%d/ban/0", n),
					"/", "/tin", "/feed.atom", "/feed.json", fmt.Sprintf("/tim-kiem?q=bimat%dx", n),
				}[random.IntN(9)]
				a := &witness{ResponseRecorder: httptest.NewRecorder(), given: func() map[string]bool {
					seen := map[string]bool{}
					given.Range(func(k, _ any) bool { seen[k.(string)] = true; return true })
					return seen
				}}
				processes[random.IntN(2)].ServeHTTP(a, httptest.NewRequest(http.MethodGet, path, http.NoBody))
				body := a.Body.String()
				for i := range items {
					withdrawal := fmt.Sprintf("publication_%d portal /tin/tin-%d withdrawn 0", i, i)
					correction := fmt.Sprintf("publication_%d portal /tin/tin-%d corrected 1", i, i)
					if a.at[withdrawal] && a.Code == http.StatusOK && !strings.HasPrefix(path, "/tim-kiem") && strings.Contains(body, fmt.Sprintf("bimat%dx", i)) {
						t.Errorf("%s shows item %d after the receipt of its withdrawal", path, i)
					}
					if a.at[correction] && path == fmt.Sprintf("/tin/tin-%d", i) && a.Code == http.StatusOK && !strings.Contains(body, "suaroi") {
						t.Errorf("%s shows item %d as it was before the correction, after its receipt", path, i)
					}
				}
			}
		})
	}
	for i := range items {
		e := published(fmt.Sprintf("publication_%d", i), fmt.Sprintf("tin-%d", i), fmt.Sprintf("Tin số %d", i), march.Add(time.Duration(i)*time.Hour), false)
		e.BodyHtml = fmt.Sprintf("<p>Nội dung bimat%dx.</p>", i)
		w.consume(e)
		eventually(t, func() bool { return get(processes[i%2], "/tin/"+e.GetSlug()).Code == http.StatusOK })
		c := corrected(e, 1, e.GetSlug(), fmt.Sprintf("<p>Nội dung bimat%dx suaroi.</p>", i))
		w.consume(c)
		if i%3 == 0 {
			eventually(t, func() bool { return w.owed() == 0 })
		}
		w.consume(withdrawn(e, "Sai"))
	}
	eventually(t, func() bool { return w.owed() == 0 })
	stop.Store(true)
	running.Wait()
	for i := range items {
		if n := w.receipts.count(fmt.Sprintf("publication_%d portal /tin/tin-%d withdrawn 0", i, i)); n < 1 {
			t.Errorf("item %d: %d receipts", i, n)
		}
	}
}

// order is what TestMain makes a process of: one that answers over HTTP, and is stopped.
type order struct {
	Address string
	Lease   time.Duration
}

var childOrder = flag.String("portal.process", "", "be a process of the portal")

// TestMain lets this binary be a process of its own.
func TestMain(m *testing.M) {
	flag.Parse()
	if *childOrder == "" {
		os.Exit(m.Run())
	}
	if err := child(*childOrder); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func child(text string) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	pool, err := pgxpool.New(ctx, o.Address)
	if err != nil {
		return err
	}
	s := site.New(site.Options{
		Pool: pool, Distribution: away{}, Logger: slog.New(slog.DiscardHandler), BaseURL: "https://loa.example", TagAuthority: "loa.example,2022",
		Memory: 64 << 20, Lease: o.Lease,
	})
	go func() { _ = s.Follow(ctx) }()
	go func() { _ = s.Vouch(ctx) }()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	go func() { // it ends with the test
		_, _ = bufio.NewReader(os.Stdin).ReadByte()
		cancel()
		_ = listener.Close()
	}()
	server := &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	if err := server.Serve(listener); ctx.Err() == nil {
		return err
	}
	return nil
}

// away is distribution that cannot be reached.
type away struct {
	distributionv1.DistributionServiceClient
}

func (away) RecordReceipt(context.Context, *distributionv1.RecordReceiptRequest, ...grpc.CallOption) (*distributionv1.Publication, error) {
	return nil, context.DeadlineExceeded
}

var stoppedState = regexp.MustCompile(`(?m)^State:\s+T`)

// A process that is stopped as a whole, with a request already at its door, is waited for until its lease is over; resumed, it answers
// that request, and those after it, with nothing that was withdrawn meanwhile.
func TestReceiptWaitsForAProcessThatIsStopped(t *testing.T) {
	w := newWorld(t)
	w.lease = time.Second
	here := w.process()
	event := published("publication_1", "tin", "Tin", march, false)
	w.consume(event)
	text, err := json.Marshal(order{w.address, w.lease})
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "-portal.process="+string(text))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGCONT) // it must be able to end
		_ = in.Close()
		_ = cmd.Wait()
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + strings.TrimSpace(address)
	ask := func() int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/tin/tin", http.NoBody)
		if err != nil {
			return 0
		}
		answer, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			return 0
		}
		_ = answer.Body.Close()
		return answer.StatusCode
	}
	eventually(t, func() bool { return ask() == http.StatusOK })
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool {
		tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", cmd.Process.Pid))
		for _, name := range tasks {
			if text, err := os.ReadFile(name); err == nil && !stoppedState.Match(text) {
				return false
			}
		}
		return err == nil && len(tasks) > 0
	})
	stopped := time.Now()
	codes := make(chan int, 8)
	for range cap(codes) {
		go func() { codes <- ask() }()
	}
	w.consume(withdrawn(event, "Sai"))
	eventually(t, func() bool { return get(here, "/tin/tin").Code == http.StatusGone })
	eventually(t, func() bool { return w.receipts.count("publication_1 portal /tin/tin withdrawn 0") == 1 })
	if waited := time.Since(stopped); waited < w.lease/2 {
		t.Errorf("the receipt waited %s only", waited)
	}
	if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	for range cap(codes) {
		if code := <-codes; code != http.StatusServiceUnavailable && code != http.StatusGone {
			t.Errorf("a request from before it was resumed: %d", code)
		}
	}
	eventually(t, func() bool {
		code := ask()
		if code == http.StatusOK {
			t.Fatal("shown after it was resumed")
		}
		return code == http.StatusGone
	})
	eventually(t, func() bool { return w.processes() == 2 })
}
