package approvals

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/directory"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/rpc"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/readmodel"
	"github.com/loa-vn/loa/services/approvals/internal/register"
)

var (
	issuers     = flag.Int("issue.issuers", 1000, "how many issue at once while the service is killed")
	issueRounds = flag.Int("issue.rounds", 1, "how many crowds of them come one after the other")
	issueSeed   = flag.Uint64("issue.seed", 0, "seed of what is killed when; 0: a new one")
	serviceOf   = flag.String("issue.service", "", "run as the service process that is killed, with this order")
)

// TestMain lets this binary be the service that a test kills: it starts it again with an order.
func TestMain(m *testing.M) {
	flag.Parse()
	if *serviceOf != "" {
		if err := serveOrder(*serviceOf); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// serviceOrder is what a service process is told.
type serviceOrder struct{ Database, Issuer, Address string }

// serveOrder serves approvals until standard input is closed, or it is killed.
func serveOrder(text string) (err error) {
	var o serviceOrder
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	m := Module()
	pool, err := pgxpool.New(ctx, o.Database)
	if err != nil {
		return err
	}
	defer pool.Close()
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	log, err := es.Open(ctx, pool, m.Catalogue, es.Options{Service: m.Name, Logger: logger})
	if err != nil {
		return err
	}
	defer log.Close()
	policies, err := auth.NewPolicies(m.Policies)
	if err != nil {
		return err
	}
	h := &app.Host{Module: m, Pool: pool, Log: log, Directory: directory.New(pool), Policies: policies, Logger: logger}
	s, err := newServer(h)
	if err != nil {
		return err
	}
	for _, p := range m.Projections {
		go func() { _ = log.Run(ctx, p) }()
	}
	go func() { _ = s.finishIssues(ctx) }()
	listener, err := net.Listen("tcp", o.Address)
	if err != nil {
		return err
	}
	server := rpc.NewServer(rpc.ServerOptions{
		Service: m.Name, Verifier: auth.NewVerifier(auth.VerifierOptions{Issuer: o.Issuer}), People: h.Directory, Policies: policies,
		DigestKey: []byte("a key for tests"), Logger: logger,
	})
	approvalsv1.RegisterApprovalServiceServer(server, s)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		server.Stop()
	}()
	fmt.Println("serving")
	return server.Serve(listener)
}

// process is a service process, and how it is ended.
type process struct {
	cmd *exec.Cmd
	in  io.Closer
}

func startService(t testing.TB, o serviceOrder) process {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-issue.service", string(text))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "serving\n" {
		t.Fatalf("the service said %q: %v", line, err)
	}
	return process{cmd, in}
}

func (p process) kill(t testing.TB) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = p.cmd.Wait()
}

// A thousand clerks ask for a number at the same moment, each for a document of its own, while the service's process is killed and its
// connections to the database are cut. Some repeat their request until it is answered, others go away at the first trouble. Afterwards
// the register holds 1 to n without a gap, one number a document, in the order of their dates, and every document whose issue was
// begun has its number. Longer: -issue.rounds=20.
func TestAThousandIssuersAndAServiceThatIsKilled(t *testing.T) {
	s := newNumbering(t)
	seed := *issueSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("again: -issue.seed=%d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	of := s.mustOpen("vt.ubnd", "H24", nil).GetId()
	var all []string
	outcomes := &outcomes{numbers: map[string]string{}}
	for round := range *issueRounds {
		crowd := s.approvedCrowd(round)
		all = append(all, crowd...)
		s.crowd(crowd, random, outcomes)
	}
	s.settle(of, all, outcomes)
}

// outcomes is what issuers were told.
type outcomes struct {
	mu       sync.Mutex
	numbers  map[string]string // dossier to number
	gaveUp   int
	repeated int
}

func (s *numbering) approvedCrowd(round int) []string {
	s.Helper()
	crowd := make([]string, *issuers)
	var preparing sync.WaitGroup
	turns := make(chan struct{}, 32)
	for i := range crowd {
		preparing.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			crowd[i] = s.approved(fmt.Sprintf("plan_%d_%d", round, i), "H24")
		})
	}
	preparing.Wait()
	return crowd
}

