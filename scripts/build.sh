#!/usr/bin/env bash
# Builds bin/loa, bin/loa-local and, unless a new enough one is on PATH, bin/temporal (Temporal's own command line with its
# development server, a module of its own since it does not share our build list).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mkdir -p bin
# The product compiles thousands of packages; the first time that takes minutes and has to be said.
if [ ! -x bin/loa-local ]; then
	echo "A first build takes some minutes: Loa (bin/loa, bin/loa-local) and Temporal's development server (bin/temporal)."
fi
version=$(git describe --always --dirty 2>/dev/null || echo unknown)
go build -ldflags "-X github.com/loa-vn/loa/cmd/loa/command.Version=$version" -o bin/loa ./cmd/loa
go build -ldflags "-X github.com/loa-vn/loa/cmd/loa/command.Version=$version" -o bin/loa-local ./deploy/local/cmd/loa-local

new_enough() {
	local v
	v=$(temporal --version 2>/dev/null | sed -n 's/.*version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p')
	set -- $v
	[ "${1:-0}" -gt 1 ] || { [ "${1:-0}" -eq 1 ] && [ "${2:-0}" -ge 5 ]; }
}
if ! new_enough; then
	stamp=bin/.temporal-$(cat deploy/temporal/go.mod deploy/temporal/go.sum | sha256sum | cut -c1-16)
	if [ ! -e "$stamp" ] || [ ! -x bin/temporal ]; then
		echo "Building Temporal's development server…"
		(cd deploy/temporal && GOWORK=off go build -o ../../bin/temporal github.com/temporalio/cli/cmd/temporal)
		rm -f bin/.temporal-*
		touch "$stamp"
	fi
fi
if [ "${LOA_KAFKA:-}" = apache ]; then
	scripts/kafka.sh fetch # without Java 17 it ends here, with 2
fi
