package personal

import (
	"fmt"
	"slices"
	"sync"
	"time"

	keysv1 "github.com/loa-vn/loa/proto/gen/loa/keys/v1"
)

// state is what is known of a person's key.
type state int

const (
	// absent: nothing, it has to be asked for.
	absent state = iota
	present
	erased
)

// held is one person's key in memory.
type held struct {
	key    [KeySize]byte
	erased bool
	until  time.Time
}

// cache keeps keys in memory for a bounded time and number; the one that would end first goes first. A key that goes is overwritten,
// and it goes when its time is over, whether or not anybody asks.
type cache struct {
	life  time.Duration
	limit int
	now   func() time.Time

	mutex sync.Mutex
	held  map[Person]*held
	order []Person // by until
	timer *time.Timer
}

// use gives the key to f while it may be used. The key must not leave f.
func (c *cache) use(p Person, f func(key []byte) error) (state, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.sweep()
	h := c.held[p]
	switch {
	case h == nil:
		return absent, nil
	case h.erased:
		return erased, nil
	default:
		return present, f(h.key[:])
	}
}

// keep keeps what the key service answered. The time counts from when it was asked: the answer may be as old as that.
func (c *cache) keep(asked time.Time, p Person, answer *keysv1.PersonKey) (state, error) {
	if answer.GetPerson() != string(p) {
		return absent, fmt.Errorf("the key service answered for %s when asked for %s", answer.GetPerson(), p)
	}
	h := &held{until: asked.Add(c.life)}
	known := present
	switch answer.GetState() {
	case keysv1.KeyState_HELD:
		if len(answer.GetKey()) != KeySize {
			return absent, fmt.Errorf("the key of %s has %d bytes", p, len(answer.GetKey()))
		}
		copy(h.key[:], answer.GetKey())
	case keysv1.KeyState_ERASED:
		h.erased, known = true, erased
	default:
		return absent, fmt.Errorf("there is no key of %s", p)
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.sweep()
	if before := c.held[p]; before != nil {
		// Two asked at once. The older answer stays, and ends sooner, unless the newer one says that the person is erased.
		if h.erased && !before.erased {
			clear(before.key[:])
			before.erased = true
		}
		clear(h.key[:])
		return known, nil
	}
	for len(c.order) >= c.limit {
		c.drop()
	}
	c.held[p] = h
	at := len(c.order)
	for at > 0 && h.until.Before(c.held[c.order[at-1]].until) {
		at-- // it was asked for before one that was answered before it
	}
	c.order = slices.Insert(c.order, at, p)
	if c.timer == nil {
		c.timer = time.AfterFunc(c.life, c.expire)
	}
	return known, nil
}

// sweep drops what is too old.
func (c *cache) sweep() {
	now := c.now()
	for len(c.order) > 0 && !now.Before(c.held[c.order[0]].until) {
		c.drop()
	}
}

func (c *cache) drop() {
	p := c.order[0]
	clear(c.held[p].key[:])
	delete(c.held, p)
	c.order = c.order[1:]
}

// expire runs while anything is held.
func (c *cache) expire() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.sweep()
	c.timer = nil
	if len(c.order) > 0 {
		c.timer = time.AfterFunc(max(c.held[c.order[0]].until.Sub(c.now()), time.Millisecond), c.expire)
	}
}

func (c *cache) size() int {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return len(c.held)
}
