#!/usr/bin/env bash
# Installs the named tools, pinned in tools/go.mod, into bin/tools; `web` stands for the Node packages that
# services/portal/web/package-lock.json pins. What stands there from the same pins is left alone.
#   tools.sh buf gofumpt web
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

declare -A package=(
	[buf]=github.com/bufbuild/buf/cmd/buf
	[gofumpt]=mvdan.cc/gofumpt
	[golangci-lint]=github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	[protoc-gen-go]=google.golang.org/protobuf/cmd/protoc-gen-go
	[protoc-gen-go-grpc]=google.golang.org/grpc/cmd/protoc-gen-go-grpc
	[protoc-gen-grpc-gateway]=github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-grpc-gateway
	[protoc-gen-openapiv2]=github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-openapiv2
	[templ]=github.com/a-h/templ/cmd/templ
	[workflowcheck]=go.temporal.io/sdk/contrib/tools/workflowcheck
)

web() {
	local folder=services/portal/web stamp
	stamp=$(sha256sum <"$folder/package-lock.json" | cut -c1-16)
	[ "$(cat "$folder/node_modules/.stamp" 2>/dev/null)" != "$stamp" ] || return 0
	echo "Installing the Node packages of $folder…"
	(cd "$folder" && npm ci --silent --no-audit --no-fund)
	echo "$stamp" >"$folder/node_modules/.stamp"
}

# A linter built by an older Go refuses code for a newer one, so the release counts as well.
pins=$({ cat tools/go.mod tools/go.sum; go env GOVERSION; } | sha256sum | cut -c1-16)
missing=()
for tool in "$@"; do
	if [ "$tool" = web ]; then
		web
	elif [ -z "${package[$tool]:-}" ]; then
		echo "tools.sh: no tool $tool; there are: web $(printf '%s\n' "${!package[@]}" | sort | tr '\n' ' ')" >&2
		exit 2
	elif [ ! -x "bin/tools/$tool" ] || [ "$(cat "bin/tools/.$tool.stamp" 2>/dev/null)" != "$pins" ]; then
		missing+=("$tool")
	fi
done
[ ${#missing[@]} -gt 0 ] || exit 0

echo "Installing ${missing[*]} into bin/tools (the first time takes minutes)…"
packages=()
for tool in "${missing[@]}"; do packages+=("${package[$tool]}"); done
mkdir -p bin/tools
bin=$PWD/bin/tools
# The tools' module stands outside the workspace: a workspace shares one build list, and theirs would raise the product's versions.
(cd tools && GOWORK=off GOBIN="$bin" go install "${packages[@]}")
for tool in "${missing[@]}"; do echo "$pins" >"bin/tools/.$tool.stamp"; done
