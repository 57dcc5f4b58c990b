#!/usr/bin/env bash
# Installs the named tools, pinned in tools/go.mod, into bin/tools. A tool that stands there from the same go.mod, go.sum and
# Go release is left alone.
#   tools.sh buf gofumpt
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

mkdir -p bin/tools
# A linter built by an older Go refuses code for a newer one, so the release counts as well.
stamp=$({ cat tools/go.mod tools/go.sum; go env GOVERSION; } | sha256sum | cut -c1-16)
missing=()
for tool in "$@"; do
	if [ -z "${package[$tool]:-}" ]; then
		echo "tools.sh: no tool $tool; there are: $(printf '%s\n' "${!package[@]}" | sort | tr '\n' ' ')" >&2
		exit 2
	fi
	if [ ! -x "bin/tools/$tool" ] || [ "$(cat "bin/tools/.$tool.stamp" 2>/dev/null)" != "$stamp" ]; then
		missing+=("$tool")
	fi
done
[ ${#missing[@]} -eq 0 ] && exit 0

echo "Installing ${missing[*]} into bin/tools (the first time takes minutes)…"
packages=()
for tool in "${missing[@]}"; do packages+=("${package[$tool]}"); done
# The tools' module stands outside the workspace: a workspace shares one build list, and theirs would raise the product's versions.
bin=$PWD/bin/tools
(cd tools && GOWORK=off GOBIN="$bin" go install "${packages[@]}")
for tool in "${missing[@]}"; do echo "$stamp" >"bin/tools/.$tool.stamp"; done
