package site

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/loa-vn/loa/services/portal/internal/facts"
	"github.com/loa-vn/loa/services/portal/internal/page"
)

// A receipt says that no process of the portal shows something any more, and it is given by one process for all. So each has a lease:
//
//   - It tells the others, by a row it keeps beating, up to which seq nothing that it will ever send tells otherwise than the facts. It
//     says so when the pages that did are dropped and the answers that were begun before are on their way.
//   - It answers with pages while its last beat is younger than the lease by its own clock, which is asked after the page was chosen, at
//     its first byte. What comes later is an answer with 503.
//   - A row whose beat stands still for longer than a lease by an observer's clock is taken out. Its process finds that out at its next
//     beat, and drops what is out of date before it answers again.
//
// Clocks need to run equally fast, and nothing else: none is compared with another, nor with the database's. A process that was stopped
// or cut off from the database stops answering by itself.

// defaultLease is how long a process answers without having beaten, and how long a receipt waits for one that was killed.
const defaultLease = 10 * time.Second

// vouches says whether this process may answer with a page now.
func (s *Site) vouches() bool {
	beat := s.beaten.Load()
	if beat == nil {
		return false
	}
	// Both readings of the clock: the monotonic one stands still while the machine sleeps, the other may be set.
	now := time.Now()
	return now.Sub(*beat) < s.Lease && now.Round(0).Sub(beat.Round(0)) < s.Lease
}

// Vouch beats until ctx ends.
func (s *Site) Vouch(ctx context.Context) error {
	v := &voucher{site: s}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			v.leave(context.WithoutCancel(ctx))
			return nil
		case <-s.toVouch:
		case <-timer.C:
		}
		if err := v.beat(ctx); err != nil && ctx.Err() == nil {
			s.Logger.WarnContext(ctx, "this process of the portal cannot vouch for its pages; it stops answering when its lease ends", "error", err)
		}
		timer.Reset(s.Lease / 8)
	}
}

// voucher is what the loop knows of its own row.
type voucher struct {
	site   *Site
	joined bool
	number int64
	told   int64 // the seq that the others know
	next   int64 // the seq they are told when the answers begun before are on their way
	begun  <-chan struct{}
}

func (v *voucher) beat(ctx context.Context) error {
	s := v.site
	if s.names.Load() == nil {
		return nil // nothing is shown yet
	}
	ctx, cancel := context.WithTimeout(ctx, s.Lease/2)
	defer cancel()
	if !v.joined {
		return v.join(ctx)
	}
	v.advance()
	at, alive, err := v.tell(ctx)
	if err != nil {
		return err
	}
	if !alive {
		s.beaten.Store(nil)
		v.joined = false
		return v.join(ctx)
	}
	s.beaten.Store(&at)
	wake(s.shown)
	return nil
}

// join makes receipts wait for this process, then drops what they may have been given for, and only then lets it answer.
func (v *voucher) join(ctx context.Context) error {
	s := v.site
	v.number++
	if err := s.facts.Join(ctx, facts.Process{ID: s.id, Beat: v.number, Applied: v.told}); err != nil {
		return err
	}
	if err := s.catchUp(ctx); err != nil {
		return err
	}
	v.next = s.applied.Load()
	select {
	case <-s.answers.begunBefore(nil):
	case <-ctx.Done():
		return ctx.Err()
	}
	v.told, v.begun = v.next, nil
	at, alive, err := v.tell(ctx)
	if err != nil {
		return err
	}
	if !alive {
		return errors.New("taken out while it joined")
	}
	v.joined = true
	s.beaten.Store(&at)
	wake(s.shown)
	return nil
}

// advance looks whether the others may be told of a higher seq.
func (v *voucher) advance() {
	s := v.site
	if v.begun == nil {
		applied := s.applied.Load()
		if applied == v.told {
			return
		}
		v.next, v.begun = applied, s.answers.begunBefore(func() { wake(s.toVouch) })
	}
	select {
	case <-v.begun:
		v.told, v.begun = v.next, nil
	default:
	}
}

// tell beats; at is a moment before the others could see it.
func (v *voucher) tell(ctx context.Context) (at time.Time, alive bool, err error) {
	at = time.Now()
	v.number++
	alive, err = v.site.facts.Beat(ctx, facts.Process{ID: v.site.id, Beat: v.number, Applied: v.told})
	return at, alive, err
}

