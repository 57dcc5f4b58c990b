#!/usr/bin/env bash
# Runs every test of every module against one set of engines that is started for it, and stops them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export GOFLAGS=${GOFLAGS:--buildvcs=false}

bash -n examples/plan-38/walk.sh scripts/*.sh
status=0
for module in . proto deploy/local; do
	echo "== tests of module $module"
	(cd "$module" && go test -count=1 -timeout=20m ./...) || status=1
done
echo "== journeys"
(cd e2e && go test -count=1 -timeout=25m ./...) || status=1
exit $status
