package approvals

import (
	"testing"

	"github.com/loa-vn/loa/pkg/es"
)

func TestGoldens(t *testing.T) { es.CheckGoldens(t, catalogue(), "testdata/events") }
