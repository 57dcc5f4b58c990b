package drill

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/e2e/journey"
	"github.com/loa-vn/loa/e2e/system"
	"github.com/loa-vn/loa/pkg/bus"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
)

var enginesLost = flag.Bool("engines-lost", false, "the broker's and the workflow engine's data are lost in the same disaster")

// Everything is killed and the cluster comes back from a backup that is older than what Kafka, Temporal, clients and the portal's readers
// have seen. No log takes a word until it is adopted; then the walk that was under way is walked to its end from where the backup has it,
// every effect once. Then one service's database alone is restored to an earlier moment, and those that saw more of it stop and say what.
func TestRestore(t *testing.T) {
	t.Parallel()
	s := system.Start(t, system.Options{Shape: system.One})
	j := journey.New(t, s)
	steps := journey.Steps()
	cutting := slices.IndexFunc(steps, func(step journey.Step) bool { return step.Name == "approval" })
	walk(t, j, steps[:cutting])
	settled(t, s)
	submitted := proto.CloneOf(j.Now)

	backup := filepath.Join(system.DataDir(t), "backup")
	taken := time.Now()
	script(t, "backup.sh", backup, s.Data)
	t.Logf("backup: %v", time.Since(taken).Round(time.Millisecond))
	walk(t, j, steps[cutting:cutting+2]) // it is approved and published, and a reader has it
	reader := j.System.Page(t, j.Publications[j.Now.GetId()].GetPath())
	if reader.Status != http.StatusOK {
		t.Fatalf("the page is answered %d", reader.Status)
	}
	before := tails(t, s)

	died := time.Now()
	killEverything(t, s)
	restored(t, s, backup)
	j.Client.Patience = system.Patience
	s.StartUnready()
	t.Logf("restored and started: %v after the kill", time.Since(died).Round(time.Millisecond))

	closedLogs(t, s, j)
	out := command(t, s, "reconcile")
	lost := 0
	for service, last := range before {
		now := tails(t, s)[service]
		lost += int(last - now)
		if says := strings.Contains(out, fmt.Sprintf("of %s that its log has lost", service)); says != (last > now && !*enginesLost) {
			t.Errorf("%s is at %d and was at %d; reconcile says that Kafka holds what is lost: %t\n%s", service, now, last, says, out)
		}
	}
	if lost == 0 {
		t.Fatal("nothing was lost: the drill proves nothing")
	}
	if strings.Contains(out, "in common with it") {
		t.Errorf("after the restore of everything no consumer is beyond a log:\n%s", out)
	}
	out = command(t, s, "log", "adopt", "all", "--reason", "the drill's restore")
	if strings.Count(out, "is at epoch 2, after position") != len(system.Services()) {
		t.Fatalf("adopt said\n%s", out)
	}
	if out = command(t, s, "log", "adopt", "all", "--reason", "once more"); strings.Count(out, "nothing to adopt") != len(system.Services()) {
		t.Fatalf("adopted twice:\n%s", out)
	}
	s.AwaitReady()
	t.Logf("%d events were lost, %v old; writing again %v after the kill", lost, died.Sub(taken).Round(time.Millisecond), time.Since(died).Round(time.Millisecond))

	// A client's token is of what was lost. It is answered, and soon.
	begun := time.Now()
	j.Client.Must(system.Request{As: "cv.stttt", Method: "GET", Path: "/v1/contents/" + j.Now.GetId()}, &contentv1.Content{})
	if took := time.Since(begun); took > 3*time.Second {
		t.Errorf("a read with a token of the lost epoch took %v", took)
	}
	j.Now = submitted // as the backup has it
	walk(t, j, steps[cutting:])
	settled(t, s)
	if !*enginesLost { // the figures are held against what Kafka has, and a lost Kafka is not filled again
		j.On(t).Figures(j.March)
	}
	exact(t, s)
	oneService(t, s, j)
}

