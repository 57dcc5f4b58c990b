package planning

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/es"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
)

// heard brings all that the log published so far to the consumer that counts results, as the bus would, and brings it once more.
func (d *resultDesk) heard() {
	d.Helper()
	events, err := d.Host.Log.Read(d.Context(), 0, 1000)
	d.must(err)
	consumer := outcomes(d.Host)
	for range 2 {
		for _, e := range events {
			d.must(hear(d.Context(), consumer, e))
		}
	}
}

func hear(ctx context.Context, consumer bus.Consumer, e es.Event) error {
	payload, err := publish(e)
	if err != nil || payload == nil {
		return err
	}
	name := string(payload.ProtoReflect().Descriptor().FullName())
	if !slices.Contains(consumer.Types, name) {
		return nil
	}
	return consumer.Handle(ctx, nil, []bus.Message{{
		ID: e.ID.String(), Source: "planning", Type: name, Key: e.Aggregate, RecordedAt: e.RecordedAt, HappenedAt: e.HappenedAt, Payload: payload,
	}})
}

func (d *resultDesk) nine() *planningv1.PlanItem {
	d.Helper()
	d.heard()
	for _, i := range d.items(d.as("cv.snv", ""), d.plan) {
		if i.GetCode() == "9" {
			return i
		}
	}
	d.Fatal("no item 9")
	return nil
}

// Item 9 is four bulletins. Confirmed results count towards it in its unit, once, and no more when they are questioned or retracted.
func TestConfirmedResultsCountTowardsTheItem(t *testing.T) {
	d := desk38(t)
	says := func(when, state string, n int64) {
		t.Helper()
		if i := d.nine(); i.GetState() != state || i.GetDelivered() != n {
			t.Errorf("%s: %s, %d", when, i.GetState(), i.GetDelivered())
		}
	}
	var ids []string
	for _, link := range []string{"https://hongbang.gov.vn/1", "https://hongbang.gov.vn/2"} {
		r, err := d.record("cv.hongbang", bulletin(link))
		d.must(err)
		ids = append(ids, r.GetId())
	}
	says("recorded", "planned", 0)
	_, err := d.client.ConfirmResult(d.as("tp.stttt", ""), &planningv1.ConfirmResultRequest{Result: ids[0]})
	d.must(err)
	says("one confirmed", "planned", 2)
	_, err = d.client.ConfirmResult(d.as("tp.stttt", ""), &planningv1.ConfirmResultRequest{Result: ids[1]})
	d.must(err)
	says("both confirmed", "done", 4)
	_, err = d.client.QuestionResult(d.as("tp.stttt", ""), &planningv1.QuestionResultRequest{Result: ids[0], Reason: "Thiếu ảnh"})
	d.must(err)
	says("one questioned again", "planned", 2)
	_, err = d.client.ConfirmResult(d.as("tp.stttt", ""), &planningv1.ConfirmResultRequest{Result: ids[0]})
	d.must(err)
	says("and confirmed", "done", 4)
	_, err = d.client.RetractResult(d.as("cv.hongbang", ""), &planningv1.RetractResultRequest{Result: ids[1], Reason: "Ghi nhầm"})
	d.must(err)
	says("one retracted", "planned", 2)

	events, err := d.Host.Log.Read(t.Context(), 0, 1000)
	d.must(err)
	var told []string
	for _, e := range events {
		m, err := publish(e)
		d.must(err)
		if m, ok := m.(*planningv1.PlanItemDelivered); ok {
			if m.GetDone() != (m.GetState() == "done") || m.GetPlan() != d.plan || m.GetPublication() != "" || !slices.Contains(ids, m.GetResult()) {
				t.Errorf("%v", m)
			}
			told = append(told, m.GetState())
		}
	}
	if diff := cmp.Diff([]string{"planned", "done", "planned", "done", "planned"}, told); diff != "" {
		t.Error(diff)
	}
}
