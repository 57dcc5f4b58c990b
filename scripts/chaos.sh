#!/usr/bin/env bash
# Kills everything at length: the main line in both shapes, twenty kills a shape, for several seeds, and then the append's torture run.
# Seeds may be given as arguments, to repeat a run; without them they are new. KILLS and TORTURE change how much.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export GOFLAGS=${GOFLAGS:--buildvcs=false}
kills=${KILLS:-20} torture=${TORTURE:-60s}
seeds=("$@")
if [ ${#seeds[@]} -eq 0 ]; then
	seeds=($RANDOM $RANDOM $RANDOM)
fi

status=0
for seed in "${seeds[@]}"; do
	echo "== the line, $kills kills a shape, seed $seed (again: scripts/chaos.sh $seed)"
	(cd e2e && go test -count=1 -timeout=20m -v -run '^TestKilledAtSeededMoments$' ./chaos -kills="$kills" -seed="$seed" |
		grep -v '^=== ') || status=1
done
echo "== the append, attacked for $torture"
go test -count=1 -timeout=20m -v -run Torture ./pkg/es -torture="$torture" | grep -v '^=== ' || status=1
if [ $status -ne 0 ]; then
	echo "Something was lost, doubled or did not come back: see above." >&2
fi
exit $status
