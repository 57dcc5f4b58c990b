#!/usr/bin/env bash
# Holds the running API against its own description: schemathesis sends what /openapi.json allows and what it does not, with a fixed
# seed, as an officer, as an approver and as an administrator, and names every answer that the description does not have.
#   schemathesis.sh            on a system of its own, made for it and removed after it
#   EXAMPLES=200 schemathesis.sh   more cases an operation (default 12)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
version=$(sed -n 's/^schemathesis==//p' tools/schemathesis.txt)
home=$root/bin/tools/schemathesis-$version
if [ ! -e "$home/installed" ]; then
	rm -rf "$home"
	python3 -m venv "$home"
	"$home/bin/pip" install --quiet --disable-pip-version-check --requirement tools/schemathesis.txt
	touch "$home/installed"
fi

data=$(mktemp -d)
export LOA_DATA=$data LOA_RATE_PER_SECOND=100000
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
: >"$data/log"
address=127.0.0.1:$(port)
LOA_HTTP_ADDR=$address LOA_TEMPORAL_UI_ADDR=127.0.0.1:$(port) bin/loa-local >"$data/log" 2>&1 &
loa=$!
stop() {
	kill "$loa" 2>/dev/null && wait "$loa" || true
	rm -rf "$data"
}
trap stop EXIT
until grep -q '^READY' "$data/log"; do
	kill -0 "$loa" 2>/dev/null || { tail -n 20 "$data/log" >&2; exit 1; }
	sleep 0.2
done

status=0
for person in cv.stttt tp.stttt quan.tri; do
	echo "== as $person"
	token=$(bin/loa-local token --as "$person")
	# Its report names requests and answers; it is shown when something is found.
	if ! "$home/bin/schemathesis" --config-file e2e/schemathesis.toml run "http://$address/openapi.json" \
		--header "Authorization: Bearer $token" --max-examples "${EXAMPLES:-12}" --checks all --continue-on-failure \
		--generation-database none --no-color >"$data/report" 2>&1; then
		sed -n '/= FAILURES =/,$p' "$data/report"
		grep -q '= FAILURES =' "$data/report" || cat "$data/report"
		status=1
	fi
	grep -E '^  [0-9]+ generated|^Seed' "$data/report" || true
done
exit $status
