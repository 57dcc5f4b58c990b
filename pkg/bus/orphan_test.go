package bus_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/engines"
)

// The broker counts for ever on a member that was killed while it waited for the answer to its first join, and keeps partitions for it;
// they are taken from it.
func TestPartitionsOfAGhostAreReadAgain(t *testing.T) {
	t.Parallel()
	broker := engines.StartBroker(t)
	client := newClient(t, broker)
	s := newSource(t, client)
	k := newSink(t, s, client)
	k.deps.OrphanAfter = 5 * time.Second
	s.relay()
	k.run()
	keys := []string{keyIn(0), keyIn(1), keyIn(2), keyIn(3)}
	s.revise(keys...)
	k.exact()
	ghost(t, broker, k)
	eventually(t, "the ghost has partitions", func() bool { return shared(t, broker, k.consumer.Name) })
	s.revise(keys...)
	s.acknowledged()
	k.exact()
	if n := k.healed(); n != 0 {
		t.Errorf("%d events were healed that kafka had", n)
	}
}

// shared tells whether the group has settled with two members that each have partitions.
func shared(t *testing.T, broker *engines.Broker, group string) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	api := &kafkago.Client{Addr: kafkago.TCP(broker.Address())}
	r, err := api.DescribeGroups(ctx, &kafkago.DescribeGroupsRequest{GroupIDs: []string{group}})
	if err != nil || len(r.Groups) != 1 || r.Groups[0].GroupState != "Stable" || len(r.Groups[0].Members) != 2 {
		return false
	}
	for _, m := range r.Groups[0].Members {
		if len(m.MemberAssignments.Topics) != 1 || len(m.MemberAssignments.Topics[0].Partitions) == 0 {
			return false
		}
	}
	return true
}

// ghost joins the sink's group, and its connection ends before it is answered.
func ghost(t *testing.T, broker *engines.Broker, k *sink) {
	t.Helper()
	var dead atomic.Bool
	dialer := &kafkago.Dialer{DialFunc: func(ctx context.Context, network, address string) (net.Conn, error) {
		if dead.Load() {
			return nil, errors.New("dead")
		}
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		return &dying{conn, &dead}, err
	}}
	group, err := kafkago.NewConsumerGroup(kafkago.ConsumerGroupConfig{
		ID: k.consumer.Name, Brokers: []string{broker.Address()}, Dialer: dialer, Topics: []string{bus.Topic(service)},
		SessionTimeout: 10 * time.Second, RebalanceTimeout: 3 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the ghost has asked to join", dead.Load)
	if err := group.Close(); err != nil {
		t.Fatal(err)
	}
}

// dying is a connection that ends as soon as JoinGroup (11) was sent.
type dying struct {
	net.Conn
	dead *atomic.Bool
}

func (d *dying) Write(request []byte) (int, error) {
	n, err := d.Conn.Write(request)
	if len(request) > 6 && binary.BigEndian.Uint16(request[4:]) == 11 {
		d.dead.Store(true)
		_ = d.Close()
	}
	return n, err
}
