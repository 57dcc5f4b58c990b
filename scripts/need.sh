#!/usr/bin/env bash
# Installs what a target needs and the machine lacks, where it can (Debian's packages, as root); else names it all in one error.
#   need.sh run | test | check | kafka
set -euo pipefail

declare -A package=([make]=make [git]=git [chromium]=chromium [node]=nodejs [npm]=npm [curl]=curl [jq]=jq [java]=default-jre-headless [mvn]=maven [faketime]=faketime [python3]=python3-venv)
case "${1:?run, test, check or kafka}" in
run) wanted=(git) ;;
test) wanted=(git chromium curl jq java mvn faketime python3) ;;
check) wanted=(git node npm) ;;
kafka) wanted=(java mvn) ;;
*) echo "need.sh: unknown target $1" >&2; exit 2 ;;
esac

missing=()
for command in "${wanted[@]}"; do
	command -v "$command" >/dev/null || missing+=("$command")
done
if ! command -v go >/dev/null; then
	echo "Loa needs the Go toolchain (see go.mod for the version): install it and try again." >&2
	exit 1
fi
[ ${#missing[@]} -eq 0 ] && exit 0

names=()
for command in "${missing[@]}"; do names+=("${package[$command]}"); done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	echo "Installing ${names[*]} (Debian packages)…"
	log=$(mktemp)
	if DEBIAN_FRONTEND=noninteractive apt-get update -qq >"$log" 2>&1 &&
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${names[@]}" >>"$log" 2>&1; then
		rm -f "$log"
		exit 0
	fi
	tail -n 20 "$log" >&2
fi
echo "Missing on this machine: ${missing[*]}. Install them (Debian: ${names[*]}) and try again." >&2
exit 1
