package engines

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/segmentio/kafka-go"
	"golang.org/x/sync/errgroup"
)

// ApacheOptions say what cluster of Apache Kafka to start.
type ApacheOptions struct {
	// Nodes is how many brokers there are. Three keep three copies of everything and acknowledge what two have.
	Nodes int
	// OwnController makes the controller a node of its own. Without it each broker is one too, and more than half of them must live.
	OwnController bool
	// Settings are further lines of every node's server.properties: "unclean.leader.election.enable=true".
	Settings []string
}

// Apache is a cluster of Apache Kafka whose nodes are processes of their own.
type Apache struct {
	// Nodes are the brokers; the one at index i is node i + 1.
	Nodes []*Broker

	controller *Broker
}

// apacheProgram is the folder of the server's jars, fetched by the project's script once per test binary.
//
//nolint:gochecknoglobals // Fetched once and never changed.
var apacheProgram = sync.OnceValues(func() (string, error) {
	root, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; root != "/"; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.work")); err == nil {
			fetch := exec.CommandContext(context.Background(), filepath.Join(root, "scripts", "kafka.sh"), "fetch")
			if out, err := fetch.CombinedOutput(); err != nil {
				return "", fmt.Errorf("fetching Apache Kafka: %w: %s", err, out)
			}
			return filepath.Join(root, "bin", "kafka"), nil
		}
	}
	return "", errors.New("no go.work above the test")
})

// StartApache starts a cluster with no records that ends with the test.
func StartApache(t testing.TB, o ApacheOptions) *Apache {
	t.Helper()
	program, err := apacheProgram()
	if err != nil {
		t.Fatal(err)
	}
	common := []string{"--engine", "apache", "--program", program}
	for _, s := range o.Settings {
		common = append(common, "--set", s)
	}
	if o.Nodes == 1 && !o.OwnController {
		a := &Apache{Nodes: []*Broker{newBroker(t, common...)}}
		if err := a.Nodes[0].Start(); err != nil {
			t.Fatal(err)
		}
		return a
	}
	var id [16]byte
	rand.Read(id[:])
	copies, enough := min(o.Nodes, 3), min(o.Nodes, 2)
	// Before the given ones, which win.
	common = append([]string{
		"--cluster", "loa" + base64.RawURLEncoding.EncodeToString(id[:])[3:],
		"--set", fmt.Sprintf("default.replication.factor=%d", copies), "--set", fmt.Sprintf("min.insync.replicas=%d", enough),
		"--set", fmt.Sprintf("offsets.topic.replication.factor=%d", copies),
	}, common...)
	var voters []string
	voter := func(node int) {
		voters = append(voters, fmt.Sprintf("%d@127.0.0.1:%d", node, lowPort(t)))
	}
	a := &Apache{}
	var all []*Broker
	if o.OwnController {
		voter(ownController)
		quorum := []string{"--voters", voters[0]}
		a.controller = newBroker(t, append(append(quorum, common...), "--node", fmt.Sprint(ownController), "--roles", "controller")...)
		all = append(all, a.controller)
		common = append(append(quorum, common...), "--roles", "broker")
	} else {
		for n := range o.Nodes {
			voter(n + 1)
		}
		common = append([]string{"--voters", strings.Join(voters, ",")}, common...)
	}
	for n := range o.Nodes {
		a.Nodes = append(a.Nodes, newBroker(t, append([]string{"--node", fmt.Sprint(n + 1)}, common...)...))
	}
	var starting errgroup.Group // all at once: a broker is ready when a quorum of controllers has let it in
	for _, b := range append(all, a.Nodes...) {
		starting.Go(b.Start)
	}
	if err := starting.Wait(); err != nil {
		t.Fatal(err)
	}
	return a
}

// ownController is the number of the controller that is a node of its own.
const ownController = 100

// Addresses are where the brokers listen.
func (a *Apache) Addresses() []string {
	var all []string
	for _, b := range a.Nodes {
		all = append(all, b.Address())
	}
	return all
}

// Leader is the index of the node that leads a partition now, as the given node knows it; -1 when nobody leads.
func (a *Apache) Leader(ctx context.Context, ask int, topic string, partition int) (int, error) {
	partitions, err := a.partitions(ctx, ask, topic)
	if err != nil {
		return 0, err
	}
	for _, p := range partitions {
		if p.ID != partition {
			continue
		}
		leads := func(b *Broker) bool {
			return b.Address() == net.JoinHostPort(p.Leader.Host, strconv.Itoa(p.Leader.Port))
		}
		return slices.IndexFunc(a.Nodes, leads), nil
	}
	return 0, fmt.Errorf("there is no partition %s/%d", topic, partition)
}

// InSync is how many copies that are in sync every partition of a topic has at least, as the given node knows it.
func (a *Apache) InSync(ctx context.Context, ask int, topic string) (int, error) {
	partitions, err := a.partitions(ctx, ask, topic)
	least := len(a.Nodes)
	for _, p := range partitions {
		least = min(least, len(p.Isr))
	}
	return least, err
}

func (a *Apache) partitions(ctx context.Context, ask int, topic string) ([]kafka.Partition, error) {
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	client := kafka.Client{Addr: kafka.TCP(a.Nodes[ask].Address()), Transport: transport}
	r, err := client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic}})
	if err != nil {
		return nil, err
	}
	if len(r.Topics) != 1 || r.Topics[0].Error != nil {
		return nil, fmt.Errorf("there is no topic %s", topic)
	}
	return r.Topics[0].Partitions, nil
}

// lowPort is a free port below the range of outgoing connections, so that it is free again when its node is started again.
func lowPort(t testing.TB) int {
	t.Helper()
	const lowest, highest = 20000, 31999
	for range 200 {
		n, err := rand.Int(rand.Reader, big.NewInt(highest-lowest))
		if err != nil {
			t.Fatal(err)
		}
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", lowest+n.Int64()))
		if err != nil {
			continue
		}
		_ = l.Close()
		return lowest + int(n.Int64())
	}
	t.Fatal("no free port")
	return 0
}
