package kafka_test

import (
	"flag"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/tests"

	"github.com/loa-vn/loa/pkg/bus/kafka"
	"github.com/loa-vn/loa/pkg/engines"
)

// The suite's tests wait for brokers and groups most of the time, so more of them run at once than there are processors.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "12"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

const suitePartitions = 8

// byPayload keeps the order of messages with the same payload, which is what the suite asks of ordered ones.
func byPayload(_ string, m *message.Message) string { return string(m.Payload) }

type suite struct {
	broker *engines.Broker
	client *kafka.Client
	key    func(topic string, m *message.Message) string
}

func newSuite(t *testing.T, key func(topic string, m *message.Message) string) suite {
	t.Helper()
	broker := engines.StartBroker(t)
	client, err := kafka.NewClient([]string{broker.Address()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return suite{broker: broker, client: client, key: key}
}

func (s suite) features(ordered bool) tests.Features {
	return tests.Features{
		ConsumerGroups: true, GuaranteedOrder: ordered, Persistent: true, NewSubscriberReceivesOldMessages: true,
		RestartServiceCommand: s.broker.RestartCommand(),
	}
}

func (s suite) group(t *testing.T, group string) (message.Publisher, message.Subscriber) {
	t.Helper()
	marshaler := kafka.DefaultMarshaler{Key: s.key}
	publisher, err := kafka.NewPublisher(kafka.PublisherConfig{Client: s.client, Partitions: suitePartitions, Marshaler: marshaler})
	if err != nil {
		t.Fatal(err)
	}
	subscriber, err := kafka.NewSubscriber(kafka.SubscriberConfig{
		Client: s.client, Group: group, Partitions: suitePartitions, Marshaler: marshaler,
		Tune: kafka.Group{Heartbeat: 300 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	return publisher, subscriber
}

func (s suite) pair(t *testing.T) (message.Publisher, message.Subscriber) {
	t.Helper()
	if strings.Contains(t.Name(), "TestReconnect") {
		publisher, subscriber := s.group(t, "test")
		return publisher, newSettled(t, subscriber)
	}
	group := "test"
	if strings.Contains(t.Name(), "TestNewSubscriberReceivesOldMessages") {
		// A new subscriber of the same group goes on where the group is; one of a group of its own reads what is old.
		group = watermill.NewUUID()
	}
	return s.group(t, group)
}

// TestWatermillOrdered is the suite as Watermill runs it. Under the race detector its tests are run one by one, see reconnect.
func TestWatermillOrdered(t *testing.T) {
	s := newSuite(t, byPayload)
	if raceDetector {
		s.each(t, true)
		return
	}
	tests.TestPubSub(t, s.features(true), s.pair, s.group)
}

// TestWatermillUnordered runs every test of the suite but the two that are about order, which the suite would skip.
func TestWatermillUnordered(t *testing.T) {
	newSuite(t, nil).each(t, false)
}

// reconnect is Watermill's TestReconnect. It appends to a slice in one goroutine and reads it in another without synchronising, so the
// race detector fails it whatever the Pub/Sub does: under the detector it runs in a process that was built without.
func (s suite) reconnect(t *testing.T, c tests.TestContext) {
	if !raceDetector {
		tests.TestReconnect(t, c, s.pair)
		return
	}
	name, _, _ := strings.Cut(t.Name(), "/")
	command := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-v", "-run", "^"+name+"$/^TestReconnect$", ".")
	out, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+name+"/TestReconnect") {
		t.Errorf("without the race detector: %v\n%s", err, out[max(0, len(out)-5000):])
	}
}

// each runs the suite's tests one by one, those that the suite itself would skip left out.
func (s suite) each(t *testing.T, ordered bool) {
	t.Helper()
	pair := func(f func(*testing.T, tests.TestContext, tests.PubSubConstructor)) func(*testing.T, tests.TestContext) {
		return func(t *testing.T, c tests.TestContext) { f(t, c, s.pair) }
	}
	for _, test := range []struct {
		name  string
		run   func(*testing.T, tests.TestContext)
		alone bool
		leave bool
	}{
		{name: "TestPublishSubscribe", run: pair(tests.TestPublishSubscribe)},
		{name: "TestConcurrentSubscribe", run: pair(tests.TestConcurrentSubscribe)},
		{name: "TestConcurrentSubscribeMultipleTopics", run: pair(tests.TestConcurrentSubscribeMultipleTopics)},
		{name: "TestResendOnError", run: pair(tests.TestResendOnError)},
		{name: "TestNoAck", run: pair(tests.TestNoAck), leave: !ordered},
		{name: "TestContinueAfterSubscribeClose", run: pair(tests.TestContinueAfterSubscribeClose)},
		{name: "TestConcurrentClose", run: pair(tests.TestConcurrentClose)},
		{name: "TestContinueAfterErrors", run: pair(tests.TestContinueAfterErrors)},
		{name: "TestPublishSubscribeInOrder", run: pair(tests.TestPublishSubscribeInOrder), leave: !ordered},
		{name: "TestPublisherClose", run: pair(tests.TestPublisherClose)},
		{name: "TestTopic", run: pair(tests.TestTopic)},
		{name: "TestMessageCtx", run: pair(tests.TestMessageCtx)},
		{name: "TestSubscribeCtx", run: pair(tests.TestSubscribeCtx)},
		{name: "TestNewSubscriberReceivesOldMessages", run: pair(tests.TestNewSubscriberReceivesOldMessages)},
		{name: "TestConsumerGroups", run: func(t *testing.T, c tests.TestContext) { tests.TestConsumerGroups(t, c, s.group) }},
		{name: "TestReconnect", run: s.reconnect, alone: true},
	} {
		if test.leave {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			if !test.alone {
				t.Parallel()
			}
			test.run(t, tests.TestContext{TestID: tests.NewTestID(), Features: s.features(ordered)})
		})
	}
}
