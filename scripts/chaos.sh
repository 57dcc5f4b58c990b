#!/usr/bin/env bash
# Kills everything at length: what agencies do every day, in both shapes, thirty kills a shape, for several seeds; then every fault of the
# log, with fifty kills of the postmaster and as many of all else; every fault of the relay and the bus, and half a million schedules of
# their simulation; and then the append's torture run, ten minutes.
# Seeds may be given as arguments, to repeat a run; without them they are new. KILLS, FAULTS, SCHEDULES, WALKS and TORTURE change how much.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export GOFLAGS=${GOFLAGS:--buildvcs=false}
kills=${KILLS:-30} faults=${FAULTS:-50} schedules=${SCHEDULES:-500000} torture=${TORTURE:-10m} walks=${WALKS:-50000}
seeds=("$@")
if [ ${#seeds[@]} -eq 0 ]; then
	seeds=($RANDOM $RANDOM $RANDOM)
fi

status=0
for seed in "${seeds[@]}"; do
	echo "== what agencies do every day, $kills kills a shape, seed $seed (again: scripts/chaos.sh $seed)"
	(cd e2e && go test -count=1 -timeout=40m -v -run '^TestKilledAtSeededMoments$' ./chaos -kills="$kills" -seed="$seed" |
		grep -v '^=== ') || status=1
done
for seed in "${seeds[@]}"; do
	echo "== the log, $faults times each fault, seed $seed"
	go test -count=1 -timeout=30m -v -run ^TestFault ./pkg/es -kills="$faults" -fault.seed="$seed" | grep -v '^=== ' || status=1
done
echo "== a thousand issuers and a service that is killed, $kills crowds one after the other"
go test -count=1 -timeout=30m -v -run '^TestAThousandIssuersAndAServiceThatIsKilled$' ./services/approvals -issue.rounds="$kills" -issue.seed="$seed" |
	grep -v '^=== ' || status=1
echo "== approval: $walks walks of a dossier by random people, on random routes, at random times"
go test -count=1 -timeout=60m -v -run '^TestApprovalHoldsForAnyWalk$' ./services/approvals/internal/dossier -rapid.checks="$walks" | grep -v '^=== ' || status=1
echo "== publications: a life of random commands and clocks, many times; a report's annex of eighty thousand rows"
go test -count=1 -timeout=60m -v -run '^TestLifeOfPublications$' ./services/distribution -rapid.checks=3000 | grep -v '^=== ' || status=1
go test -count=1 -timeout=30m -v -run LongAnnex ./pkg/document/pdf -document.rows=80000 | grep -v '^=== ' || status=1
echo "== the relay, killed $faults times a test; the broker away for a minute"
go test -count=1 -timeout=30m -v ./pkg/relay -relay.kills="$faults" -relay.away=60s | grep -v '^=== ' || status=1
echo "== the bus: members that come and go, a broker that loses what it was given, leaders of three that are killed, a consumer that starts late"
go test -count=1 -timeout=30m -v ./pkg/bus -bus.churn=2m -bus.wrong=1m -bus.late=200000 -bus.leaders=10 | grep -v '^=== \|level=' || status=1
echo "== log, relay and consumers simulated under $schedules schedules"
go test -count=1 -timeout=60m -v ./pkg/bus/order -schedules="$schedules" | grep -v '^=== ' || status=1
echo "== backup, restore and fail-over; then with the engines lost in the same disaster"
(cd e2e && go test -count=1 -timeout=30m -v ./drill -rounds=10 | grep -v '^=== \|level=') || status=1
(cd e2e && go test -count=1 -timeout=30m -v -run '^TestRestore$' ./drill -engines-lost | grep -v '^=== \|level=') || status=1
echo "== the append, attacked for $torture"
go test -count=1 -timeout=60m -v -run Torture ./pkg/es -torture="$torture" | grep -v '^=== ' || status=1
if [ $status -ne 0 ]; then
	echo "Something was lost, doubled or did not come back: see above." >&2
fi
exit $status
