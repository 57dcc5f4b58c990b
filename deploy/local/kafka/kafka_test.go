package kafka

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	client "github.com/segmentio/kafka-go"

	"github.com/loa-vn/loa/deploy/local/internal/dirlock"
)

const topic = "loa.content.events.v1"

// parentVariable turns the test binary into a process that runs a broker in the directory it names and waits to be killed.
const (
	parentVariable = "LOA_TEST_KAFKA_PARENT"
	engineVariable = "LOA_TEST_KAFKA_PARENT_ENGINE"
)

func TestMain(m *testing.M) {
	directory := os.Getenv(parentVariable)
	if directory == "" {
		os.Exit(m.Run())
	}
	broker, err := Start(context.Background(), Options{
		DataDir: directory, Engine: Engine(os.Getenv(engineVariable)), Apache: ApacheOptions{Program: apacheFolder},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(broker.Address())
	select {}
}

func start(t *testing.T, options Options) *Broker {
	t.Helper()
	broker, err := Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	return broker
}

func stop(t *testing.T, broker *Broker) {
	t.Helper()
	if err := broker.Stop(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
}

// connect gives every use connections of its own: the shared ones outlive a broker that restarts on the same port.
func connect(t *testing.T, address string) *client.Client {
	t.Helper()
	transport := &client.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &client.Client{Addr: client.TCP(address), Transport: transport}
}

func createTopic(t *testing.T, address string) {
	t.Helper()
	kafka := connect(t, address)
	response, err := kafka.CreateTopics(t.Context(), &client.CreateTopicsRequest{
		Topics: []client.TopicConfig{{Topic: topic, NumPartitions: 3, ReplicationFactor: 1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Errors[topic]; err != nil {
		t.Fatal(err)
	}
}

func produce(t *testing.T, address string, words ...string) {
	t.Helper()
	kafka := connect(t, address)
	until(t, "the words are written", func() error {
		var records []client.Record // anew for each try: a send consumes them
		for _, word := range words {
			records = append(records, client.Record{Key: client.NewBytes([]byte("stream")), Value: client.NewBytes([]byte(word))})
		}
		response, err := kafka.Produce(t.Context(), &client.ProduceRequest{
			Topic: topic, Partition: 1, RequiredAcks: client.RequireAll, Records: client.NewRecordReader(records...),
		})
		if err == nil {
			err = response.Error
		}
		return err
	})
}

// until tries what a broker refuses while a topic or a group is being made.
func until(t *testing.T, what string, try func() error) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("never: %s: %v", what, err)
		case <-ticker.C:
		}
	}
}

func fetch(t *testing.T, address string, count int) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	reader := client.NewReader(client.ReaderConfig{
		Brokers: []string{address}, Topic: topic, Partition: 1, MaxWait: 50 * time.Millisecond,
	})
	defer reader.Close()
	var words []string
	for range count {
		message, err := reader.ReadMessage(ctx)
		if err != nil {
			t.Fatalf("after %v: %v", words, err)
		}
		words = append(words, fmt.Sprintf("%d=%s", message.Offset, message.Value))
	}
	return words
}

func expect(t *testing.T, got []string, want string) {
	t.Helper()
	if joined := strings.Join(got, " "); joined != want {
		t.Errorf("got %s, want %s", joined, want)
	}
}

func TestRecordsSurviveRestart(t *testing.T) {
	options := Options{DataDir: filepath.Join(t.TempDir(), "kafka")}
	first := start(t, options)
	if !first.Anew() {
		t.Error("an empty directory is not said to be new")
	}
	createTopic(t, first.Address())
	produce(t, first.Address(), "a", "b")
	stop(t, first)

	options.Port = first.Port()
	second := start(t, options)
	defer stop(t, second)
	if second.Anew() || second.ClusterID() != first.ClusterID() || second.Port() != first.Port() {
		t.Errorf("the broker changed: new %v, id %s then %s, port %d then %d", second.Anew(), first.ClusterID(), second.ClusterID(), first.Port(), second.Port())
	}
	produce(t, second.Address(), "c")
	expect(t, fetch(t, second.Address(), 3), "0=a 1=b 2=c")

	kafka := connect(t, second.Address())
	metadata, err := kafka.Metadata(t.Context(), &client.MetadataRequest{Topics: []string{"loa.unknown.events.v1"}})
	if err != nil {
		t.Fatal(err)
	}
	if metadata.ClusterID != second.ClusterID() {
		t.Errorf("clients see the cluster %q, and it is %q", metadata.ClusterID, second.ClusterID())
	}
	if !errors.Is(metadata.Topics[0].Error, client.UnknownTopicOrPartition) {
		t.Errorf("asking for a topic makes it: %v", metadata.Topics[0].Error)
	}
}

func TestGroupOffsetsSurviveRestart(t *testing.T) {
	options := Options{DataDir: filepath.Join(t.TempDir(), "kafka")}
	first := start(t, options)
	createTopic(t, first.Address())
	kafka := connect(t, first.Address())
	if _, err := kafka.OffsetCommit(t.Context(), &client.OffsetCommitRequest{
		GroupID: "reporting", GenerationID: -1, Topics: map[string][]client.OffsetCommit{topic: {{Partition: 1, Offset: 7}}},
	}); err != nil {
		t.Fatal(err)
	}
	stop(t, first)
	second := start(t, options)
	defer stop(t, second)
	kafka = connect(t, second.Address())
	response, err := kafka.OffsetFetch(t.Context(), &client.OffsetFetchRequest{GroupID: "reporting", Topics: map[string][]int{topic: {1}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := response.Topics[topic][0].CommittedOffset; got != 7 {
		t.Errorf("the committed offset is %d, want 7", got)
	}
}

func TestKilledBrokerKeepsWhatItAcknowledged(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "kafka")
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), parentVariable+"="+directory)
	parent.Stderr = os.Stderr
	output, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	address, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address = strings.TrimSpace(address)
	createTopic(t, address)
	produce(t, address, "a", "b")

	if _, err := Start(t.Context(), Options{DataDir: directory}); !errors.Is(err, dirlock.ErrHeld) {
		t.Errorf("a second broker on the directory: %v", err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()

	broker := start(t, Options{DataDir: directory})
	defer stop(t, broker)
	produce(t, broker.Address(), "c")
	expect(t, fetch(t, broker.Address(), 3), "0=a 1=b 2=c")
}

func TestLostOrUnreadableDirectoryIsBegunAnew(t *testing.T) {
	parent := t.TempDir()
	options := Options{DataDir: filepath.Join(parent, "kafka")}
	broker := start(t, options)
	createTopic(t, broker.Address())
	stop(t, broker)
	known := broker.ClusterID()

	write := func(name, content string) func() error {
		return func() error { return os.WriteFile(filepath.Join(options.DataDir, name), []byte(content), 0o600) }
	}
	cases := []struct {
		name   string
		damage func() error
		aside  int
	}{
		{"deleted", func() error { return os.RemoveAll(options.DataDir) }, 0},
		{"version missing", func() error { return os.Remove(filepath.Join(options.DataDir, "version")) }, 1},
		{"version of another layout", write("version", `{"layout":"kfake 0","cluster":"x"}`), 2},
		{"version unreadable", write("version", "\x00"), 3},
		{"records unreadable", write("records/meta.json", "{"), 4},
	}
	for _, c := range cases {
		if err := c.damage(); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		broker := start(t, options)
		if !broker.Anew() || broker.ClusterID() == known {
			t.Errorf("%s: the broker passes for the one before", c.name)
		}
		known = broker.ClusterID()
		createTopic(t, broker.Address())
		produce(t, broker.Address(), "a")
		expect(t, fetch(t, broker.Address(), 1), "0=a")
		stop(t, broker)
		aside, err := filepath.Glob(options.DataDir + ".set-aside-*")
		if err != nil || len(aside) != c.aside {
			t.Errorf("%s: set aside are %v, want %d", c.name, aside, c.aside)
		}
	}
}

func TestPortInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	options := Options{DataDir: filepath.Join(t.TempDir(), "kafka"), Port: port, PortSetting: "LOA_KAFKA_ADDR"}
	if _, err := Start(t.Context(), options); err == nil || !strings.Contains(err.Error(), "LOA_KAFKA_ADDR") {
		t.Errorf("a port that was set and is in use: %v", err)
	}
	options.PortSetting = ""
	broker := start(t, options)
	defer stop(t, broker)
	if broker.Port() == port {
		t.Error("a remembered port in use was not replaced")
	}
}
