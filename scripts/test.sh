#!/usr/bin/env bash
# Runs every test. Packages start the real engines they need and stop them; the journeys run the built programs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export GOFLAGS=${GOFLAGS:--buildvcs=false}

status=0
for module in . proto deploy/local; do
	echo "== tests of module $module"
	(cd "$module" && go test -count=1 -timeout=20m ./...) || status=1
done
# One package after another: each runs a whole system or several.
echo "== journeys"
(cd e2e && go test -count=1 -p 1 -timeout=25m ./...) || status=1
echo "== the API against its description"
scripts/schemathesis.sh || status=1
scripts/test-kafka.sh short || status=1
exit $status
