// Package memory keeps rendered pages in memory, compressed, within a budget of bytes: those asked for last stay. What a page was made
// from is named by tags, so that a change drops the pages it makes wrong, also those that are being made at that moment.
package memory

import (
	"container/list"
	"context"
	"errors"
	"sync"
)

// ErrChanged says that what a page is made from kept changing while it was made.
var ErrChanged = errors.New("memory: what the page shows kept changing")

// Page is a rendered page with what it was made from.
type Page struct {
	*Response
	// Tags name what it was made from.
	Tags []string
}

// Memory keeps pages by their path. It is safe for concurrent use.
type Memory struct {
	budget int64

	mutex   sync.Mutex
	used    int64
	pages   map[string]*list.Element // of *kept
	recent  *list.List               // the one asked for last in front
	tagged  map[string]map[*kept]struct{}
	flights map[string]*flight
}

type kept struct {
	path string
	page Page
	size int64
}

// flight is a page that is being made; others who ask for it wait.
type flight struct {
	done    chan struct{}
	page    Page
	err     error
	dropped map[string]struct{}
	cleared bool
}

// New keeps at most budget bytes of pages, their tables not counted.
func New(budget int64) *Memory {
	return &Memory{
		budget: budget, pages: map[string]*list.Element{}, recent: list.New(),
		tagged: map[string]map[*kept]struct{}{}, flights: map[string]*flight{},
	}
}

// Get is the page at a path, if it is kept.
func (m *Memory) Get(path string) (*Response, bool) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	r := m.current(path)
	return r, r != nil
}

// current is the page at a path as it is at this moment, nil when there is none; one whose time is over is forgotten.
func (m *Memory) current(path string) *Response {
	e, found := m.pages[path]
	if !found {
		return nil
	}
	r := e.Value.(*kept).page.now()
	if r == nil {
		m.forget(e.Value.(*kept))
		return nil
	}
	m.recent.MoveToFront(e)
	return r
}

// tries of a page that changes while it is made.
const tries = 8

// Fill is the page at a path: the kept one, or the one that render makes, which is then kept. Whoever asks meanwhile gets the same. A page
// with a tag that was dropped while it was made is made again. A page without a response is handed back and not kept.
func (m *Memory) Fill(ctx context.Context, path string, render func(context.Context) (Page, error)) (*Response, error) {
	for range tries {
		m.mutex.Lock()
		if r := m.current(path); r != nil {
			m.mutex.Unlock()
			return r, nil
		}
		if f, found := m.flights[path]; found {
			m.mutex.Unlock()
			select {
			case <-f.done:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			if errors.Is(f.err, ErrChanged) || errors.Is(f.err, context.Canceled) {
				continue // it was another's; this one tries for itself
			}
			return f.page.Response, f.err
		}
		f := &flight{done: make(chan struct{}), dropped: map[string]struct{}{}}
		m.flights[path] = f
		m.mutex.Unlock()

		f.page, f.err = render(ctx)
		m.land(path, f)
		if !errors.Is(f.err, ErrChanged) {
			return f.page.Response, f.err
		}
	}
	return nil, ErrChanged
}

// land ends a flight and keeps its page unless that is old already.
func (m *Memory) land(path string, f *flight) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	delete(m.flights, path)
	defer close(f.done)
	if f.err != nil || f.page.Response == nil {
		return
	}
	stale := f.cleared
	for _, tag := range f.page.Tags {
		_, dropped := f.dropped[tag]
		stale = stale || dropped
	}
	if stale {
		f.page, f.err = Page{}, ErrChanged
		return
	}
	m.keep(path, f.page)
}

func (m *Memory) keep(path string, page Page) {
	k := &kept{path: path, page: page, size: page.size() + int64(2*len(path))}
	if k.size > m.budget/4 {
		return // one page must not push out all others
	}
	m.pages[path] = m.recent.PushFront(k)
	m.used += k.size
	for _, tag := range page.Tags {
		if m.tagged[tag] == nil {
			m.tagged[tag] = map[*kept]struct{}{}
		}
		m.tagged[tag][k] = struct{}{}
	}
	for m.used > m.budget {
		m.forget(m.recent.Back().Value.(*kept))
	}
}

func (m *Memory) forget(k *kept) {
	m.recent.Remove(m.pages[k.path])
	delete(m.pages, k.path)
	m.used -= k.size
	for _, tag := range k.page.Tags {
		if delete(m.tagged[tag], k); len(m.tagged[tag]) == 0 {
			delete(m.tagged, tag)
		}
	}
}

// Drop forgets every page with one of the tags. When it returns, none of them is handed out any more, nor a page that was begun before.
func (m *Memory) Drop(tags ...string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for _, tag := range tags {
		for k := range m.tagged[tag] {
			m.forget(k)
		}
		for _, f := range m.flights {
			f.dropped[tag] = struct{}{}
		}
	}
}

// Clear forgets all.
func (m *Memory) Clear() {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.used = 0
	m.pages, m.tagged = map[string]*list.Element{}, map[string]map[*kept]struct{}{}
	m.recent.Init()
	for _, f := range m.flights {
		f.cleared = true
	}
}

// Used is how many bytes of pages are kept, and of how many pages.
func (m *Memory) Used() (bytes int64, pages int) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.used, len(m.pages)
}

// Full says that the budget has no room left for size more bytes.
func (m *Memory) Full(size int64) bool {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.used+size > m.budget
}
