package kafka

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/signal"
	"sync"
	"syscall"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Faults is what a test has the embedded broker do wrong. Each call of Misbehave replaces what was told before.
type Faults struct {
	// AnswerLost: one in so many produces is stored and answered as if it had timed out; 0 is none.
	AnswerLost int
	// Swallow: one in so many produces is acknowledged and not stored; 0 is none.
	Swallow int
	// Refuse answers every produce with an error and stores nothing.
	Refuse bool
	// FileLimit is how large its files may grow, in bytes, as on a disk that is full; 0 is no limit.
	FileLimit uint64
	// Seed of what is left to chance.
	Seed uint64
}

// errEmbeddedOnly says that Apache Kafka is not told to misbehave.
var errEmbeddedOnly = errors.New("only the embedded broker misbehaves on purpose")

// misbehaviour is the one of a broker.
type misbehaviour struct {
	cluster *kfake.Cluster
	faults  *kfake.FaultHandle

	mu     sync.Mutex
	now    Faults
	random *rand.Rand
}

// Misbehave does so from now on.
func (b *Broker) Misbehave(f Faults) error {
	e, ok := b.engine.(embedded)
	if !ok {
		return errEmbeddedOnly
	}
	return e.wrong.set(f)
}

func newMisbehaviour(cluster *kfake.Cluster) *misbehaviour { return &misbehaviour{cluster: cluster} }

// set is called by one order at a time. It does not hold the lock while it speaks to the cluster, which takes it.
func (m *misbehaviour) set(f Faults) error {
	if m.faults != nil {
		m.faults.Remove()
		m.faults = nil
	}
	m.mu.Lock()
	first := m.random == nil
	m.now, m.random = f, rand.New(rand.NewPCG(f.Seed, 1))
	m.mu.Unlock()
	var faults []kfake.Fault
	if f.Refuse {
		faults = append(faults, kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.KafkaStorageError, Count: -1})
	}
	if f.AnswerLost > 0 {
		faults = append(faults, kfake.Fault{
			Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.RequestTimedOut, Count: -1,
			When: func(kmsg.Request) bool { return m.oneIn(func(f Faults) int { return f.AnswerLost }) },
		})
	}
	if len(faults) > 0 {
		m.faults = m.cluster.Fault(faults...)
	}
	if first {
		m.cluster.ControlKey(int16(kmsg.Produce), m.swallow)
	}
	return limitFiles(f.FileLimit)
}

func (m *misbehaviour) oneIn(n func(Faults) int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return n(m.now) > 0 && m.random.IntN(n(m.now)) == 0
}

// swallow acknowledges a produce in the broker's place.
func (m *misbehaviour) swallow(request kmsg.Request) (kmsg.Response, error, bool) { //nolint:revive // The signature is kfake's.
	m.cluster.KeepControl()
	if !m.oneIn(func(f Faults) int { return f.Swallow }) {
		return nil, nil, false
	}
	produce, ok := request.(*kmsg.ProduceRequest)
	if !ok {
		return nil, nil, false
	}
	answer, ok := produce.ResponseKind().(*kmsg.ProduceResponse)
	if !ok {
		return nil, nil, false
	}
	for _, t := range produce.Topics {
		topic := kmsg.NewProduceResponseTopic()
		topic.Topic, topic.TopicID = t.Topic, t.TopicID
		for _, p := range t.Partitions {
			partition := kmsg.NewProduceResponseTopicPartition()
			partition.Partition = p.Partition
			topic.Partitions = append(topic.Partitions, partition)
		}
		answer.Topics = append(answer.Topics, topic)
	}
	return answer, nil, true
}

// limitFiles makes writes beyond a size fail, in this whole process.
func limitFiles(size uint64) error {
	signal.Ignore(syscall.SIGXFSZ) // the write fails with EFBIG instead
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	limit.Cur = limit.Max
	if size > 0 {
		limit.Cur = min(size, limit.Max)
	}
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
}

// Cut deletes what stands before an offset of a partition; -1 means everything.
func (b *Broker) Cut(ctx context.Context, topic string, partition int32, before int64) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(b.Address()))
	if err != nil {
		return err
	}
	defer client.Close()
	request := kmsg.NewDeleteRecordsRequest()
	t := kmsg.NewDeleteRecordsRequestTopic()
	t.Topic = topic
	p := kmsg.NewDeleteRecordsRequestTopicPartition()
	p.Partition, p.Offset = partition, before
	t.Partitions = append(t.Partitions, p)
	request.Topics, request.TimeoutMillis = append(request.Topics, t), 10_000
	answer, err := request.RequestWith(ctx, client)
	if err != nil {
		return err
	}
	for _, t := range answer.Topics {
		for _, p := range t.Partitions {
			if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
				return fmt.Errorf("cutting %s/%d before %d: %w", topic, partition, before, err)
			}
		}
	}
	return nil
}

// Compact keeps the last record of each key in the topics whose cleanup.policy is compact, and deletes the others.
func (b *Broker) Compact() error {
	e, ok := b.engine.(embedded)
	if !ok {
		return errEmbeddedOnly
	}
	e.cluster.Compact()
	return nil
}