// oneService restores the database of content alone, from a dump, while everything runs.
func oneService(t *testing.T, s *system.System, j *journey.Journey) {
	dump := filepath.Join(system.DataDir(t), "content.dump")
	draft := j.Draft("Giờ tiếp công dân trong tháng", "lost")
	settled(t, s)
	program(t, "pg_dump", "--format=custom", "--file="+dump, "--dbname="+databaseURL(t, s, "loa_content"))
	c := j.Submit(draft.GetId(), "lost/submit")
	j.Dossier("tp.stttt", c.GetId())
	settled(t, s)
	lost := tails(t, s)["content"]

	// As docs/recovery.md has it: restored beside, then put in its place.
	admin := s.Owner(t, "planning")
	do := func(sql string) {
		t.Helper()
		if _, err := admin.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	do("CREATE DATABASE loa_content_restored")
	program(t, "pg_restore", "--exit-on-error", "--dbname="+databaseURL(t, s, "loa_content_restored"), dump)
	do("ALTER DATABASE loa_content WITH ALLOW_CONNECTIONS false")
	do("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'loa_content'")
	system.Eventually(t, system.Patience, func() (bool, string) {
		_, err := admin.Exec(t.Context(), "ALTER DATABASE loa_content RENAME TO loa_content_lost")
		return err == nil, fmt.Sprint(err)
	})
	do("ALTER DATABASE loa_content_restored RENAME TO loa_content")
	command(t, s, "migrate")
	system.Eventually(t, system.Patience, func() (bool, string) {
		a := s.Client(t).Do(submit(draft.GetId(), "lost/closed"))
		return a.Status == http.StatusServiceUnavailable && strings.Contains(string(a.Body), "LOG_CLOSED"), string(a.Body)
	})
	// The others go on.
	j.Client.Must(system.Request{As: "cv.stttt", Method: "GET", Path: "/v1/plans/" + j.Current.GetId()}, &planningv1.Plan{})
	kept := tails(t, s)["content"]
	out := command(t, s, "reconcile")
	for _, consumer := range []string{"approvals.content", "distribution.content"} {
		if !strings.Contains(out, consumer+" has seen 2.") {
			t.Errorf("reconcile does not name %s:\n%s", consumer, out)
		}
	}
	for _, word := range []string{
		"content       2", "closed: restored or promoted", "loa.content.v1.ContentSubmitted " + c.GetId(), "→ approvals.dossier_opened.",
		"no event of distribution; docs/recovery.md",
	} {
		if !strings.Contains(out, word) {
			t.Errorf("reconcile does not say %q:\n%s", word, out)
		}
	}
	if _, complaint, code := s.Run(t.Context(), "reconcile", "--accept", "approvals.content", "content", "--reason", "too early"); code != 1 ||
		!strings.Contains(complaint, "adopt it first") {
		t.Errorf("accepted before the log was adopted: %d %s", code, complaint)
	}

	command(t, s, "log", "adopt", "content", "--reason", "the drill's restore of one service")
	// In the partition of what is lost, so that the position used again comes to those who saw it before.
	var fresh *contentv1.Content
	for n := 0; fresh == nil || bus.Partition(fresh.GetId()) != bus.Partition(c.GetId()); n++ {
		fresh = j.Draft(fmt.Sprintf("Nơi nộp hồ sơ trong tháng, phần %d", n+1), fmt.Sprintf("after/%d", n))
	}
	fresh = j.Submit(fresh.GetId(), "after/submit")
	system.Eventually(t, system.Patience, func() (bool, string) {
		ready, words := readiness(t, s)
		return !ready && strings.Contains(words, "consumer approvals.content has stopped") && strings.Contains(words, "consumer distribution.content has stopped"), words
	})
	if log := s.Log("loa-local"); !strings.Contains(log, "is beyond its source's log: content/") {
		t.Error("no consumer says that it is beyond the log of content")
	}
	for _, consumer := range []string{"approvals.content", "distribution.content"} {
		if out := command(t, s, "reconcile", "--accept", consumer, "content", "--reason", "the dossier is void, see the minutes"); !strings.Contains(out, consumer+" goes on in content/") {
			t.Errorf("accept said\n%s", out)
		}
	}
	s.AwaitReady()
	// What was written since, under positions that were used before, has its effect, once.
	if d := j.Dossier("tp.stttt", fresh.GetId()); d.GetHash() != fresh.GetHash() {
		t.Errorf("the dossier is %v", d)
	}
	// The item whose submission was lost is a draft again; submitted again it finds the dossier that stands.
	again := j.Submit(draft.GetId(), "lost/again")
	if d := j.Dossier("tp.stttt", draft.GetId()); d.GetHash() != again.GetHash() || d.GetHash() != c.GetHash() {
		t.Errorf("the dossier is %v", d)
	}
	settled(t, s)
	exact(t, s)
	if now := tails(t, s)["content"]; now <= kept {
		t.Errorf("content is at %d, was restored to %d from %d", now, kept, lost)
	}
	if out := command(t, s, "reconcile"); strings.Contains(out, "in common with it") {
		t.Errorf("after all was accepted:\n%s", out)
	}
}

func walk(t *testing.T, j *journey.Journey, steps []journey.Step) {
	t.Helper()
	for _, step := range steps {
		begun := time.Now()
		step.Run(j)
		t.Logf("%-30s %v", step.Name, time.Since(begun).Round(time.Millisecond))
	}
}

func submit(content, key string) system.Request {
	return system.Request{As: "cv.stttt", Method: "POST", Path: "/v1/contents/" + content + ":submit", Body: struct{}{}, Key: "drill/" + key}
}

// script runs a script of the repository, as an operator does.
func script(t *testing.T, name string, args ...string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), filepath.Join(system.Root(t), "scripts", name), args...)
	c.Dir = system.Root(t)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// program runs one of PostgreSQL's own.
