package publication

import (
	"testing"

	"github.com/loa-vn/loa/pkg/es"
)

// What logs hold stays readable, in the form it was stored in.
func TestStoredEventsKeepTheirForm(t *testing.T) {
	es.CheckGoldens(t, es.NewCatalogue(EventTypes()...), "testdata/events")
}
