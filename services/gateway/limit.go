package gateway

import (
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	maximumCallers = 10_000
	idleCaller     = time.Minute // long enough for any bucket to be full again
)

// callers holds one token bucket per caller.
type callers struct {
	rate  rate.Limit
	burst int
	clock func() time.Time

	mu      sync.Mutex
	buckets map[string]*bucket
}

type bucket struct {
	limiter *rate.Limiter
	used    time.Time
}

func newCallers(perSecond float64, clock func() time.Time) *callers {
	burst := max(1, int(math.Ceil(perSecond*burstFactor)))
	return &callers{rate: rate.Limit(perSecond), burst: burst, clock: clock, buckets: map[string]*bucket{}}
}

// take counts one request of the caller. Not ok means too many, and wait is the whole seconds until the next is taken.
func (c *callers) take(caller string) (wait int, ok bool) {
	now := c.clock()
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.buckets[caller]
	if b == nil {
		c.forget(now)
		b = &bucket{limiter: rate.NewLimiter(c.rate, c.burst)}
		c.buckets[caller] = b
	}
	b.used = now
	reservation := b.limiter.ReserveN(now, 1)
	delay := reservation.DelayFrom(now)
	if delay == 0 {
		return 0, true
	}
	reservation.CancelAt(now)
	return int(math.Ceil(delay.Seconds())), false
}

// forget drops callers that have been idle; their buckets are full again, so nothing is lost. Were all busy, the oldest state goes.
func (c *callers) forget(now time.Time) {
	if len(c.buckets) < maximumCallers {
		return
	}
	for name, b := range c.buckets {
		if now.Sub(b.used) > idleCaller {
			delete(c.buckets, name)
		}
	}
	if len(c.buckets) >= maximumCallers {
		clear(c.buckets)
	}
}
