package page_test

import (
	"testing"
	"time"

	"github.com/loa-vn/loa/services/portal/internal/page"
)

// The day of a file is the same day wherever it was read: a correction that leaves a file alone does not tell of it.
func TestAttachmentsAreTheSameByWhatTheySay(t *testing.T) {
	of := func(day int) page.Attachment {
		return page.Attachment{Name: "Kế hoạch", Date: time.Date(2022, 2, day, 0, 0, 0, 0, time.FixedZone("", 7*3600))}
	}
	if !of(23).Same(of(23)) {
		t.Error("the same file, read twice, differs")
	}
	other := of(23)
	other.Number = "38/KH-UBND"
	if of(23).Same(of(24)) || of(23).Same(other) {
		t.Error("another day or number is taken for the same")
	}
}
