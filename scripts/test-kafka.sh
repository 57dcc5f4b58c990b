#!/usr/bin/env bash
# Runs on Apache Kafka what otherwise runs on the embedded broker.
#   test-kafka.sh          Watermill's suite whole, under the race detector too, and its stress test, on both brokers; relay, bus and
#                          journeys on Apache Kafka; leaders killed and elections unclean, several times
#   test-kafka.sh short    Watermill's suite with -short, the journey with a process for each module, kill -9 of loa-local: a part of make test
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export GOFLAGS=${GOFLAGS:--buildvcs=false}

status=0
# on runs a test on a broker and says what and how long.
on() {
	local broker=$1 what=$2 started=$SECONDS
	shift 2
	echo "== $what, on the $broker broker"
	if (cd "$module" && LOA_TEST_KAFKA=$broker go test -count=1 -timeout=30m "$@"); then
		echo "   passed in $((SECONDS - started)) s"
	else
		echo "   FAILED after $((SECONDS - started)) s" >&2
		status=1
	fi
}

scripts/kafka.sh fetch
case ${1:-whole} in
short)
	module=. on apache "Watermill's suite, short" -short ./pkg/bus/kafka
	module=e2e on apache "the journey with a process for each module" -run '^TestJourney$/^a_process_each$|^TestKilledWithItsBroker$' .
	;;
whole)
	for broker in embedded apache; do
		module=. on $broker "Watermill's suite" ./pkg/bus/kafka
		module=. on $broker "Watermill's suite under the race detector" -race ./pkg/bus/kafka
		module=. STRESS_TEST_COUNT=${STRESS_TEST_COUNT:-3} on $broker "Watermill's stress test" -tags stress -run '^TestWatermillStress$' ./pkg/bus/kafka
	done
	module=. on apache "the relay" ./pkg/relay
	module=. on apache "the bus, with ${LEADERS:-3} leaders killed" ./pkg/bus -bus.leaders="${LEADERS:-3}"
	module=e2e on apache "the journeys and kill -9 of loa-local" -run '^TestJourney$|^TestKilledWithItsBroker$' .
	;;
*)
	sed -n '3,6p' "${BASH_SOURCE[0]}" >&2
	exit 2
	;;
esac
exit $status