// leave ends the lease: receipts need not wait for a process that stops as it should.
func (v *voucher) leave(ctx context.Context) {
	v.site.beaten.Store(nil)
	if !v.joined {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if _, err := v.site.facts.TakeOut(ctx, facts.Process{ID: v.site.id, Beat: v.number}); err != nil {
		v.site.Logger.InfoContext(ctx, "receipts of the portal wait until the lease of this process is over", "error", err)
	}
}

// watch is what a process that gives receipts knows of the others: since when each one's beat stands still, by its own clock.
type watch struct {
	still map[string]stillness
}

type stillness struct {
	beat  int64
	since time.Time
}

// applied is the seq up to which no process shows anything that tells otherwise than the facts.
func (w *watch) applied(ctx context.Context, s *Site) (int64, error) {
	list, err := s.facts.Processes(ctx)
	if err != nil {
		return 0, err
	}
	// A beat that is seen now was sent before now, so that its lease ends before this moment and a lease.
	now := time.Now()
	lowest, still := s.applied.Load(), map[string]stillness{}
	for _, p := range list {
		seen, known := w.still[p.ID]
		if !known || seen.beat != p.Beat {
			seen = stillness{p.Beat, now}
		}
		if now.Sub(seen.since) > s.Lease+s.Lease/10 {
			out, err := s.facts.TakeOut(ctx, p)
			if err != nil {
				return 0, err
			}
			if out {
				s.Logger.WarnContext(ctx, "a process of the portal is gone; receipts no longer wait for it", "process", p.ID)
				continue
			}
		}
		still[p.ID] = seen
		lowest = min(lowest, p.Applied)
	}
	w.still = still
	return lowest, nil
}

// answers are those that are being written.
type answers struct {
	mutex sync.RWMutex
	now   *sync.WaitGroup
}

// begunBefore tells when every answer that was begun before has its first bytes on the way; then is called after that.
func (a *answers) begunBefore(then func()) <-chan struct{} {
	a.mutex.Lock()
	before := a.now
	a.now = &sync.WaitGroup{}
	a.mutex.Unlock()
	done := make(chan struct{})
	go func() {
		before.Wait()
		close(done)
		if then != nil {
			then()
		}
	}()
	return done
}

// begin counts an answer; its first bytes are on the way when the group is told.
func (a *answers) begin() *sync.WaitGroup {
	a.mutex.RLock()
	defer a.mutex.RUnlock()
	a.now.Add(1)
	return a.now
}

// answer is one answer. It shows nothing without a lease, whatever chose what it shows.
type answer struct {
	http.ResponseWriter
	site    *Site
	request *http.Request
	group   *sync.WaitGroup
	begun   bool
	refused bool
}

func (s *Site) beginAnswer(w http.ResponseWriter, r *http.Request) *answer {
	return &answer{ResponseWriter: w, site: s, request: r, group: s.answers.begin()}
}

// WriteHeader begins the answer, or refuses it.
func (a *answer) WriteHeader(status int) {
	if a.begun {
		return
	}
	a.begun = true
	if status >= http.StatusBadRequest || a.site.vouches() {
		a.ResponseWriter.WriteHeader(status)
		return
	}
	a.refused = true
	for _, name := range []string{
		"Content-Encoding", "Content-Length", "Content-Disposition", "Content-Range", "Accept-Ranges", "ETag", "Location", "Link", "Last-Modified", "Vary",
	} {
		a.Header().Del(name)
	}
	a.Header().Set("Content-Security-Policy", page.ContentSecurityPolicy)
	a.site.unavailable(a.ResponseWriter, a.request)
}

// Write writes, unless the answer was refused.
func (a *answer) Write(p []byte) (int, error) {
	if !a.begun {
		a.WriteHeader(http.StatusOK)
	}
	if a.refused {
		return len(p), nil
	}
	return a.ResponseWriter.Write(p)
}

// onTheWay sends what was written so far, and lets receipts be given for what came after the answer was chosen.
func (a *answer) onTheWay() {
	if a.group == nil {
		return
	}
	if f, ok := a.ResponseWriter.(http.Flusher); ok && a.begun {
		f.Flush()
	}
	a.group.Done()
	a.group = nil
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
