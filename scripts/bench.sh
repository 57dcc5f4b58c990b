#!/usr/bin/env bash
# Measures Loa side by side with baselines, each variant of a part in turns within one run, and prints rows for docs/performance.md.
# Figures are medians of several rounds; a round during which other programs used the machine is thrown away and made again, and a part
# that finds no quiet ends with a word and leaves the others to go on.
#   bench.sh                every part
#   bench.sh append size    the named parts: append size load verify commit relay projection consumer rebuild system publish
#                           search report serving telemetry
# EVENTS is the size of the large log of "size" (1,000,000; ten million take twenty minutes and 8 GB of disk). BUSY is what other
# programs may use of the CPUs (0.2). ROUNDS is how many rounds count (5).
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export GOFLAGS=${GOFLAGS:--buildvcs=false}
events=${EVENTS:-1000000} measured=(-rounds="${ROUNDS:-5}" -busy="${BUSY:-0.2}")

# bench FOLDER PACKAGE BENCHMARK [flag …]; rows and remarks come without the place in the source that printed them, and what a benchmark
# reported of itself as a row of the same table.
bench() {
	local folder=$1 package=$2 name=$3
	shift 3
	(cd "$folder" && go test "$package" -run '^$' -bench "^($name)\$" -timeout 3h "$@" 2>&1) |
		sed -E -e 's/^ +[a-z_]+_test\.go:[0-9]+: //' -e '/^(goos|goarch|pkg|cpu|PASS|ok|--- BENCH)/d' -e '/^$/d' |
		awk '/^Benchmark[^ \t]+[ \t]+[0-9]+([ \t]|$)/ {
			name = substr($1, 10); sub(/-[0-9]+$/, "", name); row = ""
			for (i = 3; i < NF; i += 2) if ($i != 0 || $(i + 1) != "ns/op") row = row " | " $i " " $(i + 1)
			if (row != "") printf "| %-34s%s |\n", name, row
			next
		} { print }'
}
# beside is a benchmark of the module that knows the libraries Loa is compared with; it is no part of the workspace.
beside() { GOWORK=off bench bench . "$1" -benchtime=1x "${measured[@]}"; }

append() { bench . ./pkg/es BenchmarkAppend -benchtime=1x "${measured[@]}" && beside BenchmarkStores; }
size() { bench . ./pkg/es BenchmarkSize -benchtime=1x "${measured[@]}" -events="$events"; }
load() { bench . ./pkg/es BenchmarkLoad; }
verify() { bench . ./pkg/proof BenchmarkVerify -benchtime=3x; }
commit() { beside BenchmarkCommitToBroker; }
relay() { beside BenchmarkRelay; }
projection() { beside BenchmarkProjection; }
consumer() { beside BenchmarkConsumer; }
rebuild() { beside BenchmarkRebuild; }
system() { bench e2e ./bench 'Benchmark(Start|Memory|Journey)' -benchtime=1x; }
publish() { bench e2e ./bench BenchmarkPublish -benchtime=1x && bench . ./services/portal BenchmarkPublish -benchtime=200x; }
search() { bench . ./services/portal BenchmarkSearch -benchtime=2000x; } # the page over HTTP, then its database alone
report() { bench . ./services/reporting 'Benchmark.*' -benchtime=3x; }
serving() { bench e2e ./bench BenchmarkServing -benchtime=1x "${measured[@]}"; }
telemetry() { bench e2e ./bench BenchmarkTelemetry -benchtime=1x "${measured[@]}"; }

declare -A about=(
	[append]="durable append of one event"
	[size]="appends in a large log, and its replay"
	[load]="an aggregate of 5,000 events"
	[verify]="a million events verified"
	[commit]="commit to broker"
	[relay]="relay, catching up"
	[projection]="projection, catching up"
	[consumer]="consumer with its mark"
	[rebuild]="the largest read model rebuilt"
	[system]="the whole system"
	[publish]="from the publish command to the page; beside a hundred thousand items"
	[search]="the search page over HTTP, of a hundred thousand items"
	[report]="a yearly report over eighty thousand items and results, its annex, progress"
	[serving]="a portal page, a read and a write beside plain handlers"
	[telemetry]="what OpenTelemetry costs"
)
all=(append size load verify commit relay projection consumer rebuild system publish search report serving telemetry)
[ $# -gt 0 ] || set -- "${all[@]}"
status=0
echo "$(nproc) CPUs, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), PostgreSQL $(ls /usr/lib/postgresql | sort -n | tail -n 1), $(date -u +%F)"
for part; do
	[ -n "${about[$part]:-}" ] || { echo "There is no part $part: ${all[*]}" >&2 && exit 2; }
	echo "== $part: ${about[$part]}"
	"$part" || { echo "$part did not end well: see above" >&2 && status=1; }
done
exit $status
