package kafka_test

import (
	"context"
	"net"
	"testing"

	"github.com/loa-vn/loa/pkg/bus/kafka"
	"github.com/loa-vn/loa/pkg/engines"
)

// TestBrokerThatHangs: one of the brokers accepts connections and never answers; the others do the work.
func TestBrokerThatHangs(t *testing.T) {
	t.Parallel()
	hung, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hung.Close() })
	broker := engines.StartBroker(t)
	client, err := kafka.NewClient([]string{hung.Addr().String(), broker.Address()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := client.EnsureTopics(ctx, []string{"hung"}, 1); err != nil {
		t.Fatal(err)
	}
	if err := client.Produce(ctx, "hung", 0, []kafka.Record{{Value: []byte("a")}}); err != nil {
		t.Fatal(err)
	}
	read := 0
	group := kafka.Group{Name: "hung", Topics: []string{"hung"}, Partitions: 1}
	err = client.Consume(ctx, group, func(ctx context.Context, claim *kafka.Claim) {
		batch, err := claim.Next(ctx, 0)
		if err == nil {
			read += len(batch.Records)
		}
		cancel()
	})
	if err != nil || read != 1 {
		t.Errorf("read %d records, %v", read, err)
	}
}
