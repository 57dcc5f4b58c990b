package kafka_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/loa-vn/loa/pkg/bus/kafka"
)

// Publishing and reading with Watermill.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client, err := kafka.NewClient([]string{"127.0.0.1:9092"}, slog.Default()) // one per process
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	// Messages of one customer keep their order.
	marshaler := kafka.DefaultMarshaler{Key: func(_ string, m *message.Message) string { return m.Metadata.Get("customer") }}
	subscriber, err := kafka.NewSubscriber(kafka.SubscriberConfig{Client: client, Group: "billing", Partitions: 8, Marshaler: marshaler})
	if err != nil {
		log.Fatal(err)
	}
	messages, err := subscriber.Subscribe(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}

	publisher, err := kafka.NewPublisher(kafka.PublisherConfig{Client: client, Partitions: 8, Marshaler: marshaler})
	if err != nil {
		log.Fatal(err)
	}
	order := message.NewMessage(watermill.NewUUID(), []byte(`{"item":"lamp"}`))
	order.Metadata.Set("customer", "c-17")
	if err := publisher.Publish("orders", order); err != nil {
		log.Fatal(err) // it may be in Kafka all the same
	}

	m := <-messages
	fmt.Println(m.Metadata.Get("customer"), string(m.Payload))
	m.Ack() // or m.Nack(): it comes again, before the next of its partition
	if err := subscriber.Close(); err != nil {
		log.Fatal(err)
	}
	if err := publisher.Close(); err != nil {
		log.Fatal(err)
	}
}

// Reading ordered batches of each partition, without Watermill.
func ExampleClient_Consume() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client, err := kafka.NewClient([]string{"127.0.0.1:9092"}, slog.Default())
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	group := kafka.Group{Name: "readers", Topics: []string{"orders"}, Partitions: 8}
	// A goroutine for each partition; ctx ends with the group's generation.
	err = client.Consume(ctx, group, func(ctx context.Context, claim *kafka.Claim) {
		for {
			batch, err := claim.Next(ctx, 0)
			if err != nil {
				return // ctx has ended
			}
			for _, r := range batch.Records {
				fmt.Println(r.Offset, string(r.Value))
			}
			if n := len(batch.Records); n > 0 {
				// What is not committed comes again, so a failure is no loss.
				if err := claim.Commit(batch.Records[n-1].Offset + 1); err != nil {
					log.Print(err)
				}
			}
		}
	})
	if err != nil {
		log.Fatal(err)
	}
}

// Writing ordered batches to one partition, without Watermill.
func ExampleClient_Produce() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client, err := kafka.NewClient([]string{"127.0.0.1:9092"}, slog.Default())
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	if _, err := client.EnsureTopics(ctx, []string{"orders"}, 8); err != nil {
		log.Fatal(err)
	}
	key := []byte("c-17")
	records := []kafka.Record{{Key: key, Value: []byte("first")}, {Key: key, Value: []byte("second")}}
	if err := client.Produce(ctx, "orders", kafka.PartitionOf(key, 8), records); err != nil {
		log.Fatal(err)
	}
}
