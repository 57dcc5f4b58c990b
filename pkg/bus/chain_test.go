package bus

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/loa-vn/loa/pkg/bus/order"
)

func TestChainOrder(t *testing.T) {
	c := &consumption{}
	var names []string
	for _, l := range c.links() {
		names = append(names, l.name)
	}
	if want := []string{"poison", "retry", "recover", "trace", "mark", "handler"}; !slices.Equal(names, want) {
		t.Errorf("the chain is %v, outermost first, and should be %v", names, want)
	}
	var called []string
	wrap := func(name string) link {
		return link{name, func(next step) step {
			called = append(called, name)
			return next
		}}
	}
	compose([]link{wrap("outer"), wrap("inner")})
	if !slices.Equal(called, []string{"inner", "outer"}) {
		t.Errorf("the first link is not the outermost: wrapped in the order %v", called)
	}
}

func TestPartitionAgreesWithJava(t *testing.T) {
	// org.apache.kafka.common.utils.Utils.toPositive(Utils.murmur2(key)) % 4, from Kafka's own test vectors.
	for key, hash := range map[string]int32{
		"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536,
		"a-little-bit-longer-string": -1486304829, "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
	} {
		if got, want := Partition(key), int(hash&0x7fffffff)%Partitions; got != want {
			t.Errorf("%q: partition %d, and Java says %d", key, got, want)
		}
	}
}

// TestMarkUnderTwoRelays runs random schedules of relays that all believe they lead: answers are lost, requests land late, a relay is
// paused at any point and another begins from the durable mark. With one request in flight per partition the mark drops every repeat
// and never a first delivery, so nothing has to be healed; with two in flight events come in the wrong order, and the predecessor shows
// each such hole, so that none is lost silently.
func TestMarkUnderTwoRelays(t *testing.T) {
	healed := 0
	for seed := range uint64(5000) {
		if holes, lost := schedule(seed, 1); holes != 0 || lost != 0 {
			t.Fatalf("schedule %d with one request in flight: %d holes, %d events lost", seed, holes, lost)
		}
		holes, lost := schedule(seed, 2)
		if lost != 0 {
			t.Fatalf("schedule %d with two requests in flight: %d events lost silently", seed, lost)
		}
		healed += holes
	}
	if healed == 0 {
		t.Error("two requests in flight never made a hole, so this test attacks nothing")
	}
}

// schedule gives how many holes a consumer met, and how many events had no effect.
func schedule(seed uint64, inFlight int) (holes, lost int) {
	const events = 40
	type request struct {
		events []Message
		state  string // "", "ok", "lost"
	}
	type producer struct {
		next int
		out  []*request
	}
	type sending struct {
		by *producer
		r  *request
	}
	random := rand.New(rand.NewPCG(seed, 1))
	var kafka []Message
	acknowledged := 0
	producers := []*producer{{}}
	var net []sending
	for steps := 0; steps < 4000 && acknowledged < events; steps++ {
		a := random.Float64()
		if a < 0.05 && len(producers) < 6 {
			producers = append(producers, &producer{next: acknowledged})
		}
		p := producers[random.IntN(len(producers))]
		switch {
		case a < 0.5 && len(p.out) < inFlight && p.next < events:
			r := &request{}
			for until := min(events, p.next+1+random.IntN(4)); p.next < until; p.next++ {
				r.events = append(r.events, Message{Epoch: 1, Position: int64(p.next + 1), Previous: int64(p.next)})
			}
			p.out = append(p.out, r)
			net = append(net, sending{p, r})
		case len(net) > 0:
			i := random.IntN(len(net))
			s := net[i]
			net = slices.Delete(net, i, i+1)
			kafka = append(kafka, s.r.events...)
			s.r.state = "ok"
			if random.Float64() < 0.25 {
				s.r.state = "lost"
			}
		}
		for _, q := range producers {
			for _, r := range q.out {
				if r.state == "lost" {
					r.state = ""
					net = append(net, sending{q, r})
				}
			}
			for len(q.out) > 0 && q.out[0].state == "ok" {
				acknowledged = max(acknowledged, int(q.out[0].events[len(q.out[0].events)-1].Position))
				q.out = q.out[1:]
			}
		}
		if q := producers[random.IntN(len(producers))]; random.Float64() < 0.05 && len(q.out) > 0 {
			net = append(net, sending{q, &request{events: q.out[0].events}}) // timed out, and it lands later
		}
	}
	at := order.Mark{Epoch: 1}
	for rest := kafka; len(rest) > 0; {
		n := order.Contiguous(rest, 3, Message.place)
		news, err := fresh(at, rest[:n], order.Entry{})
		if h, ok := errors.AsType[*hole](err); ok {
			holes++
			at.Position = h.span.Until // as healing does
			continue
		}
		for _, m := range news {
			if m.Previous > at.Position {
				lost++
			}
			at.Position = m.Position
		}
		rest = rest[n:]
	}
	return holes, lost + events - int(at.Position)
}
