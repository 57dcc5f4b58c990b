#!/usr/bin/env bash
# Measures Loa: the append against a raw INSERT in one run, from start to ready, memory, journeys a minute, publish command to page.
# Medians of several rounds. A machine busy with something else makes the append discard itself.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
echo "== append against INSERT (ratios; the fsync rate stands beside them)"
go test ./pkg/es -run '^$' -bench '^BenchmarkAppend$' -benchtime=1x -timeout 30m "$@"
echo "== the whole system"
(cd e2e && go test ./bench -run '^$' -bench . -benchtime=1x -timeout 30m)
