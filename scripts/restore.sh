#!/usr/bin/env bash
# Makes a data directory of a backup that scripts/backup.sh took. Loa must not run on it. Every log in it stays closed until somebody
# has decided that it goes on: loa log adopt. See docs/recovery.md.
#   scripts/restore.sh BACKUP DATA     a data directory of loa-local
#   scripts/restore.sh BACKUP PGDATA   with a backup of a cluster alone: a directory for postgres -D
# RESTORE_COMMAND is PostgreSQL's restore_command, when there is an archive of the WAL: the restore then reaches its end, which is later
# than the backup.
set -euo pipefail
fail() { echo "restore.sh: $*" >&2; exit "${code:-1}"; }
[ $# = 2 ] || code=2 fail "usage: scripts/restore.sh BACKUP DATA"
backup=$1 target=$2
[ -r "$backup/postgres/backup_label" ] || fail "$backup is no backup: it has no postgres/backup_label"
[ ! -e "$target" ] || [ -z "$(ls -A "$target")" ] || code=2 fail "$target is not empty: restore into a fresh directory, and keep the old one"
mkdir -p "$target"
cluster=$target
if [ -d "$backup/data" ]; then
	cp -a "$backup/data/." "$target"
	mkdir -p "$target/postgres"
	cp -a "$backup/password" "$target/postgres/password"
	chmod 755 "$target" "$target/postgres"
	cluster=$target/postgres/data
	mkdir "$cluster"
fi
cp -a "$backup/postgres/." "$cluster"
chmod 700 "$cluster"
# Recovery that ends by its own decision begins a new timeline, so that nobody takes the copy for the original.
touch "$cluster/recovery.signal"
echo "restore_command = '${RESTORE_COMMAND:-false}'" >>"$cluster/postgresql.auto.conf"
echo "restore.sh: $target is restored from $backup; start Loa on it, then: loa reconcile, loa log adopt all --reason …"
