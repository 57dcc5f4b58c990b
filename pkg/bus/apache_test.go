package bus_test

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/bus/kafka"
	"github.com/loa-vn/loa/pkg/engines"
	busv1 "github.com/loa-vn/loa/proto/gen/loa/bus/v1"
)

var leaders = flag.Int("bus.leaders", 1, "how many leaders TestLeaderOfThreeIsKilledUnderLoad kills")

// TestLeaderOfThreeIsKilledUnderLoad: the relay publishes and a consumer follows while the broker that leads a partition is killed with
// -9. Every acknowledged event is in the topic, in the order of the log but for repeats, and has its effect once.
func TestLeaderOfThreeIsKilledUnderLoad(t *testing.T) {
	t.Parallel()
	cluster := engines.StartApache(t, engines.ApacheOptions{Nodes: 3})
	client := apacheClient(t, cluster)
	s := newSource(t, client)
	k := newSink(t, s, client)
	s.relay()
	k.run()
	stop := load(t, s)
	alive := 0
	for range *leaders {
		before := len(k.effects())
		soon(t, "effects go on", func() bool { return len(k.effects()) > before+400 })
		leader := leads(t, cluster, alive, 0)
		alive = (leader + 1) % len(cluster.Nodes)
		cluster.Nodes[leader].Kill()
		t.Logf("node %d led partition 0 and was killed: no effect of the partition for %v", leader+1, standstill(t, k, 0))
		if now := leads(t, cluster, alive, 0); now == leader {
			t.Errorf("node %d still leads", now+1)
		}
		if err := cluster.Nodes[leader].Start(); err != nil {
			t.Fatal(err)
		}
		soon(t, "all copies are in sync again", func() bool {
			n, err := cluster.InSync(t.Context(), alive, bus.Topic(service))
			return err == nil && n == len(cluster.Nodes)
		})
	}
	stop()
	s.acknowledged()
	k.exact()
	repeats := 0
	for partition := range bus.Partitions {
		positions := inTopic(t, client, partition)
		once := firstOnly(positions)
		if want := inLog(t, s, partition); !slices.Equal(once, want) {
			t.Errorf("partition %d: the topic has %d events and the log %d, or in another order", partition, len(once), len(want))
		}
		repeats += len(positions) - len(once)
	}
	t.Logf("%d effects; %d repeats in the topic; %d events read from their source", len(k.effects()), repeats, k.healed())
}

// TestUncleanElectionIsHealed: a broker that alone had acknowledged events ends, and one that lacks them leads. They are gone from the
// topic, and every consumer's effects are still those of the log.
func TestUncleanElectionIsHealed(t *testing.T) {
	t.Parallel()
	cluster := engines.StartApache(t, engines.ApacheOptions{
		Nodes: 3, OwnController: true, Settings: []string{"unclean.leader.election.enable=true", "min.insync.replicas=1"},
	})
	client := apacheClient(t, cluster)
	s := newSource(t, client)
	live, late := newSink(t, s, client), newSink(t, s, client)
	s.relay()
	live.run()
	stopLate := late.run()
	keys := []string{keyIn(0), keyIn(1), keyIn(2), keyIn(3)}
	for range 5 {
		s.revise(keys...)
	}
	live.exact()
	late.exact()
	stopLate()
	soon(t, "all copies are in sync", func() bool {
		n, err := cluster.InSync(t.Context(), 0, bus.Topic(service))
		return err == nil && n == len(cluster.Nodes)
	})

	cluster.Nodes[1].Kill()
	cluster.Nodes[2].Kill()
	for range 5 {
		s.revise(keys...)
	}
	s.acknowledged() // by node 1, the only one
	live.exact()
	var before [bus.Partitions][]int64
	for partition := range bus.Partitions {
		before[partition] = inTopic(t, client, partition)
	}
	cluster.Nodes[0].Kill()
	if err := cluster.Nodes[1].Start(); err != nil {
		t.Fatal(err)
	}
	lost := 0
	for partition := range bus.Partitions {
		soon(t, "node 2 leads", func() bool {
			now, err := cluster.Leader(t.Context(), 1, bus.Topic(service), partition)
			return err == nil && now == 1
		})
		after := inTopic(t, client, partition)
		if len(after) >= len(before[partition]) || !slices.Equal(after, before[partition][:len(after)]) {
			t.Fatalf("partition %d lost nothing: it had %v and has %v", partition, before[partition], after)
		}
		lost += len(before[partition]) - len(after)
	}
	t.Logf("%d acknowledged events are gone from the topic", lost)
	for _, n := range []int{0, 2} {
		if err := cluster.Nodes[n].Start(); err != nil {
			t.Fatal(err)
		}
	}
	late.run()
	for range 5 {
		s.revise(keys...)
	}
	fresh := newSink(t, s, client)
	fresh.run()
	for _, k := range []*sink{live, late, fresh} {
		k.exact()
	}
	if n := late.healed(); n < int64(lost) {
		t.Errorf("the consumer that had been away healed %d events, and %d were lost", n, lost)
	}
	if n := fresh.healed(); n < int64(lost) {
		t.Errorf("the new consumer healed %d events, and %d were lost", n, lost)
	}
}

