package bus

import (
	"reflect"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
)

// TestMessageIsTheSameFromKafkaAndFromItsSource: a handler cannot tell by which way an event came, but by Healed.
func TestMessageIsTheSameFromKafkaAndFromItsSource(t *testing.T) {
	t.Parallel()
	const key = "content_01jd0000000000000000000001"
	at := time.Date(2026, 2, 3, 4, 5, 6, 7000, time.UTC)
	want := Message{
		ID: "e", Source: "content", Type: "loa.content.v1.ContentRevised", RecordedAt: at.Add(time.Second), HappenedAt: at, Key: key, Epoch: 2,
		Position: 9, Previous: 7, Partition: Partition(key), Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		Tracestate: "vendor=1", Actor: "cv.stttt", Agency: "stttt", Correlation: "c", Payload: &contentv1.ContentRevised{Content: key, Revision: 3},
	}
	record, err := want.Record()
	if err != nil {
		t.Fatal(err)
	}
	fromKafka, err := fromRecord(record)
	if err != nil {
		t.Fatal(err)
	}
	event, err := want.Published()
	if err != nil {
		t.Fatal(err)
	}
	fromSource := fromPublished(event)
	if !fromSource.Healed || fromKafka.Healed {
		t.Error("only what comes from the source is healed")
	}
	fromSource.Healed = false
	for way, got := range map[string]Message{"kafka": fromKafka, "its source": fromSource} {
		if err := got.decode(); err != nil {
			t.Fatal(err)
		}
		if !proto.Equal(got.Payload, want.Payload) {
			t.Errorf("from %s the payload is %v", way, got.Payload)
		}
		got.Payload, got.data = want.Payload, nil
		if !reflect.DeepEqual(got, want) {
			t.Errorf("from %s it is\n%+v\nand should be\n%+v", way, got, want)
		}
	}
}
