// Package services is the list of what Loa is made of: the one place that names every module.
package services

import (
	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/services/approvals"
	"github.com/loa-vn/loa/services/content"
	"github.com/loa-vn/loa/services/distribution"
	"github.com/loa-vn/loa/services/gateway"
	"github.com/loa-vn/loa/services/keys"
	"github.com/loa-vn/loa/services/planning"
	"github.com/loa-vn/loa/services/portal"
	"github.com/loa-vn/loa/services/reporting"
	"github.com/loa-vn/loa/workflows/worker"
)

// All lists the modules in the order they start.
func All() []app.Module {
	return []app.Module{
		keys.Module(),
		planning.Module(),
		content.Module(),
		approvals.Module(),
		distribution.Module(),
		reporting.Module(),
		portal.Module(),
		worker.Module(),
		gateway.Module(),
	}
}
