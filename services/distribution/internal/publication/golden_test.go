package publication

import (
	"encoding/json"
	"testing"

	"github.com/loa-vn/loa/pkg/es"
)

// What logs hold stays readable, in the form it was stored in.
func TestStoredEventsKeepTheirForm(t *testing.T) {
	es.CheckGoldens(t, es.NewCatalogue(EventTypes()...), "testdata/events")
}

// When there was no other act, a receipt was of the publication becoming public; and it completed what it completed.
func TestReceiptsOfVersion1AreOfPublishing(t *testing.T) {
	data, err := ofPublishing(json.RawMessage(`{"channel":"portal","place":"/tin/x","at":"2026-03-02T02:00:00Z","complete":true}`))
	if err != nil {
		t.Fatal(err)
	}
	var receipt ReceiptRecorded
	if err := json.Unmarshal(data, &receipt); err != nil {
		t.Fatal(err)
	}
	p := given(scheduled(now()), published(now()), receipt)
	if p.Receipts[0].Act != ActPublished || !p.Verified || p.Waiting() {
		t.Errorf("%+v", p.Receipts)
	}
	again, err := p.RecordReceipt(Receipt{Channel: Portal, Place: "/tin/x", Act: ActPublished, At: now()})
	want(t, again, err)
}
