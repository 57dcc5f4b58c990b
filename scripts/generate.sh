#!/usr/bin/env bash
# Writes every generated file of the tree: the protocol's Go code and OpenAPI, the pages' Go code, the API reference, the
# stylesheet. The same input gives the same bytes; `make check` runs this on a copy and compares.
#   generate.sh                    everything
#   generate.sh proto pages ...    the named parts: proto, pages, reference, stylesheet
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
export GOFLAGS=${GOFLAGS:--buildvcs=false}

proto() {
	echo "proto: proto/loa → proto/gen"
	proto/generate.sh
}

pages() {
	scripts/tools.sh templ
	local folder
	# From each folder, since the paths that templ writes into its error positions are relative to where it runs.
	while read -r folder; do
		echo "pages: $folder/*.templ → *_templ.go"
		(cd "$folder" && "$root/bin/tools/templ" generate -log-level error)
	done < <(find services -name node_modules -prune -o -name '*.templ' -printf '%h\n' | sort -u)
}

reference() {
	echo "reference: proto/gen/openapi → services/gateway/internal/apidoc"
	go generate ./services/gateway/...
}

stylesheet() {
	echo "stylesheet: services/portal/web → services/portal/internal/page/static"
	scripts/need.sh check
	scripts/tools.sh web
	(cd services/portal/web && npm run --silent build)
}

[ $# -gt 0 ] || set -- proto pages reference stylesheet
for part in "$@"; do
	case $part in
	proto | pages | reference | stylesheet) "$part" ;;
	*) echo "generate.sh: no part $part; there are: proto pages reference stylesheet" >&2; exit 2 ;;
	esac
done
