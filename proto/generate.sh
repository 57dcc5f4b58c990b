#!/usr/bin/env bash
# Writes proto/gen from proto/loa with the tools pinned in tools/go.mod: Go types, gRPC, the REST gateway, OpenAPI.
#   proto/generate.sh         lints and writes
#   proto/generate.sh lint    lints alone
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD

# The google.api annotations travel as files in an older release of the gateway's module.
gateway=$(cd tools && GOWORK=off go mod download -json github.com/grpc-ecosystem/grpc-gateway | sed -n 's/^\t"Dir": "\(.*\)",*$/\1/p')
[ -n "$gateway" ] || { echo "generate.sh: Go could not download the module github.com/grpc-ecosystem/grpc-gateway named in tools/go.mod." >&2; exit 1; }
mkdir -p proto/.include/google/api
install -m 0644 "$gateway"/third_party/googleapis/google/api/{annotations,http,httpbody}.proto proto/.include/google/api/

scripts/tools.sh buf
bin/tools/buf lint
[ "${1:-}" != lint ] || exit 0

scripts/tools.sh protoc-gen-go protoc-gen-go-grpc protoc-gen-grpc-gateway protoc-gen-openapiv2
# Written beside the old code and put in its place at the end, so that a failure leaves the old code whole.
work=$(mktemp -d "$root/proto/.gen.XXXXXX")
trap 'rm -rf "$work"' EXIT
PATH="$root/bin/tools:$PATH" buf generate --path proto/loa --output "$work"
mkdir -p proto/gen
rm -rf proto/gen/loa proto/gen/openapi
mv "$work"/proto/gen/loa "$work"/proto/gen/openapi proto/gen/
