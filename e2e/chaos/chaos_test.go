package chaos

import (
	"flag"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loa-vn/loa/e2e/system"
)

var (
	seed  = flag.Uint64("seed", 0, "seed of the moments and of who is killed; 0: a new one")
	kills = flag.Int("kills", 5, "how often something is killed in each shape")
)

// Whatever is killed with -9 and started again, no step is lost or doubled: every answer is kept, and the logs afterwards equal those
// of a walk that nobody disturbed but for ids and times.
func TestKilledAtSeededMoments(t *testing.T) {
	chosen := *seed
	if chosen == 0 {
		chosen = rand.Uint64N(1_000_000)
	}
	t.Logf("seed %d, %d kills a shape: go test ./chaos -seed=%d -kills=%d", chosen, *kills, chosen, *kills)
	for _, shape := range []system.Shape{system.One, system.Split} {
		t.Run(strings.ReplaceAll(string(shape), " ", "_"), func(t *testing.T) {
			day := time.Now()
			undisturbed, want := walked(t, shape, day, func(*system.System, int) []*kill { return nil })
			if undisturbed.healed != 0 {
				t.Errorf("undisturbed, %d events were healed", undisturbed.healed)
			}
			disturbed, got := walked(t, shape, day, func(s *system.System, steps int) []*kill { return schedule(chosen, *kills, steps, victims(s)) })
			if !slices.Equal(disturbed.follows, undisturbed.follows) {
				t.Errorf("consumers: %v, undisturbed %v", disturbed.follows, undisturbed.follows)
			}
			t.Logf("%d events were read from their source, since Kafka did not bring them", disturbed.healed)
			compare(t, got, want)
		})
	}
}

// walked starts a system, walks the line through it while what is planned is killed, and gives what is left, also as lines.
func walked(t *testing.T, shape system.Shape, day time.Time, planned func(s *system.System, steps int) []*kill) (state, []string) {
	t.Helper()
	begun := time.Now()
	var found state
	var lines []string
	// The processes of one walk end before the next one's start.
	ok := t.Run("walk", func(t *testing.T) {
		s := system.Start(t, system.Options{Shape: shape})
		l := &line{portal: s.Portal, day: day, people: &people{
			api: s.API, client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, tokens: map[string]string{},
		}}
		for _, person := range []string{"quan.tri", "luu.tru", "cv.stttt", "tp.stttt", "pgd.stttt", "bt.cong", "thanh.tra"} {
			l.tokens[person] = s.Token(person)
		}
		walk(t, s, l, planned(s, len(l.steps())))
		resting(t, s, l.current.GetId())
		found = settled(t, s)
		kept(t, found, l.acknowledged)
		once(t, s, found)
		n := newNames()
		lines = written(t, n, found.logs)
		lines = append(lines, answered(t, n, l)...)
	})
	if !ok {
		t.FailNow()
	}
	t.Logf("walked in %v", time.Since(begun).Round(time.Millisecond))
	return found, lines
}
