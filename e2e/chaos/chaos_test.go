package chaos

import (
	"context"
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
	seed  = flag.Uint64("seed", 230003, "seed of the moments and of who is killed; 0: a new one")
	kills = flag.Int("kills", 6, "how often something is killed in each shape")
)

// Whatever is killed with -9 and started again, no step is lost or doubled: every answer is kept, what is seen from outside is what was
// acknowledged, and the logs afterwards equal those of a walk that nobody disturbed but for ids and times.
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
		s := system.Start(t, system.Options{Shape: shape, SecondPortal: shape == system.Split})
		l := newLine(&people{
			api: s.API, client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, tokens: map[string]string{},
		}, s.Portals, day)
		for _, person := range []string{
			"quan.tri", "luu.tru", "cv.stttt", "cv2.stttt", "tp.stttt", "pgd.stttt", "vt.stttt", "bt.cong", "thanh.tra", "chanh.vp", "pho.chu.tich", "vt.ubnd", "cv.hongbang", "cv.snv",
		} {
			l.tokens[person] = s.Token(person)
		}
		kills := planned(s, len(l.steps()))
		watching, stop := context.WithCancel(t.Context())
		watched := make(chan struct{})
		go func() { l.follow(watching); close(watched) }()
		walk(t, s, l, kills)
		resting(t, s, l.current.GetId(), l.drafted.plan.GetId())
		// What is looked at comes from the disks, not from what processes remember.
		if len(kills) > 0 {
			strike(t, s, &kill{step: len(l.steps()), victim: everything})
		}
		found = settled(t, s)
		kept(t, found, l.acknowledged)
		once(t, s, found)
		n := newNames()
		lines = written(t, n, found.logs)
		lines = append(lines, answered(t, n, l)...)
		stop()
		<-watched
		l.lookedAt(t)
		l.repeated(t)
		// Nothing of that was done again.
		for service, log := range settled(t, s).logs {
			if len(log) != len(found.logs[service]) {
				t.Errorf("repeats have written %d events of %s", len(log)-len(found.logs[service]), service)
			}
		}
		proved(t, s)
	})
	if !ok {
		t.FailNow()
	}
	t.Logf("walked in %v", time.Since(begun).Round(time.Millisecond))
	return found, lines
}
