package reporting

import (
	"slices"
	"testing"

	"github.com/loa-vn/loa/pkg/vn"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
	"github.com/loa-vn/loa/services/reporting/internal/readmodel"
)

// A report that is not approved is in the list of whoever its dossier lets read along; while nobody can say that, the list is without it.
func TestReportsThatAreReadThroughADossier(t *testing.T) {
	b := newBench(t)
	b.deliver(b.published("publication_1", vn.Day(2022, 3, 1)))
	id, _ := b.compiled()
	if _, err := b.client.ListReports(b.As("cv.khac"), &reportingv1.ListReportsRequest{}); err != nil {
		t.Fatal(err)
	}
	if hidden, err := readmodel.Hidden(t.Context(), b.pool, "H24.05"); err != nil || len(hidden) != 0 {
		t.Errorf("without a dossier: %v, %v", hidden, err)
	}
	b.deliver(b.message(opened(id)))
	for agency, want := range map[string][]string{"H24.05": {id}, "H24.02": nil, "H24.03": nil} {
		if hidden, err := readmodel.Hidden(t.Context(), b.pool, agency); err != nil || !slices.Equal(hidden, want) {
			t.Errorf("%s: %v, %v", agency, hidden, err)
		}
	}
	for _, readable := range [][]string{nil, {id}} {
		rows, err := readmodel.List(t.Context(), b.pool, readmodel.Query{Agency: "H24.05", Readable: readable, Limit: 10})
		if err != nil || len(rows) != len(readable) {
			t.Errorf("%v: %v, %v", readable, rows, err)
		}
	}
	list, err := b.client.ListReports(b.As("cv.khac"), &reportingv1.ListReportsRequest{})
	if err != nil || len(list.GetReports()) != 0 {
		t.Errorf("%v, %v", list, err)
	}
}
