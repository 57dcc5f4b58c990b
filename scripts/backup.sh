#!/usr/bin/env bash
# Takes a backup of what is precious, while Loa runs: one base backup of the whole PostgreSQL cluster, so that every database in it is of
# the same moment, then the blobs. Blobs are written before the event that names them, so those that the backup's events name are there
# by then. See docs/recovery.md.
#   scripts/backup.sh TARGET [DATA]
# DATA is the data directory of loa-local (default .loa). With LOA_POSTGRES_URL the cluster is the one it names, and DATA is left out
# unless it is given. PG_BIN is the folder of PostgreSQL's programs, when they are neither on PATH nor in /usr/lib/postgresql.
set -euo pipefail
fail() { echo "backup.sh: $*" >&2; exit "${code:-1}"; }
[ $# -ge 1 ] && [ $# -le 2 ] || code=2 fail "usage: scripts/backup.sh TARGET [DATA]"
target=$1 data=${2:-}
[ -n "$data" ] || [ -n "${LOA_POSTGRES_URL:-}" ] || data=.loa
[ ! -e "$target" ] || [ -z "$(ls -A "$target")" ] || code=2 fail "$target is not empty"

url=${LOA_POSTGRES_URL:-}
if [ -z "$url" ]; then
	[ -r "$data/engines.json" ] || fail "no Loa runs on $data: its engines.json is missing"
	url=$(sed -n 's/.*"postgresURL": *"\([^"]*\)".*/\1/p' "$data/engines.json" | sed 's/\\u0026/\&/g')
fi
program() {
	if [ -n "${PG_BIN:-}" ]; then echo "$PG_BIN/$1"
	elif command -v "$1" >/dev/null; then command -v "$1"
	else ls -d /usr/lib/postgresql/*/bin/"$1" 2>/dev/null | sort -V | tail -1
	fi
}
basebackup=$(program pg_basebackup) verify=$(program pg_verifybackup)
[ -n "$basebackup" ] && [ -n "$verify" ] || fail "pg_basebackup is missing: install the package postgresql of the server's major version, or set PG_BIN"

mkdir -p "$target"
chmod 700 "$target"
"$basebackup" --dbname="$url" --pgdata="$target/postgres" --wal-method=stream --checkpoint=fast --no-password \
	--label="loa $(date -u +%Y-%m-%dT%H:%M:%SZ)"
"$verify" --quiet "$target/postgres"
if [ -n "$data" ]; then
	mkdir "$target/data"
	# Neither the engines that are rebuilt from the logs nor what a running process says of itself.
	find "$data" -mindepth 1 -maxdepth 1 ! -name postgres ! -name kafka ! -name temporal ! -name "*lock" ! -name engines.json \
		-exec cp -a -t "$target/data" {} +
	cp -a "$data/postgres/password" "$target/password"
fi
sync
echo "backup.sh: $target holds $(du -sh "$target" | cut -f1), taken with $("$basebackup" --version)"
