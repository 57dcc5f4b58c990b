package chaos

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
)

// watch reads pages over and over, from every process of the portal, while everything else happens, and notes what nobody may see: a page
// before its time, what was withdrawn after its receipt, and a corrected page's old address as a page of its own.
type watch struct {
	client  *http.Client
	portals []string

	added chan *watched

	mutex sync.Mutex
	pages []*watched
}

// manyPages is more than a line watches.
const manyPages = 100

// watched is a path, and from when and until when its page may be seen. Until is nought where there is no end.
type watched struct {
	path        string
	from, until time.Time
	// seen counts the answers by status. Wrong is what was seen first, at each process, and must not be.
	seen  map[int]int
	wrong map[string]string
}

func newWatch(portals []string) *watch {
	return &watch{client: &http.Client{
		Transport: &http.Transport{}, Timeout: oneTry,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, portals: portals, added: make(chan *watched, manyPages)}
}

// embargoed pages are not to be seen before a moment.
func (w *watch) embargoed(from time.Time, path string) {
	for _, each := range []string{path, path + "/in"} {
		w.about(each, func(p *watched) { p.from = from })
	}
}

// shown pages may be seen. They are read from now on, so that every process has them when they are to go.
func (w *watch) shown(paths ...string) {
	for _, path := range paths {
		w.about(path, func(*watched) {})
	}
}

// gone pages are not to be seen from now on.
func (w *watch) gone(paths ...string) {
	now := time.Now()
	for _, path := range paths {
		w.about(path, func(p *watched) { p.until = now })
	}
}

// moved watches the addresses that a publication had.
func (w *watch) moved(p *distributionv1.Publication) {
	for _, slug := range p.GetSlugs() {
		if path := "/tin/" + slug; path != p.GetPath() {
			w.gone(path, path+"/in")
		}
	}
}

// about sets what is known of a page, and has it read from now on.
func (w *watch) about(path string, set func(*watched)) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	i := slices.IndexFunc(w.pages, func(p *watched) bool { return p.path == path })
	if i < 0 {
		i = len(w.pages)
		w.pages = append(w.pages, &watched{path: path, seen: map[int]int{}, wrong: map[string]string{}})
		w.added <- w.pages[i]
	}
	set(w.pages[i])
}

// follow reads until ctx ends.
func (w *watch) follow(ctx context.Context) {
	var readers sync.WaitGroup
	defer readers.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case p := <-w.added:
			// A process that is slow to answer about one page holds up no other.
			for _, portal := range w.portals {
				readers.Go(func() { w.reread(ctx, portal, p) })
			}
		}
	}
}

func (w *watch) reread(ctx context.Context, portal string, p *watched) {
	tick := time.NewTicker(again)
	defer tick.Stop()
	for ctx.Err() == nil {
		w.look(ctx, portal, p)
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// look reads one page once. What was answered before its time was begun before it too; what is asked after its end is answered after it.
func (w *watch) look(ctx context.Context, portal string, p *watched) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, portal+p.path, nil)
	if err != nil {
		return
	}
	asked := time.Now()
	response, err := w.client.Do(q)
	if err != nil {
		return // it is down
	}
	answered := time.Now()
	_, err = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	if err != nil {
		return
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	p.seen[response.StatusCode]++
	early, late := p.from.Sub(answered), asked.Sub(p.until)
	switch {
	case response.StatusCode != http.StatusOK || p.wrong[portal] != "":
	case early > 0:
		p.wrong[portal] = fmt.Sprintf("%v before its time", early)
	case !p.until.IsZero() && late > 0:
		p.wrong[portal] = fmt.Sprintf("%v after its end", late)
	}
}