func apacheClient(t *testing.T, cluster *engines.Apache) *kafka.Client {
	t.Helper()
	client, err := kafka.NewClient(cluster.Addresses(), logger(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// soon is eventually for a cluster: three servers and their elections take their time on a busy machine.
func soon(t *testing.T, what string, f func() bool) {
	t.Helper()
	deadline := time.After(2 * time.Minute)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !f() {
		select {
		case <-deadline:
			t.Fatalf("not in time: %s", what)
		case <-tick.C:
		}
	}
}

// load appends 400 events a second to streams that come and go, until the returned function is called.
func load(t *testing.T, s *source) (stop func()) {
	return background(t, func(ctx context.Context) error {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			keys := []string{keyIn(0), keyIn(1), keyIn(2), keyIn(3)}
			for range 10 {
				select {
				case <-ctx.Done():
					return nil
				case <-tick.C:
				}
				for _, key := range keys {
					s.append(context.WithoutCancel(ctx), key, func(version int64) []any { return []any{revised{int32(version + 1)}} })
				}
			}
		}
	})
}

// leads is the node that leads a partition, as an other one tells.
func leads(t *testing.T, cluster *engines.Apache, ask, partition int) (leader int) {
	t.Helper()
	soon(t, "somebody leads", func() bool {
		var err error
		leader, err = cluster.Leader(t.Context(), ask, bus.Topic(service), partition)
		return err == nil && leader >= 0
	})
	return leader
}

// standstill is the longest time that a partition's mark stood still, from now until it has moved twenty times.
func standstill(t *testing.T, k *sink, partition int) (longest time.Duration) {
	t.Helper()
	moved, at, moves := time.Now(), int64(-1), 0
	soon(t, "effects go on after the leader's end", func() bool {
		_, now, err := bus.Mark(t.Context(), k.pool, k.consumer.Name, service, partition)
		if err == nil && now != at {
			longest, moved, at = max(longest, time.Since(moved)), time.Now(), now
			moves++
		}
		return moves > 20
	})
	return longest.Round(10 * time.Millisecond)
}

// inTopic are the positions that a partition of the topic holds, repeats and all.
func inTopic(t *testing.T, client *kafka.Client, partition int) (positions []int64) {
	t.Helper()
	soon(t, "the topic is read", func() bool { // the client may not know yet who leads
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		positions = nil
		err := client.Scan(ctx, bus.Topic(service), partition, time.Time{}, func(r kafka.Record) error {
			for _, h := range r.Headers {
				if h.Key != "loa_position" {
					continue
				}
				n, err := strconv.ParseInt(string(h.Value), 10, 64)
				positions = append(positions, n)
				return err
			}
			return fmt.Errorf("the record at %d has no position", r.Offset)
		})
		return err == nil
	})
	return positions
}

// firstOnly leaves out what came before.
func firstOnly(positions []int64) (once []int64) {
	seen := map[int64]bool{}
	for _, p := range positions {
		if !seen[p] {
			seen[p] = true
			once = append(once, p)
		}
	}
	return once
}

// inLog are the positions that a partition should hold.
func inLog(t *testing.T, s *source, partition int) (positions []int64) {
	t.Helper()
	for after := int64(0); ; {
		page, err := s.client.ReadPublished(t.Context(), &busv1.ReadPublishedRequest{Source: service, Partition: int32(partition), After: after})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.GetEvents() {
			positions = append(positions, e.GetPosition())
		}
		if page.GetReadUntil() <= after {
			return positions
		}
		after = page.GetReadUntil()
	}
}