func program(t *testing.T, name string, args ...string) {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(found) == 0 {
		t.Fatalf("no %s in /usr/lib/postgresql", name)
	}
	if out, err := exec.CommandContext(t.Context(), found[len(found)-1], args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// command runs one of the operator's beside the running system, which has to succeed.
func command(t *testing.T, s *system.System, args ...string) string {
	t.Helper()
	out, complaint, code := s.Run(t.Context(), args...)
	if code != 0 {
		t.Fatalf("%s: %d\n%s%s", strings.Join(args, " "), code, out, complaint)
	}
	return out
}

// killEverything ends the process and its engines with kill -9.
func killEverything(t *testing.T, s *system.System) {
	t.Helper()
	e := s.Engines()
	postmaster, err := os.ReadFile(filepath.Join(s.Data, "postgres", "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscan(bytes.NewReader(postmaster), &pid); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	s.Kill("loa-local")
	address, err := url.Parse(e.PostgresURL)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{address.Host, e.TemporalAddr, e.KafkaBrokers[0]} {
		system.Eventually(t, system.Patience, func() (bool, string) { return !system.Listening(t.Context(), at), at + " still listens" })
	}
}

// restored puts the data directory out of the way and the backup in its place. Kafka and Temporal come from the disaster, where they
// saw more than the backup has, or are lost in it.
func restored(t *testing.T, s *system.System, backup string) {
	t.Helper()
	away := s.Data + ".lost"
	t.Cleanup(func() { _ = os.RemoveAll(away) })
	if err := os.Rename(s.Data, away); err != nil {
		t.Fatal(err)
	}
	script(t, "restore.sh", backup, s.Data)
	if *enginesLost {
		return
	}
	for _, engine := range []string{"kafka", "temporal"} {
		if err := os.Rename(filepath.Join(away, engine), filepath.Join(s.Data, engine)); err != nil {
			t.Fatal(err)
		}
	}
}

// closedLogs: every log refuses to append, and says so to its callers and to the operator, with what to do. Reads go on.
func closedLogs(t *testing.T, s *system.System, j *journey.Journey) {
	t.Helper()
	system.Eventually(t, system.Patience, func() (bool, string) {
		ready, words := readiness(t, s)
		for _, service := range system.Services() {
			if ready || !strings.Contains(words, "loa log adopt "+service) {
				return false, service + " is not named: " + words
			}
		}
		return true, ""
	})
	c := s.Client(t)
	items := &planningv1.ListPlanItemsResponse{}
	c.Must(system.Request{As: "cv.stttt", Method: "GET", Path: "/v1/plans/" + j.Current.GetId() + "/items"}, items)
	i := slices.IndexFunc(items.GetItems(), func(i *planningv1.PlanItem) bool { return i.GetCode() == "1" })
	item := items.GetItems()[i]
	c.Refused(system.Request{As: "cv.stttt", Method: "POST", Path: "/v1/contents", Key: "drill/closed", Body: &contentv1.Content{
		Plan: j.Current.GetId(), PlanItem: item.GetId(), Title: "Nháp", Summary: "Tóm tắt.", Body: "Nội dung.", Theme: item.GetTheme(),
		Audiences: item.GetAudiences(), Channels: []string{"portal"}, Language: "vi", Example: true, SourceLine: "Sở",
	}}, http.StatusServiceUnavailable, "LOG_CLOSED")
}

func readiness(t *testing.T, s *system.System) (ready bool, words string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.API+"/readyz", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := (&http.Client{Timeout: 10 * time.Second}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode == http.StatusOK, string(body)
}

func databaseURL(t *testing.T, s *system.System, name string) string {
	t.Helper()
	address, err := url.Parse(s.Engines().PostgresURL)
	if err != nil {
		t.Fatal(err)
	}
	address.Path = "/" + name
	return address.String()
}

// tails are the last positions of the logs.
func tails(t *testing.T, s *system.System) map[string]int64 {
	t.Helper()
	last := map[string]int64{}
	for _, service := range system.Services() {
		last[service] = lineageOf(t, s.Owner(t, service)).Last
	}
	return last
}

// settled waits until every consumer has seen what the logs have published, so that nothing more moves by itself.
func settled(t *testing.T, s *system.System) {
	t.Helper()
	conns := map[string]*pgx.Conn{}
	for _, module := range system.Databases() {
		conns[module] = s.Owner(t, module)
	}
	system.Eventually(t, system.Patience, func() (bool, string) {
		heads := map[string]map[int]int64{}
		for _, service := range system.Services() {
			heads[service] = map[int]int64{}
			var partition int
			var position int64
			rows, err := conns[service].Query(t.Context(), `SELECT partition, position FROM relay.mark`)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := pgx.ForEachRow(rows, []any{&partition, &position}, func() error { heads[service][partition] = position; return nil }); err != nil {
				t.Fatal(err)
			}
		}
		for module, conn := range conns {
			marks, err := bus.Standings(t.Context(), conn)
			if err != nil {
				t.Fatal(err)
			}
			at := map[string]int64{}
			for _, m := range marks {
				at[fmt.Sprint(m.Consumer, " ", m.Source, "/", m.Partition)] = m.Position
			}
			for _, m := range marks {
				for partition, head := range heads[m.Source] {
					if name := fmt.Sprint(m.Consumer, " ", m.Source, "/", partition); at[name] < head {
						return false, fmt.Sprintf("%s: %s is at %d of %d", module, name, at[name], head)
					}
				}
			}
		}
		return true, ""
	})
}

// exact fails when something was parked, or a log holds twice what happens once, or an event of an epoch that is gone.
func exact(t *testing.T, s *system.System) {
	t.Helper()
	for _, module := range system.Databases() {
		var parked int
		if err := s.Owner(t, module).QueryRow(t.Context(), `SELECT count(*) FROM bus.parked`).Scan(&parked); err != nil || parked != 0 {
			t.Errorf("%s: %d events are parked, %v", module, parked, err)
		}
	}
	once := map[string]bool{
		"planning.plan_item_delivered": true, "distribution.publication_published": true, "distribution.publication_imported": true,
		"distribution.receipt_recorded": true, "approvals.dossier_opened": true,
	}
	seen := map[string]bool{}
	for _, service := range system.Services() {
		for _, e := range s.Events(t, service) {
			if kind, _, _ := strings.Cut(e.Type, ".v"); !once[kind] {
				continue
			}
			var data struct{ Publication string }
			if err := json.Unmarshal(e.Data, &data); err != nil {
				t.Fatal(err)
			}
			if what := e.Type + " " + e.Aggregate + " " + data.Publication; seen[what] {
				t.Errorf("twice in the log of %s: %s", service, what)
			} else {
				seen[what] = true
			}
		}
	}
	facts(t, s)
}

// facts: reporting counts exactly the publications that distribution's log holds.
func facts(t *testing.T, s *system.System) {
	t.Helper()
	want := map[string]bool{}
	for _, e := range s.Events(t, "distribution") {
		if e.Type == "distribution.publication_published.v3" || e.Type == "distribution.publication_imported.v3" {
			want[e.Aggregate] = true
		}
	}
	rows, err := s.Owner(t, "reporting").Query(t.Context(), `SELECT DISTINCT id FROM reporting.fact WHERE kind = 'publication'`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range got {
		if !want[id] {
			t.Errorf("reporting counts %s, which distribution does not know", id)
		}
	}
	if len(got) != len(want) {
		t.Errorf("reporting counts %d publications of %d", len(got), len(want))
	}
}