// crowd lets everybody issue at once, and kills the service at drawn moments of it.
func (s *numbering) crowd(crowd []string, random *rand.Rand, told *outcomes) {
	t := s.TB
	t.Helper()
	o := serviceOrder{Database: s.Host.Pool.Config().ConnString(), Issuer: s.Issuer.URL, Address: freeAddress(t)}
	service := startService(t, o)
	conn, err := rpc.Dial(o.Address, rpc.ClientOptions{Service: "approvals"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	client, token := approvalsv1.NewApprovalServiceClient(conn), s.Issuer.Token(t, "vt.ubnd")
	var answered atomic.Int64
	var issuing sync.WaitGroup
	for _, one := range crowd {
		patient := random.IntN(5) > 0
		issuing.Go(func() {
			defer answered.Add(1)
			s.ask(client, token, one, patient, told)
		})
	}
	over := make(chan struct{})
	go func() { issuing.Wait(); close(over) }()
	at := int64(0)
	for kills := range 5 { // the last of them when most are done
		at += int64(len(crowd)/8 + random.IntN(len(crowd)/16+1))
		until(t, "issuers are answered", func() bool { return answered.Load() >= at })
		if kills%2 == 1 { // a reply is lost, and the service goes on
			_, err := s.Host.Pool.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
				WHERE datname = current_database() AND application_name = 'loa-approvals-committer'`)
			if err != nil {
				t.Error(err)
			}
			continue
		}
		service.kill(t)
		service = startService(t, o)
	}
	until(t, "everybody is answered", func() bool {
		select {
		case <-over:
			return true
		default:
			return false
		}
	})
	// Whoever went away left issues that the service ends by itself.
	until(t, "nothing waits for a number", func() bool {
		var head int64
		err := s.Host.Pool.QueryRow(t.Context(), "SELECT max(position) FROM es.event").Scan(&head)
		if err != nil || s.Host.Log.WaitFor(t.Context(), readmodel.RegistersName, head) != nil {
			return false
		}
		waiting, err := readmodel.Issuing(t.Context(), s.Host.Pool, time.Now().Add(time.Hour), 1)
		return err == nil && len(waiting) == 0
	})
	_ = service.in.Close()
	if err := service.cmd.Wait(); err != nil {
		t.Errorf("the last service: %v", err)
	}
}

// ask issues one dossier: a patient clerk repeats the request, under its key, until it is answered.
func (s *numbering) ask(client approvalsv1.ApprovalServiceClient, token, dossier string, patient bool, told *outcomes) {
	for tries := 0; ; tries++ {
		ctx, cancel := context.WithTimeout(rpc.WithCaller(s.Context(), token), 10*time.Second)
		ctx = metadata.AppendToOutgoingContext(ctx, "idempotency-key", "issue "+dossier)
		d, err := client.Issue(ctx, &approvalsv1.IssueRequest{Dossier: dossier}, grpc.WaitForReady(patient && tries > 0))
		cancel()
		told.mu.Lock()
		switch {
		case err == nil:
			told.numbers[dossier] = d.GetNumber()
		case !errs.Transient(err):
			s.Errorf("%s: %v", dossier, err)
		case !patient:
			told.gaveUp++
		default:
			told.repeated++
		}
		told.mu.Unlock()
		if err == nil || !errs.Transient(err) || !patient {
			return
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-s.Context().Done():
			return
		}
	}
}

// settle holds the register against the dossiers, and both against what issuers were told.
func (s *numbering) settle(of string, all []string, told *outcomes) {
	t := s.TB
	t.Helper()
	events, err := s.Host.Log.Read(t.Context(), 0, 10*len(all)+100)
	if err != nil {
		t.Fatal(err)
	}
	owner, dates, issued := map[string]string{}, []string{}, map[string]string{}
	for _, e := range events {
		switch x := e.Data.(type) {
		case register.Allocated:
			if x.Number != len(dates)+1 || x.Register != of {
				t.Errorf("%+v came in the place of number %d", x, len(dates)+1)
			}
			if len(dates) > 0 && x.Date < dates[len(dates)-1] {
				t.Errorf("dates decrease at %+v", x)
			}
			dates = append(dates, x.Date)
			if n, again := owner[x.Dossier]; again {
				t.Errorf("%s has %s and %s", x.Dossier, n, x.Text)
			}
			owner[x.Dossier] = x.Text
		case register.Refused:
			t.Errorf("refused: %+v", x)
		case dossier.Numbered:
			if n, again := issued[e.Aggregate]; again || owner[e.Aggregate] != x.Number {
				t.Errorf("%s was issued as %s before, and is as %s; the register says %s", e.Aggregate, n, x.Number, owner[e.Aggregate])
			}
			issued[e.Aggregate] = x.Number
		}
	}
	if len(issued) != len(owner) {
		t.Errorf("%d numbers are given and %d dossiers issued", len(owner), len(issued))
	}
	for _, one := range all {
		d, _, err := s.server.dossiers.Load(t.Context(), one)
		if err != nil {
			t.Fatal(err)
		}
		was := told.numbers[one]
		switch {
		case d.State == dossier.Issued && (was == "" || was == d.Issue.Number) && owner[one] == d.Issue.Number:
		case d.State == dossier.Approved && was == "" && owner[one] == "":
		default:
			t.Errorf("%s is %s with %+v; its clerk was told %q, the register says %q", one, d.State, d.Issue, was, owner[one])
		}
	}
	if got := strings.Count(s.allNumbers(of), " issued "); got != len(owner) {
		t.Errorf("the list has %d issued numbers of %d", got, len(owner))
	}
	t.Logf("%d of %d issued, %d answered, %d gave up, %d repeats", len(owner), len(all), len(told.numbers), told.gaveUp, told.repeated)
	if told.repeated == 0 || len(told.numbers) == 0 {
		t.Error("nothing was in trouble, or nothing went well: this proves nothing")
	}
}

// allNumbers is the register's list, page after page.
func (s *numbering) allNumbers(of string) string {
	s.Helper()
	var lines strings.Builder
	for token := ""; ; {
		r, err := s.ListNumbers(s.As("vt.ubnd"), &approvalsv1.ListNumbersRequest{Register: of, PageSize: 200, PageToken: token})
		if err != nil {
			s.Fatal(err)
		}
		for _, n := range r.GetNumbers() {
			fmt.Fprintf(&lines, "%d %s %s\n", n.GetNumber(), n.GetState(), n.GetDossier())
		}
		if token = r.GetNextPageToken(); token == "" {
			return lines.String()
		}
	}
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func until(t testing.TB, what string, done func() bool) {
	t.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	for !done() {
		select {
		case <-deadline.C:
			t.Fatalf("waited a minute, and it is not so: %s", what)
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
}
