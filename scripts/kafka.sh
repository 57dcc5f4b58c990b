#!/usr/bin/env bash
# Apache Kafka on this machine, without a container: the server's jars by Maven (deploy/kafka/pom.xml), KRaft, loopback only.
#   kafka.sh fetch         take the jars into bin/kafka and write the archive of their classes that makes starts faster
#   kafka.sh start [1|3]   run one broker, or a cluster of three, until Ctrl-C; the line READY gives the addresses
# The data are kept in KAFKA_DATA (.cache/kafka); broker N listens on KAFKA_PORT + N - 1 (19092). Exit code 2: Java 17 is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export GOFLAGS=${GOFLAGS:--buildvcs=false}
folder=$PWD/bin/kafka

java=java
[ -z "${JAVA_HOME:-}" ] || java=$JAVA_HOME/bin/java

check_java() {
	local said version
	said=$("$java" -version 2>&1) || said=
	version=$(sed -n 's/.*version "\([0-9]*\).*/\1/p' <<<"$said" | head -n 1)
	if [ "${version:-0}" -lt 17 ]; then
		echo "Apache Kafka needs Java 17 or newer, and this machine has ${version:-none} (Debian: openjdk-17-jre-headless)." >&2
		exit 2
	fi
}

fetch() {
	check_java
	mkdir -p bin
	exec 9>bin/.kafka.lock # several tests may ask at once
	flock 9
	local stamp
	stamp=$({ cat deploy/kafka/pom.xml && "$java" -version 2>&1 && pwd; } | sha256sum | cut -c1-16)
	[ "$(cat "$folder/.stamp" 2>/dev/null)" != "$stamp" ] || return 0
	command -v mvn >/dev/null || scripts/need.sh kafka
	echo "Fetching Apache Kafka's server by Maven into bin/kafka…"
	rm -rf "$folder"
	mkdir -p "$folder"
	mvn -B -q -ntp -C -Dstyle.color=never -f deploy/kafka/pom.xml dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$folder/lib"
	archive
	echo "$stamp" >"$folder/.stamp"
}

# archive runs a broker once on data that are thrown away: the virtual machine writes the classes that it loaded when it ends.
archive() {
	local data
	data=$(mktemp -d)
	go build -o bin/loa-broker ./deploy/local/cmd/loa-broker
	# It ends as soon as it has started, since its standard input is at its end.
	if ! bin/loa-broker --engine apache --program "$folder" --data "$data/kafka" --attached --archive "$folder/kafka.jsa" </dev/null >"$data/out" 2>&1; then
		cat "$data/out" >&2
		rm -rf "$data"
		exit 1
	fi
	rm -rf "$data"
}

start() {
	local count=${1:-1} data=${KAFKA_DATA:-.cache/kafka} port=${KAFKA_PORT:-19092} voters="" addresses="" flags=() i
	[ "$count" = 1 ] || [ "$count" = 3 ] || { echo "kafka.sh: start 1 or start 3" >&2; exit 2; }
	fetch
	exec 9>&-
	go build -o bin/loa-broker ./deploy/local/cmd/loa-broker
	data=$data/$count
	mkdir -p "$data"
	if [ "$count" = 3 ]; then
		for i in 1 2 3; do voters+="${voters:+,}$i@127.0.0.1:$((port + 100 + i - 1))"; done
		[ -s "$data/cluster" ] || head -c 16 /dev/urandom | base64 | tr '+/' 'AB' | tr -d = >"$data/cluster"
		flags=(--voters "$voters" --cluster "$(cat "$data/cluster")")
	fi
	trap 'trap - INT TERM; kill $(jobs -p) 2>/dev/null || true; wait' EXIT
	trap 'exit 0' INT TERM
	for ((i = 1; i <= count; i++)); do
		addresses+="${addresses:+,}127.0.0.1:$((port + i - 1))"
		: >"$data/$i.out"
		bin/loa-broker --engine apache --program "$folder" --data "$data/$i" --addr "127.0.0.1:$((port + i - 1))" --node "$i" \
			${flags[@]+"${flags[@]}"} >"$data/$i.out" &
	done
	for ((i = 1; i <= count; i++)); do
		until [ -s "$data/$i.out" ]; do
			[ "$(jobs -pr | wc -l)" = "$count" ] || { echo "kafka.sh: a broker did not start." >&2; exit 1; }
			sleep 0.1
		done
	done
	echo "READY $addresses"
	wait -n
	echo "kafka.sh: a broker ended." >&2
	exit 1
}

case ${1:-} in
fetch) fetch ;;
start) start "${2:-1}" ;;
*) sed -n '2,5p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
